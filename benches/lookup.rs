//! What look-ups cost among ten million records, how large their index is and how fast it is made; and what keeping the
//! event of a look-up costs.
//!
//!     make bench-lookup
//!
//! `SOHOA_LOOKUP_RECORDS` sets another number of records, `SOHOA_LOOKUP_TEXTS` how many records of a second index have
//! three pages of text. Ten million records take 4 GB of the temporary folder, three times that while they are copied into
//! place. Times are of this thread on the processor, because others may use the machine; reading from a file that is in
//! memory is in them, waiting for a disk is not. Fails where a goal is missed. All people are invented.
#![allow(clippy::print_stdout, reason = "a bench is there to print figures")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use sohoa::access::{AccessLog, Event, EventKind, Person, Purpose};
use sohoa::durable;
use sohoa::index::{Index, IndexError, Query};
use sohoa::look_up::{Search, look_up};
use sohoa::record::{
    CopyForm, Field, FieldName, RecordDescription, RecordId, Sha256Digest, Source,
};

const RECORDS: u64 = 10_000_000;
const TEXTS: u64 = 100_000;
const CITIZENS_A_RECORD: u64 = 4;
const BYTES_A_RECORD: u64 = 400;
const RECORDS_A_SECOND: f64 = 50_000.0;
const ROWS: u32 = 20;

const FAMILIES: [&str; 14] = [
    "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Phạm", "Hoàng", "Vũ",
    "Đặng", "Bùi", "Ngô",
];
const MIDDLES: [&str; 16] = [
    "Văn", "Thị", "Văn", "Thị", "Đức", "Hữu", "Minh", "Thu", "Ngọc", "Quang", "Thanh", "Xuân",
    "Đình", "Bích", "Gia", "Kim",
];
const BEGINS: [&str; 12] = [
    "H", "L", "T", "Th", "M", "Ph", "Q", "Kh", "Đ", "Nh", "V", "Tr",
];
const VOWELS: [&str; 10] = ["a", "oà", "ươ", "ạ", "ú", "ê", "ì", "ô", "ưu", "á"];
const ENDS: [&str; 6] = ["nh", "n", "ng", "m", "", "i"];
const KINDS: [&str; 8] = [
    "khai-sinh",
    "ket-hon",
    "khai-tu",
    "cccd",
    "hon-nhan",
    "giay-tiep-nhan",
    "dat-dai",
    "ho-khau",
];

/// Numbers that look random and belong to what they are made for.
struct Dice(u64);

impl Dice {
    fn of(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def0)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = self.below(all.len() as u64);
        all[usize::try_from(at).expect("small")]
    }
}

fn syllable(dice: &mut Dice) -> String {
    format!(
        "{}{}{}",
        dice.one_of(&BEGINS),
        dice.one_of(&VOWELS),
        dice.one_of(&ENDS)
    )
}

/// Always the same for the same citizen.
fn name_of(citizen: u64) -> String {
    let mut dice = Dice::of(citizen);
    let (family, middle) = (dice.one_of(&FAMILIES), dice.one_of(&MIDDLES));
    let given = syllable(&mut dice);
    if dice.below(3) == 0 {
        return format!("{family} {middle} {given}");
    }
    format!("{family} {middle} {} {given}", syllable(&mut dice))
}

fn number_of(citizen: u64) -> String {
    format!("0792{:08}", citizen + 1)
}

