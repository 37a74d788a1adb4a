//! Content streams checked operator by operator (ISO 32000-1 Annex A; ISO 19005-2 §6.2.2).
//!
//! The bytes stay as they are, but for small repairs that change nothing of what is seen: a `Q` without
//! its `q`, an odd hexadecimal string, an unknown rendering intent, `/Interpolate` of an inline image.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::inline_image;
use super::lexer::{Lexer, Token};
use super::{Outcome, obstacle};

/// Graphics states inside each other, ISO 19005-2 §6.1.13.
pub(super) const NESTING_MAX: usize = 28;

/// Arrays and dictionaries among operands.
const OPERAND_DEPTH_MAX: usize = 16;

/// The rendering intents of ISO 32000-1 §8.6.5.8.
pub(super) const INTENTS: [&[u8]; 4] = [
    b"RelativeColorimetric",
    b"AbsoluteColorimetric",
    b"Perceptual",
    b"Saturation",
];

/// Operators whose operands are only numbers and strings, of no account here.
const PLAIN_OPERATORS: &[&str] = &[
    "w", "J", "j", "M", "d", "i", "cm", "m", "l", "c", "v", "y", "h", "re", "S", "s", "f", "F",
    "f*", "B", "B*", "b", "b*", "n", "W", "W*", "Tc", "Tw", "Tz", "TL", "Ts", "Td", "TD", "Tm",
    "T*", "d0", "d1", "G", "g", "RG", "rg", "SC", "sc", "BX", "EX", "BMC", "EMC", "MP",
];

/// Names of resources by category.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) graphics_states: BTreeSet<Vec<u8>>,
    pub(super) colour_spaces: BTreeSet<Vec<u8>>,
    pub(super) patterns: BTreeSet<Vec<u8>>,
    pub(super) shadings: BTreeSet<Vec<u8>>,
    pub(super) objects: BTreeSet<Vec<u8>>,
    pub(super) properties: BTreeSet<Vec<u8>>,
    /// And whether text is shown with it that can be seen.
    pub(super) fonts: BTreeMap<Vec<u8>, bool>,
}

/// A checked content stream.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) bytes: Vec<u8>,
    pub(super) nesting: usize,
}

#[derive(Debug, Clone, Default)]
struct TextState {
    font: Option<Vec<u8>>,
    invisible: bool,
}

