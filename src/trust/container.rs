//! The ways in which certificates are handed over: DER, PEM, and PKCS#7 bundles (`.p7b`, RFC 5652 §5).

use data_encoding::BASE64;
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier};
use der::{Decode, Header, Reader, SliceReader, TagNumber};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// Certificates that are taken out of one container.
const CERTIFICATES_MAX: usize = 64;

/// The certificates in a file, DER, in their order; none where there are none. At most 64.
#[must_use]
pub fn certificates_in(bytes: &[u8]) -> Vec<Vec<u8>> {
    let blocks = if bytes.first() == Some(&0x30) {
        vec![bytes.to_vec()]
    } else {
        pem_blocks(bytes)
    };
    let opened = blocks.into_iter().flat_map(|block| match bundled(&block) {
        Some(certificates) => certificates,
        None => vec![block],
    });
    opened.take(CERTIFICATES_MAX).collect()
}

/// The bytes of every PEM block, whatever its label (RFC 7468). Text around them is passed over.
pub(super) fn pem_blocks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let mut blocks = Vec::new();
    let mut rest = text.as_ref();
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let Some((_label, body)) = begun.split_once("-----") else {
            break;
        };
        let Some((body, after)) = body.split_once("-----END ") else {
            break;
        };
        let letters: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        blocks.extend(BASE64.decode(letters.as_bytes()).ok());
        rest = after;
    }
    blocks
}

/// One PEM block with 64 letters a line.
pub(super) fn pem(der: &[u8]) -> String {
    let letters = BASE64.encode(der);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in letters.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

/// The certificates of a `SignedData`; `None` where it is something else.
fn bundled(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut reader = SliceReader::new(der).ok()?;
    let _content_info = Header::decode(&mut reader).ok()?;
    if ObjectIdentifier::decode(&mut reader).ok()? != SIGNED_DATA {
        return None;
    }
    let content: ContextSpecific<AnyRef<'_>> = ContextSpecific::decode(&mut reader).ok()?;
    let signed_data = content.value.value();
    let mut reader = SliceReader::new(signed_data).ok()?;
    for _version_digests_content in 0..3 {
        reader.tlv_bytes().ok()?;
    }
    let set = reader.tlv_bytes().ok()?;
    let mut reader = SliceReader::new(set).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    if header.tag().number() != TagNumber(0) {
        return None;
    }
    let mut certificates = Vec::new();
    while !reader.is_finished() && certificates.len() < CERTIFICATES_MAX {
        certificates.push(reader.tlv_bytes().ok()?.to_vec());
    }
    Some(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::test_support::Pki;

    fn sequence(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content.as_slice()].concat()
    }

    /// A `SignedData` that signs nothing, as authorities hand out their chains.
    fn bundle(certificates: &[&[u8]]) -> Vec<u8> {
        let signed_data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        let data = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let certificates = sequence(0xa0, certificates);
        let inner = sequence(
            0x30,
            &[b"\x02\x01\x01\x31\x00", data, &certificates, b"\x31\x00"],
        );
        sequence(0x30, &[signed_data, &sequence(0xa0, &[&inner])])
    }

    #[test]
    fn certificates_come_out_of_every_container_as_they_are() {
        let pki = Pki::new();
        let (root, other) = (pki.root.certificate(), pki.intermediate.certificate());
        let both = vec![root.der().to_vec(), other.der().to_vec()];
        assert_eq!(certificates_in(root.der()), [root.der()]);
        let text = format!("Kind: x\n{}\n{}", pem(root.der()), pem(other.der()));
        assert_eq!(certificates_in(text.as_bytes()), both);
        let bundle = bundle(&[root.der(), other.der()]);
        assert_eq!(certificates_in(&bundle), both);
        assert_eq!(
            certificates_in(pem(&bundle).replace("CERTIFICATE", "PKCS7").as_bytes()),
            both
        );
    }

    #[test]
    fn what_is_none_gives_none() {
        for bytes in [
            &b""[..],
            b"-----BEGIN X-----",
            b"-----BEGIN A-----\n!!\n-----END A-----\n",
            b"%PDF",
        ] {
            assert!(certificates_in(bytes).is_empty(), "{bytes:?}");
        }
        let cut = bundle(&[&[0x30; 40]]);
        for length in 0..cut.len() {
            assert!(certificates_in(&cut[..length]).len() <= CERTIFICATES_MAX);
        }
    }
}
