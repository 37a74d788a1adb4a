//! A citizen's papers against a procedure: choosing it, and the checklist.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::person;
use crate::access::{Event, EventKind};
use crate::hand_out::held_of;
use crate::index::fold::fold;
use crate::record::{CitizenId, DossierCode, Explain, RecordId};
use crate::reuse::ReuseError;
use crate::reuse::checklist::{Checklist, HeldRecord, Standing, checklist};
use crate::reuse::procedure::{Catalogue, Procedure, ProcedureCode, reception_day, vietnam_day};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::identity;
use crate::web::lookups::LookUp;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::procedures::{self, Choice, Shown};

/// Boxes to tick on one page; a form has no more fields.
const BOXES_MAX: usize = 50;
/// Letters of a procedure's name that are looked at.
const WORDS_MAX: usize = 100;

/// A citizen, whose number is asked for in a look-up, and the procedure that the address names.
pub(in crate::web) struct Case {
    pub(in crate::web) look_up: LookUp,
    pub(in crate::web) number: usize,
    pub(in crate::web) citizen: CitizenId,
    /// The day whose rules count: that on which the dossier was received, else today.
    pub(in crate::web) on: Date,
    pub(in crate::web) code: ProcedureCode,
    pub(in crate::web) catalogue: Catalogue,
    /// All that is held.
    pub(in crate::web) held: Vec<HeldRecord>,
}

impl Case {
    /// What the address names, and all that is held of the citizen.
    pub(in crate::web) fn of(desk: &Desk, asked: &Asked) -> Result<Self, Refusal> {
        let (look_up, number, citizen) = person::named(desk, asked)?;
        let code = asked.part("procedure").parse();
        let case = Self {
            on: day_of(&look_up, asked),
            code: code.map_err(|_| Refusal::NotFound)?,
            catalogue: Catalogue::load(&desk.config.data_folder).map_err(refused)?,
            held: held_of(&citizen, &desk.config).map_err(refused)?,
            look_up,
            number,
            citizen,
        };
        case.procedure()?;
        Ok(case)
    }

    /// The procedure in its version of the day.
    pub(in crate::web) fn procedure(&self) -> Result<&Procedure, Refusal> {
        self.catalogue
            .in_force(&self.code, self.on)
            .map_err(refused)
    }

    /// The checklist.
    pub(in crate::web) fn list(&self) -> Result<Checklist<'_>, Refusal> {
        let procedure = self.procedure()?;
        let dossier = self.dossier();
        Ok(checklist(
            &self.catalogue,
            procedure,
            &self.held,
            dossier,
            self.on,
        ))
    }

    /// The dossier that the look-up is for, where it is for one.
    pub(in crate::web) fn dossier(&self) -> Option<&DossierCode> {
        self.look_up.purpose.dossier.as_ref()
    }

    /// Which records show identity cards that the visitor may not see.
    pub(in crate::web) fn guarded(&self, desk: &Desk, asked: &Asked) -> BTreeSet<RecordId> {
        if identity::may_see(desk, asked) {
            return BTreeSet::new();
        }
        let guarded = self.held.iter().filter(|it| identity::of_held(desk, it));
        guarded.map(|it| it.record).collect()
    }

    /// An event about the citizen and the procedure, with these records; it is kept already.
    pub(in crate::web) fn note(
        &self,
        desk: &Desk,
        asked: &Asked,
        (what, records): (EventKind, Vec<RecordId>),
    ) -> Result<Event, Refusal> {
        let event = desk.event(asked, what, self.look_up.purpose.clone())?;
        let event = Event {
            citizens: vec![self.citizen.clone()],
            procedure: Some(self.code.to_string()),
            records,
            ..event
        };
        desk.keep(&event).map_err(|_| Refusal::NotKept)?;
        Ok(event)
    }
}

