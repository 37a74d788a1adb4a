//! The rules of OCFL 1.1 that hold inside one inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CONTENT_ALGORITHM, Inventory, InventoryFault as Fault, LogicalPath, TYPE, Version,
    VersionNumber, flat,
};
use crate::record::Sha512Digest;

pub(super) fn check(inventory: &Inventory) -> Result<(), Fault> {
    check_head(inventory)?;
    check_versions(inventory)?;
    check_manifest(inventory)?;
    check_fixity(inventory)?;
    inventory
        .versions
        .iter()
        .try_for_each(|(number, version)| check_state(inventory, *number, version))?;
    check_use(inventory)
}

fn check_head(inventory: &Inventory) -> Result<(), Fault> {
    if inventory.id.is_empty() {
        return Err(Fault::new("E037", "the identifier is empty"));
    }
    if inventory.r#type != TYPE {
        return Err(Fault::new("E038", format!("type “{}”", inventory.r#type)));
    }
    if inventory.digest_algorithm != CONTENT_ALGORITHM {
        let algorithm = &inventory.digest_algorithm;
        return Err(Fault::new(
            "E025",
            format!("digest algorithm “{algorithm}”, not sha512"),
        ));
    }
    let folder = inventory.content_folder();
    if matches!(folder, "" | "." | "..") || folder.contains('/') {
        return Err(Fault::new("E017", format!("content directory “{folder}”")));
    }
    Ok(())
}

/// Versions run without a gap from v1 to the head (E008–E010, E040).
fn check_versions(inventory: &Inventory) -> Result<(), Fault> {
    let Some(latest) = inventory.versions.keys().next_back() else {
        return Err(Fault::new("E008", "no version"));
    };
    if *latest != inventory.head {
        let head = inventory.head;
        return Err(Fault::new(
            "E040",
            format!("head {head}, latest version {latest}"),
        ));
    }
    if !latest.up_to().eq(inventory.versions.keys().copied()) {
        return Err(Fault::new(
            "E010",
            format!("versions before {latest} are missing"),
        ));
    }
    Ok(())
}

fn check_manifest(inventory: &Inventory) -> Result<(), Fault> {
    let folder = inventory.content_folder();
    let mut paths = BTreeSet::new();
    for (path, _) in inventory.contents() {
        match path.version(folder) {
            Some(version) if version <= inventory.head => {}
            Some(_) | None => {
                return Err(Fault::new(
                    "E042",
                    format!("“{path}” is in no version's content folder"),
                ));
            }
        }
        if !paths.insert(path.as_str()) {
            return Err(Fault::new(
                "E101",
                format!("“{path}” stands twice in the manifest"),
            ));
        }
    }
    match nested(&paths) {
        Some(path) => Err(Fault::new(
            "E101",
            format!("“{path}” is a file and a folder"),
        )),
        None => Ok(()),
    }
}

fn check_fixity(inventory: &Inventory) -> Result<(), Fault> {
    let known: BTreeSet<_> = inventory.contents().map(|(path, _)| path).collect();
    for (algorithm, block) in &inventory.fixity {
        for (path, _) in flat(&block.0) {
            if !known.contains(path) {
                let detail = format!("fixity ({algorithm}) of “{path}”, which the manifest lacks");
                return Err(Fault::new("E057", detail));
            }
        }
    }
    Ok(())
}

fn check_state(
    inventory: &Inventory,
    number: VersionNumber,
    version: &Version,
) -> Result<(), Fault> {
    if version
        .user
        .as_ref()
        .is_some_and(|user| user.name.is_empty())
    {
        return Err(Fault::new(
            "E054",
            format!("{number}: the user has no name"),
        ));
    }
    let mut paths = BTreeSet::new();
    for (path, digest) in flat(&version.state) {
        if !inventory.manifest.contains_key(digest) {
            return Err(Fault::new(
                "E050",
                format!("{number}: “{path}” has no content"),
            ));
        }
        if !paths.insert(path.as_str()) {
            return Err(Fault::new(
                "E095",
                format!("{number}: “{path}” stands twice"),
            ));
        }
    }
    match nested(&paths) {
        Some(path) => Err(Fault::new(
            "E095",
            format!("{number}: “{path}” is a file and a folder"),
        )),
        None => Ok(()),
    }
}

pub(super) fn check_older(
    newer: &Inventory,
    number: VersionNumber,
    older: &Inventory,
) -> Result<(), Fault> {
    if older.id != newer.id {
        return Err(Fault::new(
            "E037",
            format!("{number} has another identifier"),
        ));
    }
    if older.content_folder() != newer.content_folder() {
        return Err(Fault::new(
            "E019",
            format!("{number} has another content directory"),
        ));
    }
    if older.head != number {
        return Err(Fault::new(
            "E040",
            format!("the inventory of {number} has head {}", older.head),
        ));
    }
    for version in number.up_to() {
        if state_of(older, version) != state_of(newer, version) {
            return Err(Fault::new(
                "E066",
                format!("{number} and the head differ on {version}"),
            ));
        }
    }
    let folder = newer.content_folder();
    let then: BTreeMap<_, _> = newer
        .contents()
        .filter(|(path, _)| {
            path.version(folder)
                .is_some_and(|version| version <= number)
        })
        .collect();
    if then != older.contents().collect() {
        return Err(Fault::new(
            "E066",
            format!("{number} and the head differ on its content"),
        ));
    }
    Ok(())
}

fn state_of(inventory: &Inventory, number: VersionNumber) -> BTreeMap<&LogicalPath, &Sha512Digest> {
    inventory
        .version(number)
        .into_iter()
        .flat_map(|version| flat(&version.state))
        .collect()
}

/// Every content file is shown by some version (E107).
fn check_use(inventory: &Inventory) -> Result<(), Fault> {
    let shown: BTreeSet<_> = inventory
        .versions
        .values()
        .flat_map(|v| v.state.keys())
        .collect();
    match inventory
        .contents()
        .find(|(_, digest)| !shown.contains(digest))
    {
        Some((path, _)) => Err(Fault::new("E107", format!("no version shows “{path}”"))),
        None => Ok(()),
    }
}

/// A path that is also the folder of another one.
fn nested<'a>(paths: &BTreeSet<&'a str>) -> Option<&'a str> {
    paths
        .iter()
        .flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at)))
        .find(|folder| paths.contains(folder))
}
