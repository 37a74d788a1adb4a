//! A scanner profile: what a counter's scanner writes and how its files belong together.
//!
//! Profiles are TOML files in `scanner-profiles/`; every key is documented in `generic.toml`. Unknown
//! keys are errors with their line. A profile describes; it never changes pixels.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// One `scanner-profiles/*.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerProfile {
    /// Name by which stations refer to it; equals the file's stem.
    pub name: String,
    /// Maker and models, for people.
    pub models: Vec<String>,
    /// What the scanner's images are like.
    pub image: ImageExpectation,
    /// How files become documents.
    pub files: FileRules,
    /// Blank pages.
    #[serde(default)]
    pub blank: BlankPolicy,
    /// Languages on the paper, ISO 639-2/T, most frequent first (`vie`).
    #[serde(default = "vietnamese")]
    pub languages: Vec<String>,
}

fn vietnamese() -> Vec<String> {
    vec!["vie".to_owned()]
}

/// Section `[image]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageExpectation {
    /// Resolution set on the scanner, dots an inch; used where the file names none that fits the paper.
    pub resolution_dpi: u32,
    /// Below this a remark goes into the record (TT 05/2025 Đ8: 200).
    #[serde(default = "lowest_resolution")]
    pub lowest_dpi: u32,
    /// Colour mode set on the scanner.
    pub colour: ColourMode,
    /// Whether both sides are scanned.
    pub duplex: bool,
    /// Paper put in; `auto` where the scanner finds the size itself.
    pub page_size: PaperSize,
}

fn lowest_resolution() -> u32 {
    200
}

/// Colour mode of a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColourMode {
    /// 24-bit colour.
    Colour,
    /// 8-bit grey.
    Grey,
    /// Black and white.
    Mono,
    /// The scanner decides page by page.
    Auto,
}

/// Paper sizes at a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaperSize {
    /// 297 × 420 mm.
    A3,
    /// 210 × 297 mm.
    A4,
    /// 148 × 210 mm.
    A5,
    /// 85.6 × 54 mm.
    #[serde(rename = "ID-1")]
    Id1,
    /// 215.9 × 279.4 mm.
    Letter,
    /// Whatever lies on the glass.
    #[serde(rename = "auto")]
    Auto,
}

impl PaperSize {
    /// Width and height in millimetres, upright; `None` for `auto`.
    #[must_use]
    pub fn millimetres(self) -> Option<(f64, f64)> {
        match self {
            PaperSize::A3 => Some((297.0, 420.0)),
            PaperSize::A4 => Some((210.0, 297.0)),
            PaperSize::A5 => Some((148.0, 210.0)),
            PaperSize::Id1 => Some((54.0, 85.6)),
            PaperSize::Letter => Some((215.9, 279.4)),
            PaperSize::Auto => None,
        }
    }
}

/// Section `[files]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRules {
    /// How files of one scanning act belong together.
    pub grouping: Grouping,
    /// Regular expression (Rust `regex` syntax) over the file name without folders. Its captures are
    /// among `station`, `date`, `time`, `dossier`, `batch`, `page`, `side`: `dossier` gives the record's,
    /// `page` and then `side` the order inside a document. When `grouping = "file-per-page"`, files of
    /// one folder that agree in all other captures make a document.
    #[serde(default)]
    pub name_pattern: Option<String>,
    /// A file counts as written after its size and time stood still for so long (0.1 … 600).
    #[serde(default = "two_seconds")]
    pub settle_seconds: f64,
    /// A group (`file-per-page`, `folder-per-document`) is complete when nothing joined it for so
    /// long (0 … 3600).
    #[serde(default = "ten_seconds")]
    pub group_seconds: f64,
}

fn two_seconds() -> f64 {
    2.0
}

fn ten_seconds() -> f64 {
    10.0
}

/// How files become documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Each file is a document (PDF, multi-page TIFF, or single sheets).
    FilePerDocument,
    /// Each file is a page; files with one `batch` capture make a document, ordered by `page`.
    FilePerPage,
    /// All files of one folder make a document, ordered by name; the station's top folder holds none.
    FolderPerDocument,
}

