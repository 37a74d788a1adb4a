//! The RDF of an XMP packet (ISO 16684-1 §7; RDF/XML) as properties with values.
//!
//! All forms that XMP writers use are read: properties as elements and as attributes, structures by
//! `rdf:parseType`, by a nested `rdf:Description` and by attributes, arrays, qualifiers by `rdf:value`.
//! What RDF has beyond XMP (typed nodes, XML literals, references between nodes) is an error. A
//! document type is refused, so nothing is expanded and nothing fetched.

use roxmltree::{Attribute, Document, Node, ParsingOptions};

use super::schemas::ArrayKind;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const META: &str = "adobe:ns:meta/";

/// Values inside each other; a declared field of an extension schema is at 10.
const DEPTH_MAX: usize = 24;
/// Elements and texts of a packet; a thumbnail is one text.
const NODES_MAX: u32 = 50_000;
/// Attributes of an element: the parser compares each with all others.
const ATTRIBUTES_MAX: usize = 1_000;
/// Declarations of namespaces: the parser copies those in force to each element that adds one.
const NAMESPACES_MAX: usize = 5_000;
/// Properties or fields in one place: each is compared with all others.
const SIBLINGS_MAX: usize = 1_000;

/// Why a packet is not XMP; the words name no text of the document.
pub(super) type NotXmp = &'static str;

/// A property, or a field of a structure.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) namespace: String,
    /// As written.
    pub(super) prefix: String,
    pub(super) name: String,
    pub(super) value: Value,
}

/// A value and what is said of it.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) form: Form,
    /// `xml:lang`.
    pub(super) has_language: bool,
    /// Qualifiers beside the language.
    pub(super) qualifiers: Vec<Property>,
}

/// A value's form.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Simple(String),
    Structure(Vec<Property>),
    Array(ArrayKind, Vec<Value>),
}

impl Value {
    fn plain(form: Form) -> Self {
        Self {
            form,
            has_language: false,
            qualifiers: Vec::new(),
        }
    }

    /// The text of a simple value.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.form {
            Form::Simple(text) => Some(text),
            Form::Structure(_) | Form::Array(..) => None,
        }
    }
}

/// What a packet says.
#[derive(Debug)]
pub(super) struct Rdf {
    /// The top properties of all descriptions.
    pub(super) properties: Vec<Property>,
    /// What stands in `<?xpacket begin=… ?>`.
    pub(super) header: Option<String>,
}

/// Reads a packet.
pub(super) fn read(text: &str) -> Result<Rdf, NotXmp> {
    if !is_bounded(text) {
        return Err("more attributes than are read");
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let xml = Document::parse_with_options(text, options).map_err(|_| "XML is not well formed")?;
    // Other readers of XMP stumble over both, and no writer needs them.
    if text.contains("<![CDATA[") || xml.root_element().descendants().any(|node| node.is_pi()) {
        return Err("a CDATA section or a processing instruction inside");
    }
    let header = xml
        .descendants()
        .filter_map(|node| node.pi())
        .filter(|instruction| instruction.target == "xpacket")
        .filter_map(|instruction| instruction.value)
        .find(|value| !value.trim_start().starts_with("end"));
    let mut properties = Vec::new();
    let mut about = None;
    for description in elements(rdf_root(&xml)?)? {
        if !is(description, RDF, "Description") {
            return Err("a node that is no rdf:Description");
        }
        let says = top_description(description, &mut properties)?;
        if *about.get_or_insert(says) != says {
            return Err("descriptions of different things");
        }
    }
    distinct(&properties)?;
    Ok(Rdf {
        properties,
        header: header.map(str::to_owned),
    })
}

/// Whether the parser's time and memory stay in proportion. A tag has no `<` inside, so that what stands
/// between two of them bounds its attributes.
fn is_bounded(text: &str) -> bool {
    let is_small = |tag: &str| tag.matches('=').count() <= ATTRIBUTES_MAX;
    text.split('<').all(is_small) && text.matches("xmlns").count() <= NAMESPACES_MAX
}

/// The one `rdf:RDF`, bare or in `x:xmpmeta`.
fn rdf_root<'a, 'input>(xml: &'a Document<'input>) -> Result<Node<'a, 'input>, NotXmp> {
    let root = xml.root_element();
    let is_meta = is(root, META, "xmpmeta") || is(root, META, "xapmeta");
    let rdf = if is_meta {
        let mut inside = root.children().filter(Node::is_element);
        match (inside.next(), inside.next()) {
            (Some(rdf), None) => rdf,
            _ => return Err("not exactly one rdf:RDF"),
        }
    } else {
        root
    };
    if !is(rdf, RDF, "RDF") {
        return Err("no rdf:RDF");
    }
    if rdf.attributes().next().is_some() {
        return Err("attributes of rdf:RDF");
    }
    Ok(rdf)
}

/// Reads a top description; gives what it is about.
fn top_description<'a>(
    description: Node<'a, '_>,
    properties: &mut Vec<Property>,
) -> Result<&'a str, NotXmp> {
    let mut about = "";
    for attribute in description.attributes() {
        match (attribute.namespace(), attribute.name()) {
            (Some(RDF) | None, "about") => about = attribute.value(),
            _ => properties.push(attribute_property(description, &attribute)?),
        }
    }
    for element in elements(description)? {
        properties.push(element_property(element, 0)?);
        if properties.len() > SIBLINGS_MAX {
            return Err("more properties than are read");
        }
    }
    Ok(about)
}

