use proptest::prelude::*;

use super::*;

const THU: &str = "020091990417";
const DIEM: &str = "020194990283";

fn found(number: &str, source: Source) -> Evidence {
    Evidence {
        citizen: number.parse().expect("a number"),
        source,
        page: Some(1),
        confidence: (source == Source::Ocr).then_some(Confidence(91.0)),
    }
}

fn certain(decision: &Decision) -> Option<(&str, &[Source])> {
    match decision {
        Decision::Certain { citizen, sources } => Some((citizen.expose(), sources)),
        Decision::Candidates { .. } | Decision::Nothing => None,
    }
}

fn candidates(decision: &Decision) -> Vec<&str> {
    match decision {
        Decision::Candidates { candidates } => {
            candidates.iter().map(|c| c.citizen.expose()).collect()
        }
        Decision::Certain { .. } | Decision::Nothing => Vec::new(),
    }
}

#[test]
fn nothing_from_nothing() {
    assert_eq!(decide(&[]), Decision::Nothing);
}

#[test]
fn each_deciding_source_is_enough() {
    use Source::{CardQr, CaseSlip, Folder, Mrz, Operator, Slip};
    for source in [Operator, Slip, CaseSlip, Folder, CardQr, Mrz] {
        let decision = decide(&[found(THU, source)]);
        assert_eq!(certain(&decision), Some((THU, [source].as_slice())));
    }
}

#[test]
fn ocr_alone_is_a_candidate() {
    let decision = decide(&[found(THU, Source::Ocr), found(THU, Source::Ocr)]);
    assert_eq!(candidates(&decision), [THU]);
}

#[test]
fn ocr_confirms_and_does_not_block() {
    let decision = decide(&[
        found(DIEM, Source::Ocr),
        found(THU, Source::Ocr),
        found(THU, Source::CardQr),
    ]);
    let sources = [Source::CardQr, Source::Ocr];
    assert_eq!(certain(&decision), Some((THU, sources.as_slice())));
}

#[test]
fn sources_that_agree_are_all_named() {
    let decision = decide(&[
        found(THU, Source::Mrz),
        found(THU, Source::Slip),
        found(THU, Source::CardQr),
        found(THU, Source::Mrz),
    ]);
    let sources = [Source::Slip, Source::CardQr, Source::Mrz];
    assert_eq!(certain(&decision), Some((THU, sources.as_slice())));
}

#[test]
fn sources_that_disagree_go_to_a_person_even_two_against_one() {
    let decision = decide(&[
        found(DIEM, Source::Mrz),
        found(DIEM, Source::CardQr),
        found(THU, Source::Slip),
    ]);
    assert_eq!(candidates(&decision), [THU, DIEM]);
    let decision = decide(&[found(DIEM, Source::CardQr), found(THU, Source::CardQr)]);
    assert_eq!(candidates(&decision).len(), 2, "two cards on a page");
}

#[test]
fn the_surer_reading_comes_first() {
    let mut unsure = found(THU, Source::Ocr);
    unsure.confidence = Some(Confidence(40.0));
    let decision = decide(&[unsure, found(DIEM, Source::Ocr)]);
    assert_eq!(candidates(&decision), [DIEM, THU]);
}

#[test]
fn candidates_are_bounded() {
    let many: Vec<Evidence> = (0..1000)
        .map(|serial| found(&format!("020091{serial:05}1"), Source::Ocr))
        .collect();
    assert_eq!(candidates(&decide(&many)).len(), CANDIDATES_MAX);
}

#[test]
fn debug_shows_no_number() {
    let shown = format!("{:?}", decide(&[found(THU, Source::CardQr)]));
    assert!(!shown.contains(THU), "{shown}");
}

fn any_evidence(sources: &'static [Source]) -> impl Strategy<Value = Evidence> {
    let number = prop_oneof!["02009199000[1-4]", "[0-9]{11}[1-9]"];
    (number, prop::sample::select(sources), 0f32..100.0).prop_map(|(number, source, sure)| {
        let mut evidence = found(&number, source);
        evidence.confidence = evidence.confidence.map(|_| Confidence(sure));
        evidence
    })
}

const ALL: &[Source] = &[
    Source::Operator,
    Source::Slip,
    Source::CaseSlip,
    Source::Folder,
    Source::CardQr,
    Source::Mrz,
    Source::Ocr,
];

proptest! {
    #[test]
    fn ocr_alone_is_never_certain(
        evidence in prop::collection::vec(any_evidence(&[Source::Ocr]), 0..30),
    ) {
        prop_assert!(certain(&decide(&evidence)).is_none());
    }

    #[test]
    fn certain_only_where_all_deciding_sources_name_that_citizen(
        evidence in prop::collection::vec(any_evidence(ALL), 0..6),
    ) {
        let mut decisive: Vec<&str> = evidence
            .iter()
            .filter(|e| e.source.decides())
            .map(|e| e.citizen.expose())
            .collect();
        decisive.sort_unstable();
        decisive.dedup();
        let decision = decide(&evidence);
        prop_assert_eq!(decisive.len() == 1, certain(&decision).is_some());
        if let Some((citizen, _)) = certain(&decision) {
            prop_assert_eq!(decisive, vec![citizen]);
        }
    }

    #[test]
    fn order_does_not_matter(
        evidence in prop::collection::vec(any_evidence(ALL), 0..6),
    ) {
        let mut reversed = evidence.clone();
        reversed.reverse();
        prop_assert_eq!(decide(&evidence), decide(&reversed));
    }
}
