//! Text without what OCR gets wrong most: marks, capitals, spaces, punctuation.

use unicode_normalization::UnicodeNormalization as _;

/// Longest text compared: no label or title is longer.
const BYTES_MAX: usize = 96;

/// The letters and digits of `text` in lower-case ASCII: marks are dropped, `đ` is `d`, and a letter of
/// another alphabet is `?`. At most 96.
pub(super) fn letters(text: &str) -> String {
    text.nfd()
        .filter_map(|c| match c {
            'a'..='z' | '0'..='9' => Some(c),
            'A'..='Z' => Some(c.to_ascii_lowercase()),
            'đ' | 'Đ' | 'ð' | 'Ð' => Some('d'),
            'ø' | 'Ø' => Some('o'),
            c if c.is_alphanumeric() => Some('?'),
            _ => None,
        })
        .take(BYTES_MAX)
        .collect()
}

/// How many wrong, missing or added letters are forgiven in a text of this length.
pub(super) fn forgiven(length: usize) -> usize {
    match length {
        0..=7 => 0,
        8..=11 => 1,
        12..=17 => 2,
        _ => 3,
    }
}

/// Edit distance (Levenshtein), if it is at most `most`.
pub(super) fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > most || one.len().max(other.len()) > BYTES_MAX {
        return None;
    }
    let mut above: [usize; BYTES_MAX + 1] = std::array::from_fn(|place| place);
    for (row, a) in one.iter().enumerate() {
        let mut before = row + 1;
        let mut corner = row;
        let mut least = before;
        for (b, cell) in other.iter().zip(above.iter_mut().skip(1)) {
            let changed = corner + usize::from(a != b);
            corner = *cell;
            *cell = changed.min(corner + 1).min(before + 1);
            before = *cell;
            least = least.min(before);
        }
        if least > most {
            return None;
        }
        if let Some(first) = above.first_mut() {
            *first = row + 1;
        }
    }
    above
        .get(other.len())
        .copied()
        .filter(|distance| *distance <= most)
}

/// Which letters a folded text has, a bit each: texts at a distance of `d` differ in at most `2 d` bits,
/// which spares most comparisons.
pub(super) fn letter_set(text: &str) -> u32 {
    text.bytes().fold(0, |set, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26,
            _ => 27,
        };
        set | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_both_forms_of_unicode_alike() {
        assert_eq!(letters("Số/Đường hoà:"), "soduonghoa");
        assert_eq!(letters("So\u{302}\u{301} dọc"), "sodoc");
        assert_eq!(letters("søж 12"), "so?12");
        assert_eq!(letters(&"a".repeat(500)).len(), 96);
    }

    #[test]
    fn distance_is_levenshtein_up_to_the_limit() {
        for (one, other, expected) in [
            ("", "", Some(0)),
            ("cccdso", "cccpso", Some(1)),
            ("noicutru", "noicuru", Some(1)),
            ("noicutru", "noicuttru", Some(1)),
            ("abc", "cab", Some(2)),
            ("kitten", "sitting", None),
            ("", "abc", None),
        ] {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
            assert_eq!(distance(other, one, 2), expected, "{other} {one}");
        }
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
    }
}
