use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::capture::{Origin, ScanBatch, SheetFacts, Slip};
use crate::config::{ScannerProfile, Unsettled, profile};
use crate::recognise::ReadPage;
use crate::record::{
    CitizenId, Confidence, Decision, DecisionRecord, DossierCode, Field, FieldName, LeftOutReason,
    PageReading, RecordId, Source,
};

const THU: &str = "020091990417";
const DIEM: &str = "020194990283";
const ONE: &str = "H36.105-261123-0007";
const TWO: &str = "H36.105-261123-0008";

fn generic() -> ScannerProfile {
    let mut profiles = profile::load_all(&PathBuf::from("none")).expect("shipped profiles");
    profiles.remove("generic").expect("generic")
}

fn batch(slip: Slip) -> ScanBatch {
    ScanBatch {
        record: RecordId::new_v7(1, &[1; 10]),
        station: "quay-01".parse().expect("station"),
        profile: generic(),
        claimed: jiff::Timestamp::UNIX_EPOCH,
        folder: PathBuf::new(),
        files: Vec::new(),
        slip,
        selection: None,
        origin: None,
    }
}

fn citizen(number: &str) -> CitizenId {
    number.parse().expect("a number")
}

fn dossier(code: &str) -> DossierCode {
    code.parse().expect("a code")
}

fn field(name: FieldName, value: &str, source: Source) -> Field {
    Field {
        name,
        value: value.to_owned(),
        source,
        page: Some(1),
        place: None,
        confidence: (source == Source::Ocr).then_some(Confidence(93.0)),
        doubt: None,
    }
}

fn taken(decision: Decision) -> DecisionRecord {
    DecisionRecord {
        at: jiff::Timestamp::UNIX_EPOCH,
        by: "văn thư".to_owned(),
        decision,
    }
}

fn assign(number: &str) -> DecisionRecord {
    taken(Decision::Assign {
        citizen: Some(citizen(number)),
        dossier: None,
        kind: None,
    })
}

fn page(reading: PageReading) -> ReadPage {
    let mut read = ReadPage::failed(0);
    read.page.reading = reading;
    read
}

/// A case with two pages that were read well; the tests change what they are about.
struct Case {
    batch: ScanBatch,
    pages: Vec<ReadPage>,
    fields: Vec<Field>,
    decisions: Vec<DecisionRecord>,
    unsettled: Unsettled,
}

impl Case {
    fn new(slip: Slip) -> Self {
        Self {
            batch: batch(slip),
            pages: vec![page(PageReading::Ok), page(PageReading::Ok)],
            fields: Vec::new(),
            decisions: Vec::new(),
            unsettled: Unsettled::Wait,
        }
    }

    fn saying(mut self, fields: &[Field]) -> Self {
        self.fields = fields.to_vec();
        self
    }

    fn decided(mut self, decisions: &[DecisionRecord]) -> Self {
        self.decisions = decisions.to_vec();
        self
    }

    fn settle(&self) -> Settlement {
        let sources: Vec<_> = (0..self.pages.len()).map(|page| (0, page)).collect();
        settle(&Findings {
            batch: &self.batch,
            slip_source: Source::Slip,
            page_sources: &sources,
            pages: &self.pages,
            fields: &self.fields,
            doubtful: &[],
            failed_signatures: &[],
            decisions: &self.decisions,
            unsettled: self.unsettled,
        })
    }

    fn settled(&self) -> Settled {
        match self.settle() {
            Settlement::Settled(settled) => *settled,
            other => panic!("not settled: {other:?}"),
        }
    }

    fn questions(&self) -> Vec<Question> {
        match self.settle() {
            Settlement::Open(open) => open.questions,
            other => panic!("nothing open: {other:?}"),
        }
    }
}

fn slip(citizen_id: Option<&str>, code: Option<&str>) -> Slip {
    Slip {
        citizen: citizen_id.map(citizen),
        dossier: code.map(dossier),
        ..Slip::default()
    }
}

#[test]
fn nothing_known_is_archived_under_nobody() {
    let settled = Case::new(Slip::default()).settled();
    assert_eq!((settled.citizen, settled.dossier), (None, None));
    assert_eq!(settled.pages.len(), 2);
}

