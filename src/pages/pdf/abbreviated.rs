//! Filter names cut short in streams that are no inline images.
//!
//! ISO 32000-1 §8.9.7 has short names for inline images only; some writers use them everywhere and readers
//! (poppler, qpdf, MuPDF) take them. lopdf knows the full names only: [`spell_out`] gives it those while it loads,
//! [`in_last_cross_reference`] before it can. Names behind a reference stay as they are.

use lopdf::{Object, Stream};

use super::content::FILTER_ABBREVIATIONS;

/// The dictionary of a cross-reference stream is looked through so far.
const DICTIONARY_BYTES_MAX: usize = 4096;

/// Gives a stream's filters their full names.
pub(super) fn spell_out(stream: &mut Stream) {
    let names = match stream.dict.get_mut(b"Filter") {
        Ok(Object::Array(names)) => names.as_mut_slice(),
        Ok(single) => std::slice::from_mut(single),
        Err(_) => return,
    };
    for object in names {
        if let Object::Name(name) = object
            && let Some(full) = full(name)
        {
            *name = full.to_vec();
        }
    }
}

/// The file with full filter names in its last cross-reference stream; `None` where that has none cut short,
/// or is not the last object, so that longer names would move others.
pub(super) fn in_last_cross_reference(file: &[u8]) -> Option<Vec<u8>> {
    let start = last_cross_reference(file)?;
    let section = file.get(start..)?;
    if section.windows(6).filter(|word| *word == b"endobj").count() != 1 {
        return None;
    }
    let within = section.get(..section.len().min(DICTIONARY_BYTES_MAX))?;
    let dictionary = within.get(..position(within, b"stream")?)?;
    let names = position(dictionary, b"/Filter")? + b"/Filter".len();
    let (from, to) = name_in(dictionary, names)?;
    let full = full(dictionary.get(from..to)?)?;
    let (head, tail) = (file.get(..start + from)?, file.get(start + to..)?);
    Some([head, full, tail].concat())
}

fn full(name: &[u8]) -> Option<&'static [u8]> {
    let known = FILTER_ABBREVIATIONS.iter();
    known
        .filter(|(short, _)| *short == name)
        .map(|(_, full)| *full)
        .next()
}

/// Where the last `startxref` points.
fn last_cross_reference(file: &[u8]) -> Option<usize> {
    let word = b"startxref";
    let at = file.windows(word.len()).rposition(|some| some == word)?;
    let digits = file.get(at + word.len()..)?.trim_ascii_start();
    let digits = digits.split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The first name at `at` or behind white space and a bracket: where its letters are.
fn name_in(dictionary: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = dictionary.get(at..)?;
    let is_before = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'[';
    let slash = rest.iter().position(|byte| !is_before(byte))?;
    if rest.get(slash) != Some(&b'/') {
        return None;
    }
    let from = at + slash + 1;
    let letters = dictionary.get(from..)?;
    let length = letters
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(letters.len());
    Some((from, from + length))
}

fn position(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|some| some == word)
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    #[test]
    fn short_names_are_spelled_out_and_others_left_alone() {
        let filters = |filter: Object| {
            let mut stream = Stream::new(dictionary! { "Filter" => filter }, Vec::new());
            spell_out(&mut stream);
            stream.dict.get(b"Filter").expect("there").clone()
        };
        assert_eq!(filters("Fl".into()), Object::from("FlateDecode"));
        assert_eq!(
            filters(vec!["A85".into(), "DCT".into(), "Own".into()].into()),
            vec!["ASCII85Decode".into(), "DCTDecode".into(), "Own".into()].into()
        );
        assert_eq!(filters(Object::Null), Object::Null);
    }

    #[test]
    fn the_last_cross_reference_has_full_names_where_nothing_stands_behind_it() {
        let file = |filter: &str, behind: &str| {
            let head = "%PDF-1.5\n";
            format!(
                "{head}8 0 obj <</Type/XRef/Filter {filter}/W [1 2 1]>>\nstream\nx\nendstream endobj\n\
                 {behind}startxref\n{}\n%%EOF",
                head.len()
            )
            .into_bytes()
        };
        let spelled = |filter, behind| in_last_cross_reference(&file(filter, behind));
        assert_eq!(spelled("/Fl", ""), Some(file("/FlateDecode", "")));
        assert_eq!(spelled("[ /LZW]", ""), Some(file("[ /LZWDecode]", "")));
        assert_eq!(spelled("/FlateDecode", ""), None);
        assert_eq!(spelled("/Own", ""), None);
        assert_eq!(spelled("9 0 R", ""), None);
        assert_eq!(spelled("/Fl", "9 0 obj 1 endobj\n"), None);
        assert_eq!(in_last_cross_reference(b"startxref\n99\n%%EOF"), None);
        assert_eq!(in_last_cross_reference(b"startxref"), None);
    }
}
