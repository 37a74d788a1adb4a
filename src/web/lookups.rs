//! What was looked up in a session, under handles that say nothing: an address names a look-up by random letters and a
//! person by a number in it. A look-up carries its purpose, and only records that it showed can be opened by it.

use std::collections::{BTreeSet, VecDeque};
use std::io;

use data_encoding::BASE64URL_NOPAD;

use super::sought::Sought;
use crate::access::Purpose;
use crate::random;
use crate::record::{CitizenId, RecordId};

/// Look-ups kept of a session, and of a client that asks for many people; the oldest is forgotten.
const LOOK_UPS_MAX: usize = 50;
const LOOK_UPS_OF_CLIENT_MAX: usize = 500;
/// Of one look-up: more than its pages can show.
const PEOPLE_MAX: usize = 2000;
const RECORDS_MAX: usize = 5000;

/// One look-up, for the handlers.
#[derive(Debug, Clone)]
pub(super) struct LookUp {
    /// Its name in addresses.
    pub(super) handle: String,
    /// What was typed, understood.
    pub(super) sought: Sought,
    /// Why.
    pub(super) purpose: Purpose,
}

struct Kept {
    look_up: LookUp,
    people: Vec<CitizenId>,
    records: BTreeSet<RecordId>,
    /// Whose document was opened.
    opened: BTreeSet<RecordId>,
    /// Whose view was kept.
    viewed: BTreeSet<RecordId>,
}

/// The look-ups of one session, the newest last.
pub(super) struct LookUps {
    kept: VecDeque<Kept>,
    most: usize,
    /// Documents of the worklist whose view was kept.
    items: BTreeSet<RecordId>,
}

impl Default for LookUps {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            most: LOOK_UPS_MAX,
            items: BTreeSet::new(),
        }
    }
}

impl LookUps {
    /// Those of a client.
    pub(super) fn of_client() -> Self {
        Self {
            most: LOOK_UPS_OF_CLIENT_MAX,
            ..Self::default()
        }
    }

    /// Begins a look-up.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub(super) fn begin(&mut self, sought: Sought, purpose: Purpose) -> io::Result<String> {
        let random = random::secret()?;
        let handle = BASE64URL_NOPAD.encode(random.get(..16).unwrap_or_default());
        self.kept.push_back(Kept {
            look_up: LookUp {
                handle: handle.clone(),
                sought,
                purpose,
            },
            people: Vec::new(),
            records: BTreeSet::new(),
            opened: BTreeSet::new(),
            viewed: BTreeSet::new(),
        });
        while self.kept.len() > self.most {
            self.kept.pop_front();
        }
        Ok(handle)
    }

    /// The look-up of this name.
    pub(super) fn find(&self, handle: &str) -> Option<LookUp> {
        self.of(handle).map(|kept| kept.look_up.clone())
    }

    /// The newest one's purpose: the next look-up is often for the same.
    pub(super) fn last_purpose(&self) -> Option<&Purpose> {
        self.kept.back().map(|kept| &kept.look_up.purpose)
    }

    /// The number of a person in a look-up, the same for as long as it is kept; `None` where there are too many.
    pub(super) fn number_of(&mut self, handle: &str, citizen: &CitizenId) -> Option<usize> {
        let people = &mut self.of_mut(handle)?.people;
        if let Some(known) = people.iter().position(|it| it == citizen) {
            return Some(known + 1);
        }
        (people.len() < PEOPLE_MAX).then(|| {
            people.push(citizen.clone());
            people.len()
        })
    }

    /// Whose number that is.
    pub(super) fn person(&self, handle: &str, number: usize) -> Option<CitizenId> {
        let people = &self.of(handle)?.people;
        people.get(number.checked_sub(1)?).cloned()
    }

    /// These records are shown by a look-up.
    pub(super) fn show(&mut self, handle: &str, records: impl IntoIterator<Item = RecordId>) {
        if let Some(kept) = self.of_mut(handle) {
            let room = RECORDS_MAX.saturating_sub(kept.records.len());
            kept.records.extend(records.into_iter().take(room));
        }
    }

    /// Whether a look-up has shown a record.
    pub(super) fn has_shown(&self, handle: &str, record: RecordId) -> bool {
        self.of(handle)
            .is_some_and(|kept| kept.records.contains(&record))
    }

    /// A record's document is opened, and that was kept.
    pub(super) fn open(&mut self, handle: &str, record: RecordId) {
        if let Some(kept) = self.of_mut(handle) {
            kept.opened.insert(record);
        }
    }

    /// Whether a look-up has opened a record's document.
    pub(super) fn has_opened(&self, handle: &str, record: RecordId) -> bool {
        self.of(handle)
            .is_some_and(|kept| kept.opened.contains(&record))
    }

    /// A view of these records by a look-up was kept.
    pub(super) fn view(&mut self, handle: &str, records: impl IntoIterator<Item = RecordId>) {
        if let Some(kept) = self.of_mut(handle) {
            let room = RECORDS_MAX.saturating_sub(kept.viewed.len());
            kept.viewed.extend(records.into_iter().take(room));
        }
    }

    /// Whether a view of a record by a look-up was kept.
    pub(super) fn has_viewed(&self, handle: &str, record: RecordId) -> bool {
        self.of(handle)
            .is_some_and(|kept| kept.viewed.contains(&record))
    }

    /// A view of a document of the worklist was kept.
    pub(super) fn view_item(&mut self, item: RecordId) {
        if self.items.len() >= RECORDS_MAX {
            self.items.clear();
        }
        self.items.insert(item);
    }

    /// Whether a view of a document of the worklist was kept.
    pub(super) fn has_viewed_item(&self, item: RecordId) -> bool {
        self.items.contains(&item)
    }

    fn of(&self, handle: &str) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.look_up.handle == handle)
    }

    fn of_mut(&mut self, handle: &str) -> Option<&mut Kept> {
        self.kept
            .iter_mut()
            .find(|kept| kept.look_up.handle == handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sought::Among;

    fn begin(look_ups: &mut LookUps) -> String {
        let purpose = Purpose {
            dossier: None,
            text: Some("tra cứu thử".to_owned()),
        };
        look_ups
            .begin(
                Sought::read("thửa 12", Among::default()).expect("words"),
                purpose,
            )
            .expect("random")
    }

    #[test]
    fn handles_lead_back_only_in_their_own_look_up() {
        let mut look_ups = LookUps::default();
        let (one, other) = (begin(&mut look_ups), begin(&mut look_ups));
        let citizen: CitizenId = "079203000001".parse().expect("a number");
        let number = look_ups.number_of(&one, &citizen).expect("room");
        assert_eq!(
            look_ups.number_of(&one, &citizen),
            Some(number),
            "the same again"
        );
        assert_eq!(look_ups.person(&one, number), Some(citizen));
        for (handle, number) in [(&other, number), (&one, 0), (&one, 2), (&String::new(), 1)] {
            assert_eq!(look_ups.person(handle, number), None);
        }
        let record = RecordId::new_v7(1, &[1; 10]);
        look_ups.show(&one, [record]);
        assert!(look_ups.has_shown(&one, record) && !look_ups.has_shown(&other, record));
        for _ in 0..LOOK_UPS_MAX {
            begin(&mut look_ups);
        }
        assert!(look_ups.find(&one).is_none(), "forgotten");
        assert!(!look_ups.has_shown(&one, record));
    }
}