#[test]
fn a_card_names_the_citizen_and_its_former_number() {
    let card = [
        field(FieldName::CitizenId, THU, Source::CardQr),
        field(FieldName::FormerId, "012345678", Source::CardQr),
        field(FieldName::CitizenId, DIEM, Source::Ocr),
    ];
    let settled = Case::new(Slip::default()).saying(&card).settled();
    assert_eq!(settled.citizen, Some(citizen(THU)));
    assert_eq!(settled.citizen_sources, [Source::CardQr]);
    assert_eq!(settled.aliases, ["012345678"]);
}

#[test]
fn read_text_alone_waits_unless_the_dossier_is_certain() {
    let read = [field(FieldName::CitizenId, THU, Source::Ocr)];
    let unfiled = Case::new(Slip::default()).saying(&read);
    assert_eq!(unfiled.questions(), [Question::CitizenOnlyRead]);
    let filed = Case::new(slip(None, Some(ONE))).saying(&read).settled();
    assert_eq!((filed.citizen, filed.dossier), (None, Some(dossier(ONE))));
    assert_eq!(filed.candidates[0].citizen, citizen(THU));
    let archived = Case {
        unsettled: Unsettled::Archive,
        ..unfiled
    };
    assert_eq!(archived.settled().citizen, None);
}

#[test]
fn sources_that_differ_wait_and_a_person_is_final() {
    let card = [field(FieldName::CitizenId, DIEM, Source::CardQr)];
    let case = Case::new(slip(Some(THU), Some(ONE))).saying(&card);
    assert_eq!(case.questions(), [Question::CitizensDiffer]);
    let settled = case.decided(&[assign(THU), assign(DIEM)]).settled();
    assert_eq!(settled.citizen, Some(citizen(DIEM)));
    assert_eq!(settled.citizen_sources, [Source::Person, Source::CardQr]);
}

#[test]
fn dossiers_that_differ_wait() {
    let code = [field(FieldName::DossierCode, TWO, Source::CaseSlip)];
    let case = Case::new(slip(Some(THU), Some(ONE))).saying(&code);
    assert_eq!(case.questions(), [Question::DossiersDiffer]);
    let read = [field(FieldName::DossierCode, TWO, Source::Ocr)];
    let settled = Case::new(slip(Some(THU), Some(ONE)))
        .saying(&read)
        .settled();
    assert_eq!(settled.dossier, Some(dossier(ONE)));
}

#[test]
fn approval_archives_what_is_certain_only() {
    let read = [field(FieldName::CitizenId, THU, Source::Ocr)];
    let case = Case::new(Slip::default())
        .saying(&read)
        .decided(&[taken(Decision::Approve)]);
    let settled = case.settled();
    assert_eq!((settled.citizen, settled.candidates.len()), (None, 1));
}

#[test]
fn a_rejection_ends_it_until_somebody_decides_again() {
    let reject = taken(Decision::Reject {
        reason: "quét nhầm".to_owned(),
    });
    let case = Case::new(slip(Some(THU), None)).decided(&[assign(THU), reject.clone()]);
    assert_eq!(case.settle(), Settlement::Rejected("quét nhầm".to_owned()));
    let case = case.decided(&[reject, taken(Decision::Approve)]);
    assert_eq!(case.settled().citizen, Some(citizen(THU)));
}

#[test]
fn a_sheet_that_is_not_ours_decides_nothing() {
    let mut case = Case::new(Slip::default());
    let mut sheet = SheetFacts {
        number: "1".to_owned(),
        citizen: Some(citizen(THU)),
        dossier: Some(dossier(ONE)),
        kind: None,
        proved: true,
    };
    let origin = |sheet: &SheetFacts| Origin {
        divided_from: vec![RecordId::new_v7(1, &[2; 10])],
        sheet: Some(sheet.clone()),
        ..Origin::default()
    };
    case.batch.origin = Some(origin(&sheet));
    let settled = case.settled();
    assert_eq!(settled.citizen_sources, [Source::CoverSheet]);
    assert_eq!(settled.dossier, Some(dossier(ONE)));
    sheet.proved = false;
    case.batch.origin = Some(origin(&sheet));
    assert_eq!(case.questions(), [Question::SheetUnproved]);
}

