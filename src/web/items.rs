//! What waits for a person, for the desk: documents in the work folder, and records of the archive whose owner is not
//! settled. One shape for both, since people decide about both in the same way.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::asked::Asked;
use super::desk::Desk;
use super::holdings::Held;
use super::identity;
use super::pictures::{Picture, Wanted};
use super::reply::Refusal;
use crate::access::Purpose;
use crate::config::BlankPages;
use crate::index::{Attention, IndexRow};
use crate::pages::{PageError, PageImage, PagePool, Scans};
use crate::record::{
    Candidate, CitizenId, DocumentKind, DossierCode, Explain, Field, FieldName, PageReading,
    RecordId, StationName,
};
use crate::worklist::{self, Entry, Question};

/// Records of the archive that are looked through.
const ARCHIVED_MAX: u32 = 1000;

/// A page, in the order of the document to be; those that it leaves out come last.
pub(super) struct ItemPage {
    /// From 1, as decisions name it.
    pub(super) number: usize,
    pub(super) reading: PageReading,
    upright: Option<u16>,
    turned: u16,
    pub(super) is_left_out: bool,
}

/// Something about which a person decides.
pub(super) struct Item {
    pub(super) record: RecordId,
    pub(super) station: StationName,
    pub(super) dropped_as: String,
    pub(super) since: Timestamp,
    pub(super) questions: Vec<Question>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) dossiers: Vec<DossierCode>,
    pub(super) kind: Option<DocumentKind>,
    pub(super) pages: Vec<ItemPage>,
    pub(super) fields: Vec<Field>,
    /// In the archive: its pages are what they are.
    pub(super) held: Option<Box<Held>>,
    files: Vec<PathBuf>,
    selection: Option<Vec<usize>>,
}

impl Item {
    fn waiting(desk: &Desk, entry: Entry, folder: &Path) -> Result<Self, Refusal> {
        let decisions = worklist::Desk::of(folder).decisions().map_err(failed)?;
        let profile = desk.config.profile_of(&entry.station);
        let planned = worklist::planned(&entry, profile.blank.pages, &decisions);
        let all = worklist::planned(&entry, BlankPages::Keep, &[]);
        let left_out = all
            .into_iter()
            .filter(|page| !planned.iter().any(|it| it.number == page.number))
            .map(|page| (page, true));
        let pages = planned.iter().cloned().map(|page| (page, false));
        let pages = pages.chain(left_out).filter_map(|(page, is_left_out)| {
            let known = entry.pages.get(page.number)?;
            Some(ItemPage {
                number: known.page,
                reading: known.reading,
                upright: known.upright,
                turned: page.turned,
                is_left_out,
            })
        });
        // Names of ours in a folder of ours; one with a way in it is none.
        let is_name = |name: &&String| Path::new(name).file_name() == Some(name.as_ref());
        Ok(Self {
            pages: pages.collect(),
            files: entry
                .files
                .iter()
                .filter(is_name)
                .map(|name| folder.join(name))
                .collect(),
            record: entry.record,
            station: entry.station,
            dropped_as: entry.dropped_as,
            since: entry.since,
            questions: entry.questions,
            candidates: entry.candidates,
            dossiers: entry.dossiers,
            kind: entry.kind,
            fields: entry.fields,
            held: None,
            selection: entry.selection,
        })
    }

    fn archived(held: Held) -> Self {
        let it = &held.description;
        let pages = (1..).zip(&it.pages).map(|(number, page)| ItemPage {
            number,
            reading: page.reading,
            upright: Some(page.rotation),
            turned: 0,
            is_left_out: false,
        });
        let first = it.originals.first().map(|it| it.dropped_as.clone());
        Self {
            record: it.record,
            station: it.station.clone(),
            dropped_as: first.unwrap_or_default(),
            since: it.archived,
            questions: Vec::new(),
            candidates: it.candidates.clone(),
            dossiers: it.dossier.iter().cloned().collect(),
            kind: it.kind.clone(),
            pages: pages.collect(),
            fields: it.fields.clone(),
            files: Vec::new(),
            selection: None,
            held: Some(Box::new(held)),
        }
    }

    /// Whether whose it is must be settled.
    pub(super) fn asks_whose(&self) -> bool {
        let asks = |question: &Question| {
            matches!(
                question,
                Question::CitizensDiffer | Question::CitizenOnlyRead
            )
        };
        self.held.is_some() || self.questions.iter().any(asks)
    }

