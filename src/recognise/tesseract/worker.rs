//! The inside of a worker process: one warm engine, one page after another, until its input ends.
//!
//! It limits itself before it touches the library: memory for its life, processor time for each page
//! (so that it ends even if nobody is left to stop it), and no core file, for that would be a copy of
//! somebody's papers.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use unicode_normalization::UnicodeNormalization;

use super::library::{Engine, OpenFault, RawWord, ReadFault, Segmentation};
use super::protocol::{self, Answer};
use super::zone::{self, Zone};
use super::{digits, place};
use crate::fence::{limit_processor, start_inside};
use crate::recognise::{Confidence, GreyPage, Word};

/// Model for the second look at long numbers and at the machine-readable lines of cards.
const DIGIT_MODEL: &str = "eng";
/// More long numbers and card lines than a page has; a page of digits must not cost a minute.
const SECOND_LOOKS_MAX: usize = 40;
/// Processor seconds above the deadline before the kernel ends the process.
const PROCESSOR_GRACE: Duration = Duration::from_secs(5);

/// What a worker is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Names of the models, the main one first.
    pub languages: Vec<String>,
    /// Limit of its address space, MiB.
    pub memory_mib: u64,
}

/// Serves questions from `input` until it ends.
///
/// # Errors
/// If a pipe breaks or a question is not one; the process should end then.
pub fn serve(
    settings: &WorkerSettings,
    input: &mut impl Read,
    output: &mut impl Write,
) -> io::Result<()> {
    start_inside(settings.memory_mib)?;
    limit_processor(PROCESSOR_GRACE)?;
    let mut reader = match Reader::open(&settings.languages) {
        Ok(reader) => reader,
        Err(OpenFault::NoLibrary(detail)) => {
            return protocol::write_answer(output, &Answer::NotInstalled { detail });
        }
        Err(OpenFault::NoLanguage(languages)) => {
            return protocol::write_answer(output, &Answer::LanguageMissing { languages });
        }
    };
    let ready = Answer::Ready {
        version: reader.text.version(),
        languages: reader.text.installed_languages(),
    };
    protocol::write_answer(output, &ready)?;
    while let Some((page, deadline)) = protocol::read_question(input)? {
        limit_processor(deadline.saturating_add(PROCESSOR_GRACE))?;
        let answer = match reader.read(&page, deadline) {
            Ok(words) => Answer::Words(words),
            Err(ReadFault::OutOfTime) => Answer::OutOfTime,
            Err(ReadFault::Refused) => Answer::GaveUp,
        };
        protocol::write_answer(output, &answer)?;
    }
    Ok(())
}

/// The engine for text, and the one for digits once a page needed it.
struct Reader {
    text: Engine,
    digits: DigitEngine,
}

enum DigitEngine {
    NotNeededYet,
    Warm(Engine),
    None,
}

impl Reader {
    fn open(languages: &[String]) -> Result<Self, OpenFault> {
        Ok(Reader {
            text: Engine::open(languages)?,
            digits: if languages.iter().any(|language| language == DIGIT_MODEL) {
                // Its digits are in the first reading already.
                DigitEngine::None
            } else {
                DigitEngine::NotNeededYet
            },
        })
    }

    fn read(&mut self, page: &GreyPage, deadline: Duration) -> Result<Vec<Word>, ReadFault> {
        let started = Instant::now();
        let raw = self.text.read(page, Segmentation::Page, deadline)?;
        let time_left = || deadline.saturating_sub(started.elapsed());
        let mut looks_left = SECOND_LOOKS_MAX;
        let mut zones = Vec::new();
        for zone in zone::find(&raw) {
            if looks_left == 0 || time_left().is_zero() || !place::is_upright(&zone.line) {
                break;
            }
            looks_left -= 1;
            zones.extend(self.look_at_zone(page, zone, time_left()));
        }
        let mut words = Vec::with_capacity(raw.len());
        for (index, raw_word) in raw.iter().enumerate() {
            if let Some(zone) = zones.iter().find(|zone| zone.first == index) {
                let first_reading = Some(&zone.before).filter(|before| **before != zone.line.text);
                words.extend(word_of(&zone.line).map(|word| Word {
                    first_reading: first_reading.cloned(),
                    ..word
                }));
                continue;
            }
            if zones.iter().any(|zone| zone::holds(zone, raw_word)) {
                continue;
            }
            let Some(mut word) = word_of(raw_word) else {
                continue;
            };
            let is_worth_it = digits::is_long_number(&word.text) && place::is_upright(raw_word);
            if is_worth_it && looks_left > 0 && !time_left().is_zero() {
                looks_left -= 1;
                self.look_again(page, raw_word, &mut word, time_left());
            }
            words.push(word);
        }
        Ok(words)
    }

    /// The line of a card as the second model reads it; `None` if that sees no such line.
    fn look_at_zone(
        &mut self,
        page: &GreyPage,
        mut zone: Zone,
        deadline: Duration,
    ) -> Option<Zone> {
        let picture = digits::cut_out(page, zone.line.ink)?;
        let again = self
            .digits
            .engine()?
            .read(&picture, Segmentation::Zone, deadline)
            .ok()?;
        let again: String = again.iter().map(|part| part.text.as_str()).collect();
        zone.line.text = zone::settle(&again)?;
        Some(zone)
    }

    /// Settles a long number. Without the second model, or if it fails, the first reading stands.
    fn look_again(&mut self, page: &GreyPage, raw: &RawWord, word: &mut Word, deadline: Duration) {
        let Some(engine) = self.digits.engine() else {
            return;
        };
        let Some(picture) = digits::cut_out(page, raw.ink) else {
            return;
        };
        let Ok(again) = engine.read(&picture, Segmentation::Line, deadline) else {
            return;
        };
        let again: String = again.iter().map(|part| part.text.as_str()).collect();
        let (text, agreed) = digits::settle(&word.text, &again);
        word.text = text;
        word.digits_agreed = Some(agreed);
    }
}

impl DigitEngine {
    fn engine(&mut self) -> Option<&mut Engine> {
        if matches!(self, DigitEngine::NotNeededYet) {
            *self = Engine::open(&[DIGIT_MODEL.to_owned()])
                .map_or(DigitEngine::None, DigitEngine::Warm);
        }
        match self {
            DigitEngine::Warm(engine) => Some(engine),
            DigitEngine::NotNeededYet | DigitEngine::None => None,
        }
    }
}

/// `None` for a word of nothing that is seen. Signs that stand for no character (bytes that were no UTF-8, byte
/// order marks) are dropped: PDF/A-2u forbids some of them.
fn word_of(raw: &RawWord) -> Option<Word> {
    let is_none = |c: char| matches!(c, '\u{feff}' | '\u{fffd}'..='\u{ffff}');
    let is_shown = |c: &char| !c.is_whitespace() && !c.is_control() && !is_none(*c);
    let text: String = raw.text.chars().filter(is_shown).nfc().collect();
    (!text.is_empty()).then(|| Word {
        text,
        place: place::of(raw),
        confidence: Confidence(raw.confidence.clamp(0.0, 100.0)),
        line: raw.line,
        digits_agreed: None,
        first_reading: None,
    })
}
