//! Slips: `<name>.phieu.toml` beside a scan, written by a person or by the counter's software.

use std::path::Path;

use super::{CaptureError, Slip};

/// Ending of a slip's file name, in any case.
const ENDING: &str = ".phieu.toml";

/// Nobody writes a longer one.
const MAX_BYTES: u64 = 64 * 1024;

/// The name of the scan (with or without its extension) that the slip of this name belongs to.
pub(super) fn scan_name(slip_name: &[u8]) -> Option<&[u8]> {
    let cut = slip_name.len().checked_sub(ENDING.len())?;
    let (name, ending) = slip_name.split_at_checked(cut)?;
    ending
        .eq_ignore_ascii_case(ENDING.as_bytes())
        .then_some(name)
}

/// Reads a slip that lies in a job's folder; `name` is what it was called when dropped.
///
/// # Errors
/// [`CaptureError::SlipInvalid`] names the line.
pub(super) fn read(path: &Path, name: &str) -> Result<Slip, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::symlink_metadata(path).map_err(unreadable)?.len();
    if length > MAX_BYTES {
        return Err(invalid(name, 0, "longer than 64 KiB"));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    parse(&bytes, name)
}

/// A slip from its bytes; `name` is what it was called when dropped.
///
/// # Errors
/// [`CaptureError::SlipInvalid`] names the line.
pub fn parse(bytes: &[u8], name: &str) -> Result<Slip, CaptureError> {
    // Notepad puts a byte order mark before UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = line_at(bytes, error.valid_up_to());
        invalid(name, line, "not UTF-8 text")
    })?;
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(bytes, span.start));
        invalid(name, line, &without_numbers(error.message()))
    })
}

fn invalid(name: &str, line: usize, reason: &str) -> CaptureError {
    CaptureError::SlipInvalid {
        name: name.to_owned(),
        line,
        reason: reason.trim_end_matches('.').replace('\n', " "),
    }
}

fn line_at(bytes: &[u8], position: usize) -> usize {
    let before = bytes.get(..position).unwrap_or(bytes);
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Messages are shown and logged; a citizen ID that was put behind the wrong key must not be.
fn without_numbers(message: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    for letter in message.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        shown.push_str(if digits.len() < 7 { &digits } else { "…" });
        digits.clear();
        if letter != '\0' {
            shown.push(letter);
        }
    }
    shown
}

/// Puts what several sources said together.
///
/// # Errors
/// [`CaptureError::SlipConflict`] where two of them differ.
pub(super) fn merge(slips: impl IntoIterator<Item = Slip>) -> Result<Slip, CaptureError> {
    let mut all = Slip::default();
    for slip in slips {
        join(&mut all.citizen, slip.citizen, "citizen")?;
        join(&mut all.dossier, slip.dossier, "dossier")?;
        join(&mut all.kind, slip.kind, "kind")?;
        join(&mut all.title, slip.title, "title")?;
        join(&mut all.pages, slip.pages, "pages")?;
    }
    Ok(all)
}

fn join<T: PartialEq>(
    known: &mut Option<T>,
    said: Option<T>,
    field: &'static str,
) -> Result<(), CaptureError> {
    match (&*known, said) {
        (Some(known), Some(said)) if *known != said => Err(CaptureError::SlipConflict { field }),
        (Some(_), _) => Ok(()),
        (None, said) => {
            *known = said;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Explain, Lang};

    #[test]
    fn a_slip_belongs_to_the_name_before_its_ending() {
        assert_eq!(scan_name(b"a.jpg.phieu.toml"), Some(&b"a.jpg"[..]));
        assert_eq!(scan_name(b"a.PHIEU.TOML"), Some(&b"a"[..]));
        assert_eq!(scan_name(b".phieu.toml"), Some(&b""[..]));
        assert_eq!(scan_name(b"phieu.toml"), None);
        assert_eq!(scan_name(b"a.toml"), None);
    }

    #[test]
    fn a_slip_is_read_with_what_notepad_puts_before_it() {
        let text = "\u{FEFF}citizen = \"079203000001\"\r\nkind = \"khai-sinh\"\r\npages = 2\r\n";
        let slip = parse(text.as_bytes(), "a").expect("valid");
        assert_eq!(slip.pages, Some(2));
        assert_eq!(slip.citizen.expect("given").expose(), "079203000001");
    }

    #[test]
    fn an_error_names_the_line_and_no_citizen_id() {
        let cases = [
            ("kind = \"khai-sinh\"\ncitizen = 879203000001\n", 2),
            ("\n\ndossier = \"079203000001\"\n", 3),
            ("citizn = \"079203000001\"\n", 1),
            ("title = \"x\ncitizen = \"079203000001\"", 1),
        ];
        for (text, expected) in cases {
            let error = parse(text.as_bytes(), "a.phieu.toml").expect_err("refused");
            let CaptureError::SlipInvalid { line, .. } = &error else {
                panic!("{error}");
            };
            assert_eq!(*line, expected, "{text}");
            for lang in [Lang::Vi, Lang::En] {
                assert!(
                    !error.message(lang).contains("79203"),
                    "{}",
                    error.message(lang)
                );
            }
        }
        let latin = parse(b"kind = \"a\"\ntitle = \"\xE9\"", "a").expect_err("not UTF-8");
        assert!(matches!(latin, CaptureError::SlipInvalid { line: 2, .. }));
    }

    #[test]
    fn sources_may_repeat_but_not_contradict_one_another() {
        let dossier = |code: &str| Slip {
            dossier: Some(code.parse().expect("a code")),
            ..Slip::default()
        };
        let (seven, eight) = (dossier("H36-230401-0007"), dossier("H36-230401-0008"));
        let kind = Slip {
            kind: Some("khai-sinh".parse().expect("a kind")),
            ..Slip::default()
        };
        let all = merge([seven.clone(), kind.clone(), seven.clone()]).expect("agree");
        assert_eq!((all.dossier, all.kind), (seven.dossier.clone(), kind.kind));
        assert!(matches!(
            merge([seven, eight]),
            Err(CaptureError::SlipConflict { field: "dossier" })
        ));
    }
}