/// Records of three years, in the order of time.
fn record(number: u64, of: u64) -> RecordDescription {
    let mut dice = Dice::of(!number);
    let citizen = dice.below(of.div_ceil(CITIZENS_A_RECORD));
    let start: Timestamp = "2023-11-23T00:00:00Z".parse().expect("a time");
    let millis = 3 * 365 * 86_400_000 / of * number;
    let archived = start + SignedDuration::from_millis(i64::try_from(millis).expect("three years"));
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let digest = Sha256Digest::of(&number.to_be_bytes());
    let day = archived.strftime("%y%m%d");
    let name = Field {
        name: FieldName::FullName,
        value: name_of(citizen),
        source: Source::CardQr,
        page: Some(1),
        place: None,
        confidence: None,
        doubt: None,
    };
    let kind = dice.one_of(&KINDS);
    // One paper in ten shows the old number.
    let alias = (number.is_multiple_of(10)).then(|| format!("{:09}", citizen + 100_000_000));
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record: RecordId::new_v7(archived.as_millisecond().unsigned_abs(), &random),
        archived,
        claimed: archived,
        station: format!("quay-{:02}", dice.below(12) + 1)
            .parse()
            .expect("station"),
        profile: "generic".to_owned(),
        citizen: number_of(citizen).parse().ok(),
        citizen_sources: Vec::new(),
        aliases: alias.into_iter().collect(),
        candidates: Vec::new(),
        dossier: format!("H36.105-{day}-{:04}", number % 10_000 / 3)
            .parse()
            .ok(),
        kind: kind.parse().ok(),
        title: Some("Giấy khai sinh".to_owned()),
        copy_form: CopyForm::SaoY,
        agency: String::new(),
        converter: String::new(),
        conformance: String::new(),
        document: String::new(),
        document_bytes: 900_000 + number % 1_000_000,
        document_sha256: digest,
        content_sha256: digest,
        originals: Vec::new(),
        pages: Vec::new(),
        left_out: Vec::new(),
        divided_from: Vec::new(),
        text: None,
        fields: vec![name],
        decisions: Vec::new(),
        signatures: Vec::new(),
        original_signatures: Vec::new(),
        rendition_of: Vec::new(),
        remarks: Vec::new(),
    }
}

