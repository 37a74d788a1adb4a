//! The XMP packet of the document: a signing program may write when it changed the file and that it did, no more.

use roxmltree::{Document, Node, ParsingOptions};

use super::comparison::{Comparison, TRAILER};
use super::kind::ChangeKind;

/// Longest packet that is compared.
const PACKET_MAX: usize = 1024 * 1024;
/// Nodes of a packet.
const NODES_MAX: u32 = 50_000;
/// Elements inside one another.
const DEPTH_MAX: usize = 64;
/// Their names together, bytes.
const PATH_MAX: usize = 4096;

const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const PDF: &str = "http://ns.adobe.com/pdf/1.3/";
const MEDIA_MANAGEMENT: &str = "http://ns.adobe.com/xap/1.0/mm/";

/// What writers note about themselves and the time (XMP part 1 §8.4, part 2 §3.1).
const NOTED: [(&str, &str); 6] = [
    (XMP, "ModifyDate"),
    (XMP, "MetadataDate"),
    (PDF, "Producer"),
    (MEDIA_MANAGEMENT, "InstanceID"),
    (MEDIA_MANAGEMENT, "History"),
    ("adobe:ns:meta/", "xmptk"),
];

impl Comparison<'_> {
    /// Explains a packet that was written again if it says the same about the document.
    pub(super) fn compare_metadata(&mut self) {
        let packet = |revision| {
            let catalogue = self.objects.catalogue(revision)?;
            let id = catalogue.dictionary()?.reference(b"Metadata")?;
            let object = self.objects.object(revision, id)?;
            Some((id, self.objects.decoded(&object, PACKET_MAX)?))
        };
        let id = self
            .objects
            .catalogue(self.latest)
            .and_then(|it| it.dictionary()?.reference(b"Metadata"));
        let root = self
            .objects
            .trailer(self.then)
            .and_then(|it| it.reference(b"Root"));
        let (Some(id), Some(root)) = (id.filter(|id| self.is_redefined(id.0)), root) else {
            return;
        };
        let (Some((old_id, old)), Some((_, new))) = (packet(self.then), packet(self.latest)) else {
            return;
        };
        let (old, new) = (statements(&old), statements(&new));
        let is_own = self.is_referred_to_by_only(id.0, &[root.0, TRAILER]);
        if old_id == id && is_own && old.is_some() && old == new {
            self.explain(id.0);
            self.allow(self.part(id.0), ChangeKind::ProducerNoted);
        }
    }
}

/// All that a packet says but for what writers note; `None` where it cannot be read.
fn statements(packet: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(packet).ok()?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text.trim_matches(['\u{feff}', '\0']), options).ok()?;
    let mut found = Vec::new();
    let mut open = vec![(document.root_element(), String::new(), 0)];
    while let Some((node, path, depth)) = open.pop() {
        if depth > DEPTH_MAX || path.len() > PATH_MAX {
            return None;
        }
        let path = format!(
            "{path}/{}",
            name(node.tag_name().namespace(), node.tag_name().name())
        );
        found.push(path.clone());
        for attribute in node.attributes() {
            let (space, local) = (attribute.namespace(), attribute.name());
            if !is_noted(space, local) {
                found.push(format!(
                    "{path}/{}={}",
                    name(space, local),
                    attribute.value()
                ));
            }
        }
        let text: String = node
            .children()
            .filter_map(|it| it.is_text().then(|| it.text())?)
            .collect();
        if !text.trim().is_empty() {
            found.push(format!("{path}={}", text.trim()));
        }
        let elements: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
        for (index, child) in elements.into_iter().enumerate() {
            let tag = child.tag_name();
            if !is_noted(tag.namespace(), tag.name()) {
                // The order of list items means something, that of properties nothing.
                let place = if tag.name() == "li" {
                    index.to_string()
                } else {
                    String::new()
                };
                open.push((child, format!("{path}[{place}]"), depth + 1));
            }
        }
    }
    found.sort_unstable();
    Some(found)
}

fn name(namespace: Option<&str>, local: &str) -> String {
    format!("{{{}}}{local}", namespace.unwrap_or_default())
}

fn is_noted(namespace: Option<&str>, local: &str) -> bool {
    NOTED.contains(&(namespace.unwrap_or_default(), local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(title: &str, date: &str) -> String {
        format!(
            "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='{date}'>\
             <r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description r:about='' \
             xmlns:xmp='{XMP}' xmp:MetadataDate='{date}'><xmp:ModifyDate>{date}</xmp:ModifyDate>\
             <dc:title xmlns:dc='http://purl.org/dc/elements/1.1/'>{title}</dc:title></r:Description></r:RDF>\
             </x:xmpmeta><?xpacket end='w'?>"
        )
    }

    #[test]
    fn dates_may_differ_and_nothing_else() {
        let of = |title: &str, date: &str| statements(packet(title, date).as_bytes()).expect("XML");
        assert_eq!(of("Quyết định", "2026"), of("Quyết định", "2027"));
        assert_ne!(of("Quyết định", "2026"), of("Quyết định khác", "2026"));
        assert_ne!(statements(b"<a/>"), statements(b"<b/>"));
    }

    #[test]
    fn hostile_packets_are_unreadable() {
        let deep = "<a>".repeat(20_000) + &"</a>".repeat(20_000);
        assert_eq!(statements(deep.as_bytes()), None);
        assert_eq!(
            statements(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            None
        );
        assert_eq!(statements(b"<a>\xff</a>"), None);
    }
}
