//! CMaps (ISO 32000-1 §9.7.5, §9.10.3): bytes of a string to codes, codes to CIDs, codes to Unicode.
//!
//! Embedded CMaps are read here, because the codespace ranges say where a code ends; those that PDF
//! predefines come from `hayro-cmap`. What cannot be read makes the whole CMap unreadable.

use std::collections::BTreeMap;

use hayro_cmap::CMapName;
use hayro_postscript::{Number, Scanner, Token};

/// A whole CMap; that of a font with all its 65,536 codes has a megabyte or two.
const BYTES_MAX: usize = 8 << 20;

/// A code of a string: its value and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Code {
    pub(super) value: u32,
    pub(super) length: usize,
}

/// A character collection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SystemInfo {
    pub(super) registry: Vec<u8>,
    pub(super) ordering: Vec<u8>,
    pub(super) supplement: i64,
}

/// How codes lead to CIDs.
pub(super) enum CodeMap {
    /// `Identity-H` and `Identity-V`.
    Identity,
    Predefined(Box<hayro_cmap::CMap>),
    Embedded(Box<CMap>),
}

impl CodeMap {
    /// A CMap that ISO 32000-1 table 118 lists.
    pub(super) fn predefined(name: &[u8]) -> Option<Self> {
        match CMapName::from_bytes(name) {
            CMapName::IdentityH | CMapName::IdentityV => Some(Self::Identity),
            // These lead from CIDs to Unicode; no font may name them.
            CMapName::Custom(_)
            | CMapName::AdobeCns1Ucs2
            | CMapName::AdobeGb1Ucs2
            | CMapName::AdobeJapan1Ucs2
            | CMapName::AdobeKorea1Ucs2 => None,
            known => {
                let data = hayro_cmap::load_embedded(known)?;
                hayro_cmap::CMap::parse(data, hayro_cmap::load_embedded)
                    .map(|map| Self::Predefined(Box::new(map)))
            }
        }
    }

    /// The first code of a string; nothing where its bytes are in no codespace range.
    pub(super) fn first_code(&self, text: &[u8]) -> Option<Code> {
        let code = |length: usize| {
            let bytes = text.get(..length)?;
            let value = bytes
                .iter()
                .fold(0, |value, byte| value << 8 | u32::from(*byte));
            Some(Code { value, length })
        };
        match self {
            Self::Identity => code(2),
            Self::Predefined(map) => (1_u8..=4).find_map(|length| {
                let code = code(usize::from(length))?;
                map.lookup_cid_code(code.value, length).map(|_| code)
            }),
            Self::Embedded(map) => (1..=4).find_map(|length| {
                let code = code(length)?;
                map.is_in_codespace(text.get(..length)?).then_some(code)
            }),
        }
    }

    /// The CID of a code; nothing where the CMap has none.
    pub(super) fn cid(&self, code: Code) -> Option<u32> {
        match self {
            Self::Identity => Some(code.value),
            Self::Predefined(map) => {
                map.lookup_cid_code(code.value, u8::try_from(code.length).ok()?)
            }
            Self::Embedded(map) => map.cid(code),
        }
    }

    /// The character collection of its CIDs.
    pub(super) fn system_info(&self) -> Option<SystemInfo> {
        match self {
            Self::Identity => None,
            Self::Predefined(map) => {
                let collection = map.metadata().character_collection.as_ref()?;
                let ordering: &[u8] = match &collection.family {
                    hayro_cmap::CidFamily::AdobeJapan1 => b"Japan1",
                    hayro_cmap::CidFamily::AdobeGB1 => b"GB1",
                    hayro_cmap::CidFamily::AdobeCNS1 => b"CNS1",
                    hayro_cmap::CidFamily::AdobeKorea1 => b"Korea1",
                    _ => return None,
                };
                Some(SystemInfo {
                    registry: b"Adobe".to_vec(),
                    ordering: ordering.to_vec(),
                    supplement: collection.supplement.into(),
                })
            }
            Self::Embedded(map) => map.system_info.clone(),
        }
    }
}

/// A CMap that was read.
#[derive(Default)]
pub(super) struct CMap {
    /// Lowest and highest bytes; both have the same length.
    codespace: Vec<(Vec<u8>, Vec<u8>)>,
    /// Length and first code, to last code and first CID.
    cids: BTreeMap<(usize, u32), (u32, u32)>,
    /// Of `notdefrange`: all codes lead to the one CID.
    notdef: BTreeMap<(usize, u32), (u32, u32)>,
    /// First code to last code and UTF-16 of the first.
    unicode: BTreeMap<u32, (u32, Vec<u16>)>,
    pub(super) system_info: Option<SystemInfo>,
    pub(super) writing_mode: i64,
    /// What `usecmap` names.
    pub(super) used: Option<Vec<u8>>,
    base: Option<CodeMap>,
}

