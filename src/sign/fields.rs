//! The signature field: one widget, merged with its field, on the first page and in the form
//! (ISO 32000-1, 12.7.2, 12.7.4.5, 12.5.6.19).

use std::collections::BTreeSet;

use super::SignError;
use super::append::{Increment, text_string};
use super::base::Object;
use super::base::syntax::{Dictionary, Reference, Value};
use super::page::Page;

/// Forms with more fields than this at the top are no scans.
const MAX_FIELDS: usize = 10_000;
/// Print (bit 3) and Locked (bit 8) of table 165.
const ANNOTATION_FLAGS: u32 = 4 | 128;

/// What the widget shows: its appearance stream and where it stands on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// The form XObject.
    pub(super) appearance: Reference,
    /// Left, bottom, right, top.
    pub(super) rectangle: [f64; 4],
}

/// Refuses documents in which a new field would break something.
pub(super) fn check_permission(
    increment: &Increment<'_>,
    catalogue: &Dictionary<'_>,
) -> Result<(), SignError> {
    let Some(permissions) = catalogue.value(b"Perms") else {
        return Ok(());
    };
    let permissions = increment.resolve(permissions)?;
    let certification = permissions
        .value()
        .dictionary()
        .and_then(|dictionary| dictionary.value(b"DocMDP"));
    let Some(certification) = certification else {
        return Ok(());
    };
    let certification = increment.resolve(certification)?;
    let Some(references) = certification
        .value()
        .dictionary()
        .and_then(|it| it.value(b"Reference"))
    else {
        return Ok(());
    };
    let references = increment.resolve(references)?;
    for reference in references.value().array().unwrap_or_default() {
        let reference = increment.resolve(reference)?;
        let Some(parameters) = reference
            .value()
            .dictionary()
            .and_then(|it| it.value(b"TransformParams"))
        else {
            continue;
        };
        let parameters = increment.resolve(parameters)?;
        let level = parameters
            .value()
            .dictionary()
            .and_then(|it| it.value(b"P"));
        if level.and_then(Value::integer) == Some(1) {
            return Err(SignError::Forbidden);
        }
    }
    Ok(())
}

/// Adds the field for the signature dictionary `signature` and gives its name.
pub(super) fn attach(
    increment: &mut Increment<'_>,
    catalogue: &Dictionary<'_>,
    page: &Page,
    signature: Reference,
    hint: &str,
    shown: Option<Shown>,
) -> Result<String, SignError> {
    let form = Form::read(increment, catalogue)?;
    let name = form.free_name(increment, hint)?;
    let widget = increment.add(widget(&name, page.reference, signature, shown));
    add_to_page(increment, page, widget)?;
    form.add(increment, catalogue, widget)?;
    Ok(name)
}

fn widget(name: &str, page: Reference, signature: Reference, shown: Option<Shown>) -> Vec<u8> {
    let mut pdf = b"<</Type/Annot/Subtype/Widget/FT/Sig/T".to_vec();
    pdf.extend(text_string(name));
    pdf.extend(format!("/V {signature}/P {page}/F {ANNOTATION_FLAGS}").bytes());
    match shown {
        None => pdf.extend(b"/Rect[0 0 0 0]"),
        Some(Shown {
            appearance,
            rectangle: [left, bottom, right, top],
        }) => {
            let rectangle = format!("/Rect[{left:.3} {bottom:.3} {right:.3} {top:.3}]");
            pdf.extend(rectangle.bytes());
            pdf.extend(format!("/AP<</N {appearance}>>").bytes());
        }
    }
    pdf.extend(b">>");
    pdf
}

