//! `[signing.policy]`: who signs a document of a kind, in which order, and what page 1 shows of each.
//!
//! Where nothing is said, the organisation signs alone, with the key of its name. Which officer attests a scan may
//! depend on the station: its section names the officer's key, which takes the place of the policy's. Everything is
//! checked when the configuration is read: each list has a key for each of its signers, whatever the station.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{KeyConfig, ORGANISATION, VisibleText};
use crate::config::ConfigError;
use crate::record::{DocumentKind, SignerRole, StationName};

/// The list for kinds that have none of their own; no paper is of this kind.
const DEFAULT: &str = "default";

/// A corner of page 1. Where signatures stand there already, the next one goes towards the middle of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The agency's, by law.
    TopRight,
    /// Whoever attests that the scan is what the paper is.
    TopLeft,
    /// Whoever is competent for the content.
    BottomRight,
}

/// A signer's place as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PlaceSection {
    TopRight,
    TopLeft,
    BottomRight,
    None,
}

/// One signer as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignerSection {
    role: SignerRole,
    key: String,
    place: Option<PlaceSection>,
    text: Option<Vec<String>>,
}

/// `[signing.policy]` as it is written: a list a kind.
pub(super) type PolicySection = BTreeMap<DocumentKind, Vec<SignerSection>>;

/// One who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// In what capacity.
    pub role: SignerRole,
    /// Name of the key.
    pub key: String,
    /// Where page 1 shows it; `None`: nowhere.
    pub place: Option<Place>,
    /// What it shows there.
    pub text: VisibleText,
}

/// Who signs what, checked.
#[derive(Debug, Clone)]
pub struct SigningPolicy {
    default: Vec<Signer>,
    kinds: BTreeMap<DocumentKind, Vec<Signer>>,
    /// Names of officers' keys.
    officers: BTreeMap<StationName, String>,
}

/// What is wrong with the list of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFault {
    /// Nobody would sign.
    Nobody,
    /// `[signing.keys]` has no key of this name.
    NoSuchKey(String),
    /// Two signers have this key.
    KeyTwice(String),
    /// Two signers sign in this capacity.
    RoleTwice(SignerRole),
    /// The visible text has something else in braces than it may.
    Placeholder(String),
    /// The visible text does not show when it was signed.
    NoTime,
    /// The visible text has too many lines, or too long ones.
    TooLong,
}

impl SigningPolicy {
    /// Who signs a document, in order; never empty.
    #[must_use]
    pub fn signers(&self, kind: Option<&DocumentKind>, station: &StationName) -> Vec<Signer> {
        let own = kind.and_then(|kind| self.kinds.get(kind));
        with_officer(own.unwrap_or(&self.default), self.officers.get(station))
    }

    /// The kinds that have a list of their own.
    pub fn kinds(&self) -> impl Iterator<Item = &DocumentKind> {
        self.kinds.keys()
    }

    /// The stations whose section names an officer's key.
    pub fn officers_stations(&self) -> impl Iterator<Item = &StationName> {
        self.officers.keys()
    }
}

/// The list with this officer's key in the place of the policy's.
fn with_officer(list: &[Signer], officer: Option<&String>) -> Vec<Signer> {
    let mut signers = list.to_vec();
    let officers = signers
        .iter_mut()
        .filter(|signer| signer.role == SignerRole::Officer);
    for (signer, key) in officers.zip(officer) {
        signer.key.clone_from(key);
    }
    signers
}

