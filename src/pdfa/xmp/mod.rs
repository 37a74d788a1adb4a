//! Clauses 6.6.2 to 6.6.6, metadata: the XMP packets, their schemas and value types, the claim.
//!
//! Each metadata stream that the file reaches is judged: the document's, and those of pages, images and
//! fonts, which may use what the document's declares. What a packet says is compared with the tables in
//! `schemas` and with its own declarations. Not judged: whether what it says is true, and whether it
//! agrees with the document information dictionary.

mod extension;
mod packet;
mod rdf;
mod schemas;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeSet;

use lopdf::{Document, Object, ObjectId, Stream};

use super::interactive::reachable::reachable;
use super::{Claim, PdfFile, Violation};
use extension::{DeclaredSchema, Scope};
use rdf::{Property, Rdf};

const PACKET: &str = "6.6.2.1";
const SCHEMAS: &str = "6.6.2.3.1";
const IDENTIFICATION: &str = "6.6.4";

/// A metadata stream as it was read.
struct Package {
    object: Option<ObjectId>,
    rdf: Rdf,
    declared: Vec<DeclaredSchema>,
}

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    let Some((object, stream)) = of_document(file.document) else {
        found.push(Violation::of_file(PACKET, "no metadata of the document"));
        return;
    };
    let Some(main) = package(file.document, object, stream, found) else {
        return;
    };
    check_identification(&main, found);
    check_properties(&main, &main, found);
    let mut seen: BTreeSet<ObjectId> = object.into_iter().collect();
    for (owner, dictionary) in reachable(file.document) {
        let Ok(value) = dictionary.get(b"Metadata") else {
            continue;
        };
        match file.document.dereference(value) {
            Ok((_, Object::Null)) => {}
            Ok((id, Object::Stream(stream))) => {
                if id.is_none_or(|id| seen.insert(id))
                    && let Some(package) = package(file.document, id, stream, found)
                {
                    check_properties(&package, &main, found);
                }
            }
            _ => violation(PACKET, "metadata that is no stream", owner, found),
        }
    }
}

pub(super) fn claim(document: &Document) -> Option<Claim> {
    let (_, stream) = of_document(document)?;
    let rdf = packet::read(document, stream, &mut Vec::new()).ok()?;
    let text = |name| identification(&rdf, name)?.value.text();
    Some(Claim {
        part: text("part")?.trim().parse().ok()?,
        conformance: text("conformance")?.trim().chars().next()?,
    })
}

/// The metadata stream of the catalog.
fn of_document(document: &Document) -> Option<(Option<ObjectId>, &Stream)> {
    let catalog = document.catalog().ok()?;
    let (id, object) = document.dereference(catalog.get(b"Metadata").ok()?).ok()?;
    Some((id, object.as_stream().ok()?))
}

fn package(
    document: &Document,
    object: Option<ObjectId>,
    stream: &Stream,
    found: &mut Vec<Violation>,
) -> Option<Package> {
    let mut of_packet = Vec::new();
    let rdf = packet::read(document, stream, &mut of_packet);
    for what in of_packet {
        violation(PACKET, what, object, found);
    }
    let rdf = match rdf {
        Ok(rdf) => rdf,
        Err(what) => {
            violation(PACKET, what, object, found);
            return None;
        }
    };
    let mut of_container = Vec::new();
    let mut containers = rdf.properties.iter().filter(|p| extension::is_container(p));
    let declared = containers
        .next()
        .map(|container| extension::read(container, &mut of_container));
    for (clause, what) in of_container {
        violation(clause, what, object, found);
    }
    Some(Package {
        object,
        declared: declared.unwrap_or_default(),
        rdf,
    })
}

/// §6.6.2.3: each property is of a schema, predefined or declared, and of the type that this says.
fn check_properties(package: &Package, main: &Package, found: &mut Vec<Violation>) {
    let scope = Scope {
        own: &package.declared,
        document: &main.declared,
    };
    if !scope.names_known_types() {
        let what = "a declaration of a value type that nothing defines";
        violation("6.6.2.3.3", what, package.object, found);
    }
    let properties = package.rdf.properties.iter();
    for property in properties.filter(|property| !extension::is_container(property)) {
        let predefined = schemas::predefined(&property.namespace, &property.name);
        let declared = scope.judge(property);
        let what = match (predefined, declared) {
            (None, None) => "a property that no schema has".to_owned(),
            // A declaration of what XMP defines may repeat it but not change it.
            (Some((name, expected)), _) if !value::fits(&property.value, expected) => {
                format!("{name} is not of the type that XMP gives it")
            }
            (_, Some(false)) => "a property that is not of its declared type".to_owned(),
            _ => continue,
        };
        violation(SCHEMAS, what, package.object, found);
    }
}

/// §6.6.4: part 2, level A, B or U, with the prefix `pdfaid`.
fn check_identification(main: &Package, found: &mut Vec<Violation>) {
    let text = |name| identification(&main.rdf, name).and_then(|property| property.value.text());
    if text("part") != Some("2") {
        let what = "no claim of part 2";
        violation(IDENTIFICATION, what, main.object, found);
    }
    if !matches!(text("conformance"), Some("A" | "B" | "U")) {
        let what = "no conformance level A, B or U";
        violation(IDENTIFICATION, what, main.object, found);
    }
    let of_schema =
        |property: &&Property| property.namespace.as_str() == schemas::PDFA_IDENTIFICATION;
    let mut identification = main.rdf.properties.iter().filter(of_schema);
    if identification.any(|property| property.prefix != "pdfaid") {
        let what = "the claim with another prefix than pdfaid";
        violation(IDENTIFICATION, what, main.object, found);
    }
}

fn identification<'a>(rdf: &'a Rdf, name: &str) -> Option<&'a Property> {
    let is_it = |property: &&Property| {
        property.name == name && property.namespace == schemas::PDFA_IDENTIFICATION
    };
    rdf.properties.iter().find(is_it)
}

fn violation(
    clause: &'static str,
    what: impl Into<String>,
    object: Option<ObjectId>,
    found: &mut Vec<Violation>,
) {
    found.push(Violation {
        object,
        ..Violation::of_file(clause, what)
    });
}
