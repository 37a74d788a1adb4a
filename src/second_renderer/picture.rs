//! The two plain formats that the program writes: PGM and PPM, binary, 8 bits.

/// A picture, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its samples.
    pub samples: Samples,
}

/// Samples of a picture; 255 is white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// One byte a pixel.
    Grey(Vec<u8>),
    /// Three bytes a pixel.
    Rgb(Vec<u8>),
}

impl Picture {
    /// Reads `P5` and `P6` with 255 levels; `None` for anything else, also where bytes are missing or left.
    #[must_use]
    pub fn parse(mut file: Vec<u8>) -> Option<Self> {
        let (colour, mut at) = match file.get(..2)? {
            b"P5" => (false, 2),
            b"P6" => (true, 2),
            _ => return None,
        };
        let width = number(&file, &mut at)?;
        let height = number(&file, &mut at)?;
        let levels = number(&file, &mut at)?;
        if levels != 255 || !file.get(at)?.is_ascii_whitespace() {
            return None;
        }
        let start = at + 1;
        let pixels = u64::from(width) * u64::from(height);
        let wanted = pixels.checked_mul(if colour { 3 } else { 1 })?;
        if pixels == 0 || u64::try_from(file.len() - start).ok()? != wanted {
            return None;
        }
        file.drain(..start);
        let samples = if colour {
            Samples::Rgb(file)
        } else {
            Samples::Grey(file)
        };
        Some(Self {
            width,
            height,
            samples,
        })
    }

    /// Levels of grey, weighted as the eye sees colours (ITU-R BT.601).
    pub(super) fn grey(&self) -> std::borrow::Cow<'_, [u8]> {
        match &self.samples {
            Samples::Grey(levels) => levels.as_slice().into(),
            Samples::Rgb(samples) => samples
                .as_chunks::<3>()
                .0
                .iter()
                .map(|&[r, g, b]| {
                    let sum = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
                    u8::try_from((sum + 500) / 1000).unwrap_or(255)
                })
                .collect::<Vec<u8>>()
                .into(),
        }
    }
}

/// The next decimal number of the header; comments run from `#` to the end of their line.
fn number(file: &[u8], at: &mut usize) -> Option<u32> {
    loop {
        match file.get(*at)? {
            b'#' => {
                while *file.get(*at)? != b'\n' {
                    *at += 1;
                }
            }
            byte if byte.is_ascii_whitespace() => *at += 1,
            _ => break,
        }
    }
    let digits = file.get(*at..)?;
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let digits = digits.get(..length).filter(|digits| !digits.is_empty())?;
    *at += length;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_grey_and_colour() {
        let grey = Picture::parse(b"P5\n2 1\n255\n\x00\xFF".to_vec()).expect("grey");
        assert_eq!((grey.width, grey.height), (2, 1));
        assert_eq!(grey.samples, Samples::Grey(vec![0, 255]));
        let colour = Picture::parse(b"P6 # made\n1 1 255 \x0A\x0B\x0C".to_vec()).expect("colour");
        assert_eq!(colour.samples, Samples::Rgb(vec![10, 11, 12]));
        assert_eq!(colour.grey().as_ref(), [11]);
    }

    #[test]
    fn refuses_what_is_short_long_or_strange() {
        for file in [
            &b""[..],
            b"P5",
            b"P5\n2 1\n255\n\x00",
            b"P5\n2 1\n255\n\x00\x00\x00",
            b"P5\n0 1\n255\n",
            b"P5\n1 1\n65535\n\x00\x00",
            b"P4\n1 1\n\x00",
            b"P5\n99999999999 1\n255\n\x00",
            b"P5\n4294967295 4294967295\n255\n\x00",
            b"P5\n#",
        ] {
            assert_eq!(Picture::parse(file.to_vec()), None, "{file:?}");
        }
    }
}
