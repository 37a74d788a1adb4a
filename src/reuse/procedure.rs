//! The catalogue of procedures: which papers each needs, how long its dossiers are kept, since when.
//!
//! It is configuration with legal sources, not code: `procedures.toml` of the data folder, else the one shipped
//! with the program. A dossier is bound to the version of its procedure that was in force at its reception, so
//! a code may come several times, each time with other days.
//!
//! Not here: which papers a citizen has (`checklist`).

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::ReuseError;
use crate::durable::open_regular;
use crate::record::{DocumentKind, DossierCode, FieldName, Lang};

/// Name of the catalogue in the data folder.
pub const FILE: &str = "procedures.toml";

/// What `sohoa init` writes, and what counts where a data folder has no catalogue of its own.
pub const SHIPPED: &str = include_str!("procedures.toml");

/// The value of `format` that this program reads.
const FORMAT: &str = "sohoa-procedures/1";
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Code of a procedure in the national database (cơ sở dữ liệu quốc gia về TTHC): `1.001193`, or of a province
/// `1.001193.000.00.00.H36`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ProcedureCode(String);

/// The text does not have the shape of a procedure's code.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is not a procedure code such as 1.001193 or 1.001193.000.00.00.H36")]
pub struct ProcedureCodeError(String);

static SHAPE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[123]\.\d{6}(?:\.000\.00\.00\.[A-Y]\d{2})?$").ok());

impl ProcedureCode {
    /// The part that all provinces share.
    #[must_use]
    fn national(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for ProcedureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProcedureCode {
    type Err = ProcedureCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_uppercase();
        match SHAPE.as_ref() {
            Some(shape) if shape.is_match(&code) => Ok(Self(code)),
            _ => Err(ProcedureCodeError(text.to_owned())),
        }
    }
}

impl From<ProcedureCode> for String {
    fn from(code: ProcedureCode) -> Self {
        code.0
    }
}

impl TryFrom<String> for ProcedureCode {
    type Error = ProcedureCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    format: String,
    /// Papers that say who the citizen is, whatever the procedure asks for.
    pub identity: IdentityPapers,
    kinds: BTreeMap<DocumentKind, KindEntry>,
    procedures: Vec<Procedure>,
}

/// Section `[identity]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityPapers {
    /// Which kinds.
    pub kinds: Vec<DocumentKind>,
    /// Which fields of a form they fill.
    pub prefills: Vec<FieldName>,
}

/// Section `[kinds.<slug>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindEntry {
    /// What people call it.
    pub name: String,
    /// From this day on papers of this kind are no longer good, whenever they were issued.
    #[serde(default)]
    pub void_from: Option<Date>,
    /// A newer paper does not take the place of an older one (decisions, contracts).
    #[serde(default)]
    pub several: bool,
    /// How long a dossier with such a paper is kept at least, whatever its procedure.
    #[serde(default)]
    pub retention: Option<Retention>,
}

/// One version of a procedure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Its code.
    pub code: ProcedureCode,
    /// Its name.
    pub name: String,
    /// First day of this version.
    pub from: Date,
    /// Last day of this version; `None` while it is in force.
    #[serde(default)]
    pub to: Option<Date>,
    /// How long its dossiers are kept.
    pub retention: Retention,
    /// What is to be handed in.
    #[serde(default)]
    pub papers: Vec<RequiredPaper>,
}

impl Procedure {
    fn is_in_force(&self, on: Date) -> bool {
        self.from <= on && self.to.is_none_or(|to| on <= to)
    }
}

/// How long a dossier is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// How long.
    pub term: RetentionTerm,
    /// Which law says so.
    pub source: String,
}

impl Retention {
    fn check(&self, of: &dyn fmt::Display) -> Result<(), String> {
        match self.term {
            RetentionTerm::Years(years) if !(2..=70).contains(&years) => {
                Err(format!("{of}: retention is 2 to 70 years, not {years}"))
            }
            _ => Ok(()),
        }
    }
}

/// From the year in which the case ends (Luật Lưu trữ 33/2024 Đ15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionTerm {
    /// For ever.
    Permanent,
    /// So many years, 2 to 70.
    Years(u16),
    /// The office keeps none.
    NotKept,
    /// The rule of the sector was not read; nothing may be destroyed.
    Unsettled,
}

/// One paper that a procedure needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredPaper {
    /// What the procedure calls it.
    pub name: String,
    /// Kinds of which one will do.
    pub kinds: Vec<DocumentKind>,
    /// How many.
    #[serde(default = "one")]
    pub count: usize,
    /// Not everybody needs it.
    #[serde(default)]
    pub optional: bool,
    /// Made for one dossier (a declaration): one that was handed in with another does not count.
    #[serde(default)]
    pub own_dossier: bool,
    /// The paper itself must be shown even if its scan is held.
    #[serde(default)]
    pub original: bool,
    /// How long it is good from the day on which it was issued; `None` without an end.
    #[serde(default)]
    pub valid_days: Option<u16>,
    /// Which fields of the form it fills.
    #[serde(default)]
    pub prefills: Vec<FieldName>,
}