/// An attribute that stands for a simple property.
fn attribute_property(
    owner: Node<'_, '_>,
    attribute: &Attribute<'_, '_>,
) -> Result<Property, NotXmp> {
    let namespace = match attribute.namespace() {
        None | Some(RDF | XML) => return Err("an attribute that XMP does not know"),
        Some(namespace) => namespace,
    };
    Ok(Property {
        namespace: namespace.to_owned(),
        prefix: prefix(owner, attribute.range_qname()),
        name: attribute.name().to_owned(),
        value: Value::plain(Form::Simple(attribute.value().to_owned())),
    })
}

fn element_property(element: Node<'_, '_>, depth: usize) -> Result<Property, NotXmp> {
    let tag = element.tag_name();
    let namespace = match tag.namespace() {
        None => return Err("a property without a namespace"),
        Some(RDF) if tag.name() != "value" => return Err("a property of RDF itself"),
        Some(namespace) => namespace,
    };
    let start = element.range().start.saturating_add(1);
    Ok(Property {
        namespace: namespace.to_owned(),
        prefix: prefix(element, start..element.range().end),
        name: tag.name().to_owned(),
        value: value(element, depth)?,
    })
}

/// The prefix of the qualified name that stands there.
fn prefix(node: Node<'_, '_>, range: std::ops::Range<usize>) -> String {
    let text = node.document().input_text().get(range).unwrap_or_default();
    let name = text
        .split(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '='))
        .next()
        .unwrap_or_default();
    match name.split_once(':') {
        Some((prefix, _)) => prefix.to_owned(),
        None => String::new(),
    }
}

/// The value in a property element or an `rdf:li`.
fn value(element: Node<'_, '_>, depth: usize) -> Result<Value, NotXmp> {
    if depth > DEPTH_MAX {
        return Err("values nested too deep");
    }
    let mut has_language = false;
    let mut resource = None;
    let mut is_resource = false;
    let mut fields = Vec::new();
    for attribute in element.attributes() {
        match (attribute.namespace(), attribute.name()) {
            (Some(XML), "lang") => has_language = true,
            (Some(RDF), "datatype") => {}
            (Some(RDF), "resource") => resource = Some(attribute.value()),
            (Some(RDF), "parseType") if attribute.value() == "Resource" => is_resource = true,
            _ => fields.push(attribute_property(element, &attribute)?),
        }
    }
    let mut value = if is_resource {
        if resource.is_some() || !fields.is_empty() {
            return Err("attributes beside rdf:parseType");
        }
        structure(properties(element, depth)?)?
    } else if element.children().any(|child| child.is_element()) {
        if resource.is_some() || !fields.is_empty() {
            return Err("attributes beside a nested value");
        }
        nested(element, depth)?
    } else if let Some(resource) = resource {
        Value {
            qualifiers: fields,
            ..Value::plain(Form::Simple(resource.to_owned()))
        }
    } else if fields.is_empty() {
        Value::plain(Form::Simple(text(element)))
    } else if text(element).trim().is_empty() {
        structure(fields)?
    } else {
        return Err("attributes beside a text");
    };
    value.has_language |= has_language;
    Ok(value)
}