#[test]
fn the_promised_count_may_count_blank_backs_or_not() {
    let promised = |pages| {
        let mut case = Case::new(Slip {
            pages: Some(pages),
            ..slip(Some(THU), None)
        });
        case.pages = vec![
            page(PageReading::Ok),
            page(PageReading::Blank),
            page(PageReading::Ok),
            page(PageReading::Blank),
        ];
        case
    };
    for pages in [2, 4] {
        assert_eq!(promised(pages).settled().pages.len(), 4);
    }
    let question = Question::PageCount {
        promised: 3,
        found: 4,
    };
    assert_eq!(promised(3).questions(), [question]);
}

#[test]
fn a_profile_may_drop_blank_pages_but_never_all() {
    let mut case = Case::new(slip(Some(THU), None));
    case.batch.profile.blank.pages = crate::config::BlankPages::Drop;
    case.pages[1] = page(PageReading::Blank);
    let settled = case.settled();
    assert_eq!(settled.pages.len(), 1);
    assert_eq!(settled.left_out.len(), 1);
    assert_eq!(settled.left_out[0].original_page, 1);
    assert_eq!(settled.left_out[0].why, LeftOutReason::Blank);
    case.pages[0] = page(PageReading::Blank);
    assert_eq!(case.questions(), [Question::AllBlank]);
    let approved = case.decided(&[taken(Decision::Approve)]);
    assert_eq!(approved.questions(), [Question::AllBlank]);
}

#[test]
fn people_order_turn_and_drop_pages() {
    let mut case = Case::new(slip(Some(THU), None));
    case.pages = vec![
        page(PageReading::Ok),
        page(PageReading::Blank),
        page(PageReading::Ok),
    ];
    let decisions = [
        taken(Decision::Order { pages: vec![3, 1] }),
        taken(Decision::DropBlank { pages: vec![1, 2] }),
        taken(Decision::Rotate {
            page: 3,
            degrees: 270,
        }),
        taken(Decision::Rotate {
            page: 3,
            degrees: 180,
        }),
    ];
    let settled = case.decided(&decisions).settled();
    let plan: Vec<_> = settled.pages.iter().map(|p| (p.number, p.turned)).collect();
    assert_eq!(plan, [(2, 90), (0, 0)]);
    assert_eq!(settled.left_out.len(), 1);
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let pages = || proptest::collection::vec(0_u32..8, 0..6);
    prop_oneof![
        pages().prop_map(|pages| Decision::Order { pages }),
        pages().prop_map(|pages| Decision::DropBlank { pages }),
        (0_u32..8, 0_u16..8).prop_map(|(page, quarter)| Decision::Rotate {
            page,
            degrees: quarter % 4 * 90
        }),
        Just(Decision::Approve),
    ]
}

proptest! {
    #[test]
    fn no_page_with_ink_is_ever_lost(
        blank in proptest::collection::vec(any::<bool>(), 1..7),
        decisions in proptest::collection::vec(any_decision(), 0..6),
    ) {
        let mut case = Case::new(slip(Some(THU), None));
        case.pages = blank
            .iter()
            .map(|blank| page(if *blank { PageReading::Blank } else { PageReading::Ok }))
            .collect();
        case.decisions = decisions.into_iter().map(taken).collect();
        if let Settlement::Settled(settled) = case.settle() {
            let mut kept: Vec<usize> = settled.pages.iter().map(|page| page.number).collect();
            kept.extend(settled.left_out.iter().map(|page| page.original_page));
            kept.sort_unstable();
            prop_assert_eq!(kept, (0..blank.len()).collect::<Vec<_>>());
            for page in &settled.left_out {
                prop_assert!(blank[page.original_page]);
            }
        }
    }
}