/// `[… 12 0 R]`: an array with one reference more.
fn with_element(array: &[Value<'_>], element: Reference) -> Vec<u8> {
    let mut pdf = b"[".to_vec();
    for value in array {
        pdf.extend_from_slice(value.raw());
        pdf.push(b' ');
    }
    pdf.extend(element.to_string().bytes());
    pdf.push(b']');
    pdf
}

/// Adds `element` to the array `key` of `owner`: gives the array's new text where it stands in the owner
/// itself, and changes the array's own object where it has one.
fn append_to_array(
    increment: &mut Increment<'_>,
    owner: &Dictionary<'_>,
    key: &[u8],
    element: Reference,
) -> Result<Option<Vec<u8>>, SignError> {
    let damaged = SignError::Damaged {
        what: "annotations or form fields",
    };
    let Some(value) = owner.value(key) else {
        return Ok(Some(with_element(&[], element)));
    };
    let object = increment.resolve(value)?;
    if object.value().is_null() {
        return Ok(Some(with_element(&[], element)));
    }
    let longer = with_element(&object.value().array().ok_or(damaged)?, element);
    match value.reference() {
        None => Ok(Some(longer)),
        Some(reference) => {
            increment.put(reference, longer);
            Ok(None)
        }
    }
}

fn add_to_page(
    increment: &mut Increment<'_>,
    page: &Page,
    widget: Reference,
) -> Result<(), SignError> {
    let damaged = SignError::Damaged { what: "page" };
    let dictionary = page.object.value().dictionary().ok_or(damaged)?;
    if let Some(annotations) = append_to_array(increment, &dictionary, b"Annots", widget)? {
        increment.put(page.reference, dictionary.with(&[("Annots", annotations)]));
    }
    Ok(())
}

/// The interactive form, where there is one.
struct Form {
    /// Its object number, if it has its own.
    reference: Option<Reference>,
    object: Object,
}

impl Form {
    fn read(increment: &Increment<'_>, catalogue: &Dictionary<'_>) -> Result<Self, SignError> {
        let value = catalogue.value(b"AcroForm").unwrap_or_else(Value::null);
        let object = increment.resolve(value)?;
        if object.value().is_null() {
            return Ok(Self {
                reference: None,
                object: Object::from(b"<<>>".to_vec()),
            });
        }
        let form = Self {
            reference: value.reference(),
            object,
        };
        if form.dictionary()?.value(b"XFA").is_some() {
            return Err(SignError::Unsupported {
                what: "an XFA form",
            });
        }
        Ok(form)
    }

    fn dictionary(&self) -> Result<Dictionary<'_>, SignError> {
        let dictionary = self.object.value().dictionary();
        dictionary.ok_or(SignError::Damaged { what: "form" })
    }

    /// `hint` with the first number that no field at the top of the form has.
    fn free_name(&self, increment: &Increment<'_>, hint: &str) -> Result<String, SignError> {
        let mut taken = BTreeSet::new();
        if let Some(fields) = self.dictionary()?.value(b"Fields") {
            let fields = increment.resolve(fields)?;
            let fields = fields.value().array().unwrap_or_default();
            if fields.len() > MAX_FIELDS {
                return Err(SignError::Unsupported {
                    what: "a form of this size",
                });
            }
            for field in fields {
                let field = increment.resolve(field)?;
                let Some(name) = field
                    .value()
                    .dictionary()
                    .and_then(|field| field.value(b"T"))
                else {
                    continue;
                };
                taken.extend(
                    increment
                        .resolve(name)?
                        .value()
                        .string()
                        .map(|name| text(&name)),
                );
            }
        }
        // A full stop would make a child field of it.
        let hint = hint.replace('.', "_");
        let names = (1..=MAX_FIELDS + 1).map(|number| format!("{hint}{number}"));
        let mut free = names.filter(|name| !taken.contains(name));
        free.next().ok_or(SignError::Unsupported {
            what: "a form of this size",
        })
    }

    fn add(
        &self,
        increment: &mut Increment<'_>,
        catalogue: &Dictionary<'_>,
        widget: Reference,
    ) -> Result<(), SignError> {
        let form = self.dictionary()?;
        let flags = form
            .value(b"SigFlags")
            .and_then(Value::integer)
            .unwrap_or(0)
            | 3;
        let mut changes = vec![("SigFlags", flags.to_string().into_bytes())];
        if let Some(fields) = append_to_array(increment, &form, b"Fields", widget)? {
            changes.push(("Fields", fields));
        }
        let form = form.with(&changes);
        match self.reference {
            Some(reference) => increment.put(reference, form),
            None => increment.put(increment.root(), catalogue.with(&[("AcroForm", form)])),
        }
        Ok(())
    }
}

/// A text string as text; PDFDocEncoding is read as Latin-1, which is enough to compare names.
pub(super) fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, units @ ..] => {
            let units = units.chunks_exact(2);
            let units = units.map(|unit| {
                unit.iter()
                    .fold(0, |unit, &byte| unit << 8 | u16::from(byte))
            });
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or('\u{fffd}'))
                .collect()
        }
        [0xef, 0xbb, 0xbf, utf8 @ ..] => String::from_utf8_lossy(utf8).into_owned(),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
