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
    /// Regular expression (Rust `regex` syntax) over the file name without folders. Captures with a
    /// meaning: `station`, `date`, `time`, `dossier`, `batch` (same value = same document when
    /// `grouping = "file-per-page"`), `page` (order inside the batch), `side`.
    #[serde(default)]
    pub name_pattern: Option<String>,
    /// A file counts as written after its size and time stood still for so long.
    #[serde(default = "two_seconds")]
    pub settle_seconds: f64,
    /// A group (`file-per-page`, `folder-per-document`) is complete when nothing joined it for so long.
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
    /// Keep it as a page like any other.
    #[default]
    Keep,
}

/// Profiles that ship with the program, by name.
const SHIPPED: &[(&str, &str)] = &[(
    "generic",
    include_str!("../../scanner-profiles/generic.toml"),
)];

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

fn parse(path: &Path, text: &str) -> Result<ScannerProfile, ConfigError> {
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
    if let Some(pattern) = &profile.files.name_pattern {
        regex::Regex::new(pattern)
            .map_err(|error| refuse(format!("files.name_pattern: {error}")))?;
    }
    if !(75..=1200).contains(&profile.image.resolution_dpi) {
        return Err(refuse(
            "image.resolution_dpi must be within 75 … 1200".to_owned(),
        ));
    }
    Ok(profile)
}