impl CMap {
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        if data.len() > BYTES_MAX {
            return None;
        }
        let mut map = Self::default();
        let mut scanner = Scanner::new(data);
        let mut last_name: Option<Vec<u8>> = None;
        let mut info = (None, None, None);
        while !scanner.at_end() {
            let Token::Name(name) = scanner.parse_token().ok()? else {
                continue;
            };
            if name.is_literal() {
                match name.as_bytes() {
                    b"Registry" => info.0 = text(&mut scanner),
                    b"Ordering" => info.1 = text(&mut scanner),
                    b"Supplement" => info.2 = integer(&mut scanner),
                    b"WMode" => map.writing_mode = integer(&mut scanner)?,
                    other => last_name = Some(other.to_vec()),
                }
                continue;
            }
            match name.as_bytes() {
                b"begincodespacerange" => map.read_codespace(&mut scanner)?,
                b"begincidrange" => read_cids(&mut scanner, &mut map.cids, true)?,
                b"begincidchar" => read_cids(&mut scanner, &mut map.cids, false)?,
                b"beginnotdefrange" => read_cids(&mut scanner, &mut map.notdef, true)?,
                b"beginnotdefchar" => read_cids(&mut scanner, &mut map.notdef, false)?,
                b"beginbfchar" => map.read_unicode(&mut scanner, false)?,
                b"beginbfrange" => map.read_unicode(&mut scanner, true)?,
                b"usecmap" => map.used = last_name.take(),
                _ => {}
            }
        }
        if let (Some(registry), Some(ordering), Some(supplement)) = info {
            map.system_info = Some(SystemInfo {
                registry,
                ordering,
                supplement,
            });
        }
        map.base = map.used.as_deref().and_then(CodeMap::predefined);
        Some(map)
    }

    fn is_in_codespace(&self, code: &[u8]) -> bool {
        let own = self.codespace.iter().any(|(low, high)| {
            low.len() == code.len()
                && code
                    .iter()
                    .zip(low.iter().zip(high))
                    .all(|(byte, (low, high))| (low..=high).contains(&byte))
        });
        own || self.base.as_ref().is_some_and(|base| {
            base.first_code(code)
                .is_some_and(|first| first.length == code.len())
        })
    }

    fn cid(&self, code: Code) -> Option<u32> {
        let in_map = |map: &BTreeMap<(usize, u32), (u32, u32)>| {
            let from = (code.length, 0);
            let (first, (last, cid)) = map.range(from..=(code.length, code.value)).next_back()?;
            (code.value <= *last).then_some((code.value - first.1, *cid))
        };
        if let Some((offset, cid)) = in_map(&self.cids) {
            return cid.checked_add(offset);
        }
        let base = || self.base.as_ref().and_then(|base| base.cid(code));
        base().or_else(|| in_map(&self.notdef).map(|(_, cid)| cid))
    }

    /// The UTF-16 that a code stands for.
    pub(super) fn unicode(&self, code: u32) -> Option<Vec<u16>> {
        let (first, (last, utf16)) = self.unicode.range(..=code).next_back()?;
        if code > *last {
            return None;
        }
        let offset = u16::try_from(code - first).ok()?;
        let mut utf16 = utf16.clone();
        let end = utf16.last_mut()?;
        *end = end.checked_add(offset)?;
        Some(utf16)
    }

    fn read_codespace(&mut self, scanner: &mut Scanner<'_>) -> Option<()> {
        while let Some(low) = bytes_or_end(scanner)? {
            let high = scanner.parse_string().ok()?.decode().ok()?;
            if low.len() != high.len() || !(1..=4).contains(&low.len()) {
                return None;
            }
            self.codespace.push((low, high));
        }
        Some(())
    }

    fn read_unicode(&mut self, scanner: &mut Scanner<'_>, is_range: bool) -> Option<()> {
        while let Some(first) = bytes_or_end(scanner)? {
            let first = code_value(&first)?;
            let last = if is_range {
                code_value(&scanner.parse_string().ok()?.decode().ok()?)?
            } else {
                first
            };
            match scanner.parse_token().ok()? {
                Token::String(string) => {
                    let utf16 = utf16(&string.decode().ok()?);
                    self.unicode.insert(first, (last, utf16));
                }
                Token::Name(open) if open.as_bytes() == b"[" => {
                    let mut code = first;
                    while let Some(bytes) = bytes_or_end(scanner)? {
                        self.unicode.insert(code, (code, utf16(&bytes)));
                        code = code.checked_add(1)?;
                    }
                }
                // A glyph name is allowed, and nobody writes one.
                _ => return None,
            }
        }
        Some(())
    }
}

fn read_cids(
    scanner: &mut Scanner<'_>,
    into: &mut BTreeMap<(usize, u32), (u32, u32)>,
    is_range: bool,
) -> Option<()> {
    while let Some(first) = bytes_or_end(scanner)? {
        let last = if is_range {
            scanner.parse_string().ok()?.decode().ok()?
        } else {
            first.clone()
        };
        let cid = u32::try_from(integer(scanner)?).ok()?;
        if last.len() != first.len() {
            return None;
        }
        into.insert(
            (first.len(), code_value(&first)?),
            (code_value(&last)?, cid),
        );
    }
    Some(())
}

/// The bytes of the next string, or `Some(None)` at the end of the list.
fn bytes_or_end(scanner: &mut Scanner<'_>) -> Option<Option<Vec<u8>>> {
    match scanner.parse_token().ok()? {
        Token::String(string) => Some(Some(string.decode().ok()?)),
        Token::Name(name) if !name.is_literal() => Some(None),
        _ => None,
    }
}

fn code_value(bytes: &[u8]) -> Option<u32> {
    if !(1..=4).contains(&bytes.len()) {
        return None;
    }
    let value = bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u32::from(*byte));
    Some(value)
}

/// Some writers leave out the leading zero byte.
fn utf16(bytes: &[u8]) -> Vec<u16> {
    let mut bytes = bytes.to_vec();
    if !bytes.len().is_multiple_of(2) {
        bytes.insert(0, 0);
    }
    bytes
        .chunks_exact(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |value, byte| value << 8 | u16::from(*byte))
        })
        .collect()
}

fn integer(scanner: &mut Scanner<'_>) -> Option<i64> {
    match scanner.parse_number().ok()? {
        Number::Integer(number) => Some(number),
        Number::Real(_) => None,
    }
}

fn text(scanner: &mut Scanner<'_>) -> Option<Vec<u8>> {
    scanner.parse_string().ok()?.decode().ok()
}
