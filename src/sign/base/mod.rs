//! The PDF that gets a signature appended, read from disk and only where needed.
//!
//! A signature touches the catalogue, the form, one page and the end of the file. Loading all of a
//! 200-page scan for that costs hundreds of megabytes, and a lenient reader repairs what another
//! reader repairs differently. So this one reads the cross-reference data and single objects, and
//! refuses whatever is not as ISO 32000-1, 7.5 says: signing a file that viewers must repair first
//! gives a signature that some of them call broken.

mod stream;
pub(super) mod syntax;
mod xref;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

use self::syntax::{Dictionary, Reference, Value, keyword, skip_space, unsigned};
use self::xref::{Location, Xref};
pub(super) use self::xref::{Trailer, XrefKind};
use super::SignError;

/// Bound on one object's text and on one coded object stream.
const MAX_OBJECT: usize = 16 * 1024 * 1024;
/// What is read first where an object starts.
const FIRST_WINDOW: usize = 4096;

/// Bytes read in all: a file made to be read over and over ends here and not after hours.
const MAX_READ: u64 = 512 * 1024 * 1024;

/// Bytes at positions of an open file.
#[derive(Debug)]
struct Source {
    file: File,
    length: u64,
    read: Cell<u64>,
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            read: Cell::new(0),
        })
    }

    /// At most `length` bytes from `offset` on; fewer at the end of the file.
    fn window(&self, offset: u64, length: usize) -> Result<Vec<u8>, SignError> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(length)];
        self.read
            .set(self.read.get().saturating_add(bytes.len() as u64));
        if self.read.get() > MAX_READ {
            return Err(SignError::Unsupported {
                what: "a structure of this size",
            });
        }
        self.file
            .read_exact_at(&mut bytes, offset)
            .map_err(SignError::reading)?;
        Ok(bytes)
    }

    /// Gives `parse` longer and longer windows until it has seen enough.
    fn parse_at<T>(
        &self,
        offset: u64,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, SignError> {
        let mut size = FIRST_WINDOW;
        loop {
            let window = self.window(offset, size)?;
            let parsed = parse(&window);
            if parsed.is_some() || window.len() < size || size >= MAX_OBJECT * 2 {
                return Ok(parsed);
            }
            size *= 4;
        }
    }
}

/// An indirect object's value, its bytes owned.
#[derive(Debug, Clone)]
pub(super) struct Object(Vec<u8>);

impl Object {
    /// The value.
    pub(super) fn value(&self) -> Value<'_> {
        Value::starting_at(&self.0, 0).map_or_else(Value::null, |(value, _)| value)
    }
}

impl From<Vec<u8>> for Object {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// `(number, bytes)` of each object in an object stream.
type Members = Rc<Vec<(u32, Vec<u8>)>>;

/// The file to be signed.
pub(super) struct Base {
    source: Source,
    xref: Xref,
    object_streams: RefCell<BTreeMap<u32, Members>>,
}

impl Base {
    /// Opens a file and reads its cross-reference data.
    pub(super) fn open(path: &Path) -> Result<Self, SignError> {
        Self::of(Source::open(path).map_err(SignError::reading)?)
    }

    /// Opens the revision of a file that ends at `length`, as if nothing had been appended to it.
    pub(super) fn open_revision(path: &Path, length: u64) -> Result<Self, SignError> {
        let mut source = Source::open(path).map_err(SignError::reading)?;
        source.length = source.length.min(length);
        Self::of(source)
    }

    fn of(source: Source) -> Result<Self, SignError> {
        let xref = xref::read(&source)?;
        Ok(Self {
            source,
            xref,
            object_streams: RefCell::default(),
        })
    }

    /// Length of the file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.source.length
    }

    /// The file itself, to be copied from its start.
    pub(super) fn file(&self) -> &File {
        &self.source.file
    }

    /// The newest trailer.
    pub(super) fn trailer(&self) -> &Trailer {
        &self.xref.trailer
    }

    /// The object that a reference names; the null object where there is none (7.3.10).
    pub(super) fn object(&self, reference: Reference) -> Result<Object, SignError> {
        match self.xref.entries.get(&reference.number) {
            Some(&Location::Offset { offset, generation })
                if generation == reference.generation =>
            {
                let (bytes, _) = object_at(&self.source, offset, reference)?;
                Ok(Object(bytes))
            }
            Some(&Location::Member { container }) if reference.generation == 0 => {
                let members = self.members(container)?;
                let found = members
                    .iter()
                    .find(|(number, _)| *number == reference.number);
                let (_, bytes) = found.ok_or(SignError::Damaged {
                    what: "object stream",
                })?;
                Ok(Object(bytes.clone()))
            }
            _ => Ok(Object(b"null".to_vec())),
        }
    }