    /// Whether it shows an identity card, and the visitor may not see these.
    pub(super) fn is_guarded(&self, desk: &Desk, asked: &Asked) -> bool {
        identity::is_shown(desk, self.kind.as_ref(), &self.fields)
            && !identity::may_see(desk, asked)
    }

    /// Everybody whose number it shows.
    pub(super) fn citizens(&self) -> Vec<CitizenId> {
        let read = self
            .fields
            .iter()
            .filter(|it| it.name == FieldName::CitizenId);
        let read = read.filter_map(|field| field.value.parse().ok());
        let named = self.candidates.iter().map(|it| it.citizen.clone());
        named.chain(read).collect()
    }

    /// Why it is looked at.
    pub(super) fn purpose(&self) -> Purpose {
        let dossier = match self.dossiers.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        Purpose {
            dossier,
            ..purpose_of_list()
        }
    }

    /// The picture of a page, counted from 1.
    pub(super) fn picture(
        &self,
        desk: &Desk,
        number: usize,
        is_small: bool,
    ) -> Result<std::sync::Arc<Picture>, Refusal> {
        let page = self.pages.iter().find(|page| page.number == number);
        let page = page.ok_or(Refusal::NotFound)?;
        let at = number.checked_sub(1).ok_or(Refusal::NotFound)?;
        let wanted = Wanted {
            record: self.record,
            page: at,
            is_archived: self.held.is_some(),
            upright: page.upright,
            turned: page.turned,
            is_small,
        };
        let Some(held) = &self.held else {
            return desk.pictures.of(wanted, || self.scanned(desk, at));
        };
        let profile = desk.config.profile_of(&self.station);
        desk.pictures
            .held(wanted, || desk.holdings.page(held, at, profile))
    }

    fn scanned(&self, desk: &Desk, at: usize) -> Result<PageImage, PageError> {
        let profile = desk.config.profile_of(&self.station);
        let scans = Scans::open(self.files.iter(), profile, &desk.config.limits)?;
        let scans = match &self.selection {
            Some(pages) => scans.select(pages)?,
            None => scans,
        };
        let pool = PagePool::new(1);
        let mut found = scans.in_order_of(std::iter::once(at), &pool);
        found
            .next()
            .unwrap_or(Err(PageError::NoSuchPage { page: at }))
    }
}

/// Why the list is looked at.
pub(super) fn purpose_of_list() -> Purpose {
    Purpose {
        dossier: None,
        text: Some("xử lý danh sách chờ".to_owned()),
    }
}

/// What waits in the work folder and was not decided since, the longest waiting first.
pub(super) fn waiting(desk: &Desk) -> Result<Vec<Entry>, Refusal> {
    let work = &desk.config.folders.work;
    let mut entries = worklist::entries(work).map_err(failed)?;
    entries.retain(|entry| !worklist::Desk::of(&folder_of(desk, entry.record)).has_news());
    Ok(entries)
}

/// Records of the archive whose owner is not settled.
pub(super) fn archived(desk: &Desk) -> Result<Vec<IndexRow>, Refusal> {
    let mut rows = desk.holdings.needing_attention(ARCHIVED_MAX)?;
    rows.retain(|row| row.attention.contains(&Attention::IdentityOpen));
    Ok(rows)
}

/// The item that the address names, if it waits.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::IdentityCard`] where the visitor lacks the role for it.
pub(super) fn named(desk: &Desk, asked: &Asked) -> Result<Item, Refusal> {
    let record: RecordId = asked.part("item").parse().map_err(|_| Refusal::NotFound)?;
    let folder = folder_of(desk, record);
    let item = match worklist::Desk::of(&folder).entry().map_err(failed)? {
        Some(entry) => Item::waiting(desk, entry, &folder)?,
        None => {
            let held = desk.holdings.record(record)?;
            let it = &held.description;
            if it.citizen.is_some() || it.candidates.is_empty() {
                return Err(Refusal::NotFound);
            }
            Item::archived(held)
        }
    };
    if item.is_guarded(desk, asked) {
        desk.metrics.forbidden.add();
        return Err(Refusal::IdentityCard);
    }
    Ok(item)
}

fn folder_of(desk: &Desk, record: RecordId) -> PathBuf {
    desk.config.folders.work.join(record.to_string())
}

fn failed(error: worklist::WorklistError) -> Refusal {
    let code = error.code();
    tracing::error!(code, cause = %error, "the worklist cannot be read");
    Refusal::Failed(code)
}
