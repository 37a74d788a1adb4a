//! `sohoa worker`: the process in which pages are read, or an incoming PDF is handled; the daemon starts
//! it, no person does.

use std::io;

use super::arguments::Worker;
use crate::error::{Error, JourneyError};
use crate::pages;
use crate::recognise::tesseract::{WorkerSettings, serve};
use crate::record::ExitCode;

pub(super) fn run(arguments: &Worker) -> Result<ExitCode, Error> {
    let failed = |source| JourneyError::Io {
        path: "worker".into(),
        source,
    };
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
