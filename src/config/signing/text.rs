//! What page 1 shows of a signature: lines with places for a few facts.
//!
//! Read once, so that nothing that a name or an agency's name contains is taken for a place.

use super::PolicyFault;
use crate::record::{CopyForm, SignerRole};

const LINES_MAX: usize = 6;
const LETTERS_MAX: usize = 120;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    CopyForm,
    Agency,
    Name,
    Time,
}

/// What is put into the places.
#[derive(Debug, Clone, Copy)]
pub struct VisibleFacts<'a> {
    /// Form of the copy.
    pub copy_form: CopyForm,
    /// Name of the agency.
    pub agency: &'a str,
    /// Name of the signer, by the certificate.
    pub name: &'a str,
    /// The claimed time, ISO 8601 in Vietnam's zone.
    pub time: &'a str,
}

/// The lines of a visible signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleText(Vec<Vec<Piece>>);

impl VisibleText {
    /// Reads lines with `{copy_form}`, `{agency}`, `{name}` and `{time}`.
    ///
    /// # Errors
    /// [`PolicyFault::Placeholder`], [`PolicyFault::NoTime`], [`PolicyFault::TooLong`].
    pub fn parse(lines: &[String]) -> Result<Self, PolicyFault> {
        let is_long = |line: &String| line.chars().count() > LETTERS_MAX;
        if lines.len() > LINES_MAX || lines.iter().any(is_long) {
            return Err(PolicyFault::TooLong);
        }
        let lines = lines.iter().map(|line| pieces(line));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        if !lines.iter().flatten().any(|piece| *piece == Piece::Time) {
            return Err(PolicyFault::NoTime);
        }
        Ok(Self(lines))
    }

    /// What is shown where the policy says nothing: the agency's text is the law's (NĐ 30/2020, Phụ lục I,
    /// Phần II.I.3).
    #[must_use]
    pub fn usual(role: SignerRole) -> Self {
        let line = |piece| vec![piece];
        let lines = match role {
            SignerRole::Officer => vec![
                line(Piece::Name),
                line(Piece::Words("Xác nhận đúng với bản giấy".to_owned())),
            ],
            SignerRole::Authority => vec![line(Piece::Name), line(Piece::Agency)],
            SignerRole::Organisation => vec![line(Piece::CopyForm), line(Piece::Agency)],
        };
        Self(lines.into_iter().chain([line(Piece::Time)]).collect())
    }

    /// The lines with their facts.
    #[must_use]
    pub fn lines(&self, facts: &VisibleFacts<'_>) -> Vec<String> {
        let text = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::CopyForm => facts.copy_form.label().to_owned(),
            Piece::Agency => facts.agency.to_owned(),
            Piece::Name => facts.name.to_owned(),
            Piece::Time => facts.time.to_owned(),
        };
        let lines = self.0.iter();
        lines.map(|line| line.iter().map(text).collect()).collect()
    }
}

fn pieces(line: &str) -> Result<Vec<Piece>, PolicyFault> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((words, behind)) = rest.split_once('{') {
        let unknown = || PolicyFault::Placeholder(behind.chars().take(20).collect());
        let (name, after) = behind.split_once('}').ok_or_else(unknown)?;
        if !words.is_empty() {
            pieces.push(Piece::Words(words.to_owned()));
        }
        pieces.push(match name {
            "copy_form" => Piece::CopyForm,
            "agency" => Piece::Agency,
            "name" => Piece::Name,
            "time" => Piece::Time,
            _ => return Err(unknown()),
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: VisibleFacts<'static> = VisibleFacts {
        copy_form: CopyForm::SaoY,
        agency: "UBND {name}",
        name: "Trần Đức Thưởng",
        time: "2026-11-23T08:15:30+07:00",
    };

    fn shown(lines: &[&str]) -> Result<Vec<String>, PolicyFault> {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        Ok(VisibleText::parse(&lines)?.lines(&FACTS))
    }

    #[test]
    fn facts_take_their_places_once() {
        let lines = shown(&["{copy_form}; {agency}", "Ký bởi {name} lúc {time}."]).expect("fine");
        assert_eq!(lines[0], "SAO Y; UBND {name}");
        assert_eq!(
            lines[1],
            "Ký bởi Trần Đức Thưởng lúc 2026-11-23T08:15:30+07:00."
        );
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        let placeholder = |text: &str| Err(PolicyFault::Placeholder(text.to_owned()));
        assert_eq!(shown(&["{time} {nmae}"]), placeholder("nmae}"));
        assert_eq!(shown(&["{time} {name"]), placeholder("name"));
        assert_eq!(shown(&["{name}"]), Err(PolicyFault::NoTime));
        assert_eq!(shown(&["{time}"; 7]), Err(PolicyFault::TooLong));
        assert_eq!(
            shown(&[&"a".repeat(121), "{time}"]),
            Err(PolicyFault::TooLong)
        );
    }

    #[test]
    fn the_agencys_text_is_the_laws() {
        let lines = VisibleText::usual(SignerRole::Organisation).lines(&FACTS);
        assert_eq!(lines, ["SAO Y", FACTS.agency, FACTS.time]);
    }
}
