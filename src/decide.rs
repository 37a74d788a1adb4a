//! A person's decision, carried out: on a document that waits in `work/`, or a record in the archive.
//!
//! The decision is on the disk before anything is done with it; then the document goes on its journey at
//! once, here and now, so that the person sees what came of it. A daemon on the same data folder keeps
//! its hands off meanwhile: the job is locked.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::answer::{Answer, Outcome};
use crate::capture::{self, CaptureError, Job, Parent, Recovered};
use crate::config::Config;
use crate::divide;
use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::record::{Clock, Decision, DecisionRecord, Explain, RecordDescription, RecordId};
use crate::worklist::{self, Desk, Entry, Order, WorklistError};

/// A person at the worklist, and what is needed to carry out what they decide.
pub struct Decider<'a> {
    /// The journey.
    pub pipeline: &'a Pipeline<'a>,
    /// The configuration in force.
    pub config: &'a Config,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who decides.
    pub by: &'a str,
}

impl Decider<'_> {
    /// Takes the decision about the document of this number, and the document as far as it goes.
    ///
    /// # Errors
    /// [`WorklistError`]: nothing of this number waits, somebody works on it, or the decision does not
    /// fit. What the journey itself runs into is in the answers.
    pub fn decide(&self, record: RecordId, decision: Decision) -> Result<Vec<Answer>, Error> {
        Ok(match self.take(record, vec![decision])? {
            Taken::Amended(description) => vec![Answer::archived(*description)],
            Taken::Travelling(jobs) => {
                let answers = jobs.into_iter().map(|job| to_the_end(self.pipeline, job));
                answers.flatten().collect()
            }
        })
    }

    /// Takes decisions about the document of this number, in this order, and goes no further: the jobs are whose they
    /// were, to be taken to their end by the caller or by the daemon.
    ///
    /// # Errors
    /// As [`Decider::decide`]. A division or merger stands alone.
    pub fn take(&self, record: RecordId, decisions: Vec<Decision>) -> Result<Taken, Error> {
        let at = self.clock.now();
        let taken = decisions.into_iter().map(|decision| DecisionRecord {
            at,
            by: self.by.to_owned(),
            decision,
        });
        let taken: Vec<DecisionRecord> = taken.collect();
        if self.pipeline.archive.contains(record)? {
            return self.amend(record, taken);
        }
        let (job, entry) = self.waiting(record)?;
        for taken in &taken {
            worklist::require_fit(&taken.decision, self.by, &entry)?;
        }
        let jobs = match taken.as_slice() {
            [
                only @ DecisionRecord {
                    decision: Decision::Split { at },
                    ..
                },
            ] => self.split(job, at, only)?,
            [
                only @ DecisionRecord {
                    decision: Decision::Merge { with },
                    ..
                },
            ] => self.merge(job, self.waiting(*with)?.0, only)?,
            _ => {
                require_no_other_pages(&taken)?;
                Desk::of(&job.folder).decide(taken)?;
                vec![job]
            }
        };
        Ok(Taken::Travelling(jobs))
    }

    /// The same of a record in the archive, each decision a version of it.
    fn amend(&self, record: RecordId, taken: Vec<DecisionRecord>) -> Result<Taken, Error> {
        worklist::require_name(self.by)?;
        let mut last = None;
        for taken in taken {
            last = Some(self.pipeline.amend(record, taken)?);
        }
        let description = last.ok_or_else(|| unfit("nothing was decided"))?;
        Ok(Taken::Amended(Box::new(description)))
    }

    /// The documents that it becomes, each with what was decided of its pages, and this.
    fn split(&self, job: Job, at: &[u32], taken: &DecisionRecord) -> Result<Vec<Job>, Error> {
        let decisions = Desk::of(&job.folder).decisions()?;
        let (batch, scans) = self.pipeline.open_job(&job)?;
        let page_counts = scans.page_counts();
        let parents = [Parent {
            job: &job,
            batch: &batch,
            page_counts: &page_counts,
        }];
        let now = self.clock.now();
        let mut parts = divide::at_pages(&capture::document_pages(&parents), at, now);
        let mut pages_before = 0;
        for part in &mut parts {
            let (before, count) = (pages_before, page_number(part.pages.len()));
            pages_before += count;
            part.decisions = worklist::carried(&decisions, |page| {
                let page = page.checked_sub(before)?;
                (1..=count).contains(&page).then_some(page)
            });
            part.decisions.push(taken.clone());
        }
        let reading = self.pipeline.read(&batch, &scans)?;
        let jobs = divide::carry_out(&parents, &parts, &reading)?;
        self.pipeline.tell_divided(&job, &jobs);
        Ok(jobs)
    }

    /// The one document that both become, with what was decided of either, and this.
    fn merge(&self, first: Job, second: Job, taken: &DecisionRecord) -> Result<Vec<Job>, Error> {
        let before = [&first, &second].map(|job| Desk::of(&job.folder).decisions());
        let [before_first, before_second] = before;
        let (before_first, before_second) = (before_first?, before_second?);
        worklist::require_mergeable(&before_first, &before_second)?;
        let opened = [
            self.pipeline.open_job(&first)?,
            self.pipeline.open_job(&second)?,
        ];
        let page_counts = opened.each_ref().map(|(_, scans)| scans.page_counts());
        let pages: usize = page_counts.iter().flatten().sum();
        if pages > self.config.limits.pages {
            let what = format!(
                "together they have more than {} pages",
                self.config.limits.pages
            );
            return Err(WorklistError::Unfit { what }.into());
        }
        let parents: Vec<Parent<'_>> = [&first, &second]
            .into_iter()
            .zip(&opened)
            .zip(&page_counts)
            .map(|((job, (batch, _)), page_counts)| Parent {
                job,
                batch,
                page_counts,
            })
            .collect();
        let mut reading = Vec::new();
        for (batch, scans) in &opened {
            reading.extend(self.pipeline.read(batch, scans)?);
        }
        let mut whole = divide::whole(capture::document_pages(&parents), self.clock.now());
        let pages_first = page_number(opened[0].1.page_count());
        whole.decisions = worklist::carried(&before_first, Some);
        whole
            .decisions
            .extend(worklist::carried(&before_second, |page| {
                page.checked_add(pages_first)
            }));
        whole.decisions.sort_by_key(|taken| taken.at);
        whole.decisions.push(taken.clone());
        let jobs = divide::carry_out(&parents, &[whole], &reading)?;
        for parent in [&first, &second] {
            self.pipeline.tell_divided(parent, &jobs);
        }
        Ok(jobs)
    }

    /// The job of this number, locked, and what a person finds of it.
    fn waiting(&self, record: RecordId) -> Result<(Job, Entry), Error> {
        let folder = self.config.folders.work.join(record.to_string());
        if !folder.is_dir() {
            return Err(WorklistError::NotWaiting.into());
        }
        let job = match capture::recover(&folder, &self.config.folders.inbox) {
            Ok(Recovered::Job(job)) => *job,
            Ok(Recovered::GivenBack(_) | Recovered::Nothing | Recovered::Rearranged(_)) => {
                return Err(WorklistError::NotWaiting.into());
            }
            Err(CaptureError::Locked { .. }) => return Err(WorklistError::Busy.into()),
            Err(error) => return Err(error.into()),
        };
        let entry = Desk::of(&job.folder).entry()?;
        Ok((job, entry.ok_or(WorklistError::NotWaiting)?))
    }
}