fn one() -> usize {
    1
}

impl Catalogue {
    /// The catalogue of a data folder, else the shipped one.
    ///
    /// # Errors
    /// [`ReuseError::Catalogue`] says what is wrong with the file; nothing falls back to the shipped one then.
    pub fn load(data_folder: &Path) -> Result<Self, ReuseError> {
        let path = data_folder.join(FILE);
        let mut text = String::new();
        let read = open_regular(&path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text));
        let parsed = match read {
            Ok(_) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::parse(SHIPPED),
            Err(source) => return Err(ReuseError::Io { path, source }),
        };
        parsed.map_err(|detail| ReuseError::Catalogue { path, detail })
    }

    /// Reads a catalogue; `Err` says what is wrong, in English.
    fn parse(text: &str) -> Result<Self, String> {
        let catalogue: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if catalogue.format != FORMAT {
            return Err(format!("format “{}” instead of {FORMAT}", catalogue.format));
        }
        catalogue.check_kinds(&catalogue.identity.kinds, "identity")?;
        for (kind, entry) in &catalogue.kinds {
            if let Some(retention) = &entry.retention {
                retention.check(kind)?;
            }
        }
        for (at, procedure) in catalogue.procedures.iter().enumerate() {
            catalogue.check_procedure(procedure)?;
            let earlier = catalogue.procedures.iter().take(at);
            if let Some(other) = earlier
                .filter(|it| it.code == procedure.code)
                .find(|it| it.is_in_force(procedure.from) || procedure.is_in_force(it.from))
            {
                let code = &procedure.code;
                return Err(format!(
                    "{code}: the versions from {} and {} overlap",
                    other.from, procedure.from
                ));
            }
        }
        Ok(catalogue)
    }

    fn check_procedure(&self, procedure: &Procedure) -> Result<(), String> {
        let code = &procedure.code;
        if procedure.to.is_some_and(|to| to < procedure.from) {
            return Err(format!("{code}: it ends before it begins"));
        }
        procedure.retention.check(code)?;
        for paper in &procedure.papers {
            self.check_kinds(&paper.kinds, &format!("{code}, “{}”", paper.name))?;
            if paper.kinds.is_empty() || !(1..=100).contains(&paper.count) {
                return Err(format!(
                    "{code}, “{}”: at least one kind, and a count of 1 to 100",
                    paper.name
                ));
            }
        }
        Ok(())
    }

    fn check_kinds(&self, kinds: &[DocumentKind], place: &str) -> Result<(), String> {
        match kinds.iter().find(|kind| !self.kinds.contains_key(kind)) {
            Some(kind) => Err(format!(
                "{place}: kind “{kind}” has no section [kinds.{kind}]"
            )),
            None => Ok(()),
        }
    }

    /// The version of a procedure that binds a dossier received on this day. A province's code that the catalogue
    /// lacks is that of the whole country.
    ///
    /// # Errors
    /// [`ReuseError::UnknownProcedure`], [`ReuseError::NotInForce`].
    pub fn in_force(&self, code: &ProcedureCode, on: Date) -> Result<&Procedure, ReuseError> {
        let has = |wanted: &str| self.procedures.iter().any(|it| it.code.0 == wanted);
        let wanted = match &code.0 {
            own if has(own) => own.as_str(),
            _ if has(code.national()) => code.national(),
            _ => return Err(ReuseError::UnknownProcedure(code.clone())),
        };
        let versions = self.procedures.iter().filter(|it| it.code.0 == wanted);
        let mut in_force = versions.filter(|version| version.is_in_force(on));
        in_force.next().ok_or_else(|| ReuseError::NotInForce {
            code: code.clone(),
            on,
        })
    }

    /// Every procedure in its version of this day, in the catalogue's order.
    pub fn all_in_force(&self, on: Date) -> impl Iterator<Item = &Procedure> {
        self.procedures.iter().filter(move |it| it.is_in_force(on))
    }

    /// What the catalogue says of a kind.
    #[must_use]
    pub fn kind(&self, kind: &DocumentKind) -> Option<&KindEntry> {
        self.kinds.get(kind)
    }

    /// All kinds, and what people call them.
    pub fn kinds(&self) -> impl Iterator<Item = (&DocumentKind, &str)> {
        self.kinds
            .iter()
            .map(|(kind, entry)| (kind, entry.name.as_str()))
    }

    /// What people call a kind; its slug where the catalogue lacks it.
    #[must_use]
    pub fn kind_name<'a>(&'a self, kind: &'a DocumentKind) -> &'a str {
        self.kind(kind).map_or(kind.as_str(), |entry| &entry.name)
    }
}