/// The day whose rules count for a look-up.
fn day_of(look_up: &LookUp, asked: &Asked) -> Date {
    let dossier = look_up.purpose.dossier.as_ref();
    let received = dossier.and_then(reception_day);
    received.unwrap_or_else(|| vietnam_day(asked.now))
}

/// What a browser is told: a code; the log has the cause.
pub(super) fn refused(error: ReuseError) -> Refusal {
    match error {
        ReuseError::UnknownProcedure(_) | ReuseError::NotInForce { .. } => Refusal::NotFound,
        ReuseError::Busy { .. } => Refusal::Busy,
        ReuseError::Access(_) => Refusal::NotKept,
        ReuseError::Damaged { .. } => Refusal::Damaged,
        error => failed(&error),
    }
}

/// The same of any other error.
pub(in crate::web) fn failed(error: &impl Explain) -> Refusal {
    let code = error.code();
    tracing::error!(code, cause = %error, "the desk could not answer");
    Refusal::Failed(code)
}

/// Which procedure. It shows nothing of anybody.
pub(in crate::web) fn choose(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, number, citizen) = person::named(desk, asked)?;
    let on = day_of(&look_up, asked);
    let catalogue = Catalogue::load(&desk.config.data_folder).map_err(refused)?;
    let words: String = asked.query.value("words").chars().take(WORDS_MAX).collect();
    let wanted = fold(&words).plain;
    let is_wanted = |it: &&Procedure| {
        let name = fold(&format!("{} {}", it.code, it.name)).plain;
        wanted.split(' ').all(|word| name.contains(word))
    };
    let choice = Choice {
        look_up: &look_up,
        number,
        citizen: &citizen,
        on,
        words: &words,
        procedures: catalogue.all_in_force(on).filter(is_wanted).collect(),
    };
    Ok(Reply::page(procedures::choice(asked, &choice)))
}

/// The checklist.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let case = Case::of(desk, asked)?;
    let list = case.list()?;
    page(desk, asked, &case, (&list, None))
}

/// The page of it, with what was wrong with the form.
pub(super) fn page(
    desk: &Desk,
    asked: &Asked,
    case: &Case,
    (list, said): (&Checklist<'_>, Option<&str>),
) -> Result<Reply, Refusal> {
    let key = asked.key()?;
    let records = case.held.iter().map(|it| it.record);
    let noted = (EventKind::Checklist, records.clone().collect());
    case.note(desk, asked, noted)?;
    desk.sessions
        .look_ups(key, |all| all.show(&case.look_up.handle, records));
    let guarded = case.guarded(desk, asked);
    let asked_for: BTreeSet<RecordId> = list.records().into_iter().collect();
    let is_other = |it: &&HeldRecord| !asked_for.contains(&it.record);
    let takes = |it: &&HeldRecord| !guarded.contains(&it.record) && it.doubts.is_empty();
    let is_ticked = |it: &&HeldRecord| match said {
        Some(_) => asked.form.value(&it.record.to_string()) == "take",
        None => matches!(list.use_of(it.record), Some((_, Standing::Valid))),
    };
    // What the procedure asks for comes before what else is held.
    let (first, rest): (Vec<_>, Vec<_>) = case.held.iter().partition(|it| !is_other(it));
    let boxes: Vec<&HeldRecord> = first
        .into_iter()
        .chain(rest)
        .filter(takes)
        .take(BOXES_MAX)
        .collect();
    let shown = Shown {
        look_up: &case.look_up,
        number: case.number,
        citizen: &case.citizen,
        catalogue: &case.catalogue,
        list,
        others: case.held.iter().filter(is_other).collect(),
        ticked: boxes
            .iter()
            .copied()
            .filter(is_ticked)
            .map(|it| it.record)
            .collect(),
        boxes: boxes.into_iter().map(|it| it.record).collect(),
        guarded: &guarded,
        dossier: asked.form.value("dossier"),
        received: asked.form.value("received"),
        said,
    };
    Ok(Reply::page(procedures::page(asked, &shown)))
}
