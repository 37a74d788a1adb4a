//! The parts of `multipart/form-data` (RFC 7578, RFC 2046 §5.1), one after the other from a file, however long: memory
//! does not grow with them.

use std::io::{self, Read, Write};

/// Read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// The head of a part has two or three short lines.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// RFC 2046 §5.1.1.
const BOUNDARY_BYTES_MAX: usize = 70;

/// Why there are no more parts.
#[derive(Debug)]
pub(super) enum PartError {
    /// It is not what RFC 7578 says, or ends before its end.
    Malformed,
    /// A part has more bytes than it may.
    TooLong,
    /// Reading or writing failed.
    Io(io::Error),
}

impl From<io::Error> for PartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The parts that are still to come.
pub(super) struct Parts<R> {
    from: R,
    /// Read, and not looked at.
    buffer: Vec<u8>,
    /// What stands before each part and behind the last.
    delimiter: Vec<u8>,
    is_read: bool,
}

/// The boundary that a `Content-Type` names; `None` where it is none of forms.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let mut members = content_type.split(';');
    let kind = members.next()?.trim();
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = members.find_map(|member| parameter(member, "boundary"))?;
    let fits = (1..=BOUNDARY_BYTES_MAX).contains(&named.len()) && named.is_ascii();
    fits.then_some(named)
}

/// `name="value"` or `name=value`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let (name, value) = text.split_once('=')?;
    let is_it = name.trim().eq_ignore_ascii_case(wanted);
    is_it.then(|| value.trim().trim_matches('"').to_owned())
}

impl<R: Read> Parts<R> {
    pub(super) fn of(from: R, boundary: &str) -> Self {
        Self {
            from,
            // As if a line had ended before the first.
            buffer: b"\r\n".to_vec(),
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            is_read: false,
        }
    }

    /// Goes to the first part: what stands before it is for nobody.
    ///
    /// # Errors
    /// [`PartError`].
    pub(super) fn begin(&mut self) -> Result<(), PartError> {
        self.content(&mut io::sink(), HEAD_BYTES_MAX as u64)
            .map(drop)
    }

    /// The name of the next part; `None` behind the last. The part before must have been read to its end.
    ///
    /// # Errors
    /// [`PartError`].
    pub(super) fn next_name(&mut self) -> Result<Option<String>, PartError> {
        let mut line = self.line()?;
        if line.starts_with(b"--") {
            return Ok(None);
        }
        // Blanks may stand behind a boundary, nothing else.
        if !line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(PartError::Malformed);
        }
        let (mut name, mut bytes) = (None, 0);
        loop {
            line = self.line()?;
            bytes += line.len();
            if line.is_empty() {
                return name.map(Some).ok_or(PartError::Malformed);
            }
            if bytes > HEAD_BYTES_MAX {
                return Err(PartError::TooLong);
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let Some((header, value)) = text.split_once(':') else {
                return Err(PartError::Malformed);
            };
            if header.trim().eq_ignore_ascii_case("content-disposition") {
                name = value
                    .split(';')
                    .find_map(|member| parameter(member, "name"));
            }
        }
    }

    /// Writes the part's bytes to `to`; how many.
    ///
    /// # Errors
    /// [`PartError`].
    pub(super) fn content(&mut self, to: &mut impl Write, most: u64) -> Result<u64, PartError> {
        let mut written = 0_u64;
        loop {
            let found = find(&self.buffer, &self.delimiter);
            // The beginning of a delimiter may stand at the end of what was read.
            let sure = found.unwrap_or_else(|| {
                let kept = self.delimiter.len().saturating_sub(1);
                self.buffer.len().saturating_sub(kept)
            });
            written = written.saturating_add(sure as u64);
            if written > most {
                return Err(PartError::TooLong);
            }
            to.write_all(self.buffer.get(..sure).unwrap_or_default())?;
            self.buffer.drain(..sure);
            if found.is_some() {
                self.buffer.drain(..self.delimiter.len());
                return Ok(written);
            }
            self.read_more()?;
        }
    }

    /// A line without its end; behind the last boundary the text's end is one.
    fn line(&mut self) -> Result<Vec<u8>, PartError> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.drain(..end).collect();
                self.buffer.drain(..2);
                return Ok(line);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(PartError::TooLong);
            }
            if self.is_read && self.buffer.starts_with(b"--") {
                return Ok(std::mem::take(&mut self.buffer));
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), PartError> {
        if self.is_read {
            return Err(PartError::Malformed);
        }
        let before = self.buffer.len();
        self.buffer.resize(before + PIECE_BYTES, 0);
        let room = self.buffer.get_mut(before..).unwrap_or_default();
        let read = self.from.read(room)?;
        self.buffer.truncate(before + read);
        self.is_read = read == 0;
        Ok(())
    }
}

/// Where `wanted` begins. Its first byte is rare in what is looked through.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives out a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(to.len()).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            to[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn written(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, content) in parts {
            bytes.extend_from_slice(b"--xyz\r\n");
            let head =
                format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n");
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"--xyz--\r\n");
        bytes
    }

    fn read(bytes: &[u8], step: usize) -> Result<Vec<(String, Vec<u8>)>, PartError> {
        let mut parts = Parts::of(Slow(bytes, step), "xyz");
        parts.begin()?;
        let mut all = Vec::new();
        while let Some(name) = parts.next_name()? {
            let mut content = Vec::new();
            parts.content(&mut content, 1000)?;
            all.push((name, content));
        }
        Ok(all)
    }

    proptest! {
        #[test]
        fn any_content_comes_out_as_it_went_in(
            contents in proptest::collection::vec(proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'x'), any::<u8>()], 0..60), 0..5),
            step in 1_usize..40,
        ) {
            // Who writes the form takes a boundary that its parts do not have.
            prop_assume!(!contents.iter().any(|it| find(it, b"\r\n--xyz").is_some() || it.starts_with(b"--xyz")));
            let parts: Vec<(&str, &[u8])> = contents.iter().map(|it| ("file", it.as_slice())).collect();
            let read = read(&written(&parts), step).expect("reads");
            let read: Vec<Vec<u8>> = read.into_iter().map(|(_, content)| content).collect();
            prop_assert_eq!(read, contents);
        }

        #[test]
        fn nonsense_is_refused_and_never_stalls(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'x'), Just(b'y'), Just(b'z'), any::<u8>()], 0..200)) {
            let _ = read(&bytes, 7);
        }
    }

    #[test]
    fn what_is_cut_or_too_long_is_refused() {
        let whole = written(&[("slip", b"{}"), ("file", &[7; 500])]);
        for end in 0..whole.len() - 4 {
            assert!(read(&whole[..end], 64).is_err(), "cut at {end}");
        }
        assert!(
            read(&whole[..whole.len() - 2], 64).is_ok(),
            "no last line end"
        );
        let long = written(&[("file", &[7; 1001])]);
        assert!(matches!(read(&long, 64), Err(PartError::TooLong)));
    }

    #[test]
    fn boundaries_are_those_of_forms() {
        for (kind, expected) in [
            ("multipart/form-data; boundary=xyz", Some("xyz")),
            (
                "Multipart/Form-Data;charset=utf-8; Boundary=\"a b\"",
                Some("a b"),
            ),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/mixed; boundary=xyz", None),
            ("application/json", None),
        ] {
            assert_eq!(boundary(kind).as_deref(), expected, "{kind}");
        }
    }
}
