use crate::pdfa::corpus_tests::{measure, total};

#[test]
fn the_suite_on_metadata() {
    let Some(tallies) = measure(&["6.6"], &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}
