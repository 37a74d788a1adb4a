use crate::pdfa::corpus_tests::{measure, total};

#[test]
fn the_suite_on_annotations_forms_actions_and_layers() {
    let clauses = ["6.3", "6.4", "6.5", "6.8", "6.9", "6.10", "6.11"];
    let Some(tallies) = measure(&clauses, &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}
