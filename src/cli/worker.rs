//! `sohoa worker`: the process in which pages are read; the daemon starts it, no person does.

use std::io;

use super::arguments::Worker;
use crate::error::{Error, JourneyError};
use crate::recognise::tesseract::{WorkerSettings, serve};
use crate::record::ExitCode;

pub(super) fn run(arguments: &Worker) -> Result<ExitCode, Error> {
    let settings = WorkerSettings {
        languages: arguments.language.clone(),
        memory_mib: arguments.memory_mib,
    };
    serve(&settings, &mut io::stdin().lock(), &mut io::stdout().lock()).map_err(|source| {
        JourneyError::Io {
            path: "worker".into(),
            source,
        }
    })?;
    Ok(ExitCode::Ok)
}
