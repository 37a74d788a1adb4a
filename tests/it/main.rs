//! The one integration-test binary.

mod corpus_pages;

#[test]
fn the_binary_is_built() {
    assert!(std::path::Path::new(env!("CARGO_BIN_EXE_sohoa")).exists());
}