struct Checker<'a, 'u> {
    data: &'a [u8],
    uses: &'u mut Uses,
    operands: Vec<(Token<'a>, Range<usize>)>,
    edits: Vec<(Range<usize>, &'static [u8])>,
    state: TextState,
    saved: Vec<TextState>,
    nesting: usize,
    in_text: bool,
}

/// Checks one content stream and adds what it names to `uses`.
pub(super) fn check(data: &[u8], uses: &mut Uses) -> Outcome<Checked> {
    let mut checker = Checker {
        data,
        uses,
        operands: Vec::new(),
        edits: Vec::new(),
        state: TextState::default(),
        saved: Vec::new(),
        nesting: 0,
        in_text: false,
    };
    checker.run()?;
    Ok(checker.finish())
}

impl<'a> Checker<'a, '_> {
    fn run(&mut self) -> Outcome<()> {
        let mut lexer = Lexer::new(self.data);
        let mut depth = 0_usize;
        while let Some((token, range)) = lexer.next()? {
            match token {
                Token::Operator(_) if depth > 0 => {
                    return Err(obstacle("an operator inside an array"));
                }
                Token::Operator(b"BI") if !self.operands.is_empty() => {
                    return Err(obstacle("an inline image with stray operands"));
                }
                Token::Operator(b"BI") => {
                    let image = inline_image::check(self.data, &mut lexer)?;
                    self.uses.colour_spaces.extend(image.colour_space);
                    self.edits.extend(image.edits);
                }
                Token::Operator(operator) => {
                    self.operator(operator, range)?;
                    self.operands.clear();
                }
                operand => {
                    match operand {
                        Token::ArrayStart | Token::DictionaryStart => depth += 1,
                        Token::ArrayEnd | Token::DictionaryEnd => {
                            depth = depth
                                .checked_sub(1)
                                .ok_or_else(|| obstacle("content with a stray delimiter"))?;
                        }
                        _ => {}
                    }
                    if depth > OPERAND_DEPTH_MAX {
                        return Err(obstacle("operands nested too deeply"));
                    }
                    if operand == (Token::Text { odd: true }) {
                        let end = range.end.saturating_sub(1);
                        self.edits.push((end..end, b"0"));
                    }
                    self.operands.push((operand, range));
                }
            }
        }
        if depth > 0 || !self.operands.is_empty() {
            return Err(obstacle("content that ends within an operation"));
        }
        if self.in_text {
            return Err(obstacle("content that ends within a text object"));
        }
        Ok(())
    }

    /// The bytes with the repairs made and every `q` closed.
    fn finish(self) -> Checked {
        let mut bytes = Vec::with_capacity(self.data.len());
        let mut from = 0;
        for (range, replacement) in self.edits {
            bytes.extend_from_slice(self.data.get(from..range.start).unwrap_or_default());
            bytes.extend_from_slice(replacement);
            from = range.end;
        }
        bytes.extend_from_slice(self.data.get(from..).unwrap_or_default());
        for _ in &self.saved {
            bytes.extend_from_slice(b"\nQ");
        }
        Checked {
            bytes,
            nesting: self.nesting,
        }
    }

    fn operator(&mut self, operator: &[u8], range: Range<usize>) -> Outcome<()> {
        match operator {
            b"q" => return self.save(),
            b"Q" => self.restore(range),
            b"BT" => self.in_text = true,
            b"ET" => self.in_text = false,
            b"Tr" => self.state.invisible = self.first_number() == Some(3.0),
            b"Tf" => {
                let font = self.first_name()?;
                self.uses.fonts.entry(font.clone()).or_default();
                self.state.font = Some(font);
            }
            b"Tj" | b"TJ" | b"'" | b"\"" => self.show_text()?,
            b"gs" => {
                let name = self.first_name()?;
                self.uses.graphics_states.insert(name);
            }
            b"Do" => {
                let name = self.first_name()?;
                self.uses.objects.insert(name);
            }
            b"sh" => {
                let name = self.first_name()?;
                self.uses.shadings.insert(name);
            }
            b"cs" | b"CS" => self.colour_space()?,
            b"scn" | b"SCN" => {
                if let Some((Token::Name(name), _)) = self.operands.last() {
                    self.uses.patterns.insert(name.clone());
                }
            }
            b"k" | b"K" => return Err(obstacle("DeviceCMYK colour")),
            b"ri" => self.intent(range)?,
            b"BDC" | b"DP" => self.marked()?,
            _ if PLAIN_OPERATORS
                .iter()
                .any(|plain| plain.as_bytes() == operator) => {}
            _ => return Err(obstacle("an unknown operator")),
        }
        Ok(())
    }

    fn save(&mut self) -> Outcome<()> {
        self.saved.push(self.state.clone());
        self.nesting = self.nesting.max(self.saved.len());
        if self.nesting > NESTING_MAX {
            return Err(obstacle("graphics states nested too deeply"));
        }
        Ok(())
    }

    /// Readers pass over a `Q` too many; it would undo what stands around a page's content here.
    fn restore(&mut self, range: Range<usize>) {
        match self.saved.pop() {
            Some(state) => self.state = state,
            None => self.edits.push((range, b"")),
        }
    }

    fn show_text(&mut self) -> Outcome<()> {
        let font = self
            .state
            .font
            .as_ref()
            .and_then(|font| self.uses.fonts.get_mut(font));
        // Without a font here it may come from a graphics state, whose font must be embedded.
        if let Some(visible) = font {
            *visible |= !self.state.invisible;
        }
        Ok(())
    }

    fn colour_space(&mut self) -> Outcome<()> {
        let name = self.first_name()?;
        match name.as_slice() {
            b"DeviceGray" | b"DeviceRGB" | b"Pattern" => {}
            b"DeviceCMYK" => return Err(obstacle("DeviceCMYK colour")),
            _ => {
                self.uses.colour_spaces.insert(name);
            }
        }
        Ok(())
    }

    /// An unknown intent counts as the default (ISO 32000-1 §8.6.5.8), so it can go.
    fn intent(&mut self, range: Range<usize>) -> Outcome<()> {
        let name = self.first_name()?;
        if !INTENTS.contains(&name.as_slice()) {
            let start = self
                .operands
                .first()
                .map_or(range.start, |(_, operand)| operand.start);
            self.edits.push((start..range.end, b""));
        }
        Ok(())
    }

    fn marked(&mut self) -> Outcome<()> {
        if self.first_name()? == b"OC" {
            return Err(obstacle("optional content"));
        }
        match self.operands.get(1) {
            Some((Token::Name(name), _)) => {
                self.uses.properties.insert(name.clone());
                Ok(())
            }
            Some((Token::DictionaryStart, _)) => Ok(()),
            _ => Err(obstacle("marked content without its properties")),
        }
    }

    fn first_name(&self) -> Outcome<Vec<u8>> {
        match self.operands.first() {
            Some((Token::Name(name), _)) => Ok(name.clone()),
            _ => Err(obstacle("an operator without its name")),
        }
    }

    fn first_number(&self) -> Option<f64> {
        match self.operands.first() {
            Some((Token::Number(number), _)) => Some(*number),
            _ => None,
        }
    }
}
