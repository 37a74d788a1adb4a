//! Codes of simple fonts to glyph names (ISO 32000-1 §9.6.6 and annex D).
//!
//! `MacExpertEncoding` is not known here; fonts that name it are not judged.

use lopdf::{Dictionary, Document, Object};
use read_fonts::ps::agl;

use crate::pdf_object::{name, value};

/// Name of the glyph that stands for all that a font lacks.
pub(super) const NOTDEF: &str = ".notdef";

/// Codes 0x20 to 0x7E, the same in both encodings.
const ASCII: &str = "space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft \
    parenright asterisk plus comma hyphen period slash zero one two three four five six seven eight \
    nine colon semicolon less equal greater question at A B C D E F G H I J K L M N O P Q R S T U V W \
    X Y Z bracketleft backslash bracketright asciicircum underscore grave a b c d e f g h i j k l m n \
    o p q r s t u v w x y z braceleft bar braceright asciitilde";

/// Codes 0x7F to 0xFF; what is not assigned shows a bullet (annex D.2, note 3).
const WIN_ANSI: &str = "bullet Euro bullet quotesinglbase florin quotedblbase ellipsis dagger \
    daggerdbl circumflex perthousand Scaron guilsinglleft OE bullet Zcaron bullet bullet quoteleft \
    quoteright quotedblleft quotedblright bullet endash emdash tilde trademark scaron guilsinglright oe \
    bullet zcaron Ydieresis space exclamdown cent sterling currency yen brokenbar section dieresis \
    copyright ordfeminine guillemotleft logicalnot hyphen registered macron degree plusminus \
    twosuperior threesuperior acute mu paragraph periodcentered cedilla onesuperior ordmasculine \
    guillemotright onequarter onehalf threequarters questiondown Agrave Aacute Acircumflex Atilde \
    Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex Idieresis \
    Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute Ucircumflex \
    Udieresis Yacute Thorn germandbls agrave aacute acircumflex atilde adieresis aring ae ccedilla \
    egrave eacute ecircumflex edieresis igrave iacute icircumflex idieresis eth ntilde ograve oacute \
    ocircumflex otilde odieresis divide oslash ugrave uacute ucircumflex udieresis yacute thorn \
    ydieresis";

/// Codes 0x80 to 0xFF of Mac OS; see [`MAC_OS_ONLY`].
const MAC_OS: &str = "Adieresis Aring Ccedilla Eacute Ntilde Odieresis Udieresis aacute agrave \
    acircumflex adieresis atilde aring ccedilla eacute egrave ecircumflex edieresis iacute igrave \
    icircumflex idieresis ntilde oacute ograve ocircumflex odieresis otilde uacute ugrave ucircumflex \
    udieresis dagger degree cent sterling section bullet paragraph germandbls registered copyright \
    trademark acute dieresis notequal AE Oslash infinity plusminus lessequal greaterequal yen mu \
    partialdiff summation product pi integral ordfeminine ordmasculine Omega ae oslash questiondown \
    exclamdown logicalnot radical florin approxequal Delta guillemotleft guillemotright ellipsis space \
    Agrave Atilde Otilde OE oe endash emdash quotedblleft quotedblright quoteleft quoteright divide \
    lozenge ydieresis Ydieresis fraction currency guilsinglleft guilsinglright fi fl daggerdbl \
    periodcentered quotesinglbase quotedblbase perthousand Acircumflex Ecircumflex Aacute Edieresis \
    Egrave Iacute Icircumflex Idieresis Igrave Oacute Ocircumflex apple Ograve Uacute Ucircumflex Ugrave \
    dotlessi circumflex tilde macron breve dotaccent ring cedilla hungarumlaut ogonek caron";

/// Codes 0xA1 to 0xFB; a hyphen stands for a code without a glyph.
const STANDARD: &str = "exclamdown cent sterling fraction yen florin section currency quotesingle \
    quotedblleft guillemotleft guilsinglleft guilsinglright fi fl - endash dagger daggerdbl \
    periodcentered - paragraph bullet quotesinglbase quotedblbase quotedblright guillemotright ellipsis \
    perthousand - questiondown - grave acute circumflex tilde macron breve dotaccent dieresis - ring \
    cedilla - hungarumlaut ogonek caron emdash - - - - - - - - - - - - - - - - AE - ordfeminine - - - - \
    Lslash Oslash OE ordmasculine - - - - - ae - - - dotlessi - - lslash oslash oe germandbls";

/// Codes that Mac OS has and `MacRomanEncoding` has not (§9.6.6.4).
const MAC_OS_ONLY: [u8; 15] = [
    0xAD, 0xB0, 0xB2, 0xB3, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBD, 0xC3, 0xC5, 0xC6, 0xD7, 0xF0,
];

/// An encoding that PDF has a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    WinAnsi,
    MacRoman,
    Standard,
}

