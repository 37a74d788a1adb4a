//! A line of a day's file: an event's JSON whose last member chains it to the line before.

use crate::record::Sha256Digest;

const MEMBER: &[u8] = b",\"chain\":\"";
const END: &[u8] = b"\"}\n";
const DIGITS: usize = 64;

/// How many bytes at the end of a line tell its chain.
pub(super) const TAIL_BYTES: usize = MEMBER.len() + DIGITS + END.len();

/// An event's JSON object as a line behind `previous`, the chain of the line before or the day's name.
pub(super) fn sealed(json: &str, previous: &str) -> String {
    let body = json.strip_suffix('}').unwrap_or(json);
    let chain = chained(body.as_bytes(), previous);
    format!("{body},\"chain\":\"{chain}\"}}\n")
}

/// The chain that a line, or at least the last [`TAIL_BYTES`] of one, ends with.
pub(super) fn chain_of(line: &[u8]) -> Option<&str> {
    let tail = line.get(line.len().checked_sub(TAIL_BYTES)?..)?;
    let digits = tail.strip_prefix(MEMBER)?.strip_suffix(END)?;
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes().all(|b| b.is_ascii_hexdigit()).then_some(text)
}

/// Whether a line is as it was written behind `previous`.
pub(super) fn holds(line: &[u8], previous: &str) -> bool {
    let body = line.len().checked_sub(TAIL_BYTES).map(|end| &line[..end]);
    match (body, chain_of(line)) {
        (Some(body), Some(chain)) => chained(body, previous) == chain,
        _ => false,
    }
}

fn chained(body: &[u8], previous: &str) -> String {
    let bytes = [previous.as_bytes(), b"\n", body].concat();
    Sha256Digest::of(&bytes).to_string()
}
