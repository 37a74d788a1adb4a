//! Extension schemas (ISO 19005-2 §6.6.2.3.2 and §6.6.2.3.3): what a packet declares beside the predefined
//! schemas, and whether its declarations are of the form that the standard gives them.

use super::rdf::{Form, Property, Value};
use super::schemas::{self, ArrayKind};
use super::value;

/// Namespace of `pdfaExtension`.
const EXTENSION: &str = "http://www.aiim.org/pdfa/ns/extension/";

const UNDEFINED: &str = "6.6.2.3.2";
const CONTAINER: &str = "6.6.2.3.3";

/// What one container element holds.
struct Shape {
    namespace: &'static str,
    /// Required, unlike those of other schemas.
    prefix: &'static str,
    /// Texts, each required.
    texts: &'static [&'static str],
    /// Sequences, each optional.
    sequences: &'static [&'static str],
}

const SCHEMA: Shape = Shape {
    namespace: "http://www.aiim.org/pdfa/ns/schema#",
    prefix: "pdfaSchema",
    texts: &["schema", "namespaceURI", "prefix"],
    sequences: &["property", "valueType"],
};

const PROPERTY: Shape = Shape {
    namespace: "http://www.aiim.org/pdfa/ns/property#",
    prefix: "pdfaProperty",
    texts: &["name", "valueType", "category", "description"],
    sequences: &[],
};

const VALUE_TYPE: Shape = Shape {
    namespace: "http://www.aiim.org/pdfa/ns/type#",
    prefix: "pdfaType",
    texts: &["type", "namespaceURI", "prefix", "description"],
    sequences: &["field"],
};

const FIELD: Shape = Shape {
    namespace: "http://www.aiim.org/pdfa/ns/field#",
    prefix: "pdfaField",
    texts: &["name", "valueType", "description"],
    sequences: &[],
};

/// A schema that a packet declares.
#[derive(Debug)]
pub(super) struct DeclaredSchema {
    namespace: String,
    /// Name and value type of each property.
    properties: Vec<(String, String)>,
    types: Vec<DeclaredType>,
}

/// A value type that a packet declares.
#[derive(Debug)]
struct DeclaredType {
    /// In lower case.
    name: String,
    namespace: String,
    /// Name and value type of each; without any, values are texts.
    fields: Vec<(String, String)>,
}

/// The declarations in force in one packet.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Of the packet itself.
    pub(super) own: &'a [DeclaredSchema],
    /// Of the document's packet; the same slice there.
    pub(super) document: &'a [DeclaredSchema],
}

/// Clause and words of what is wrong.
pub(super) type Fault = (&'static str, &'static str);

/// Whether the property is the container of extension schemas.
pub(super) fn is_container(property: &Property) -> bool {
    property.namespace == EXTENSION && property.name == "schemas"
}

/// Reads the container; what breaks its form goes to `faults`.
pub(super) fn read(container: &Property, faults: &mut Vec<Fault>) -> Vec<DeclaredSchema> {
    if container.prefix != "pdfaExtension" {
        faults.push((CONTAINER, "the prefix of the extension schemas"));
    }
    let Some(items) = value::items(&container.value, ArrayKind::Bag) else {
        faults.push((CONTAINER, "extension schemas that are no bag"));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| schema(item, faults))
        .collect()
}

fn schema(item: &Value, faults: &mut Vec<Fault>) -> Option<DeclaredSchema> {
    let fields = shaped(item, &SCHEMA, faults)?;
    let mut properties = Vec::new();
    for item in sequence(fields, &SCHEMA, "property") {
        if let Some(fields) = shaped(item, &PROPERTY, faults) {
            if !matches!(
                text(fields, &PROPERTY, "category"),
                Some("internal" | "external")
            ) {
                faults.push((CONTAINER, "the category of a declared property"));
            }
            properties.extend(named_type(fields, &PROPERTY));
        }
    }
    let mut types = Vec::new();
    for item in sequence(fields, &SCHEMA, "valueType") {
        if let Some(fields) = shaped(item, &VALUE_TYPE, faults) {
            types.extend(declared_type(fields, faults));
        }
    }
    Some(DeclaredSchema {
        namespace: text(fields, &SCHEMA, "namespaceURI")?.to_owned(),
        properties,
        types,
    })
}

fn declared_type(fields: &[Property], faults: &mut Vec<Fault>) -> Option<DeclaredType> {
    let mut of_type = Vec::new();
    for item in sequence(fields, &VALUE_TYPE, "field") {
        if let Some(fields) = shaped(item, &FIELD, faults) {
            of_type.extend(named_type(fields, &FIELD));
        }
    }
    Some(DeclaredType {
        name: text(fields, &VALUE_TYPE, "type")?.to_lowercase(),
        namespace: text(fields, &VALUE_TYPE, "namespaceURI")?.to_owned(),
        fields: of_type,
    })
}

/// The fields of a container element; what breaks its shape goes to `faults`.
fn shaped<'a>(item: &'a Value, shape: &Shape, faults: &mut Vec<Fault>) -> Option<&'a [Property]> {
    let Form::Structure(fields) = &item.form else {
        faults.push((CONTAINER, "a declaration that is no structure"));
        return None;
    };
    for field in fields {
        let name = field.name.as_str();
        if field.namespace != shape.namespace
            || !(shape.texts.contains(&name) || shape.sequences.contains(&name))
        {
            faults.push((UNDEFINED, "a declaration with a field that it cannot have"));
        } else if field.prefix != shape.prefix {
            faults.push((CONTAINER, "the prefix of a declaration's field"));
        } else if shape.sequences.contains(&name)
            && value::items(&field.value, ArrayKind::Seq).is_none()
        {
            faults.push((CONTAINER, "a declaration's list that is no sequence"));
        }
    }
    if shape
        .texts
        .iter()
        .any(|name| text(fields, shape, name).is_none())
    {
        faults.push((CONTAINER, "a declaration without a text that it must have"));
    }
    Some(fields)
}