impl Base {
    fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            b"StandardEncoding" => Some(Self::Standard),
            _ => None,
        }
    }

    /// The glyph name of a code; nothing where the encoding has none.
    pub(super) fn glyph_name(self, code: u8) -> Option<&'static str> {
        match (self, code) {
            (Self::Standard, 0x27) => Some("quoteright"),
            (Self::Standard, 0x60) => Some("quoteleft"),
            (Self::Standard, 0xA1..) => word(STANDARD, code - 0xA1).filter(|name| *name != "-"),
            (_, 0x20..=0x7E) => word(ASCII, code - 0x20),
            (Self::WinAnsi, 0x7F..) => word(WIN_ANSI, code - 0x7F),
            (Self::MacRoman, 0x80..) if !MAC_OS_ONLY.contains(&code) => word(MAC_OS, code - 0x80),
            _ => None,
        }
    }
}

fn word(words: &'static str, index: u8) -> Option<&'static str> {
    words.split_ascii_whitespace().nth(usize::from(index))
}

/// The code that Mac OS has for a glyph name: the way into a TrueType `cmap` (1, 0).
pub(super) fn mac_os_code(glyph: &str) -> Option<u8> {
    if glyph == "Euro" {
        return Some(0xDB);
    }
    let ascii = ASCII.split_ascii_whitespace().zip(0x20_u8..);
    let high = MAC_OS.split_ascii_whitespace().zip(0x80_u8..=0xFF);
    ascii
        .chain(high)
        .find(|(name, _)| *name == glyph)
        .map(|(_, code)| code)
}

/// The `Encoding` entry of a simple font.
#[derive(Debug, Default)]
pub(super) struct Encoding {
    /// Whether there is an entry at all.
    pub(super) is_present: bool,
    /// Named encoding, as itself or as `BaseEncoding`.
    pub(super) base: Option<Base>,
    /// Whether an encoding is named that is not known here.
    pub(super) has_unknown_base: bool,
    /// Whether there is a `Differences` array, and whether it can be read.
    pub(super) differences: Option<Vec<(u8, String)>>,
    /// Whether something in the entry cannot be read.
    pub(super) is_broken: bool,
}

impl Encoding {
    pub(super) fn read(document: &Document, font: &Dictionary) -> Self {
        let mut encoding = Self::default();
        match value(document, font, b"Encoding") {
            None => {}
            Some(Object::Name(named)) => {
                encoding.is_present = true;
                encoding.set_base(Some(named));
            }
            Some(Object::Dictionary(dictionary)) => {
                encoding.is_present = true;
                encoding.set_base(name(document, dictionary, b"BaseEncoding"));
                match value(document, dictionary, b"Differences") {
                    None => {}
                    Some(Object::Array(items)) => {
                        encoding.differences = differences(document, items);
                        encoding.is_broken = encoding.differences.is_none();
                    }
                    Some(_) => encoding.is_broken = true,
                }
            }
            Some(_) => {
                encoding.is_present = true;
                encoding.is_broken = true;
            }
        }
        encoding
    }

    fn set_base(&mut self, named: Option<&[u8]>) {
        self.base = named.and_then(Base::named);
        self.has_unknown_base = named.is_some() && self.base.is_none();
    }

    /// The name that `Differences` has for a code.
    pub(super) fn difference(&self, code: u8) -> Option<&str> {
        let differences = self.differences.as_ref()?;
        differences
            .iter()
            .rev()
            .find(|(at, _)| *at == code)
            .map(|(_, name)| name.as_str())
    }
}

/// Numbers that say where the names after them begin; nothing where it is anything else.
fn differences(document: &Document, items: &[Object]) -> Option<Vec<(u8, String)>> {
    let mut code: i64 = 0;
    let mut named = Vec::new();
    for item in items {
        match document.dereference(item).ok()?.1 {
            Object::Integer(start) => code = *start,
            Object::Name(glyph) => {
                let glyph = String::from_utf8_lossy(glyph).into_owned();
                named.push((u8::try_from(code).ok()?, glyph));
                code = code.checked_add(1)?;
            }
            _ => return None,
        }
    }
    Some(named)
}

/// Whether a name stands in the Adobe Glyph List itself: no variants, no `uniXXXX`, no Zapf Dingbats.
pub(super) fn is_in_glyph_list(glyph: &str) -> bool {
    let is_hexadecimal =
        |digits: &str| digits.len() >= 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_coded = glyph.strip_prefix("uni").is_some_and(is_hexadecimal)
        || glyph.strip_prefix('u').is_some_and(is_hexadecimal);
    let is_dingbat = glyph
        .strip_prefix('a')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_digit()));
    !is_coded && !is_dingbat && !glyph.contains(['.', '_']) && agl::name_to_chars(glyph).count() > 0
}

/// The character of a glyph name.
pub(super) fn character(glyph: &str) -> Option<char> {
    agl::name_to_char(glyph)
}
