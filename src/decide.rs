//! A person's decision, carried out: on a document that waits in `work/`.
//!
//! The decision is on the disk before anything is done with it; then the document goes on its journey at
//! once, here and now, so that the person sees what came of it. A daemon on the same data folder keeps
//! its hands off meanwhile: the job is locked.

use crate::answer::Answer;
use crate::capture::{self, CaptureError, Job, Recovered};
use crate::config::Config;
use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::record::{Clock, Decision, DecisionRecord, RecordId};
use crate::worklist::{self, Desk, WorklistError};

/// Takes the decision of `by` about the document of this number, and the document as far as it goes.
///
/// # Errors
/// [`WorklistError`]: nothing of this number waits, somebody works on it, or the decision does not fit.
/// What the journey itself runs into is in the answers.
pub fn decide(
    pipeline: &Pipeline<'_>,
    config: &Config,
    clock: &dyn Clock,
    record: RecordId,
    decision: Decision,
    by: &str,
) -> Result<Vec<Answer>, Error> {
    let job = waiting(config, record)?;
    let desk = Desk::of(&job.folder);
    let entry = desk.entry()?.ok_or(WorklistError::NotWaiting)?;
    worklist::require_fit(&decision, by, &entry)?;
    desk.decide(DecisionRecord {
        at: clock.now(),
        by: by.to_owned(),
        decision,
    })?;
    Ok(vec![pipeline.process(job)])
}

/// The job of this number, locked.
fn waiting(config: &Config, record: RecordId) -> Result<Job, Error> {
    let folder = config.folders.work.join(record.to_string());
    if !folder.is_dir() {
        return Err(WorklistError::NotWaiting.into());
    }
    match capture::recover(&folder, &config.folders.inbox) {
        Ok(Recovered::Job(job)) => Ok(*job),
        Ok(Recovered::GivenBack(_) | Recovered::Nothing) => Err(WorklistError::NotWaiting.into()),
        Err(CaptureError::Locked { .. }) => Err(WorklistError::Busy.into()),
        Err(error) => Err(error.into()),
    }
}
