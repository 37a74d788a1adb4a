//! The C interface of Tesseract 5 (`tesseract/capi.h`), loaded when it is first needed.
//!
//! The only module of the program with unsafe code: the engine is a C++ library, and linking it at
//! build time would make a program that does not start on a machine without it. The promises of the
//! header are kept here and nowhere else: no pointer leaves this file, every text that the library
//! hands out is copied and given back, and an [`Engine`] is used by one thread at a time (`&mut`).
//!
//! It does not guard against faults inside the library; that is what the worker process is for.
#![allow(
    unsafe_code,
    reason = "a C library loaded at run time can be called in no other way"
)]

use std::ffi::{CStr, CString, c_char, c_float, c_int, c_uchar, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libloading::Library;

use crate::recognise::GreyPage;

/// Binary interface 5: that of all releases 5.x.
const LIBRARY: &str = "libtesseract.so.5";

/// `OEM_LSTM_ONLY`: the models of the distributions hold nothing else.
const LSTM_ONLY: c_int = 1;
const LEVEL_LINE: c_int = 2;
const LEVEL_WORD: c_int = 3;

/// More words than fit on any sheet; what comes behind is read from noise.
const WORDS_MAX: usize = 20_000;

/// How the library divides a page before it reads (`TessPageSegMode`).
#[derive(Debug, Clone, Copy)]
pub(super) enum Segmentation {
    /// Columns, tables and pictures are looked for; the page stands upright.
    Page,
    /// The picture is one line of text.
    Line,
    /// The picture is one line of a card's machine-readable zone.
    Zone,
}

impl Segmentation {
    fn code(self) -> c_int {
        match self {
            Segmentation::Page => 3,
            Segmentation::Line | Segmentation::Zone => 7,
        }
    }

    /// The only signs that can be read; none: all of the models'.
    fn signs(self) -> &'static CStr {
        match self {
            Segmentation::Page | Segmentation::Line => c"",
            Segmentation::Zone => c"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<",
        }
    }
}

/// One word as the library gives it, pixels of the page, y downwards.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawWord {
    pub(super) text: String,
    /// 0 to 100.
    pub(super) confidence: f32,
    /// Left, top, right, bottom of the ink.
    pub(super) ink: [i32; 4],
    /// Start and end of the word's base line: x, y, x, y.
    pub(super) base: [i32; 4],
    /// The same of the whole line of text: long enough to tell its slope.
    pub(super) line_base: [i32; 4],
    /// Line of the page, from 0.
    pub(super) line: u32,
}

/// Why there is no engine.
#[derive(Debug)]
pub(super) enum OpenFault {
    /// The library is not on this machine, or not the one that was expected.
    NoLibrary(String),
    /// The library is there, these languages are not.
    NoLanguage(Vec<String>),
}

/// Why a page was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadFault {
    /// The deadline passed.
    OutOfTime,
    /// The library gave up on the page.
    Refused,
}

type Handle = *mut c_void;
type ConstHandle = *const c_void;

macro_rules! interface {
    ($($field:ident = $symbol:literal fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions of `capi.h` that are used, types as declared there (`BOOL` is `int`).
        struct Interface {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Interface {
            fn load(library: &'static Library) -> Result<Self, libloading::Error> {
                Ok(Interface {
                    // SAFETY: the types are those of capi.h for this binary interface; the library
                    // is never unloaded, so the pointers stay good.
                    $($field: unsafe {
                        *library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol)?
                    },)*
                })
            }
        }
    };
}

interface! {
    version = b"TessVersion\0" fn() -> *const c_char;
    delete_text = b"TessDeleteText\0" fn(*const c_char);
    delete_texts = b"TessDeleteTextArray\0" fn(*mut *mut c_char);
    create = b"TessBaseAPICreate\0" fn() -> Handle;
    delete = b"TessBaseAPIDelete\0" fn(Handle);
    init = b"TessBaseAPIInit2\0" fn(Handle, *const c_char, *const c_char, c_int) -> c_int;
    loaded = b"TessBaseAPIGetLoadedLanguagesAsVector\0" fn(ConstHandle) -> *mut *mut c_char;
    installed = b"TessBaseAPIGetAvailableLanguagesAsVector\0" fn(ConstHandle) -> *mut *mut c_char;
    set_variable = b"TessBaseAPISetVariable\0" fn(Handle, *const c_char, *const c_char) -> c_int;
    set_segmentation = b"TessBaseAPISetPageSegMode\0" fn(Handle, c_int);
    set_image = b"TessBaseAPISetImage\0" fn(Handle, *const c_uchar, c_int, c_int, c_int, c_int);
    set_resolution = b"TessBaseAPISetSourceResolution\0" fn(Handle, c_int);
    recognise = b"TessBaseAPIRecognize\0" fn(Handle, *mut c_void) -> c_int;
    iterator = b"TessBaseAPIGetIterator\0" fn(Handle) -> *mut c_void;
    clear = b"TessBaseAPIClear\0" fn(Handle);
    monitor_create = b"TessMonitorCreate\0" fn() -> *mut c_void;
    monitor_delete = b"TessMonitorDelete\0" fn(*mut c_void);
    monitor_deadline = b"TessMonitorSetDeadlineMSecs\0" fn(*mut c_void, c_int);
    iterator_delete = b"TessResultIteratorDelete\0" fn(*mut c_void);
    iterator_next = b"TessResultIteratorNext\0" fn(*mut c_void, c_int) -> c_int;
    iterator_text = b"TessResultIteratorGetUTF8Text\0" fn(*const c_void, c_int) -> *mut c_char;
    iterator_confidence = b"TessResultIteratorConfidence\0" fn(*const c_void, c_int) -> c_float;
    iterator_place = b"TessResultIteratorGetPageIteratorConst\0" fn(*const c_void) -> *const c_void;
    place_begins = b"TessPageIteratorIsAtBeginningOf\0" fn(*const c_void, c_int) -> c_int;
    place_box = b"TessPageIteratorBoundingBox\0"
        fn(*const c_void, c_int, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> c_int;
    place_base = b"TessPageIteratorBaseline\0"
        fn(*const c_void, c_int, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> c_int;
}

/// The function of the interface that gives four numbers of a place.
type FourNumbers = unsafe extern "C" fn(
    *const c_void,
    c_int,
    *mut c_int,
    *mut c_int,
    *mut c_int,
    *mut c_int,
) -> c_int;

/// Loads the library once for the life of the process.
fn interface() -> Result<&'static Interface, OpenFault> {
    static LOADED: OnceLock<Result<Interface, String>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            // SAFETY: its initialisers are those of a distribution's package; they need nothing of us.
            let library = unsafe { Library::new(LIBRARY) }.map_err(reason)?;
            // Never unloaded: its thread-local destructors would outlive it.
            Interface::load(Box::leak(Box::new(library))).map_err(reason)
        })
        .as_ref()
        .map_err(|why| OpenFault::NoLibrary(why.clone()))
}