/// The day on which a dossier was received, which is a part of its code; `None` where those digits are no day.
#[must_use]
pub fn reception_day(dossier: &DossierCode) -> Option<Date> {
    let digits = dossier.as_str().split('-').nth(1)?;
    let number = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    Date::new(2000 + i16::from(number(0)?), number(2)?, number(4)?).ok()
}

/// The day in Vietnam.
#[must_use]
pub fn vietnam_day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(tz::offset(7))).date()
}

/// A day as it is written on papers.
#[must_use]
pub fn day_text(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Vi => day.strftime("%d/%m/%Y").to_string(),
        Lang::En => day.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn the_shipped_catalogue_is_sound_and_has_the_commune_s_procedures() {
        let catalogue = Catalogue::parse(SHIPPED).expect("sound");
        for code in ["1.001193", "1.000894", "1.004873", "2.000815", "1.004222"] {
            let code: ProcedureCode = code.parse().expect("a code");
            let on = day("2026-11-23");
            assert_eq!(catalogue.in_force(&code, on).expect("in force").code, code);
        }
        let names = |on: &str| catalogue.all_in_force(day(on)).count();
        assert!(names("2026-11-23") >= 5 && names("1990-01-01") == 0);
        let cmnd: DocumentKind = "cmnd".parse().expect("a kind");
        let void = catalogue.kind(&cmnd).expect("known").void_from;
        assert_eq!(void, Some(day("2025-01-01")));
        for procedure in &catalogue.procedures {
            assert!(!procedure.retention.source.is_empty(), "{}", procedure.code);
        }
    }

    fn two_versions(second_from: &str) -> String {
        let version = |from: &str, to: &str, name: &str| {
            format!(
                "[[procedures]]\ncode = \"1.001193\"\nname = \"{name}\"\nfrom = \"{from}\"\n{to}\
                 retention = {{ term = \"unsettled\", source = \"s\" }}\n\
                 [[procedures.papers]]\nname = \"p\"\nkinds = [\"khai-sinh\"]\n"
            )
        };
        format!(
            "format = \"{FORMAT}\"\n[identity]\nkinds = []\nprefills = []\n\
             [kinds.khai-sinh]\nname = \"k\"\n{}{}",
            version("2025-07-01", "to = \"2027-02-28\"\n", "old"),
            version(second_from, "", "new"),
        )
    }

    #[test]
    fn a_dossier_has_the_version_of_its_reception() {
        let catalogue = Catalogue::parse(&two_versions("2027-03-01")).expect("sound");
        let named = |code: &str, on: &str| {
            let code = code.parse().expect("a code");
            let found = catalogue.in_force(&code, day(on));
            found
                .map(|it| it.name.clone())
                .map_err(|error| error.to_string())
        };
        assert_eq!(named("1.001193", "2027-02-28"), Ok("old".to_owned()));
        assert_eq!(named("1.001193", "2027-03-01"), Ok("new".to_owned()));
        let of_a_province = named("1.001193.000.00.00.h36", "2026-01-01");
        assert_eq!(of_a_province, Ok("old".to_owned()));
        named("1.001193", "2025-06-30").expect_err("before the first");
        named("2.001193", "2026-06-30").expect_err("another");
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_its_place() {
        let sound = two_versions("2027-03-01");
        for (from, to, said) in [
            ("2027-03-01", "2027-02-28", "overlap"),
            (
                "kinds = [\"khai-sinh\"]",
                "kinds = [\"khai-tu\"]",
                "khai-tu",
            ),
            ("kinds = [\"khai-sinh\"]", "kinds = []", "at least one"),
            (
                "from = \"2025-07-01\"",
                "from = \"2028-07-01\"",
                "ends before",
            ),
            ("\"unsettled\"", "{ years = 71 }", "71"),
            ("code =", "kode =", "kode"),
            ("procedures/1", "procedures/2", "procedures/2"),
        ] {
            let spoilt = sound.replacen(from, to, 1);
            assert_ne!(spoilt, sound, "{from}");
            let error = Catalogue::parse(&spoilt).expect_err(said);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_dossier_s_code_tells_its_day() {
        let received = |code: &str| reception_day(&code.parse().expect("a code"));
        assert_eq!(received("H36.105-261123-0007"), Some(day("2026-11-23")));
        assert_eq!(
            received("000.33.18.H36-230401-0001"),
            Some(day("2023-04-01"))
        );
        assert_eq!(received("H36.105-261340-0007"), None);
    }
}