    fn members(&self, container: u32) -> Result<Members, SignError> {
        if let Some(members) = self.object_streams.borrow().get(&container) {
            return Ok(Rc::clone(members));
        }
        let (head, plain) = self.decoded(container, "object stream")?;
        let dictionary = Value::starting_at(&head, 0).and_then(|(value, _)| value.dictionary());
        let members = dictionary
            .and_then(|dictionary| split_members(&dictionary, &plain))
            .ok_or(SignError::Damaged {
                what: "object stream",
            })?;
        let members = Rc::new(members);
        self.object_streams
            .borrow_mut()
            .insert(container, Rc::clone(&members));
        Ok(members)
    }

    /// The decoded data of a stream of bounded size.
    pub(super) fn stream(&self, reference: Reference) -> Result<Vec<u8>, SignError> {
        Ok(self.decoded(reference.number, "stream")?.1)
    }

    /// Dictionary and decoded data of a stream.
    fn decoded(&self, number: u32, what: &'static str) -> Result<(Vec<u8>, Vec<u8>), SignError> {
        let damaged = || SignError::Damaged { what };
        let Some(&Location::Offset { offset, generation }) = self.xref.entries.get(&number) else {
            return Err(damaged());
        };
        let reference = Reference { number, generation };
        let (head, data) = object_at(&self.source, offset, reference)?;
        let dictionary = Value::starting_at(&head, 0).and_then(|(value, _)| value.dictionary());
        let (Some(dictionary), Some(data)) = (dictionary, data) else {
            return Err(damaged());
        };
        let length = self.stream_length(&dictionary)?.ok_or_else(damaged)?;
        let coded = self.source.window(data, length)?;
        let plain = stream::decode(&dictionary, &coded).ok_or_else(damaged)?;
        Ok((head.clone(), plain))
    }

    /// `/Length`, direct or not, of a stream of bounded size.
    fn stream_length(&self, dictionary: &Dictionary<'_>) -> Result<Option<usize>, SignError> {
        let Some(value) = dictionary.value(b"Length") else {
            return Ok(None);
        };
        let length = match value.reference() {
            None => value.integer(),
            // Only an object outside object streams: the length must not need the stream itself.
            Some(reference) => match self.xref.entries.get(&reference.number) {
                Some(Location::Offset { .. }) => self.object(reference)?.value().integer(),
                _ => None,
            },
        };
        Ok(length
            .and_then(|length| usize::try_from(length).ok())
            .filter(|&length| length <= MAX_OBJECT))
    }
}

/// Value of the object whose header stands at `offset`, and where its stream's data starts if it has any.
fn object_at(
    source: &Source,
    offset: u64,
    reference: Reference,
) -> Result<(Vec<u8>, Option<u64>), SignError> {
    let parsed = source.parse_at(offset, |window| {
        let (found, at) = object_header(window)?;
        let (value, end) = Value::starting_at(window, at)?;
        // The keyword behind the value proves that the window did not cut the value short.
        let data = match keyword(window, end, b"stream") {
            Some(at) => match window.get(at..)? {
                [b'\r', b'\n', ..] => Some(at + 2),
                [b'\n', ..] => Some(at + 1),
                _ => return None,
            },
            None => keyword(window, end, b"endobj").map(|_| None)?,
        };
        Some((found, value.raw().to_vec(), data))
    })?;
    match parsed {
        Some((found, value, data)) if found == reference => {
            Ok((value, data.map(|at| offset + at as u64)))
        }
        _ => Err(SignError::Damaged { what: "object" }),
    }
}

/// `12 0 obj`: the reference and where the value starts.
fn object_header(window: &[u8]) -> Option<(Reference, usize)> {
    let (number, at) = unsigned(window, skip_space(window, 0))?;
    let (generation, at) = unsigned(window, skip_space(window, at))?;
    let at = keyword(window, at, b"obj")?;
    let reference = Reference {
        number: u32::try_from(number).ok()?,
        generation: u16::try_from(generation).ok()?,
    };
    Some((reference, at))
}

/// Takes an object stream apart (7.5.7).
fn split_members(dictionary: &Dictionary<'_>, plain: &[u8]) -> Option<Vec<(u32, Vec<u8>)>> {
    let size = |key: &[u8]| usize::try_from(dictionary.value(key)?.integer()?).ok();
    let first = size(b"First")?;
    let index = plain.get(..first)?;
    let mut members = Vec::new();
    let mut at = 0;
    for _ in 0..size(b"N")? {
        let (number, number_end) = unsigned(index, skip_space(index, at))?;
        let (offset, offset_end) = unsigned(index, skip_space(index, number_end))?;
        at = offset_end;
        let start = first.checked_add(usize::try_from(offset).ok()?)?;
        let (value, _) = Value::starting_at(plain, start)?;
        members.push((u32::try_from(number).ok()?, value.raw().to_vec()));
    }
    Some(members)
}