pub(super) fn resolve(
    section: PolicySection,
    officers: BTreeMap<StationName, String>,
    keys: &BTreeMap<String, KeyConfig>,
) -> Result<SigningPolicy, ConfigError> {
    for (station, key) in &officers {
        if !keys.contains_key(key) {
            return Err(ConfigError::SigningPolicy {
                section: format!("stations.{station}"),
                fault: PolicyFault::NoSuchKey(key.clone()),
            });
        }
    }
    let mut kinds = BTreeMap::new();
    let mut default = vec![Signer::of(
        SignerRole::Organisation,
        ORGANISATION.to_owned(),
    )];
    for (kind, list) in section {
        let refused = |fault| ConfigError::SigningPolicy {
            section: format!("signing.policy.{kind}"),
            fault,
        };
        let signers = list.into_iter().map(signer);
        let signers = signers.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        // With the policy's own officer, for stations that name none, and with each station's.
        for officer in std::iter::once(None).chain(officers.values().map(Some)) {
            check(&with_officer(&signers, officer), keys).map_err(refused)?;
        }
        if kind.as_str() == DEFAULT {
            default = signers;
        } else {
            kinds.insert(kind, signers);
        }
    }
    Ok(SigningPolicy {
        default,
        kinds,
        officers,
    })
}

impl Signer {
    /// As the law has it for the agency; other roles by our choice of a free corner.
    fn of(role: SignerRole, key: String) -> Self {
        let place = match role {
            SignerRole::Officer => Place::TopLeft,
            SignerRole::Authority => Place::BottomRight,
            SignerRole::Organisation => Place::TopRight,
        };
        Self {
            role,
            key,
            place: Some(place),
            text: VisibleText::usual(role),
        }
    }
}

fn signer(section: SignerSection) -> Result<Signer, PolicyFault> {
    let mut signer = Signer::of(section.role, section.key);
    match section.place {
        None => {}
        Some(PlaceSection::TopRight) => signer.place = Some(Place::TopRight),
        Some(PlaceSection::TopLeft) => signer.place = Some(Place::TopLeft),
        Some(PlaceSection::BottomRight) => signer.place = Some(Place::BottomRight),
        Some(PlaceSection::None) => signer.place = None,
    }
    if let Some(lines) = section.text {
        signer.text = VisibleText::parse(&lines)?;
    }
    Ok(signer)
}

