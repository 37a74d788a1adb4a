//! Records made for a test without a journey, so that they can say anything.

use serde_json::json;
use sohoa::archive::{Archive, User};
use sohoa::config::Config;
use sohoa::record::{RecordDescription, RecordId, Sha256Digest};

use crate::office::Office;

/// What a record says.
pub(super) struct Paper<'a> {
    pub(super) number: u8,
    pub(super) citizen: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) title: &'a str,
    /// A name that its card says.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Paper<'_> {
    /// Puts it into the archive; `sohoa reindex` finds it.
    pub(super) fn archive(&self, office: &Office) -> RecordId {
        self.archive_at(office, &format!("2026-11-{:02}T01:00:00Z", 1 + self.number))
    }

    /// The same, at this time.
    pub(super) fn archive_at(&self, office: &Office, at: &str) -> RecordId {
        let record = RecordId::new_v7(u64::from(self.number), &[self.number; 10]);
        let config = Config::load(&office.at("sohoa.toml")).expect("configuration");
        let archive = Archive::open(&config.folders.archive, &config.staging()).expect("opens");
        let mut object = archive.stage(record).expect("stages");
        object
            .write("document.pdf", b"%PDF-1.7\n")
            .expect("written");
        object.write("original/0001.jpg", b"JPEG").expect("written");
        let text = format!("{}\u{c}", self.text);
        object.write("text.txt", text.as_bytes()).expect("written");
        let description = self.description(record, at);
        let json = serde_json::to_vec(&description).expect("serialises");
        object.write("record.json", &json).expect("written");
        let user = User {
            name: "test".to_owned(),
            address: None,
        };
        object
            .commit(description.archived, "archived", &user)
            .expect("commits");
        record
    }

    fn description(&self, record: RecordId, at: &str) -> RecordDescription {
        let page = json!({
            "original": 0, "original_page": 0, "width_px": 10, "height_px": 10, "dpi_x": 300.0, "dpi_y": 300.0,
            "dpi_source": "file", "rotation": 0, "treatment": "passed-through",
            "stream_sha256": Sha256Digest::of(b"page").to_string(), "reading": "ok",
        });
        let says = |name: &str, value: &str| json!({"name": name, "value": value, "source": "card-qr", "page": 1});
        let fields = match self.citizen {
            Some(citizen) => vec![says("citizen-id", citizen), says("full-name", self.name)],
            None => vec![says("full-name", self.name)],
        };
        let original = json!({
            "dropped_as": format!("{}.jpg", self.title), "stored_as": "original/0001.jpg", "bytes": 4,
            "sha256": Sha256Digest::of(b"JPEG").to_string(), "modified": at,
        });
        let all = json!({
            "format": RecordDescription::FORMAT, "record": record, "archived": at, "claimed": at,
            "station": "quay-01", "profile": "generic", "citizen": self.citizen,
            "dossier": "H36.105-261123-0007", "kind": self.kind, "title": self.title, "copy_form": "sao-y",
            "agency": "UBND xã Mẫu", "converter": "sohoa", "conformance": "PDF/A-2u",
            "document": "document.pdf", "document_bytes": 9,
            "document_sha256": Sha256Digest::of(b"%PDF-1.7\n").to_string(),
            "content_sha256": Sha256Digest::of(&[self.number]).to_string(),
            "originals": [original], "pages": [page], "text": "text.txt", "fields": fields, "signatures": [],
            "remarks": [format!("{} / {}", self.title, self.title)],
        });
        serde_json::from_value(all).expect("a description")
    }
}