/// A description or an array inside a property element.
fn nested(element: Node<'_, '_>, depth: usize) -> Result<Value, NotXmp> {
    let inside = elements(element)?;
    let [inside] = inside.as_slice() else {
        return Err("several values of one property");
    };
    let (namespace, name) = (inside.tag_name().namespace(), inside.tag_name().name());
    let kind = match (namespace, name) {
        (Some(RDF), "Bag") => ArrayKind::Bag,
        (Some(RDF), "Seq") => ArrayKind::Seq,
        (Some(RDF), "Alt") => ArrayKind::Alt,
        (Some(RDF), "Description") => {
            let mut fields = Vec::new();
            for attribute in inside.attributes() {
                match (attribute.namespace(), attribute.name()) {
                    (Some(RDF), "about") if attribute.value().is_empty() => {}
                    _ => fields.push(attribute_property(*inside, &attribute)?),
                }
            }
            fields.extend(properties(*inside, depth)?);
            return structure(fields);
        }
        _ => return Err("a typed node"),
    };
    if inside.attributes().next().is_some() {
        return Err("attributes of an array");
    }
    let mut items = Vec::new();
    for item in elements(*inside)? {
        if !is(item, RDF, "li") {
            return Err("an array item that is no rdf:li");
        }
        items.push(value(item, depth.saturating_add(1))?);
    }
    Ok(Value::plain(Form::Array(kind, items)))
}

/// Fields, or a value with qualifiers where one of them is `rdf:value`.
fn structure(mut fields: Vec<Property>) -> Result<Value, NotXmp> {
    distinct(&fields)?;
    let of_rdf = fields.iter().position(|field| field.namespace == RDF);
    match of_rdf {
        None => Ok(Value::plain(Form::Structure(fields))),
        Some(index) => {
            let mut value = fields.swap_remove(index).value;
            value.qualifiers.append(&mut fields);
            Ok(value)
        }
    }
}

fn properties(owner: Node<'_, '_>, depth: usize) -> Result<Vec<Property>, NotXmp> {
    elements(owner)?
        .into_iter()
        .map(|element| element_property(element, depth.saturating_add(1)))
        .collect()
}

/// XMP has each property once.
fn distinct(properties: &[Property]) -> Result<(), NotXmp> {
    if properties.len() > SIBLINGS_MAX {
        return Err("more properties than are read");
    }
    for (index, property) in properties.iter().enumerate() {
        let same =
            |other: &Property| other.name == property.name && other.namespace == property.namespace;
        if properties.iter().skip(index + 1).any(same) {
            return Err("a property that stands twice");
        }
    }
    Ok(())
}

/// The elements inside; text between them is an error.
fn elements<'a, 'input>(node: Node<'a, 'input>) -> Result<Vec<Node<'a, 'input>>, NotXmp> {
    let is_stray = |child: Node<'_, '_>| {
        child.is_text() && !child.text().unwrap_or_default().trim().is_empty()
    };
    if node.children().any(is_stray) {
        return Err("text between elements");
    }
    Ok(node.children().filter(Node::is_element).collect())
}

/// All text inside, comments left out.
fn text(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|child| child.text())
        .collect()
}

fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.tag_name().namespace() == Some(namespace) && node.tag_name().name() == name
}