fn field<'a>(fields: &'a [Property], shape: &Shape, name: &str) -> Option<&'a Value> {
    let is_it = |field: &&Property| field.name == name && field.namespace == shape.namespace;
    fields.iter().find(is_it).map(|field| &field.value)
}

fn text<'a>(fields: &'a [Property], shape: &Shape, name: &str) -> Option<&'a str> {
    field(fields, shape, name)?.text()
}

fn sequence<'a>(fields: &'a [Property], shape: &Shape, name: &str) -> &'a [Value] {
    field(fields, shape, name)
        .and_then(|value| value::items(value, ArrayKind::Seq))
        .unwrap_or_default()
}

fn named_type(fields: &[Property], shape: &Shape) -> Option<(String, String)> {
    let name = text(fields, shape, "name")?;
    let value_type = text(fields, shape, "valueType")?;
    Some((name.to_owned(), value_type.to_owned()))
}

impl<'a> Scope<'a> {
    /// Whether the value of a declared property is of its declared type; nothing where no schema
    /// declares it. A packet's own declaration goes before the document's.
    pub(super) fn judge(&self, property: &Property) -> Option<bool> {
        let declared = self
            .schemas(&property.namespace)
            .flat_map(|schema| &schema.properties)
            .find(|(name, _)| *name == property.name);
        declared.map(|(_, value_type)| self.fits(&property.value, value_type, &property.namespace))
    }

    /// Whether all types that the packet's own declarations name are known.
    pub(super) fn names_known_types(&self) -> bool {
        self.own.iter().all(|schema| {
            let of_fields = schema.types.iter().flat_map(|declared| &declared.fields);
            let mut named = schema.properties.iter().chain(of_fields);
            named.all(|(_, value_type)| {
                let base = TypeName::parse(value_type).base;
                self.declared(&base, &schema.namespace).is_some() || schemas::named(&base).is_some()
            })
        })
    }

    fn schemas(&self, namespace: &str) -> impl Iterator<Item = &'a DeclaredSchema> {
        let all = self.own.iter().chain(self.document);
        all.filter(move |schema| schema.namespace == namespace)
    }

    /// A type that a schema of the namespace declares.
    fn declared(&self, type_name: &str, namespace: &str) -> Option<&'a DeclaredType> {
        let mut types = self.schemas(namespace).flat_map(|schema| &schema.types);
        types.find(|declared| declared.name == type_name)
    }

    /// Ends because each step goes into the value, whose depth is bounded.
    fn fits(&self, value: &Value, value_type: &str, namespace: &str) -> bool {
        let name = TypeName::parse(value_type);
        self.items_fit(value, &name.arrays, &name.base, namespace)
    }

    fn items_fit(&self, value: &Value, arrays: &[ArrayKind], base: &str, namespace: &str) -> bool {
        if let Some((kind, arrays)) = arrays.split_first() {
            return value::qualifiers_are_known(value)
                && value::items(value, *kind).is_some_and(|items| {
                    items
                        .iter()
                        .all(|item| self.items_fit(item, arrays, base, namespace))
                });
        }
        match self.declared(base, namespace) {
            Some(declared) => self.is_declared(value, declared, namespace),
            None => schemas::named(base).is_some_and(|named| value::fits(value, named)),
        }
    }

    fn is_declared(&self, value: &Value, declared: &DeclaredType, namespace: &str) -> bool {
        if !value::qualifiers_are_known(value) {
            return false;
        }
        if declared.fields.is_empty() {
            return value.text().is_some();
        }
        let Form::Structure(fields) = &value.form else {
            return false;
        };
        fields.iter().all(|field| {
            let of_type = field.namespace == declared.namespace;
            let mut known = declared.fields.iter();
            known
                .find(|(name, _)| of_type && *name == field.name)
                .is_some_and(|(_, value_type)| self.fits(&field.value, value_type, namespace))
        })
    }
}

/// A value type as a declaration names it, e.g. `bag closed Choice of Text`.
struct TypeName {
    arrays: Vec<ArrayKind>,
    /// In lower case.
    base: String,
}

impl TypeName {
    fn parse(written: &str) -> Self {
        let written = written.to_lowercase();
        let words: Vec<&str> = written.split_whitespace().collect();
        let mut kept = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| words.get(index));
            let after = words.get(index + 1);
            let is_of_choice = match *word {
                "open" | "closed" => after == Some(&"choice"),
                "choice" => true,
                "of" => before == Some(&"choice"),
                _ => false,
            };
            if !is_of_choice {
                kept.push(*word);
            }
        }
        let kind = |word: &&str| match *word {
            "bag" => Some(ArrayKind::Bag),
            "seq" => Some(ArrayKind::Seq),
            "alt" => Some(ArrayKind::Alt),
            _ => None,
        };
        let arrays: Vec<ArrayKind> = kept.iter().map_while(kind).collect();
        let base = kept.get(arrays.len()..).unwrap_or_default().join(" ");
        Self {
            arrays,
            base: if base.is_empty() {
                "text".to_owned()
            } else {
                base
            },
        }
    }
}
