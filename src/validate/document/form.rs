//! The fields of a revision's form, found as a viewer finds them: catalogue, form, fields, kids (ISO 32000-1 §12.7).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::objects::{Objects, Parsed, Revision};
use super::syntax::{ObjectId, Value};

/// Fields and widgets looked at; forms with more are refused.
const NODES_MAX: usize = 100_000;
/// A full name, bytes.
const NAME_MAX: usize = 4096;

/// A field that has no fields below it.
#[derive(Debug)]
pub(in crate::validate) struct Field {
    pub(in crate::validate) id: ObjectId,
    pub(in crate::validate) object: Arc<Parsed>,
    /// Partial names from the top, with full stops (§12.7.3.2).
    pub(in crate::validate) name: String,
    /// `/FT`, own or inherited.
    pub(in crate::validate) kind: Option<Vec<u8>>,
    /// `/V`, own or inherited, references not followed.
    pub(in crate::validate) value: Option<Arc<Value>>,
    /// Its widgets, where they are objects of their own.
    pub(in crate::validate) widgets: Vec<ObjectId>,
}

impl Field {
    /// Whether it is a signature field.
    pub(in crate::validate) fn is_signature(&self) -> bool {
        self.kind.as_deref() == Some(b"Sig")
    }
}

/// All fields of a form.
#[derive(Debug, Default)]
pub(in crate::validate) struct Form {
    pub(in crate::validate) fields: Vec<Field>,
    /// False where a part could not be read, leads in a circle or is one too many.
    pub(in crate::validate) is_complete: bool,
}

/// What a node hands down to its kids.
#[derive(Debug, Clone, Default)]
struct Inherited {
    name: String,
    kind: Option<Vec<u8>>,
    value: Option<Arc<Value>>,
}

/// Walks the form of a revision.
pub(in crate::validate) fn read(objects: &Objects, revision: Revision) -> Form {
    let mut form = Form {
        fields: Vec::new(),
        is_complete: true,
    };
    let Some(catalogue) = objects.catalogue(revision) else {
        form.is_complete = false;
        return form;
    };
    let dictionary = catalogue.dictionary();
    let acro_form = dictionary.and_then(|it| objects.value(revision, it, b"AcroForm"));
    let Some(Value::Dictionary(acro_form)) = acro_form else {
        return form;
    };
    let Some(Value::Array(top)) = objects.value(revision, &acro_form, b"Fields") else {
        return form;
    };
    let mut seen = BTreeSet::new();
    let mut open: Vec<(Value, Inherited)> = Vec::new();
    open.extend(top.into_iter().rev().map(|it| (it, Inherited::default())));
    while let Some((node, inherited)) = open.pop() {
        let known = node.reference().and_then(|id| {
            let is_new = seen.insert(id) && seen.len() <= NODES_MAX;
            Some((id, is_new.then(|| objects.object(revision, id))??))
        });
        let read = known.and_then(|(id, object)| visit(objects, revision, id, object, inherited));
        match read {
            Some((kids, field)) => {
                open.extend(kids.into_iter().rev());
                form.fields.extend(field);
            }
            None => form.is_complete = false,
        }
    }
    form
}

/// The kids that are fields, or the field itself where none is.
#[allow(clippy::type_complexity, reason = "used once, above")]
fn visit(
    objects: &Objects,
    revision: Revision,
    id: ObjectId,
    object: Arc<Parsed>,
    inherited: Inherited,
) -> Option<(Vec<(Value, Inherited)>, Option<Field>)> {
    let dictionary = object.dictionary()?;
    let own = |key: &[u8]| objects.value(revision, dictionary, key);
    let partial = own(b"T").map(|it| it.text().map(super::text::decode));
    let name = match (inherited.name.as_str(), partial.flatten()) {
        (above, None) => above.to_owned(),
        ("", Some(own)) => own,
        (above, Some(own)) => format!("{above}.{own}"),
    };
    if name.len() > NAME_MAX {
        return None;
    }
    let own_value = dictionary.get(b"V").cloned().map(Arc::new);
    let inherited = Inherited {
        name,
        kind: own(b"FT")
            .and_then(|it| it.name().map(<[u8]>::to_vec))
            .or(inherited.kind),
        value: own_value.or(inherited.value),
    };
    let kids = match own(b"Kids") {
        None => Vec::new(),
        Some(Value::Array(kids)) => kids,
        Some(_) => return None,
    };
    let (mut fields, mut widgets) = (Vec::new(), Vec::new());
    for kid in kids {
        let kid_id = kid.reference()?;
        let kid_object = objects.object(revision, kid_id)?;
        if kid_object.dictionary()?.get(b"T").is_some() {
            fields.push((kid, inherited.clone()));
        } else {
            widgets.push(kid_id);
        }
    }
    let is_field = fields.is_empty();
    let field = is_field.then(|| Field {
        id,
        object: Arc::clone(&object),
        name: inherited.name,
        kind: inherited.kind,
        value: inherited.value,
        widgets,
    });
    Some((fields, field))
}
