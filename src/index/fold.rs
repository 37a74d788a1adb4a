//! Vietnamese folding: the form in which words are stored for searching, and in which queries are put.
//!
//! A word has two folded forms. The plain one is lower case without any mark, đ as d: “Hoà”, “hòa”
//! and “HOA” are all `hoa`. The marked one is the plain one followed by the word's Vietnamese marks in
//! a fixed order. Where in the word a mark stood is forgotten, so the old and the new placement of
//! tones (hoà, hòa; thuý, thúy) and NFC and NFD come out the same by themselves, while “hoa” and
//! “hóa” stay apart.
//!
//! What it does not do: y and i stay two letters (Lý, Lí), and nothing is stemmed or corrected.

use std::ops::Range;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A longer run of letters is no word; what is beyond is left out of the index and of queries alike.
const WORD_LETTERS_MAX: usize = 64;

/// Stands for the stroke of đ among the marks.
const STROKE: char = '\u{335}';

/// The marks that tell Vietnamese words apart: five tones, circumflex, breve, horn and stroke.
const MARKS: [char; 9] = [
    '\u{300}', '\u{301}', '\u{302}', '\u{303}', '\u{306}', '\u{309}', '\u{31b}', '\u{323}', STROKE,
];

/// A text as words with one space between them; everything that is neither letter nor digit is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Lower case, no marks.
    pub plain: String,
    /// The same words, each followed by its marks.
    pub marked: String,
}

/// Folds a text. Folding what was folded changes nothing.
#[must_use]
pub fn fold(text: &str) -> Folded {
    let mut folded = Folded {
        plain: String::with_capacity(text.len()),
        marked: String::with_capacity(text.len()),
    };
    each_word(text, |word| {
        if !folded.plain.is_empty() {
            folded.plain.push(' ');
            folded.marked.push(' ');
        }
        folded.plain.push_str(word.plain);
        folded.marked.push_str(word.marked);
    });
    folded
}

/// One word of a text.
pub(super) struct Word<'a> {
    /// Its plain form.
    pub(super) plain: &'a str,
    /// Its marked form.
    pub(super) marked: &'a str,
    /// Where it stands in the text, in bytes.
    pub(super) at: Range<usize>,
}

/// Shows the words of a text to `visit`, in order.
pub(super) fn each_word(text: &str, mut visit: impl FnMut(Word<'_>)) {
    let mut word = Letters::default();
    for (start, letter) in text.char_indices() {
        let at = start..start + letter.len_utf8();
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase(), &at);
        } else if letter.is_ascii() {
            word.finish(&mut visit);
        } else if !is_invisible(letter) {
            decompose_compatible(letter, |part| word.take(part, &at, &mut visit));
        }
    }
    word.finish(&mut visit);
}

/// The word being read.
#[derive(Default)]
struct Letters {
    at: Range<usize>,
    count: usize,
    plain: String,
    marks: Vec<char>,
    marked: String,
}

impl Letters {
    fn push(&mut self, letter: char, at: &Range<usize>) {
        if self.count == 0 {
            self.at.start = at.start;
        }
        self.at.end = at.end;
        if self.count < WORD_LETTERS_MAX {
            self.plain.push(letter);
            self.count += 1;
        }
    }

    fn mark(&mut self, mark: char, at: &Range<usize>) {
        if self.count > 0 {
            self.at.end = at.end;
            if self.marks.len() < WORD_LETTERS_MAX && MARKS.contains(&mark) {
                self.marks.push(mark);
            }
        }
    }