#[test]
fn what_is_laid_out_and_decided_is_read_again() {
    let folder = tempfile::tempdir().expect("folder");
    let desk = Desk::of(folder.path());
    assert_eq!(desk.entry().expect("reads"), None);
    let open = Open {
        questions: vec![Question::CitizensDiffer],
        candidates: Vec::new(),
        dossiers: vec![dossier(ONE)],
        kind: None,
    };
    let pages = [page(PageReading::LowConfidence)];
    let batch = batch(Slip::default());
    let at = |second| jiff::Timestamp::from_second(second).expect("a time");
    let found = Found {
        pages: &pages,
        fields: &[field(FieldName::CitizenId, THU, Source::Ocr)],
    };
    desk.lay_out(&batch, at(10), &open, 1, found)
        .expect("writes");
    assert!(!desk.has_news());
    desk.lay_out(&batch, at(20), &open, 1, found)
        .expect("writes");
    let entry = desk.entry().expect("reads").expect("there");
    assert_eq!(entry.since, at(10), "it has waited since the first time");
    assert_eq!(entry.pages[0].reading, PageReading::LowConfidence);
    assert_eq!(entry.fields[0].value, THU);
    desk.decide([assign(THU)]).expect("writes");
    assert!(desk.has_news());
    desk.decide([taken(Decision::Approve)]).expect("writes");
    assert_eq!(
        desk.decisions().expect("reads"),
        [assign(THU), taken(Decision::Approve)]
    );
    desk.clear().expect("removes");
    assert_eq!(desk.entry().expect("reads"), None);
    assert!(desk.has_news(), "who settled it may be dead");
}

#[test]
fn damage_names_the_place_and_no_person() {
    let folder = tempfile::tempdir().expect("folder");
    let text = format!("{{\"citizen\": \"{THU}\", }}");
    std::fs::write(folder.path().join("worklist.json"), text).expect("writes");
    let error = Desk::of(folder.path()).entry().expect_err("damaged");
    let said = format!("{error:?} {error}");
    assert!(said.contains("line 1") && !said.contains(THU), "{said}");
}

#[test]
fn a_decision_must_fit_the_document() {
    let folder = tempfile::tempdir().expect("folder");
    let desk = Desk::of(folder.path());
    let open = Open {
        questions: vec![Question::AllBlank],
        candidates: Vec::new(),
        dossiers: Vec::new(),
        kind: None,
    };
    let pages = [page(PageReading::Ok), page(PageReading::Blank)];
    let batch = batch(Slip::default());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let found = Found {
        pages: &pages,
        fields: &[],
    };
    desk.lay_out(&batch, now, &open, 3, found).expect("writes");
    let entry = desk.entry().expect("reads").expect("there");
    let fits = |decision: &Decision| require_fit(decision, "Lê Thị Hoa", &entry).is_ok();
    let rotate = |page, degrees| Decision::Rotate { page, degrees };
    let reason = |reason: &str| Decision::Reject {
        reason: reason.to_owned(),
    };
    for good in [
        assign(THU).decision,
        Decision::DropBlank { pages: vec![2] },
        rotate(3, 270),
        Decision::Order {
            pages: vec![3, 1, 2],
        },
        Decision::Split { at: vec![2, 3] },
        Decision::Approve,
        reason("quét nhầm"),
    ] {
        assert!(fits(&good), "{good:?}");
    }
    for bad in [
        Decision::Assign {
            citizen: None,
            dossier: None,
            kind: None,
        },
        Decision::DropBlank { pages: vec![1] },
        Decision::DropBlank { pages: vec![0] },
        Decision::DropBlank { pages: vec![] },
        rotate(4, 90),
        rotate(0, 90),
        rotate(1, 45),
        Decision::Order { pages: vec![1, 1] },
        Decision::Split { at: vec![1] },
        Decision::Split { at: vec![3, 2] },
        Decision::Split { at: vec![] },
        Decision::Merge { with: batch.record },
        reason(" "),
    ] {
        assert!(!fits(&bad), "{bad:?}");
    }
    for nobody in ["", "a\nb", &"a".repeat(101)] {
        assert!(require_fit(&Decision::Approve, nobody, &entry).is_err());
    }
}
