//! `rearranged.json`: which jobs are to become which others; carrying it out, and resuming it.
//!
//! The plan's parents are jobs that end, its children jobs that begin. The first parent, the *main*
//! one, holds everything together:
//! 1. The plan is written into every parent, into the main one last. From then on it is in force;
//!    before, it is void, and what the others have of it is removed when they are next looked at.
//! 2. Each child is put together below the main parent's folder, with links to the parents' files,
//!    and gets its own name by one rename: it is there wholly or not at all.
//! 3. When all children are whole and on the disk, the parents go, each by one rename, the main one last.
//!
//! So as long as the main parent is there, the plan is in force, no child was ever in anybody's hands,
//! and a child that is missing has yet to be made. Once it is gone, the children are jobs as others.
//! What is done already shows on the disk, so [`Plan::advance`] needs no memory of its own.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::CaptureError;
use super::super::claim::{is_there, look_at};
use super::super::job::{self, Intent, Job, JobLock, damaged};
use crate::durable;
use crate::record::{DecisionRecord, RecordId};

const PLAN: &str = "rearranged.json";
/// Below the main parent's folder: the child that is being put together.
const STAGE: &str = "child";

/// `rearranged.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    format: String,
    /// The main one first.
    pub(super) parents: Vec<RecordId>,
    pub(super) children: Vec<Child>,
}

/// A job to be.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Child {
    pub(super) intent: Intent,
    /// Where its files and then its slips lie.
    pub(super) taken: Vec<Taken>,
    /// As in [`super::Part`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) decisions: Vec<DecisionRecord>,
}

/// A parent's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Taken {
    pub(super) parent: RecordId,
    /// Its name in the parent's folder.
    pub(super) stored: String,
}

/// What [`Plan::advance`] did.
pub(super) enum Step {
    /// A child has its name; locked since before it had.
    Made(Box<Job>),
    /// A parent is no job any more.
    Ended,
    /// Nothing was left to do.
    AllDone,
}

/// # Errors
/// [`CaptureError::Locked`] if a plan lies in the folder.
pub(in super::super) fn refuse_if_planned(folder: &Path) -> Result<(), CaptureError> {
    match look_at(&folder.join(PLAN))? {
        None => Ok(()),
        Some(_) => Err(locked(folder)),
    }
}

/// Ends what the job's folder, locked by the caller, is the main parent of, and returns the children
/// that nobody else took up. `None`: there is nothing of that kind, and the folder is a job as others.
///
/// # Errors
/// [`CaptureError::Locked`]: the folder is another's to end, or another parent is being looked at.
pub(in super::super) fn resume(folder: &Path) -> Result<Option<Vec<Job>>, CaptureError> {
    let Some(plan) = Plan::read(folder)? else {
        return Ok(None);
    };
    let work = work_of(folder);
    if plan.main(work) != folder {
        if Plan::read(&plan.main(work))?.is_some_and(|of_main| of_main == plan) {
            return Err(locked(folder));
        }
        durable::remove_file(&folder.join(PLAN))?;
        return Ok(None);
    }
    // Whoever wrote it may not have come to this.
    durable::sync_folder(folder)?;
    let mut locks = Vec::new();
    for parent in plan.folders(work).skip(1) {
        locks.extend(JobLock::take_if_there(&parent)?);
    }
    plan.carry_out(work).map(Some)
}

/// Makes sure that a job with an origin is one to work on: see the head of this module.
///
/// # Errors
/// [`CaptureError::Locked`]: not yet. [`CaptureError::Changed`]: a file is not as it was.
pub(in super::super) fn check_child(intent: &Intent, folder: &Path) -> Result<(), CaptureError> {
    let Some(origin) = &intent.origin else {
        return Ok(());
    };
    let work = work_of(folder);
    if let Some(main) = origin.divided_from.first()
        && look_at(&work.join(main.to_string()))?.is_some()
    {
        return Err(locked(folder));
    }
    // That it is gone must be on the disk before anything is done here that cannot be undone.
    durable::sync_folder(work)?;
    check_whole(intent, folder)
}

fn check_whole(intent: &Intent, folder: &Path) -> Result<(), CaptureError> {
    for file in intent.everything() {
        if !is_there(&folder.join(&file.stored), file)? {
            return Err(CaptureError::Changed {
                name: file.dropped_as.clone(),
            });
        }
    }
    Ok(())
}

/// Where the jobs lie.
pub(super) fn work_of(folder: &Path) -> &Path {
    folder.parent().unwrap_or(folder)
}

fn locked(folder: &Path) -> CaptureError {
    CaptureError::Locked {
        folder: folder.to_owned(),
    }
}

impl Plan {
    const FORMAT: &'static str = "sohoa-rearranged/1";