    /// Takes one part of a decomposed letter.
    fn take(&mut self, part: char, at: &Range<usize>, visit: &mut impl FnMut(Word<'_>)) {
        match part {
            // Ð and Ɖ look the same, and old code pages and OCR give them for Đ.
            'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ' => {
                self.push('d', at);
                self.mark(STROKE, at);
            }
            part if is_combining_mark(part) => self.mark(part, at),
            part if part.is_alphanumeric() => {
                for letter in part.to_lowercase().filter(|c| !is_combining_mark(*c)) {
                    self.push(letter, at);
                }
            }
            _ => self.finish(visit),
        }
    }

    fn finish(&mut self, visit: &mut impl FnMut(Word<'_>)) {
        if self.count == 0 {
            return;
        }
        self.marks.sort_unstable();
        self.marked.clone_from(&self.plain);
        self.marked.extend(self.marks.drain(..));
        visit(Word {
            plain: &self.plain,
            marked: &self.marked,
            at: self.at.clone(),
        });
        self.plain.clear();
        self.count = 0;
    }
}

/// Characters that are not seen and part no words: soft hyphen, joiners, directions, byte order mark.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn one_word_however_it_is_typed() {
        let forms = [
            "Lê Thị Hoà",
            "Lê Thị Hòa",
            "LÊ THỊ HOÀ",
            "lê  thị,hòa",
            "Lê\u{a0}Thị\nHo\u{ad}à",
        ];
        for form in forms {
            let nfd: String = form.nfd().collect();
            for form in [form, &nfd] {
                let folded = fold(form);
                assert_eq!(folded, fold("lê thị hòa"), "{form:?}");
                assert_eq!(folded.plain, "le thi hoa");
            }
        }
        for (old, new) in [("thuý", "thúy"), ("quý", "qúy"), ("khoẻ", "khỏe")] {
            assert_eq!(fold(old), fold(new));
        }
    }

    #[test]
    fn marks_tell_words_apart_in_the_marked_form_only() {
        let words = [
            "ma", "má", "mà", "mả", "mã", "mạ", "mâ", "mă", "đa", "da", "mơ", "mo",
        ];
        for (n, one) in words.iter().enumerate() {
            for other in &words[n + 1..] {
                assert_ne!(fold(one).marked, fold(other).marked, "{one} {other}");
            }
        }
        assert_eq!(fold("Đường Trường Sa").plain, "duong truong sa");
        assert_eq!(fold("Ðà Nẵng"), fold("Đà Nẵng"));
    }

    #[test]
    fn what_is_no_word_is_gone() {
        for nothing in ["", " \t\u{c}", "\"*^:()-", "´ \u{301}", "\u{200b}\u{ad}"] {
            assert_eq!(fold(nothing), Folded::default(), "{nothing:?}");
        }
        assert_eq!(fold("Số: 12/UBND-TP ﬁ １２").plain, "so 12 ubnd tp fi 12");
        assert_eq!(fold(&"a".repeat(1000)).plain.len(), WORD_LETTERS_MAX);
    }

    #[test]
    fn every_character_folds_once_and_for_all() {
        for letter in '\0'..=char::MAX {
            let once = fold(&format!("a{letter}b {letter}"));
            assert_eq!(fold(&once.plain).plain, once.plain, "{letter:?}");
            assert_eq!(fold(&once.marked), once, "{letter:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_folds_and_folding_again_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once.plain).plain, once.plain.clone());
            prop_assert_eq!(fold(&once.marked), once);
        }

        #[test]
        fn composed_and_decomposed_are_the_same(text in "[ a-zàáâãèéêìíòóôõùúýăđĩũơưạ-ỹ\u{300}-\u{309}\u{31b}\u{323}]{0,40}") {
            let nfc: String = text.nfc().collect();
            let nfd: String = text.nfd().collect();
            prop_assert_eq!(fold(&nfc), fold(&nfd));
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&nfc));
        }

        #[test]
        fn words_lie_where_they_are_said_to_be(text in any::<String>()) {
            let mut last = 0..0;
            each_word(&text, |word| {
                assert!(word.at.start < word.at.end && word.at.start >= last.start);
                // Two words can come of one character: ¼ is 1 and 4.
                assert!(fold(&text[word.at.clone()]).plain.contains(word.plain));
                last = word.at;
            });
        }
    }
}
