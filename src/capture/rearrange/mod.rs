//! Making jobs of the pages of other jobs: one is divided, several are merged, by the same steps.
//!
//! Here the pages are dealt out: which files each new job needs, which of their pages it takes, which
//! belong to no document. [`plan`] does it on the disk, so that a crash at any instant loses and
//! doubles nothing. Whole files are kept with every document that has a page of them. Where the
//! documents begin and end is decided elsewhere, and nothing here looks into a file.

mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use super::job::{self, Intent, Job, JobFile, Taking};
use super::{CaptureError, Origin, ScanBatch, SheetFacts, Slip, claim, slip};
use crate::record::{DecisionRecord, LeftOutPage, LeftOutReason, RecordId};
use plan::{Child, Plan, Taken, work_of};

pub(super) use plan::{check_child, refuse_if_planned, resume};

/// A job whose pages become those of other jobs.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// The job.
    pub job: &'a Job,
    /// What was read of it: the parts hold for these bytes and no others.
    pub batch: &'a ScanBatch,
    /// How many pages each of its files has, in order.
    pub page_counts: &'a [usize],
}

/// A job to be made. Pages are counted from 0 over all files of all parents, in order, whether or not
/// they are pages of the parents' documents ([`document_pages`] names those).
#[derive(Debug, Clone)]
pub struct Part {
    /// The identity that its record will have.
    pub record: RecordId,
    /// The document's pages, in its order.
    pub pages: Vec<usize>,
    /// Pages that are none of any document and are to be named in this one's record.
    pub left_out: Vec<LeftOut>,
    /// What the cover sheet before it says.
    pub sheet: Option<SheetFacts>,
    /// See [`Origin`].
    pub sheet_without_pages: bool,
    /// What people decided of it already, by its own page numbers: the job is never without them.
    pub decisions: Vec<DecisionRecord>,
}

/// A page that is no page of a document.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// Counted as in [`Part`].
    pub page: usize,
    /// Why.
    pub why: LeftOutReason,
    /// The cover sheet's number, where it is one.
    pub sheet: Option<String>,
}

/// The pages of the parents' documents, one document after the other, counted as in [`Part`]. One part
/// that takes them all is a merge.
#[must_use]
pub fn document_pages(parents: &[Parent<'_>]) -> Vec<usize> {
    let mut first = 0_usize;
    let mut pages = Vec::new();
    for parent in parents {
        let count: usize = parent.page_counts.iter().sum();
        match &parent.job.selection {
            Some(selection) => {
                pages.extend(selection.iter().map(|page| first.saturating_add(*page)))
            }
            None => pages.extend(first..first + count),
        }
        first += count;
    }
    pages
}

/// Ends the parents and makes a job of each part, locked as a claimed one is. Every page of the
/// parents' documents must be in one part, as a page or as one left out. Station, profile and time are
/// those of the first parent; slips, and what names said, go to every part that has a page of the
/// parent, without the number of pages. What a parent left out already goes to the first part that has
/// another page of it.
///
/// None of the parents may have a record in the archive. Whatever the answer, they are to be dropped
/// then: after an error [`super::recover`] tells what they are, the same jobs as before or, where the
/// error came late, the new ones.
///
/// # Errors
/// [`CaptureError::Parts`] and [`CaptureError::SlipConflict`] (between the parents of one part): nothing
/// was done. [`CaptureError::StillWritten`], [`CaptureError::Changed`]: so, because a parent's file is
/// not what the batch was read from. [`CaptureError::Locked`]: so, because an earlier call did not end.
/// Otherwise what the machine said.
pub fn rearrange(parents: &[Parent<'_>], parts: &[Part]) -> Result<Vec<Job>, CaptureError> {
    let pile = Pile::of(parents)?;
    let plan = pile.deal(parts)?;
    let work = work_of(&pile.main.folder);
    for part in parts {
        if claim::look_at(&work.join(part.record.to_string()))?.is_some() {
            return Err(CaptureError::Parts("a part has the number of a job"));
        }
    }
    for Parent { job, batch, .. } in parents {
        refuse_if_planned(&job.folder)?;
        for (file, read) in job.files.iter().zip(&batch.files) {
            if job.digest(file)?.digests != read.digests {
                return Err(job.changed(file));
            }
        }
    }
    for parent in parents.iter().rev() {
        plan.write(&parent.job.folder)?;
    }
    plan.carry_out(work)
}

/// All files of all parents, one after the other.
struct Pile<'a> {
    parents: &'a [Parent<'a>],
    main: &'a Job,
    files: Vec<PiledFile>,
}

