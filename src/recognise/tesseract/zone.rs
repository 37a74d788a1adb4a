//! The machine-readable lines of a card's back are read a second time, with the other model.
//!
//! The Vietnamese model takes their `I` for a `T`, and the search for columns may cut the left end off. So every
//! line that looks like one of them is cut out again at its full length, which its own signs tell (30 of them stand
//! on a line, all equally wide), and read with nothing allowed but the signs of ICAO 9303-3 §4.3. Check digits are
//! not looked at here: that is [`crate::recognise::mrz`].

use super::library::RawWord;

/// Signs of a line, ICAO 9303-5.
const SIGNS: usize = 30;
/// What is left of a line that was cut in two, at least.
const SEEN_MIN: usize = 15;
/// And of one whose fillers were counted double.
const SEEN_MAX: usize = 44;
/// Letters that do not belong: lower case for fillers, a bar beside the card.
const STRANGE_MAX: usize = 6;

/// A line worth a second look.
#[derive(Debug, PartialEq)]
pub(super) struct Zone {
    /// Index of its first word; its text takes that word's place.
    pub(super) first: usize,
    /// The whole line as one word, with its box at full length.
    pub(super) line: RawWord,
    /// The line as it was read first.
    pub(super) before: String,
}

/// The lines of a page that look like a card's, from its words in reading order.
pub(super) fn find(words: &[RawWord]) -> Vec<Zone> {
    let mut zones = Vec::new();
    let mut start = 0;
    for line in words.chunk_by(|one, other| one.line == other.line) {
        if let Some(mut zone) = zone(line) {
            zone.first += start;
            zones.push(zone);
        }
        start += line.len();
    }
    zones
}

fn zone(line: &[RawWord]) -> Option<Zone> {
    // A stroke beside the card is often read as a word of its own.
    let first = line.iter().position(has_signs)?;
    let last = line.iter().rposition(has_signs)?;
    let own = line.get(first..=last)?;
    let text: String = own.iter().map(|word| word.text.trim()).collect();
    let length = text.chars().count();
    let strange = text.chars().filter(|c| !is_sign(*c)).count();
    if !text.contains("<<") || !(SEEN_MIN..=SEEN_MAX).contains(&length) || strange > STRANGE_MAX {
        return None;
    }
    let [mut left, mut top, mut right, mut bottom] = own.first()?.ink;
    for word in own {
        left = left.min(word.ink[0]);
        top = top.min(word.ink[1]);
        right = right.max(word.ink[2]);
        bottom = bottom.max(word.ink[3]);
    }
    let pitch = (right - left) / i32::try_from(length).ok()?;
    let missing = i32::try_from(SIGNS.saturating_sub(length)).ok()?;
    let confidence = own.iter().map(|word| word.confidence).sum::<f32>() / own.len() as f32;
    let reference = own.first()?;
    Some(Zone {
        first,
        before: text.clone(),
        line: RawWord {
            text,
            confidence,
            ink: [(left - missing * pitch).max(0), top, right, bottom],
            base: reference.line_base,
            line_base: reference.line_base,
            line: reference.line,
        },
    })
}

fn is_sign(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<'
}

fn has_signs(word: &RawWord) -> bool {
    word.text.chars().filter(|c| is_sign(*c)).count() > 1
}

/// Whether a word is told with the line already, since it stands in its box, or is a stroke beside it.
pub(super) fn holds(zone: &Zone, word: &RawWord) -> bool {
    if word.line == zone.line.line && !has_signs(word) {
        return true;
    }
    let [left, top, right, bottom] = zone.line.ink;
    let (x, y) = (
        i32::midpoint(word.ink[0], word.ink[2]),
        i32::midpoint(word.ink[1], word.ink[3]),
    );
    (left..right).contains(&x) && (top..bottom).contains(&y)
}

/// The line after its second reading, if that is one: fillers at the end are as many as fill it up, since any
/// model miscounts them.
pub(super) fn settle(second: &str) -> Option<String> {
    let signs: String = second.chars().filter(|c| is_sign(*c)).collect();
    if !signs.contains("<<") || !(SEEN_MIN..=SEEN_MAX).contains(&signs.len()) {
        return None;
    }
    let bare = signs.trim_end_matches('<');
    let ends_in_fillers = bare.len() < signs.len();
    if ends_in_fillers && bare.len() < SIGNS {
        return Some(format!("{bare:<<SIGNS$}"));
    }
    (signs.len() >= SIGNS - 2).then_some(signs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: i32, line: u32) -> RawWord {
        let right = left + 10 * i32::try_from(text.chars().count()).expect("short");
        RawWord {
            text: text.to_owned(),
            confidence: 80.0,
            ink: [left, 100, right, 120],
            base: [left, 120, right, 120],
            line_base: [left, 120, right, 120],
            line,
        }
    }

    #[test]
    fn a_line_is_found_with_its_stray_strokes_left_out() {
        let words = [
            word("CƠ", 10, 0),
            word("|", 0, 1),
            word("TDVNM0849977668020084997766<<4", 100, 1),
            word("|", 500, 1),
        ];
        let zones = find(&words);
        let [zone] = zones.as_slice() else {
            panic!("{zones:?}");
        };
        assert_eq!((zone.first, zone.line.ink), (2, [100, 100, 400, 120]));
        assert!(holds(zone, &words[1]) && holds(zone, &words[2]) && holds(zone, &words[3]));
        assert!(!holds(zone, &words[0]));
    }

    #[test]
    fn a_line_that_was_cut_in_two_is_looked_at_in_full() {
        let words = [
            word("IDVNM084", 100, 0),
            word("9977668020084997766<<4", 180, 7),
        ];
        let zones = find(&words);
        let [zone] = zones.as_slice() else {
            panic!("{zones:?}");
        };
        assert_eq!(zone.line.ink, [100, 100, 400, 120]);
        assert!(holds(zone, &words[0]), "its left part is not told twice");
    }

    #[test]
    fn other_lines_are_no_zones() {
        for text in [
            "Họ<<tên",
            "a << b",
            "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG",
            "<<<<<<<<",
        ] {
            assert_eq!(find(&[word(text, 0, 0)]), [], "{text}");
        }
        assert_eq!(find(&[]), []);
    }

    #[test]
    fn fillers_are_counted_anew_and_nothing_else_is_touched() {
        let name = "HO<<THANH<AN".to_owned() + &"<".repeat(18);
        assert_eq!(settle("HO<<THANH<AN<<<<<"), Some(name.clone()));
        assert_eq!(settle(&(name.clone() + "<<<")), Some(name));
        let number = "IDVNM0849977668020084997766<<4";
        assert_eq!(settle(&format!(" {number}\n")), Some(number.to_owned()));
        assert_eq!(settle("IDVNM0849977668<<4"), None);
        assert_eq!(settle("TDAMNEHAMAA"), None);
    }
}