    pub(super) fn new(parents: Vec<RecordId>, children: Vec<Child>) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            parents,
            children,
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), CaptureError> {
        let path = folder.join(PLAN);
        Ok(durable::write_new(&path, &job::to_json(&path, self)?)?)
    }

    fn read(folder: &Path) -> Result<Option<Self>, CaptureError> {
        let path = folder.join(PLAN);
        let plan: Option<Self> = job::read_json(&path)?;
        if let Some(plan) = &plan {
            plan.check(&path)?;
        }
        Ok(plan)
    }

    /// Nothing that the file says may lead out of the jobs' folders.
    fn check(&self, path: &Path) -> Result<(), CaptureError> {
        if self.format != Self::FORMAT || self.parents.is_empty() {
            return Err(damaged(path, "unknown format"));
        }
        for Child { intent, taken, .. } in &self.children {
            intent.check(path)?;
            let origin = intent.origin.as_ref();
            if origin.is_none_or(|origin| origin.divided_from != self.parents) {
                return Err(damaged(path, "a child of other parents"));
            }
            let is_ours = |taken: &Taken| {
                self.parents.contains(&taken.parent) && job::is_stored_name(taken.stored.as_bytes())
            };
            if !taken.iter().all(is_ours) || taken.len() != intent.everything().count() {
                return Err(damaged(path, "a file that is not ours to take"));
            }
        }
        Ok(())
    }

    /// The parents' folders, the main one's first.
    fn folders(&self, work: &Path) -> impl DoubleEndedIterator<Item = PathBuf> {
        self.parents.iter().map(|id| work.join(id.to_string()))
    }

    fn main(&self, work: &Path) -> PathBuf {
        self.folders(work).next().unwrap_or_default()
    }

    /// From wherever it stopped to its end; all parents are locked by the caller.
    pub(super) fn carry_out(&self, work: &Path) -> Result<Vec<Job>, CaptureError> {
        let mut made = Vec::new();
        loop {
            match self.advance(work)? {
                Step::Made(job) => made.push(*job),
                Step::Ended => {}
                Step::AllDone => break,
            }
        }
        for Child { intent, .. } in &self.children {
            let folder = folder_of(intent, work);
            if made.iter().any(|job| job.folder == folder) {
                continue;
            }
            // An earlier process made it; now that the parents are gone, others may take it up too.
            match JobLock::take_if_there(&folder) {
                Ok(Some(lock)) => made.push(Job::new(intent.clone(), &folder, lock)),
                Ok(None) | Err(CaptureError::Locked { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        made.sort_by_key(|job| {
            let is_this = |child: &Child| child.intent.record == job.record;
            self.children.iter().position(is_this)
        });
        Ok(made)
    }

    /// The next step that the disk shows to be undone.
    pub(super) fn advance(&self, work: &Path) -> Result<Step, CaptureError> {
        let main = self.main(work);
        if look_at(&main)?.is_none() {
            return Ok(Step::AllDone);
        }
        for child in &self.children {
            if look_at(&folder_of(&child.intent, work))?.is_none() {
                return Ok(Step::Made(Box::new(child.make(&main, work)?)));
            }
        }
        // A child's name may have been given by a process that could not make it last.
        durable::sync_folder(work)?;
        for Child { intent, .. } in &self.children {
            let folder = folder_of(intent, work);
            if Intent::read(&folder)?.as_ref() != Some(intent) {
                return Err(damaged(&folder, "not the job that was planned"));
            }
            check_whole(intent, &folder)?;
        }
        for parent in self.folders(work).rev() {
            if look_at(&parent)?.is_some() {
                // What is left of it no longer matters, and is removed by `jobs` at the latest.
                durable::discard_tree(&job::set_aside(&parent)?);
                break;
            }
        }
        Ok(Step::Ended)
    }
}

fn folder_of(intent: &Intent, work: &Path) -> PathBuf {
    work.join(intent.record.to_string())
}

impl Child {
    /// Puts it together and gives it its name.
    fn make(&self, main: &Path, work: &Path) -> Result<Job, CaptureError> {
        let stage = main.join(STAGE);
        durable::remove_tree(&stage)?;
        durable::stage_folders(&stage)?;
        let lock = JobLock::take(&stage)?;
        self.intent.stage(&stage)?;
        for (file, taken) in self.intent.everything().zip(&self.taken) {
            let source = work.join(taken.parent.to_string()).join(&taken.stored);
            durable::stage_link(&source, &stage.join(&file.stored))?;
        }
        if !self.decisions.is_empty() {
            let path = stage.join(job::DECISIONS);
            durable::stage_bytes(&path, &job::to_json(&path, &self.decisions)?)?;
        }
        durable::sync_folder(&stage)?;
        let folder = folder_of(&self.intent, work);
        durable::rename_new(&stage, &folder)?;
        Ok(Job::new(self.intent.clone(), &folder, lock))
    }
}
