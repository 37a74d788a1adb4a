//! `sohoa sign`: a PAdES signature on any PDF, with the configured key. The input is never changed.

use serde::Serialize;

use super::arguments::{Level, Sign};
use super::get::{sync, take_back};
use super::output::Output;
use crate::config::Config;
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::read_back;
use crate::record::{Clock, ExitCode, SignatureRecord, SystemClock};
use crate::sign::keys::Terminal;
use crate::sign::{self, SignatureRequest};

#[derive(Serialize)]
struct Signed<'a> {
    file: String,
    signature: &'a SignatureRecord,
}

pub(super) fn run(arguments: &Sign, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    match arguments.level {
        Level::BB => {}
    }
    let person = Terminal {
        lang: output.lang(),
    };
    let signer = describe::open_key(config, &person)?;
    let now = SystemClock.now();
    if arguments.output.exists() {
        return Err(JourneyError::OutputExists {
            path: arguments.output.clone(),
        }
        .into());
    }
    let appearance = (!arguments.invisible).then(|| describe::appearance(config));
    let request = SignatureRequest {
        appearance,
        ..SignatureRequest::at(now)
    };
    let signed = sign::seal(
        &arguments.input,
        &arguments.output,
        signer.as_ref(),
        &request,
    )?;
    let checked = read_back::signature::check(&signed.path, now).map_err(Error::from);
    checked
        .and_then(|_| sync(&signed.path))
        .inspect_err(|_| take_back(&signed.path))?;
    output.object(&Signed {
        file: arguments.output.display().to_string(),
        signature: &signed.signature,
    });
    let file = arguments.output.display();
    output.say(
        &format!("Đã ký {file}: {}", signed.signature.algorithm),
        &format!("Signed {file}: {}", signed.signature.algorithm),
    );
    Ok(ExitCode::Ok)
}
