//! Stations as they are: slow, forgetful, of another opinion about names and the time, and many at once.

mod crowd;
mod names;
mod share;
mod writers;

use crate::office::Office;
use crate::soak::write_fast_profile;

const STATION: &str = "quay-01";

/// An office whose files settle at once, and that looks often.
fn quick_office() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.1"));
    write_fast_profile(&office);
    office
}

/// The names under which what is archived was dropped, sorted.
fn archived_names(office: &Office) -> Vec<String> {
    let (_, rows) = office.json(&["find", "--from", "2000-01-01", "--limit", "100000"]);
    let names = rows.iter().map(|row| {
        let (_, shown) = office.json(&["show", row["record"].as_str().expect("a record")]);
        let name = shown[0]["originals"][0]["dropped_as"].as_str();
        name.expect("a name").to_owned()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Nothing is left lying anywhere but in the archive and the outbox.
fn nothing_is_left(office: &Office) {
    let work = office.files("work").into_iter();
    let work: Vec<String> = work.filter(|name| !name.ends_with(".lock")).collect();
    let left = [office.files("inbox"), office.files("quarantine"), work].concat();
    assert!(left.is_empty(), "{left:?}\n{}", office.log());
}
