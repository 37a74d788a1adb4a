//! Keys and small documents for tests of signing and reading back.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};
use rcgen::{
    CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};

use super::keys::TokenError;
use super::{
    Appearance, RawSigner, RsaPadding, Scheme, SignError, SignatureAlgorithm, SignatureRequest,
    SignedDocument, SoftwareKey, seal,
};
use crate::record::CopyForm;

pub(crate) const PASSPHRASE: &str = "mở khóa";

/// All test certificates are valid from 2026-01-01 to 2027-12-31.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T01:15:30Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("timestamp")
}

/// A key store with a self-signed certificate of these key usages.
pub(crate) fn pkcs12(algorithm: SignatureAlgorithm, usages: &[KeyUsagePurpose]) -> Vec<u8> {
    static RSA: OnceLock<Vec<u8>> = OnceLock::new();
    let key = match algorithm.scheme {
        Scheme::RsaPss | Scheme::RsaPkcs1 => {
            // One for all tests: making RSA keys takes long.
            let der = RSA.get_or_init(|| {
                let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
                key.expect("RSA key").serialize_der()
            });
            KeyPair::try_from(der.as_slice())
        }
        Scheme::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        Scheme::EcdsaP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
    }
    .expect("key");
    let mut parameters = CertificateParams::default();
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2027, 12, 31);
    parameters
        .distinguished_name
        .push(DnType::CommonName, "Người ký thử");
    parameters.key_usages = usages.to_vec();
    let certificate = parameters.self_signed(&key).expect("certificate");
    let certificate = Certificate::from_der(certificate.der()).expect("certificate");
    let mut store = KeyStore::new();
    let entry = PrivateKeyChain::new(key.serialized_der(), [1], [certificate]);
    store.add_entry("test", KeyStoreEntry::PrivateKeyChain(entry));
    store.writer(PASSPHRASE).write().expect("PKCS#12")
}

pub(crate) fn key(algorithm: SignatureAlgorithm) -> SoftwareKey {
    let padding = match algorithm.scheme {
        Scheme::RsaPkcs1 => RsaPadding::Pkcs1,
        _ => RsaPadding::Pss,
    };
    let store = pkcs12(algorithm, &[KeyUsagePurpose::ContentCommitment]);
    let key = SoftwareKey::from_pkcs12(&store, PASSPHRASE, padding).expect("key");
    key.with_hash(algorithm.hash).expect("hash")
}

pub(crate) fn quick_key() -> SoftwareKey {
    key(SignatureAlgorithm::ECDSA_P256_SHA256)
}

/// What a test changes about a document of one page: objects 1 catalogue, 2 pages, 3 page, 4 content.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sample<'a> {
    /// Entries of the catalogue.
    pub(crate) catalogue: &'a str,
    /// Entries of the page.
    pub(crate) page: &'a str,
    /// Entries of the trailer.
    pub(crate) trailer: &'a str,
    /// Objects 5, 6, ….
    pub(crate) objects: &'a [&'a str],
    /// Cross-reference stream, and objects 1 to 3 in an object stream.
    pub(crate) modern: bool,
}