/// Section `[blank]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlankPolicy {
    /// What to do with a page without ink.
    pub pages: BlankPages,
}

/// What to do with a page without ink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlankPages {
    /// Keep it as a page like any other; the record names it as blank.
    #[default]
    Keep,
    /// Leave it out of the document; the record names it and the original keeps it.
    Drop,
}

macro_rules! shipped {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../scanner-profiles/", $name, ".toml")))),+]
    };
}

/// Profiles that ship with the program, by name.
const SHIPPED: &[(&str, &str)] = shipped! {
    "avision"
    "brother-ads"
    "canon-dr"
    "canon-imagerunner"
    "epson-ds"
    "generic"
    "hp-scanjet"
    "kodak-alaris"
    "kyocera-taskalfa"
    "panasonic-kv"
    "panasonic-kv-s"
    "plustek"
    "ricoh-fi"
    "ricoh-im"
};

/// Captures of a name pattern that mean something.
const CAPTURES: [&str; 7] = [
    "station", "date", "time", "dossier", "batch", "page", "side",
];

/// All profiles: the shipped ones, and over them those in `folder` (which need not exist).
///
/// # Errors
/// [`ConfigError::Profile`] names the file and the line.
pub fn load_all(folder: &Path) -> Result<BTreeMap<String, ScannerProfile>, ConfigError> {
    let mut profiles = BTreeMap::new();
    for (name, text) in SHIPPED {
        let profile = parse(Path::new(name), text)?;
        profiles.insert(profile.name.clone(), profile);
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(profiles),
        Err(source) => {
            return Err(ConfigError::Unreadable {
                path: folder.to_owned(),
                source,
            });
        }
    };
    for entry in entries {
        let path = entry
            .map_err(|source| ConfigError::Unreadable {
                path: folder.to_owned(),
                source,
            })?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text =
                std::fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
            let profile = parse(&path, &text)?;
            profiles.insert(profile.name.clone(), profile);
        }
    }
    Ok(profiles)
}

/// One profile from its text; `path` is where it lies, its file stem the profile's name.
///
/// # Errors
/// [`ConfigError::Profile`] names the file and the line.
pub fn parse(path: &Path, text: &str) -> Result<ScannerProfile, ConfigError> {
    let refuse = |reason: String| ConfigError::Profile {
        path: path.to_owned(),
        reason,
    };
    let profile: ScannerProfile =
        toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    if path
        .file_stem()
        .is_none_or(|stem| stem != profile.name.as_str())
    {
        return Err(refuse(format!(
            "name = “{}” must equal the file's name without .toml",
            profile.name
        )));
    }
    check(&profile).map_err(refuse)?;
    Ok(profile)
}

