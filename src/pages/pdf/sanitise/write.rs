//! One object as bytes (ISO 32000-1 §7.3), within the limits of ISO 19005-2 §6.1.13.
//!
//! lopdf writes whole files only; the new file's frame is written by another program part.

use std::io::Write;

use lopdf::{Dictionary, Object};

use super::{Obstacle, Outcome, obstacle};

/// Limits of an implementation that conforms (ISO 19005-2 §6.1.13).
pub(super) const STRING_BYTES_MAX: usize = 32_767;
pub(super) const NAME_BYTES_MAX: usize = 127;
pub(super) const INTEGERS: std::ops::RangeInclusive<i64> = -2_147_483_648..=2_147_483_647;

/// Arrays and dictionaries inside each other.
const DEPTH_MAX: usize = 32;

/// The bytes between `obj` and `endobj`.
pub(super) fn body(object: &Object) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    write(&mut out, object, 0)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, object: &Object, depth: usize) -> Outcome<()> {
    if depth > DEPTH_MAX {
        return Err(obstacle("arrays nested too deeply"));
    }
    match object {
        Object::Null => out.extend_from_slice(b"null"),
        Object::Boolean(value) => print(out, format_args!("{value}")),
        Object::Integer(value) if INTEGERS.contains(value) => print(out, format_args!("{value}")),
        Object::Integer(_) => return Err(obstacle("an integer beyond 32 bits")),
        // `Display` of a float has no exponent, which PDF does not know.
        Object::Real(value) if value.is_finite() => print(out, format_args!("{value}")),
        Object::Real(_) => return Err(obstacle("a number beyond the limits")),
        Object::Name(value) => name(out, value)?,
        Object::String(value, _) => string(out, value)?,
        Object::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Object::Dictionary(entries) => dictionary(out, entries, depth)?,
        Object::Stream(stream) => {
            let length = i64::try_from(stream.content.len())
                .map_err(|_| obstacle("a stream beyond the limits"))?;
            let mut entries = stream.dict.clone();
            entries.set("Length", length);
            dictionary(out, &entries, depth)?;
            out.extend_from_slice(b"\nstream\n");
            out.extend_from_slice(&stream.content);
            out.extend_from_slice(b"\nendstream");
        }
        Object::Reference((number, generation)) => {
            print(out, format_args!("{number} {generation} R"));
        }
    }
    Ok(())
}

fn print(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into a vector cannot fail.
    let _ = out.write_fmt(text);
}

fn dictionary(out: &mut Vec<u8>, entries: &Dictionary, depth: usize) -> Outcome<()> {
    out.extend_from_slice(b"<<");
    for (key, value) in entries {
        name(out, key)?;
        out.push(b' ');
        write(out, value, depth + 1)?;
    }
    out.extend_from_slice(b">>");
    Ok(())
}

/// A name, escaped where a byte is not a regular character.
pub(super) fn name(out: &mut Vec<u8>, value: &[u8]) -> Result<(), Obstacle> {
    if value.len() > NAME_BYTES_MAX || value.contains(&0) {
        return Err(obstacle("a name beyond the limits"));
    }
    out.push(b'/');
    for &byte in value {
        if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte) {
            out.push(byte);
        } else {
            print(out, format_args!("#{byte:02X}"));
        }
    }
    Ok(())
}

fn string(out: &mut Vec<u8>, value: &[u8]) -> Outcome<()> {
    if value.len() > STRING_BYTES_MAX {
        return Err(obstacle("a string beyond the limits"));
    }
    out.push(b'(');
    for &byte in value {
        match byte {
            b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            // A bare one would be read as a line feed.
            b'\r' => out.extend_from_slice(b"\\r"),
            _ => out.push(byte),
        }
    }
    out.push(b')');
    Ok(())
}

#[cfg(test)]
mod tests {
    use lopdf::{Stream, StringFormat, dictionary};

    use super::*;

    fn written(object: impl Into<Object>) -> String {
        String::from_utf8_lossy(&body(&object.into()).expect("within the limits")).into_owned()
    }

    #[test]
    fn objects_are_written_as_the_standard_spells_them() {
        let text = Object::String(b"a(b)\\\r\n".to_vec(), StringFormat::Hexadecimal);
        let all = vec![
            Object::Null,
            true.into(),
            Object::Integer(-7),
            Object::Real(1e-7),
            Object::Real(-2.5e10),
            Object::Name(b"A B#\xC3/".to_vec()),
            text,
            Object::Reference((12, 0)),
        ];
        assert_eq!(
            written(all),
            "[null true -7 0.0000001 -25000000000 /A#20B#23#C3#2F (a\\(b\\)\\\\\\r\n) 12 0 R]"
        );
        let stream = Stream::new(dictionary! { "N" => 3, "Length" => 99 }, b"abc".to_vec());
        assert_eq!(written(stream), "<</N 3/Length 3>>\nstream\nabc\nendstream");
    }

    #[test]
    fn what_no_reader_must_take_is_refused() {
        let long = |bytes| Object::String(vec![b'x'; bytes], StringFormat::Literal);
        assert!(body(&long(STRING_BYTES_MAX)).is_ok());
        assert!(body(&Object::Name(vec![b'x'; NAME_BYTES_MAX])).is_ok());
        let mut nested = Object::Null;
        for _ in 0..=DEPTH_MAX {
            nested = vec![nested].into();
        }
        for object in [
            long(STRING_BYTES_MAX + 1),
            Object::Name(vec![b'x'; NAME_BYTES_MAX + 1]),
            Object::Name(b"a\0".to_vec()),
            Object::Integer(2_147_483_648),
            Object::Real(f32::INFINITY),
            nested,
        ] {
            assert!(body(&object).is_err(), "{object:?}");
        }
    }
}