impl Sample<'_> {
    pub(crate) fn pdf(&self) -> Vec<u8> {
        let content = "<</Length 11>>\nstream\n0 0 m 9 9 l\nendstream".to_owned();
        let mut objects = vec![
            format!("<</Type/Catalog/Pages 2 0 R{}>>", self.catalogue),
            "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>".to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 4 0 R{}>>",
                self.page
            ),
            content,
        ];
        objects.extend(self.objects.iter().map(ToString::to_string));
        let mut pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        if self.modern {
            self.write_modern(&mut pdf, &objects);
        } else {
            self.write_classic(&mut pdf, &objects);
        }
        pdf
    }

    fn write_classic(&self, pdf: &mut Vec<u8>, objects: &[String]) {
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
        for (object, number) in objects.iter().zip(1..) {
            table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
            pdf.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
        }
        let start = pdf.len();
        let size = objects.len() + 1;
        let trailer = self.trailer;
        pdf.extend(table.bytes());
        pdf.extend(format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\n").bytes());
        pdf.extend(format!("startxref\n{start}\n%%EOF").bytes());
    }

    fn write_modern(&self, pdf: &mut Vec<u8>, objects: &[String]) {
        let (container, own) = (objects.len() + 1, objects.len() + 2);
        let (mut index, mut members) = (String::new(), String::new());
        let mut entries = vec![[0u8; 6]];
        let entry = |kind: u8, second: usize, third: u8| {
            let second = u32::try_from(second).expect("small").to_be_bytes();
            [kind, second[0], second[1], second[2], second[3], third]
        };
        for (object, number) in objects.iter().zip(1u8..) {
            if number <= 3 {
                index.push_str(&format!("{number} {} ", members.len()));
                members.push_str(&format!("{object} "));
                entries.push(entry(2, container, number - 1));
            } else {
                entries.push(entry(1, pdf.len(), 0));
                pdf.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
            }
        }
        entries.push(entry(1, pdf.len(), 0));
        let (first, length) = (index.len(), index.len() + members.len());
        pdf.extend(format!("{container} 0 obj\n<</Type/ObjStm/N 3/First {first}").bytes());
        pdf.extend(
            format!("/Length {length}>>\nstream\n{index}{members}\nendstream\nendobj\n").bytes(),
        );
        let start = pdf.len();
        entries.push(entry(1, start, 0));
        let data = entries.concat();
        let (size, trailer) = (own + 1, self.trailer);
        pdf.extend(format!("{own} 0 obj\n<</Type/XRef/W[1 4 1]/Size {size}/Root 1 0 R").bytes());
        pdf.extend(format!("/Length {}{trailer}>>\nstream\n", data.len()).bytes());
        pdf.extend(data);
        pdf.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
    }
}

pub(crate) fn visible() -> SignatureRequest<'static> {
    let agency = "Ủy ban nhân dân xã Thanh Quang";
    let appearance = Some(Appearance::of_copy(CopyForm::SaoY, agency));
    SignatureRequest {
        appearance,
        ..SignatureRequest::at(now())
    }
}

/// A folder with one document in it, to be signed.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("folder"),
        }
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs `bytes` as `signed.pdf`.
    pub(crate) fn sign(
        &self,
        bytes: &[u8],
        key: &SoftwareKey,
        request: &SignatureRequest<'_>,
    ) -> Result<SignedDocument, SignError> {
        let input = self.put("input.pdf", bytes);
        let output = self.path("signed.pdf");
        if output.exists() {
            std::fs::remove_file(&output).expect("removed");
        }
        seal(&input, &output, key, request)
    }
}

pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("read")
}

/// A key whose token comes and goes.
pub(crate) struct Pulled {
    pub(crate) inner: SoftwareKey,
    /// What it says instead of signing.
    pub(crate) says: Arc<Mutex<Option<TokenError>>>,
    /// How often it was told to sign, and asked whether it is there.
    pub(crate) heard: Arc<Mutex<(u32, u32)>>,
}

impl Pulled {
    fn answer(&self) -> Result<(), SignError> {
        match &*self.says.lock().expect("whole") {
            None => Ok(()),
            Some(TokenError::PinRejected) => Err(TokenError::PinRejected.into()),
            Some(_) => Err(TokenError::Absent.into()),
        }
    }
}

impl RawSigner for Pulled {
    fn certificate(&self) -> &[u8] {
        self.inner.certificate()
    }

    fn chain(&self) -> &[Vec<u8>] {
        self.inner.chain()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.inner.algorithm()
    }

    fn is_there(&self) -> Result<(), SignError> {
        self.heard.lock().expect("whole").1 += 1;
        self.answer()
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        self.heard.lock().expect("whole").0 += 1;
        self.answer()?;
        self.inner.sign(signed_attributes)
    }
}