fn check(signers: &[Signer], keys: &BTreeMap<String, KeyConfig>) -> Result<(), PolicyFault> {
    if signers.is_empty() {
        return Err(PolicyFault::Nobody);
    }
    let (mut roles, mut names) = (BTreeSet::new(), BTreeSet::new());
    for Signer { role, key, .. } in signers {
        if !keys.contains_key(key) {
            return Err(PolicyFault::NoSuchKey(key.clone()));
        }
        if !names.insert(key) {
            return Err(PolicyFault::KeyTwice(key.clone()));
        }
        if !roles.insert(role) {
            return Err(PolicyFault::RoleTwice(*role));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{SigningConfig, SigningSection};
    use super::*;

    const KEYS: &str = "
        [keys.organisation]
        kind = \"pkcs12\"
        file = \"o.p12\"
        [keys.officer]
        kind = \"pkcs12\"
        file = \"0.p12\"
        [keys.officer-1]
        kind = \"pkcs12\"
        file = \"1.p12\"
        [keys.officer-2]
        kind = \"pkcs12\"
        file = \"2.p12\"
    ";

    fn resolved(policy: &str, officers: &[(&str, &str)]) -> Result<SigningConfig, String> {
        let text = format!("{KEYS}{policy}");
        let section: SigningSection = toml::from_str(&text).map_err(|error| error.to_string())?;
        let officers = officers
            .iter()
            .map(|(station, key)| (station.parse().expect("a station"), (*key).to_owned()));
        let signing = super::super::resolve(section, officers.collect(), Path::new("/data"));
        let signing = signing.map_err(|error| error.to_string())?;
        Ok(signing.expect("keys"))
    }

    fn keys_of(signing: &SigningConfig, kind: Option<&str>, station: &str) -> Vec<String> {
        let kind = kind.map(|kind| kind.parse().expect("a kind"));
        let station = station.parse().expect("a station");
        let signers = signing.policy.signers(kind.as_ref(), &station);
        signers.into_iter().map(|signer| signer.key).collect()
    }

    const TWO: &str = "
        [[policy.khai-sinh]]
        role = \"officer\"
        key = \"officer-1\"
        [[policy.khai-sinh]]
        role = \"organisation\"
        key = \"organisation\"
    ";

    #[test]
    fn each_kind_has_its_signers_and_each_station_its_officer() {
        let signing = resolved(TWO, &[("quay-02", "officer-2")]).expect("fine");
        let of = |kind, station| keys_of(&signing, kind, station).join(" ");
        let birth = Some("khai-sinh");
        assert_eq!(of(birth, "quay-01"), "officer-1 organisation");
        assert_eq!(of(birth, "quay-02"), "officer-2 organisation");
        assert_eq!(of(Some("ket-hon"), "quay-02"), "organisation");
        assert_eq!(of(None, "quay-01"), "organisation");
        let default = TWO.replace("khai-sinh", "default");
        let signing = resolved(&default, &[]).expect("fine");
        assert_eq!(keys_of(&signing, None, "quay-01").len(), 2);
    }

    #[test]
    fn the_example_in_the_file_that_init_writes_is_valid() {
        let written = include_str!("../sohoa.toml").lines();
        let example = written
            .skip_while(|line| !line.starts_with("# [[signing.policy.khai-sinh]]"))
            .take_while(|line| !line.is_empty());
        let example: Vec<&str> = example
            .map(|line| line.trim_start_matches(['#', ' ']))
            .collect();
        let example = example.join("\n").replace("signing.policy", "policy");
        let signing = resolved(&example, &[]).expect(&example);
        let station = "quay-01".parse().expect("a station");
        let kind = "khai-sinh".parse().expect("a kind");
        let signers = signing.policy.signers(Some(&kind), &station);
        // It spells out what holds without it.
        assert_eq!(
            signers[0],
            Signer::of(SignerRole::Officer, "officer".to_owned())
        );
        assert_eq!(signers.len(), 2);
    }

    #[test]
    fn what_nobody_said_is_as_the_law_has_it() {
        let signing = resolved("", &[]).expect("fine");
        let station = "quay-01".parse().expect("a station");
        let [only] = &signing.policy.signers(None, &station)[..] else {
            panic!("one signs");
        };
        assert_eq!(only.place, Some(Place::TopRight));
        assert_eq!(only.role, SignerRole::Organisation);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let with = |lines: &str| format!("[[policy.a]]\nrole = \"officer\"\n{lines}");
        let one = "key = \"officer-1\"\n";
        let cases = [
            ("[policy]\na = []".to_owned(), "nobody"),
            (with(""), "missing field `key`"),
            (with("key = \"nobody\""), "nobody"),
            (with(&format!("{one}colour = 1")), "colour"),
            (with(&format!("{one}place = \"middle\"")), "middle"),
            (
                with(&format!("{one}text = [\"{{nmae}} {{time}}\"]")),
                "nmae",
            ),
            (with(&format!("{one}text = [\"{{name}}\"]")), "{time}"),
            (
                format!("{TWO}[[policy.khai-sinh]]\nrole = \"authority\"\nkey = \"officer-1\""),
                "officer-1",
            ),
            (
                format!("{TWO}[[policy.khai-sinh]]\nrole = \"officer\"\nkey = \"officer-2\""),
                "officer",
            ),
            ("[[policy.Khai]]\nrole = \"officer\"".to_owned(), "Khai"),
        ];
        for (text, word) in cases {
            let error = resolved(&text, &[]).expect_err(&text);
            assert!(error.contains(word), "{text}: {error}");
        }
        // The station's officer must not be somebody who signs anyway, and must have a key.
        for (officer, word) in [("organisation", "organisation"), ("absent", "absent")] {
            let error = resolved(TWO, &[("quay-01", officer)]).expect_err(officer);
            assert!(error.contains(word), "{officer}: {error}");
        }
    }
}
