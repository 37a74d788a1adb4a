//! Where an inline image ends (ISO 32000-1 §8.9.7): its dictionary and data tell, `EI` alone does not.
//!
//! Bytes that one reader takes for samples and another for operators would escape the check, so an image
//! whose data ends elsewhere than its `EI` stands is not read. DCT and CCITT data do not tell their end
//! cheaply; there it is the first `EI` between white space that text follows.

use flate2::{Decompress, FlushDecompress, Status};
use lopdf::{Dictionary, Object};

use crate::pdf_object::is_space;

/// Bytes behind an `EI` that must look like text.
const BEHIND: usize = 24;
const BUFFER: usize = 1 << 16;

/// Length of the data, `EI` following; `budget` is what may still be expanded, in bytes.
pub(super) fn data_length(
    dictionary: &Dictionary,
    data: &[u8],
    budget: &mut usize,
) -> Option<usize> {
    let length = match first_filter(dictionary) {
        None => match plain_length(dictionary) {
            Some(length) => length,
            None => return (0..data.len()).find(|&at| ends_plausibly(data, at)),
        },
        Some(b"Fl" | b"FlateDecode") => flate_length(data, budget)?,
        Some(b"AHx" | b"ASCIIHexDecode") => data.iter().position(|&byte| byte == b'>')? + 1,
        Some(b"A85" | b"ASCII85Decode") => data.windows(2).position(|pair| pair == b"~>")? + 2,
        Some(b"RL" | b"RunLengthDecode") => run_length(data)?,
        Some(_) => return (0..data.len()).find(|&at| ends_plausibly(data, at)),
    };
    ends_here(data, length).then_some(length)
}

fn entry<'d>(dictionary: &'d Dictionary, short: &[u8], long: &[u8]) -> Option<&'d Object> {
    dictionary
        .get(short)
        .or_else(|_| dictionary.get(long))
        .ok()
        .filter(|object| !object.is_null())
}

fn first_filter(dictionary: &Dictionary) -> Option<&[u8]> {
    match entry(dictionary, b"F", b"Filter")? {
        Object::Array(filters) => Some(filters.first()?.as_name().unwrap_or_default()),
        single => Some(single.as_name().unwrap_or_default()),
    }
}

/// Bytes of an image without filters whose colour space tells its components.
fn plain_length(dictionary: &Dictionary) -> Option<usize> {
    let size = |short: &[u8], long: &[u8]| {
        let number = entry(dictionary, short, long)?.as_i64().ok()?;
        usize::try_from(number).ok()
    };
    let is_mask = matches!(
        entry(dictionary, b"IM", b"ImageMask"),
        Some(Object::Boolean(true))
    );
    let bits = if is_mask {
        1
    } else {
        let components = match entry(dictionary, b"CS", b"ColorSpace")? {
            Object::Name(name) => match name.as_slice() {
                b"G" | b"DeviceGray" => 1,
                b"RGB" | b"DeviceRGB" => 3,
                b"CMYK" | b"DeviceCMYK" => 4,
                _ => return None,
            },
            Object::Array(_) => 1,
            _ => return None,
        };
        size(b"BPC", b"BitsPerComponent")?.checked_mul(components)?
    };
    let row = size(b"W", b"Width")?.checked_mul(bits)?.div_ceil(8);
    row.checked_mul(size(b"H", b"Height")?)
}

/// Where a zlib stream ends.
fn flate_length(data: &[u8], budget: &mut usize) -> Option<usize> {
    let mut expander = Decompress::new(true);
    let mut buffer = vec![0; BUFFER];
    let mut used = 0;
    loop {
        let input = data.get(used..)?;
        let (read, made) = (expander.total_in(), expander.total_out());
        let status = expander
            .decompress(input, &mut buffer, FlushDecompress::None)
            .ok()?;
        used = usize::try_from(expander.total_in()).ok()?;
        let new = usize::try_from(expander.total_out().checked_sub(made)?).ok()?;
        *budget = budget.checked_sub(new)?;
        match status {
            Status::StreamEnd => return Some(used),
            _ if new == 0 && expander.total_in() == read => return None,
            _ => {}
        }
    }
}

/// Where run lengths end, the end mark included.
fn run_length(data: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        let skip = match data.get(at)? {
            128 => return Some(at + 1),
            &literal @ 0..=127 => usize::from(literal) + 2,
            129..=255 => 2,
        };
        at = at.checked_add(skip)?;
    }
}

/// Whether `EI` follows, alone but for white space.
fn ends_here(data: &[u8], length: usize) -> bool {
    let Some(rest) = data.get(length..) else {
        return false;
    };
    let spaces = rest.iter().take_while(|&&byte| is_space(byte)).count();
    rest.get(spaces..)
        .and_then(|rest| rest.strip_prefix(b"EI"))
        .is_some_and(|after| after.first().is_none_or(|&byte| is_space(byte)))
}

/// Whether white space, `EI` and what looks like more operators stand here.
fn ends_plausibly(data: &[u8], at: usize) -> bool {
    let Some([space, b'E', b'I', after @ ..]) = data.get(at..) else {
        return false;
    };
    let behind = after.get(..BEHIND).unwrap_or(after);
    is_space(*space)
        && behind.first().is_none_or(|&byte| is_space(byte))
        && behind
            .iter()
            .all(|&byte| matches!(byte, b' '..=b'~') || is_space(byte))
}