/// Three pages: what all papers say, the name, and words of which few are common.
fn text(number: u64, of: u64) -> String {
    let mut dice = Dice::of(number ^ 0xffff);
    let citizen = Dice::of(!number).below(of.div_ceil(CITIZENS_A_RECORD));
    let mut text = String::new();
    for _ in 0..3 {
        text += "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập Tự do Hạnh phúc ";
        text += &name_of(citizen);
        for _ in 0..200 {
            text.push(' ');
            let mut word = Dice::of(dice.below(300) * dice.below(300) / 300);
            text += &syllable(&mut word);
        }
        text.push('\u{c}');
    }
    text
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// What this thread has cost the processor.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("not negative")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The median and the slowest hundredth of some questions, and the rows that they found.
struct Figures {
    missed: Vec<String>,
}

impl Figures {
    fn measure(
        &mut self,
        what: &str,
        (p50_max, p99_max): (f64, f64),
        count: u64,
        mut ask: impl FnMut(u64) -> usize,
    ) {
        let mut rows = 0;
        let mut times: Vec<Duration> = (0..count)
            .map(|number| {
                let started = cpu_time();
                rows += ask(number);
                cpu_time() - started
            })
            .collect();
        times.sort();
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        let rows = rows / times.len();
        println!(
            "{what:<44} p50 {:>7.3} ms  p99 {:>7.3} ms  {rows:>3} rows",
            millis(p50),
            millis(p99)
        );
        if millis(p50) > p50_max || millis(p99) > p99_max {
            self.missed.push(what.to_owned());
        }
    }

    fn finish(self) {
        assert!(self.missed.is_empty(), "missed: {:?}", self.missed);
    }
}

fn found(index: &Index, query: &Query, limit: u32) -> usize {
    index.find(query, limit).expect("finds").len()
}

fn line(index: &Index, line: String) -> usize {
    let search = Search {
        line,
        limit: ROWS,
        ..Search::default()
    };
    look_up(index, &search).expect("finds").rows.len()
}

fn build(path: &Path, count: u64, with_text: bool) -> (Index, f64) {
    let records = (0..count).map(|number| {
        let text = with_text.then(|| text(number, count));
        Ok::<_, IndexError>((record(number, count), text))
    });
    let started = (Instant::now(), cpu_time());
    let (index, _) = Index::rebuild(path, records).expect("rebuilds");
    let (wall, cpu) = (started.0.elapsed(), cpu_time() - started.1);
    let bytes = std::fs::metadata(path).expect("there").len();
    println!(
        "{count} records{}: {:.0} s ({:.0} s on the processor), {:.0} MB, {} bytes a record",
        if with_text { " with text" } else { "" },
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        bytes as f64 / 1e6,
        bytes / count
    );
    (index, count as f64 / cpu.as_secs_f64())
}

/// All words but the last, and the last's first two letters, without marks.
fn begun(name: &str) -> String {
    let plain = sohoa::index::fold::fold(name).plain;
    let end = plain.rfind(' ').map_or(plain.len(), |at| at + 3);
    plain.get(..end).unwrap_or(&plain).to_owned()
}

#[test]
fn look_ups_among_many() {
    let count = setting("SOHOA_LOOKUP_RECORDS", RECORDS);
    let citizens = count.div_ceil(CITIZENS_A_RECORD);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("index.sqlite");
    let (index, rate) = build(&path, count, false);
    let bytes = std::fs::metadata(&path).expect("there").len() / count;
    let names: BTreeSet<String> = (0..citizens.min(100_000)).map(name_of).collect();
    println!(
        "{} different names of {} citizens",
        names.len(),
        citizens.min(100_000)
    );
    let mut figures = Figures { missed: Vec::new() };
    let whom = |number: u64| Dice::of(number ^ 0xabcd).below(citizens);
    let by_name = |name: String, begun: bool| Query {
        name: Some(name),
        begun,
        ..Query::default()
    };
    figures.measure("citizen ID", (0.1, 1.0), 20_000, |number| {
        let citizen = number_of(whom(number)).parse().ok();
        found(
            &index,
            &Query {
                citizen,
                ..Query::default()
            },
            100,
        )
    });
    figures.measure("former number", (0.2, 2.0), 5_000, |number| {
        let former = whom(number) + 100_000_000;
        let citizen = format!("{former:09}").parse().ok();
        found(
            &index,
            &Query {
                citizen,
                ..Query::default()
            },
            100,
        )
    });
    figures.measure("dossier", (0.1, 1.0), 5_000, |number| {
        let dossier = record(Dice::of(number).below(count), count).dossier;
        found(
            &index,
            &Query {
                dossier,
                ..Query::default()
            },
            100,
        )
    });
    figures.measure("full name, newest first", (1.0, 5.0), 5_000, |number| {
        found(&index, &by_name(name_of(whom(number)), false), ROWS)
    });
    figures.measure("full name without marks", (1.0, 5.0), 5_000, |number| {
        let name = sohoa::index::fold::fold(&name_of(whom(number))).plain;
        found(&index, &by_name(name, false), ROWS)
    });
    figures.measure(
        "name prefix: all words, two letters",
        (25.0, 50.0),
        500,
        |number| found(&index, &by_name(begun(&name_of(whom(number))), true), ROWS),
    );
    figures.measure(
        "name prefix: one word, two letters",
        (25.0, 50.0),
        500,
        |number| {
            let name = begun(&name_of(whom(number)));
            let two: Vec<&str> = name.split(' ').collect();
            let asked = format!("{} {}", two[0], two[two.len() - 1]);
            found(&index, &by_name(asked, true), ROWS)
        },
    );
    figures.measure("given name alone", (25.0, 50.0), 500, |number| {
        let name = name_of(whom(number));
        found(
            &index,
            &by_name(name.rsplit(' ').next().expect("one").to_owned(), false),
            ROWS,
        )
    });
    figures.measure("family name alone", (25.0, 50.0), 50, |number| {
        let name = FAMILIES[usize::try_from(number % 14).expect("small")];
        found(&index, &by_name(name.to_owned(), false), ROWS)
    });
    figures.measure("full name, one kind of paper", (5.0, 50.0), 500, |number| {
        let kind = KINDS[usize::try_from(number % 8).expect("small")]
            .parse()
            .ok();
        let query = Query {
            kind,
            ..by_name(name_of(whom(number)), false)
        };
        found(&index, &query, ROWS)
    });
    figures.measure(
        "a line of the search box: a name",
        (25.0, 50.0),
        500,
        |number| line(&index, begun(&name_of(whom(number)))),
    );
    println!("built at {rate:.0} records a second of processor time");
    if count >= RECORDS / 10 {
        assert!(bytes <= BYTES_A_RECORD, "{bytes} bytes a record");
    }
    if !cfg!(debug_assertions) {
        assert!(rate >= RECORDS_A_SECOND, "{rate:.0} records a second");
    }
    figures.finish();
}

#[test]
fn words_of_many_texts() {
    let count = setting("SOHOA_LOOKUP_TEXTS", TEXTS);
    let folder = tempfile::tempdir().expect("folder");
    let (index, _) = build(&folder.path().join("index.sqlite"), count, true);
    let mut figures = Figures { missed: Vec::new() };
    let goal = (25.0, 50.0);
    let word = |number: u64| syllable(&mut Dice::of(number % 300));
    figures.measure("text: in every record", goal, 100, |_| {
        line(&index, "text: việt nam".to_owned())
    });
    figures.measure("text: one word", goal, 300, |number| {
        line(&index, format!("text: {}", word(number)))
    });
    figures.measure("text: three words", goal, 300, |number| {
        let [one, two, three] = [number, number * 7 + 1, number * 13 + 2].map(word);
        line(&index, format!("text: {one} {two} {three}"))
    });
    figures.measure("text: a phrase", goal, 300, |number| {
        line(
            &index,
            format!("\"{} {}\"", word(number), word(number * 3 + 1)),
        )
    });
    figures.measure("text: a word and three letters", goal, 100, |number| {
        let plain = sohoa::index::fold::fold(&word(number)).plain;
        let begun: String = plain.chars().take(3).collect();
        line(&index, format!("text: hanh phuc {begun}"))
    });
    figures.measure("text: a person", goal, 300, |number| {
        let citizen = Dice::of(!(number % count)).below(count.div_ceil(CITIZENS_A_RECORD));
        line(&index, format!("\"{}\"", name_of(citizen)))
    });
    figures.finish();
}

fn event(number: u64) -> Event {
    let at: Timestamp = "2026-11-23T01:00:00Z".parse().expect("a time");
    let person = Person {
        by: "Nguyễn Văn Thử".to_owned(),
        account: "thu".to_owned(),
        from: "cli@quay-01".to_owned(),
    };
    let id = RecordId::new_v7(at.as_millisecond().unsigned_abs() + number, &[1; 10]);
    let mut event = Event::new(id, at, EventKind::View, person, Purpose::default());
    event.citizens.extend(number_of(number % 50).parse().ok());
    event.records.push(id);
    event
}

#[test]
fn events_of_look_ups() {
    let folder = tempfile::tempdir().expect("folder");
    let each = |what: &str, keep: &mut dyn FnMut(u64)| {
        let started = (Instant::now(), cpu_time());
        (0..500).for_each(keep);
        let (wall, cpu) = (started.0.elapsed() / 500, cpu_time() - started.1);
        println!(
            "{what:<44} {:.3} ms, {:.3} ms on the processor",
            millis(wall),
            millis(cpu / 500)
        );
    };
    let log = AccessLog::of(folder.path(), 60);
    each("event as a line of the day, one program", &mut |number| {
        log.keep(&event(number)).expect("kept");
    });
    each(
        "event as a line of the day, a program each",
        &mut |number| {
            AccessLog::of(folder.path(), 60)
                .keep(&event(number))
                .expect("kept");
        },
    );
    each("event as a file, as it was", &mut |number| {
        let path = folder.path().join(format!("{number}.json"));
        let json = serde_json::to_vec(&event(number)).expect("JSON");
        durable::create_folders(folder.path()).expect("there");
        durable::write_new_private(&path, &json).expect("written");
    });
}