struct PiledFile {
    /// Index of its parent.
    parent: usize,
    /// The parent.
    record: RecordId,
    file: JobFile,
    /// Its pages, counted over the pile.
    pages: Range<usize>,
}

impl<'a> Pile<'a> {
    fn of(parents: &'a [Parent<'a>]) -> Result<Self, CaptureError> {
        let main = parents
            .first()
            .ok_or(CaptureError::Parts("there is no parent"))?
            .job;
        if !all_differ(parents.iter().map(|parent| parent.job.record)) {
            return Err(CaptureError::Parts("a parent is named twice"));
        }
        let mut files = Vec::new();
        let mut first = 0;
        for (number, parent) in parents.iter().enumerate() {
            let Parent { job, batch, .. } = parent;
            if job.record != batch.record || job.files.len() != parent.page_counts.len() {
                return Err(CaptureError::Parts("a parent's files were not all opened"));
            }
            let read = job.files.iter().zip(&batch.files);
            for ((file, read), &count) in read.zip(parent.page_counts) {
                files.push(PiledFile {
                    parent: number,
                    record: job.record,
                    file: JobFile {
                        sha256: Some(read.digests.sha256),
                        ..file.clone()
                    },
                    pages: first..first + count,
                });
                first += count;
            }
        }
        Ok(Self {
            parents,
            main,
            files,
        })
    }

    fn deal(&self, parts: &[Part]) -> Result<Plan, CaptureError> {
        if !all_differ(parts.iter().map(|part| part.record)) {
            return Err(CaptureError::Parts("two parts have one number"));
        }
        if parts.iter().any(|part| part.pages.is_empty()) {
            return Err(CaptureError::Parts("a part has no page"));
        }
        let mut taken: Vec<usize> = parts.iter().flat_map(Part::everything).collect();
        let mut there = document_pages(self.parents);
        taken.sort_unstable();
        there.sort_unstable();
        if taken != there {
            return Err(CaptureError::Parts("not every page is in one part"));
        }
        let parts = self.with_what_was_left_out(parts)?;
        let files: BTreeSet<usize> = parts.iter().flat_map(|part| self.files_of(part)).collect();
        if files.len() != self.files.len() {
            return Err(CaptureError::Parts("a file is in no part"));
        }
        let numbered = parts.iter().enumerate();
        let children = numbered.map(|(number, part)| self.child(part, (number + 1, parts.len())));
        let children = children.collect::<Result<_, _>>()?;
        let parents = self.parents.iter().map(|parent| parent.job.record);
        Ok(Plan::new(parents.collect(), children))
    }

    /// Indices of the files that a part needs, in order.
    fn files_of(&self, part: &Part) -> BTreeSet<usize> {
        let file_of = |page| {
            self.files
                .iter()
                .position(|file| file.pages.contains(&page))
        };
        part.everything().filter_map(file_of).collect()
    }

    /// The parts, and what the parents left out when they were made themselves.
    fn with_what_was_left_out(&self, parts: &[Part]) -> Result<Vec<Part>, CaptureError> {
        let mut parts = parts.to_vec();
        for (number, parent) in self.parents.iter().enumerate() {
            let own: Vec<_> = self
                .files
                .iter()
                .filter(|file| file.parent == number)
                .collect();
            let is_own = |page: usize| own.iter().any(|file| file.pages.contains(&page));
            let origin = parent.job.origin.iter();
            for left in origin.flat_map(|origin| &origin.left_out) {
                let page = own
                    .get(left.original)
                    .and_then(|file| file.pages.clone().nth(left.original_page));
                let heir = parts.iter_mut().find(|part| part.everything().any(is_own));
                let (Some(page), Some(heir)) = (page, heir) else {
                    return Err(CaptureError::Parts("a page left out is not there"));
                };
                heir.left_out.push(LeftOut {
                    page,
                    why: left.why,
                    sheet: left.sheet.clone(),
                });
            }
        }
        Ok(parts)
    }

    /// One part as a job: with its own files, and its pages counted over them.
    fn child(&self, part: &Part, number: (usize, usize)) -> Result<Child, CaptureError> {
        let files = self.files_of(part);
        let files: Vec<_> = files
            .iter()
            .filter_map(|&file| self.files.get(file))
            .collect();
        let parents: BTreeSet<usize> = files.iter().map(|file| file.parent).collect();
        let parents = parents
            .iter()
            .filter_map(|&parent| self.parents.get(parent));
        let parents: Vec<&Job> = parents.map(|parent| parent.job).collect();
        let said = parents
            .iter()
            .map(|job| job.said())
            .collect::<Result<Vec<_>, _>>()?;
        let without_pages = |slip| Slip {
            pages: None,
            ..slip
        };
        slip::merge(said.into_iter().flatten().map(without_pages))?;

        let slips = parents
            .iter()
            .flat_map(|job| job.slips.iter().map(|slip| (job.record, slip.clone())));
        let (slips, slips_taken) = renamed(slips, job::slip_name);
        let originals = files.iter().map(|file| (file.record, file.file.clone()));
        let (originals, mut taken) = renamed(originals, job::original_name);
        taken.extend(slips_taken);
        let is_moved = |job: &&Job| job.taking == Taking::Moved;
        let intent = Intent {
            format: Intent::FORMAT.to_owned(),
            record: part.record,
            station: self.main.station.clone(),
            profile: self.main.profile.clone(),
            claimed: self.main.claimed,
            taking: if parents.iter().any(is_moved) {
                Taking::Moved
            } else {
                Taking::Copied
            },
            files: originals,
            slips,
            known: parents.iter().flat_map(|job| job.known.clone()).collect(),
            selection: Some(
                part.pages
                    .iter()
                    .filter_map(|&page| Some(place(&files, page)?.2))
                    .collect(),
            ),
            origin: Some(self.origin(part, &files, number)),
        };
        Ok(Child {
            intent,
            taken,
            decisions: part.decisions.clone(),
        })
    }

    fn origin(&self, part: &Part, files: &[&PiledFile], number: (usize, usize)) -> Origin {
        let mut parts = self
            .main
            .origin
            .as_ref()
            .map_or_else(Vec::new, |origin| origin.parts.clone());
        if number != (1, 1) {
            parts.push(number);
        }
        let left_out = part.left_out.iter().filter_map(|left| {
            let (original, original_page, _) = place(files, left.page)?;
            Some(LeftOutPage {
                original,
                original_page,
                why: left.why,
                sheet: left.sheet.clone(),
            })
        });
        Origin {
            divided_from: self
                .parents
                .iter()
                .map(|parent| parent.job.record)
                .collect(),
            parts,
            sheet: part.sheet.clone(),
            sheet_without_pages: part.sheet_without_pages,
            left_out: left_out.collect(),
        }
    }
}

