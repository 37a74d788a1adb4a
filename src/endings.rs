//! How a journey ends: the receipt, and where the claimed files go.
//!
//! Part of [`Pipeline`], which tells the journey itself.

use crate::answer::{Arrival, Learnt, Outcome};
use crate::capture::{self, Job, Origin};
use crate::durable;
use crate::error::Error;
use crate::office_ledger::SignedOff;
use crate::pipeline::{COMPOSED, Pipeline};
use crate::quarantine::{self, Reason};
use crate::receipt::{Receipt, Verdict};
use crate::record::{Explain, RecordId};
use crate::signing;

impl Pipeline<'_> {
    pub(crate) fn arrive(&self, job: Job, learnt: &Learnt, arrival: Arrival) -> Outcome {
        let record = job.record;
        let (ended, outcome) = match arrival {
            Arrival::Divided(jobs) => {
                self.tell_divided(&job, &jobs);
                (Ok(()), Outcome::Divided(jobs))
            }
            Arrival::Archived(description) => {
                let verdict = Verdict::Archived {
                    pages: description.pages.len(),
                    document: description.document_sha256,
                    remarks: &description.remarks,
                };
                let ended = self.end(job, learnt, record, verdict);
                (ended, Outcome::Archived(description))
            }
            Arrival::Duplicate(held) => {
                let ended = self.end(job, learnt, held, Verdict::Duplicate);
                (ended, Outcome::Duplicate(held))
            }
        };
        ended.map_or_else(Outcome::Waiting, |()| outcome)
    }

    /// Signs what was entered in the ledger; see [`crate::office_ledger::OfficeLedger::sign_off`].
    ///
    /// # Errors
    /// As there.
    pub fn sign_off(&self) -> Result<Option<SignedOff>, Error> {
        let services = &self.signing.timestamps;
        self.ledger.sign_off(services, self.clock.now())
    }

    fn end(
        &self,
        job: Job,
        learnt: &Learnt,
        record: RecordId,
        verdict: Verdict<'_>,
    ) -> Result<(), Error> {
        self.receipt(&job, learnt, record, verdict)?;
        Ok(job.finish()?)
    }

    /// The last word on a job whose pages are other jobs' now. Nothing depends on it, and it cannot be
    /// tried again: the job is gone.
    pub(crate) fn tell_divided(&self, job: &Job, into: &[Job]) {
        let into = into.iter().map(|job| job.record).collect();
        let told = self.receipt(
            job,
            &Learnt::default(),
            job.record,
            Verdict::Divided { into },
        );
        if let Err(unwritten) = told {
            tracing::error!(record = %job.record, code = unwritten.code(), cause = %unwritten, "no receipt");
        }
    }

    pub(crate) fn give_back(&self, job: Job) -> Outcome {
        match capture::give_back(job, &self.config.folders.inbox) {
            Ok(()) => Outcome::GivenBack,
            Err(error) => Outcome::Waiting(error.into()),
        }
    }

    pub(crate) fn keep_waiting(&self, job: &Job, learnt: &Learnt, error: Error) -> Outcome {
        if let Err(unwritten) =
            self.receipt(job, learnt, job.record, Verdict::Waiting { reason: &error })
        {
            tracing::error!(record = %job.record, code = unwritten.code(), cause = %unwritten, "no receipt");
        }
        Outcome::Waiting(error)
    }

    pub(crate) fn refuse(&self, job: &Job, learnt: &Learnt, error: Error) -> Outcome {
        match self.quarantine(job, learnt, &error) {
            Ok(()) => Outcome::Quarantined(error),
            Err(unable) => Outcome::Waiting(unable),
        }
    }

    fn quarantine(&self, job: &Job, learnt: &Learnt, error: &Error) -> Result<(), Error> {
        durable::remove_file(&job.folder.join(COMPOSED))?;
        signing::forget(&job.folder)?;
        quarantine::decide(&job.folder, &Reason::of(error, self.clock.now()))?;
        self.receipt(job, learnt, job.record, Verdict::Refused { reason: error })?;
        quarantine::take(&job.folder, &self.config.folders.quarantine)?;
        Ok(())
    }

    fn receipt(
        &self,
        job: &Job,
        learnt: &Learnt,
        record: RecordId,
        verdict: Verdict<'_>,
    ) -> Result<(), Error> {
        let receipt = Receipt {
            job: job.record,
            station: &job.station,
            dropped_as: job.files.first().map_or("_", |file| &file.dropped_as),
            part: job.origin.as_ref().and_then(Origin::label),
            files: job.files.len(),
            record,
            dossier: learnt.dossier.as_ref(),
            at: self.clock.now(),
            verdict,
        };
        receipt.write(&self.config.folders.outbox)?;
        Ok(())
    }
}
