//! `sohoa sign`: a PAdES signature on any PDF, with one of the configured keys. The input is never changed.
//!
//! Page 1 shows what the policy for papers of no special kind says of the key; of one that does not stand there,
//! no more than who signed for which agency, and when. A person is at the terminal, so no session is needed.
//! Where a service is away, the level below is written, and the exit code says that the answer is “not yet”.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::Sign;
use super::augment::{Reason, Standing};
use super::get::{sync, take_back};
use super::output::Output;
use super::session;
use crate::config::Config;
use crate::config::signing::{ORGANISATION, Signer, VisibleFacts, VisibleText};
use crate::describe;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::lift::{self, Lifted, Shortfall, Wanted};
use crate::read_back;
use crate::record::{
    Clock, ExitCode, Explain, Lang, SignatureRecord, SignerRole, SystemClock, vietnam_time,
};
use crate::sign::augment::inspect;
use crate::sign::keys::Terminal;
use crate::sign::{
    self, Appearance, PadesLevel, Place, RawSigner, SignatureRequest, SignedDocument,
};
use crate::signing::Signing;

#[derive(Serialize)]
struct Signed<'a> {
    file: String,
    signature: &'a SignatureRecord,
    #[serde(flatten)]
    standing: Standing,
}

pub(super) fn run(arguments: &Sign, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let person = Terminal {
        lang: output.lang(),
    };
    session::require_key(&arguments.key, config)?;
    let signer = describe::open_named_key(config, &arguments.key, arguments.hash, &person)?;
    let now = SystemClock.now();
    if arguments.output.exists() {
        return Err(JourneyError::OutputExists {
            path: arguments.output.clone(),
        }
        .into());
    }
    let signing = Signing::new(config);
    let standing = signing.permitted(signer.as_ref(), now)?;
    for finding in &standing.findings {
        output.say(&finding.text(Lang::Vi), &finding.text(Lang::En));
    }
    let listed = listed(&arguments.key, config);
    let named = (arguments.key.as_str(), signer.as_ref());
    let request = SignatureRequest {
        appearance: match arguments.invisible {
            true => None,
            false => appearance(named, listed.as_ref(), config, now)?,
        },
        timestamps: (arguments.level >= PadesLevel::BT).then_some(&signing.timestamps),
        ..SignatureRequest::at(now)
    };
    let first = first_place(arguments);
    let mut signed = sign::seal(&arguments.input, &first, signer.as_ref(), &request)?;
    signed.signature.role = listed.map(|listed| listed.role);
    let checked = read_back::signature::check(&signed.path, now).map_err(Error::from);
    checked
        .and_then(|_| sync(&signed.path))
        .inspect_err(|_| take_back(&signed.path))?;
    let lifted = raise(signed, arguments, &signing).inspect_err(|_| take_back(&first))?;
    report(&lifted, arguments, output, now)
}

/// What the policy says of this key where a paper has no list of its own.
fn listed(key: &str, config: &Config) -> Option<Signer> {
    let signing = config.signing.as_ref()?;
    let here = "cli".parse().ok()?;
    let mut signers = signing.policy.signers(None, &here).into_iter();
    signers.find(|signer| signer.key == key)
}

/// What page 1 shows of the key of this name.
fn appearance<'a>(
    (name, key): (&str, &dyn RawSigner),
    listed: Option<&Signer>,
    config: &'a Config,
    claimed_time: Timestamp,
) -> Result<Option<Appearance<'a>>, Error> {
    let (place, text) = match listed {
        Some(listed) => (listed.place, listed.text.clone()),
        None if name == ORGANISATION => return Ok(Some(describe::appearance(config))),
        // The authority's usual text claims nothing: a name, the agency, the time.
        None => (
            Some(Place::BottomRight),
            VisibleText::usual(SignerRole::Authority),
        ),
    };
    let facts = VisibleFacts {
        copy_form: config.copy_form,
        agency: &config.agency.name,
        name: &sign::signer_name(key.certificate())?,
        time: &vietnam_time(claimed_time),
    };
    Ok(place.map(|place| Appearance::of_lines(text.lines(&facts), place)))
}

/// Where the signature is written first: another step may follow.
fn first_place(arguments: &Sign) -> PathBuf {
    if arguments.level <= PadesLevel::BT {
        return arguments.output.clone();
    }
    let mut name = arguments.output.file_name().unwrap_or_default().to_owned();
    name.push(".signed");
    arguments.output.with_file_name(name)
}

/// Lifts what was just signed as far as is wanted and possible; the result has the name asked for.
fn raise(
    signed: SignedDocument,
    arguments: &Sign,
    signing: &Signing<'_>,
) -> Result<(SignatureRecord, Lifted), Error> {
    let SignedDocument {
        path,
        mut signature,
        not_stamped,
        ..
    } = signed;
    let lifted = if not_stamped.is_some() || arguments.level <= PadesLevel::BT {
        Lifted {
            proof: inspect(&path)?,
            steps: Vec::new(),
            short: not_stamped.map(Shortfall::from),
        }
    } else {
        let gather = |paths: &[_]| lift::gather(&signing.trust, paths, SystemClock.now());
        let wanted = Wanted::Level(arguments.level);
        lift::lift(
            &path,
            &arguments.output,
            wanted,
            &signing.timestamps,
            &gather,
        )?
    };
    take_name(&path, &arguments.output)?;
    lifted.proof.level.as_str().clone_into(&mut signature.level);
    Ok((signature, lifted))
}

/// The first file becomes the result, unless a better one has its name.
fn take_name(first: &Path, output: &Path) -> Result<(), Error> {
    if first == output {
        return Ok(());
    }
    if output.exists() {
        take_back(first);
        return Ok(());
    }
    Ok(durable::rename_new(first, output)?)
}

fn report(
    (signature, lifted): &(SignatureRecord, Lifted),
    arguments: &Sign,
    output: &Output,
    now: Timestamp,
) -> Result<ExitCode, Error> {
    let file = arguments.output.display();
    let reason = lifted.short.as_ref();
    output.object(&Signed {
        file: file.to_string(),
        signature,
        standing: Standing {
            level: lifted.proof.level.as_str(),
            wanted: arguments.level.as_str(),
            reason: reason.map(|short| Reason::of(short, output.lang())),
            until: lifted.proof.until,
            days_left: lifted.proof.days_left(now),
        },
    });
    let (algorithm, level) = (&signature.algorithm, lifted.proof.level);
    output.say(
        &format!("Đã ký {file}: {level}, {algorithm}"),
        &format!("Signed {file}: {level}, {algorithm}"),
    );
    let Some(short) = reason else {
        return Ok(ExitCode::Ok);
    };
    let wanted = arguments.level;
    let (message, advice) = (short.message(output.lang()), short.advice(output.lang()));
    output.say(
        &format!("Chưa đạt mức {wanted}: {message}\n{advice}"),
        &format!("Level {wanted} is not reached: {message}\n{advice}"),
    );
    Ok(ExitCode::No)
}
