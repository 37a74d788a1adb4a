//! A person's decision, carried out: on a document that waits in `work/`, or a record in the archive.
//!
//! The decision is on the disk before anything is done with it; then the document goes on its journey at
//! once, here and now, so that the person sees what came of it. A daemon on the same data folder keeps
//! its hands off meanwhile: the job is locked.

use std::collections::{BTreeMap, VecDeque};

use crate::answer::{Answer, Outcome};
use crate::capture::{self, CaptureError, Job, Parent, Recovered};
use crate::config::Config;
use crate::divide;
use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::record::{Clock, Decision, DecisionRecord, RecordId};
use crate::worklist::{self, Desk, Entry, WorklistError};

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
        let taken = DecisionRecord {
            at: self.clock.now(),
            by: self.by.to_owned(),
            decision,
        };
        if self.pipeline.archive.contains(record)? {
            worklist::require_name(self.by)?;
            let description = self.pipeline.amend(record, taken)?;
            return Ok(vec![Answer::archived(description)]);
        }
        let (job, entry) = self.waiting(record)?;
        worklist::require_fit(&taken.decision, self.by, &entry)?;
        let documents = match &taken.decision {
            Decision::Split { at } => self.split(job, at)?,
            Decision::Merge { with } => self.merge(job, self.waiting(*with)?.0)?,
            _ => vec![(job, Vec::new())],
        };
        let mut jobs = Vec::new();
        for (job, before) in documents {
            let decisions = before.into_iter().chain([taken.clone()]);
            Desk::of(&job.folder).decide(decisions)?;
            jobs.push(job);
        }
        let answers = jobs.into_iter().map(|job| to_the_end(self.pipeline, job));
        Ok(answers.flatten().collect())
    }

    fn split(&self, job: Job, at: &[u32]) -> Result<Vec<Decided>, Error> {
        let decisions = Desk::of(&job.folder).decisions()?;
        let (batch, scans) = self.pipeline.open_job(&job)?;
        let page_counts = scans.page_counts();
        let parents = [Parent {
            job: &job,
            batch: &batch,
            page_counts: &page_counts,
        }];
        let now = self.clock.now();
        let parts = divide::at_pages(&capture::document_pages(&parents), at, now);
        let reading = self.pipeline.read(&batch, &scans)?;
        let jobs = divide::carry_out(&parents, &parts, &reading)?;
        self.pipeline.tell_divided(&job, &jobs);
        let mut pages_before = 0;
        let carried = parts.iter().map(|part| {
            let (before, count) = (pages_before, page_number(part.pages.len()));
            pages_before += count;
            let page_there = |page: u32| {
                let page = page.checked_sub(before)?;
                (1..=count).contains(&page).then_some(page)
            };
            (part.record, worklist::carried(&decisions, page_there))
        });
        let mut carried: BTreeMap<_, _> = carried.collect();
        let with_decisions = |job: Job| {
            let before = carried.remove(&job.record).unwrap_or_default();
            (job, before)
        };
        Ok(jobs.into_iter().map(with_decisions).collect())
    }

    fn merge(&self, first: Job, second: Job) -> Result<Vec<Decided>, Error> {
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
        let parts = [divide::whole(
            capture::document_pages(&parents),
            self.clock.now(),
        )];
        let jobs = divide::carry_out(&parents, &parts, &reading)?;
        for parent in [&first, &second] {
            self.pipeline.tell_divided(parent, &jobs);
        }
        let pages_first = page_number(opened[0].1.page_count());
        let mut carried = worklist::carried(&before_first, Some);
        carried.extend(worklist::carried(&before_second, |page| {
            page.checked_add(pages_first)
        }));
        carried.sort_by_key(|taken| taken.at);
        Ok(jobs.into_iter().map(|job| (job, carried.clone())).collect())
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

/// A document made of others, and what people decided about its pages when they were those others'.
type Decided = (Job, Vec<DecisionRecord>);

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