/// What the loader itself said: which file or which function is missing.
fn reason(error: libloading::Error) -> String {
    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// A warm engine with its models in memory.
pub(super) struct Engine {
    interface: &'static Interface,
    handle: NonNull<c_void>,
}

impl Engine {
    /// Loads the models of `languages`, the main one first.
    pub(super) fn open(languages: &[String]) -> Result<Self, OpenFault> {
        let interface = interface()?;
        let unknown = || OpenFault::NoLanguage(languages.to_vec());
        let names = CString::new(languages.join("+")).map_err(|_| unknown())?;
        // SAFETY: no arguments; the answer is checked.
        let handle = NonNull::new(unsafe { (interface.create)() })
            .ok_or_else(|| OpenFault::NoLibrary("TessBaseAPICreate".to_owned()))?;
        let engine = Engine { interface, handle };
        // What it prints would go to a log that nobody reads, with the texts of pages in it.
        engine.set(c"debug_file", c"/dev/null");
        // SAFETY: the handle is live, both texts end in NUL; no path means the library's own.
        let status = unsafe {
            (interface.init)(handle.as_ptr(), std::ptr::null(), names.as_ptr(), LSTM_ONLY)
        };
        if status != 0 {
            return Err(unknown());
        }
        // SAFETY: the handle is live and initialised.
        let loaded = unsafe { engine.take_texts((interface.loaded)(handle.as_ptr())) };
        let missing: Vec<String> = languages
            .iter()
            .filter(|language| !loaded.contains(language))
            .cloned()
            .collect();
        if missing.is_empty() {
            Ok(engine)
        } else {
            Err(OpenFault::NoLanguage(missing))
        }
    }

    /// Version of the library, e.g. `5.3.0`.
    pub(super) fn version(&self) -> String {
        // SAFETY: a text that the library keeps for ever.
        let text = unsafe { CStr::from_ptr((self.interface.version)()) };
        text.to_string_lossy().into_owned()
    }

    /// Languages whose models are on this machine, sorted.
    pub(super) fn installed_languages(&self) -> Vec<String> {
        // SAFETY: the handle is live and initialised.
        let mut languages =
            unsafe { self.take_texts((self.interface.installed)(self.handle.as_ptr())) };
        languages.sort();
        languages
    }

    /// Reads a page whose `samples` are `width * height` bytes; both sides fit in an `i32`.
    pub(super) fn read(
        &mut self,
        page: &GreyPage,
        segmentation: Segmentation,
        deadline: Duration,
    ) -> Result<Vec<RawWord>, ReadFault> {
        let number = |value: u32| c_int::try_from(value).map_err(|_| ReadFault::Refused);
        let (width, height, dpi) = (
            number(page.width)?,
            number(page.height)?,
            number(page.dpi.max(1))?,
        );
        let pixels = u64::from(page.width) * u64::from(page.height);
        if u64::try_from(page.samples.len()) != Ok(pixels) || pixels == 0 {
            return Err(ReadFault::Refused);
        }
        let handle = self.handle.as_ptr();
        self.set(c"tessedit_char_whitelist", segmentation.signs());
        // SAFETY: the handle is live; the samples are as many as the sides say (checked above), one
        // byte each, and the library copies them.
        unsafe {
            (self.interface.set_segmentation)(handle, segmentation.code());
            (self.interface.set_image)(handle, page.samples.as_ptr(), width, height, 1, width);
            (self.interface.set_resolution)(handle, dpi);
        }
        let words = self.recognise(deadline).map(|()| self.words());
        // SAFETY: the handle is live; no iterator of this page is left.
        unsafe { (self.interface.clear)(handle) };
        words
    }

    fn set(&self, name: &CStr, value: &CStr) {
        // SAFETY: the handle is live, both texts end in NUL and are copied.
        let _known = unsafe {
            (self.interface.set_variable)(self.handle.as_ptr(), name.as_ptr(), value.as_ptr())
        };
    }

    fn recognise(&mut self, deadline: Duration) -> Result<(), ReadFault> {
        let started = Instant::now();
        let milliseconds = c_int::try_from(deadline.as_millis().max(1)).unwrap_or(c_int::MAX);
        // SAFETY: the monitor lives from here to its deletion, and only the one call uses it.
        let status = unsafe {
            let monitor = (self.interface.monitor_create)();
            (self.interface.monitor_deadline)(monitor, milliseconds);
            let status = (self.interface.recognise)(self.handle.as_ptr(), monitor);
            (self.interface.monitor_delete)(monitor);
            status
        };
        match status {
            0 => Ok(()),
            _ if started.elapsed() >= deadline => Err(ReadFault::OutOfTime),
            _ => Err(ReadFault::Refused),
        }
    }

    /// The words of the page that was just read.
    fn words(&mut self) -> Vec<RawWord> {
        let interface = self.interface;
        let mut words = Vec::new();
        // SAFETY: the page was read; the iterator lives until its deletion below, the place is a
        // view of it, and nothing touches the engine meanwhile.
        unsafe {
            let iterator = (interface.iterator)(self.handle.as_ptr());
            if iterator.is_null() {
                return words;
            }
            let place = (interface.iterator_place)(iterator);
            let mut lines = 0_u32;
            loop {
                if (interface.place_begins)(place, LEVEL_LINE) != 0 {
                    lines = lines.saturating_add(1);
                }
                if let Some(word) = self.word(iterator, place, lines.saturating_sub(1)) {
                    words.push(word);
                }
                if words.len() >= WORDS_MAX || (interface.iterator_next)(iterator, LEVEL_WORD) == 0
                {
                    break;
                }
            }
            (interface.iterator_delete)(iterator);
        }
        words
    }

    /// The word where the iterator stands; `None` where it has no text.
    ///
    /// # Safety
    /// `iterator` is live and `place` is its view.
    unsafe fn word(
        &self,
        iterator: *const c_void,
        place: *const c_void,
        line: u32,
    ) -> Option<RawWord> {
        let interface = self.interface;
        // SAFETY: the caller's promise; every answer is checked for “none”.
        unsafe {
            let text = self.take_text((interface.iterator_text)(iterator, LEVEL_WORD))?;
            Some(RawWord {
                text,
                confidence: (interface.iterator_confidence)(iterator, LEVEL_WORD),
                ink: four_numbers(interface.place_box, place, LEVEL_WORD)?,
                base: four_numbers(interface.place_base, place, LEVEL_WORD)?,
                line_base: four_numbers(interface.place_base, place, LEVEL_LINE)?,
                line,
            })
        }
    }

    /// Copies a text of the library and gives it back.
    ///
    /// # Safety
    /// `text` is null or a NUL-ended text that the library has handed over.
    unsafe fn take_text(&self, text: *mut c_char) -> Option<String> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let copy = CStr::from_ptr(text).to_string_lossy().into_owned();
            (self.interface.delete_text)(text);
            Some(copy)
        }
    }

    /// Copies a null-ended list of texts and gives it back.
    ///
    /// # Safety
    /// `texts` is null or such a list that the library has handed over.
    unsafe fn take_texts(&self, texts: *mut *mut c_char) -> Vec<String> {
        let mut copies = Vec::new();
        if texts.is_null() {
            return copies;
        }
        // SAFETY: the caller's promise: all before the null are texts.
        unsafe {
            let mut next = texts;
            while !(*next).is_null() {
                copies.push(CStr::from_ptr(*next).to_string_lossy().into_owned());
                next = next.add(1);
            }
            (self.interface.delete_texts)(texts);
        }
        copies
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the handle is live and nobody can use it again.
        unsafe { (self.interface.delete)(self.handle.as_ptr()) };
    }
}

/// # Safety
/// `place` is live, `function` is one of the interface.
unsafe fn four_numbers(
    function: FourNumbers,
    place: *const c_void,
    level: c_int,
) -> Option<[i32; 4]> {
    let mut numbers = [0; 4];
    let [a, b, c, d] = &mut numbers;
    // SAFETY: the caller's promise; the four places to write to are ours and apart.
    let found = unsafe { function(place, level, a, b, c, d) };
    (found != 0).then_some(numbers)
}