impl Part {
    /// Its pages, and those left out.
    fn everything(&self) -> impl Iterator<Item = usize> {
        let left_out = self.left_out.iter().map(|left| left.page);
        self.pages.iter().copied().chain(left_out)
    }
}

/// Where a page of the pile lies: in which of the `files`, where inside it, and where in all of them.
fn place(files: &[&PiledFile], page: usize) -> Option<(usize, usize, usize)> {
    let original = files.iter().position(|file| file.pages.contains(&page))?;
    let inside = page - files.get(original)?.pages.start;
    let before: usize = files
        .iter()
        .take(original)
        .map(|file| file.pages.len())
        .sum();
    Some((original, inside, before + inside))
}

/// Files of the parents under the names that they get, and where they are taken from.
fn renamed(
    files: impl Iterator<Item = (RecordId, JobFile)>,
    name: fn(usize) -> String,
) -> (Vec<JobFile>, Vec<Taken>) {
    let renamed = files.enumerate().map(|(number, (parent, file))| {
        let stored = name(number);
        let taken = Taken {
            parent,
            stored: file.stored.clone(),
        };
        (JobFile { stored, ..file }, taken)
    });
    renamed.unzip()
}

fn all_differ(ids: impl Iterator<Item = RecordId>) -> bool {
    let mut seen = BTreeSet::new();
    ids.into_iter().all(|id| seen.insert(id))
}