/// Decisions that are on the disk.
pub enum Taken {
    /// About a record of the archive, which has a new version.
    Amended(Box<RecordDescription>),
    /// About a document that waited, or what it was divided into or merged with; these go on from here.
    Travelling(Vec<Job>),
}

fn unfit(what: &str) -> WorklistError {
    WorklistError::Unfit {
        what: what.to_owned(),
    }
}

/// Several decisions at once are about one document, which a division or merger ends.
fn require_no_other_pages(taken: &[DecisionRecord]) -> Result<(), WorklistError> {
    let makes_others = |taken: &DecisionRecord| {
        matches!(
            taken.decision,
            Decision::Split { .. } | Decision::Merge { .. }
        )
    };
    if taken.is_empty() || taken.iter().any(makes_others) {
        return Err(unfit(
            "divide or merge by itself, and decide the rest afterwards",
        ));
    }
    Ok(())
}

/// How soon an end is noticed.
const LOOK: Duration = Duration::from_millis(200);

/// Takes what people decide at the desk until `stopping`. The documents that go on from there are told to `decided`; they
/// are unlocked, and travel with the daemon's others.
pub fn attend(
    pipeline: &Pipeline<'_>,
    ordered: &Receiver<Order>,
    decided: &UnboundedSender<Vec<RecordId>>,
    stopping: &AtomicBool,
) {
    while !stopping.load(Ordering::Relaxed) {
        let Ok(order) = ordered.recv_timeout(LOOK) else {
            continue;
        };
        let decider = Decider {
            pipeline,
            config: pipeline.config,
            clock: pipeline.clock,
            by: &order.by,
        };
        let (record, decisions) = (order.record, order.decisions.clone());
        if order.is_new {
            let _stopped = decided.send(vec![record]);
            continue;
        }
        let taken = catch_unwind(AssertUnwindSafe(|| decider.take(record, decisions)));
        match taken {
            Ok(Ok(taken)) => {
                let jobs = match &taken {
                    Taken::Amended(_) => Vec::new(),
                    Taken::Travelling(jobs) => jobs.iter().map(|job| job.record).collect(),
                };
                drop(taken);
                let _stopped = decided.send(jobs);
                order.answer(Ok(()));
            }
            Ok(Err(error)) => {
                tracing::info!(%record, code = error.code(), "a decision was not taken");
                order.answer(Err(Box::new(error)));
            }
            // The desk hears nothing, which it takes for a document that is being worked on.
            Err(_) => tracing::error!(%record, "a bug stopped a decision"),
        }
    }
}

/// As decisions count pages; there are never more than a batch may have.
fn page_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Takes a job to its end, and the documents that it is divided into.
pub fn to_the_end(pipeline: &Pipeline<'_>, job: Job) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut jobs = VecDeque::from([job]);
    while let Some(job) = jobs.pop_front() {
        let mut answer = pipeline.process(job);
        if let Outcome::Divided(into) = &mut answer.outcome {
            jobs.extend(into.drain(..));
        }
        answers.push(answer);
    }
    answers
}