/// What the types alone do not say.
fn check(profile: &ScannerProfile) -> Result<(), String> {
    let (image, files) = (&profile.image, &profile.files);
    if let Some(pattern) = &files.name_pattern {
        let pattern =
            regex::Regex::new(pattern).map_err(|error| format!("files.name_pattern: {error}"))?;
        let unknown = pattern.capture_names().flatten();
        if let Some(unknown) = unknown.into_iter().find(|name| !CAPTURES.contains(name)) {
            let known = CAPTURES.join(", ");
            return Err(format!(
                "files.name_pattern: “{unknown}” is none of {known}"
            ));
        }
    }
    let within =
        |key: &str, number: f64, least: f64, most: f64| match (least..=most).contains(&number) {
            true => Ok(()),
            false => Err(format!("{key} must be within {least} … {most}")),
        };
    within(
        "image.resolution_dpi",
        image.resolution_dpi.into(),
        75.0,
        1200.0,
    )?;
    within("image.lowest_dpi", image.lowest_dpi.into(), 75.0, 1200.0)?;
    within("files.settle_seconds", files.settle_seconds, 0.1, 600.0)?;
    within("files.group_seconds", files.group_seconds, 0.0, 3600.0)?;
    let is_language =
        |code: &String| code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase());
    match !profile.languages.is_empty() && profile.languages.iter().all(is_language) {
        true => Ok(()),
        false => Err("languages must be codes such as “vie” or “eng”".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `# ví dụ / example: NAME -> capture=value, …`
    fn examples(text: &str) -> Vec<(&str, BTreeMap<&str, &str>)> {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("# ví dụ / example: "));
        let examples = lines.filter_map(|line| line.split_once(" -> "));
        examples
            .map(|(name, captures)| {
                let captures = captures.split(", ").filter_map(|pair| pair.split_once('='));
                (name, captures.collect())
            })
            .collect()
    }

    #[test]
    fn every_shipped_profile_reads_its_own_examples() {
        assert!(SHIPPED.len() >= 10);
        for (name, text) in SHIPPED {
            let profile = parse(Path::new(name), text).expect("valid");
            let examples = examples(text);
            let Some(pattern) = &profile.files.name_pattern else {
                assert_eq!(*name, "generic");
                continue;
            };
            assert!(!examples.is_empty(), "{name} has no example");
            let pattern = regex::Regex::new(pattern).expect("compiles");
            for (file, expected) in examples {
                let found = pattern.captures(file).expect(file);
                let names = pattern.capture_names().flatten();
                let values = names.filter_map(|name| Some((name, found.name(name)?.as_str())));
                assert_eq!(
                    values.collect::<BTreeMap<_, _>>(),
                    expected,
                    "{name}: {file}"
                );
                if let Some(code) = expected.get("dossier") {
                    assert!(code.parse::<crate::record::DossierCode>().is_ok(), "{code}");
                }
            }
        }
    }

    #[test]
    fn every_shipped_file_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scanner-profiles");
        let files = std::fs::read_dir(folder).expect("lists");
        let mut names: Vec<String> = files
            .map(|file| file.expect("entry").path())
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        let shipped: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, shipped);
    }

    fn reason(from: &str, to: &str) -> String {
        let (_, generic) = SHIPPED
            .iter()
            .find(|(name, _)| *name == "generic")
            .expect("there");
        assert!(generic.contains(from), "{from}");
        let text = generic.replacen(from, to, 1);
        match parse(Path::new("generic.toml"), &text) {
            Err(ConfigError::Profile { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_key_or_value_is_named() {
        let unknown = reason("duplex = true", "duplx = true");
        assert!(
            unknown.contains("line ") && unknown.contains("duplx"),
            "{unknown}"
        );
        let cases = [
            ("name = \"generic\"", "name = \"other\"", "must equal"),
            (
                "settle_seconds = 2.0",
                "settle_seconds = nan",
                "settle_seconds",
            ),
            (
                "settle_seconds = 2.0",
                "settle_seconds = -1.0",
                "settle_seconds",
            ),
            (
                "group_seconds = 10.0",
                "group_seconds = inf",
                "group_seconds",
            ),
            (
                "resolution_dpi = 300",
                "resolution_dpi = 30",
                "resolution_dpi",
            ),
            ("\"vie\"", "\"vi\"", "languages"),
            (
                "# name_pattern = '^(?P<dossier>",
                "name_pattern = '^(?P<dosier>",
                "dosier",
            ),
            (
                "# name_pattern = '^(",
                "name_pattern = '^((",
                "name_pattern",
            ),
            ("\"keep\"\n", "\"burn\"\n", "line "),
        ];
        for (from, to, expected) in cases {
            let reason = reason(from, to);
            assert!(reason.contains(expected), "{to}: {reason}");
        }
    }

    #[test]
    fn an_office_profile_goes_before_the_shipped_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, generic) = SHIPPED
            .iter()
            .find(|(name, _)| *name == "generic")
            .expect("there");
        let ours = generic.replacen("\"any\"", "\"ours\"", 1);
        std::fs::write(folder.path().join("generic.toml"), ours).expect("writes");
        std::fs::write(folder.path().join("README.txt"), "not a profile").expect("writes");
        let profiles = load_all(folder.path()).expect("loads");
        assert_eq!(profiles["generic"].models, ["ours"]);
        assert_eq!(profiles.len(), SHIPPED.len());
    }
}
