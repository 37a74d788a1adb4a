//! `sohoa worker`: the process in which pages are read, or an incoming PDF is handled; the daemon starts
//! it, no person does.

use std::ffi::OsString;
use std::io;
use std::time::Duration;

use super::arguments::Worker;
use crate::error::{Error, JourneyError};
use crate::pages;
use crate::recognise::tesseract::{WorkerSettings, serve};
use crate::record::ExitCode;
use crate::second_renderer::exec_limited;

pub(super) fn run(arguments: &Worker) -> Result<ExitCode, Error> {
    let failed = |source| JourneyError::Io {
        path: "worker".into(),
        source,
    };
    if let [mib, seconds, program, rest @ ..] = arguments.exec.as_slice() {
        let number = |word: &OsString| word.to_str().and_then(|word| word.parse().ok());
        let (Some(mib), Some(seconds)) = (number(mib), number(seconds)) else {
            return Err(JourneyError::Usage("--exec".to_owned()).into());
        };
        let error = exec_limited(mib, Duration::from_secs(seconds), program, rest);
        return Err(failed(error).into());
    }
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    if let Some(pdf) = &arguments.pdf {
        pages::serve_pdf(pdf, &mut input, &mut output).map_err(failed)?;
        return Ok(ExitCode::Ok);
    }
    let settings = WorkerSettings {
        languages: arguments.language.clone(),
        memory_mib: arguments.memory_mib,
    };
    serve(&settings, &mut input, &mut output).map_err(failed)?;
    Ok(ExitCode::Ok)
}
