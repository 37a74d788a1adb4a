//! Keys to try the program with: a test CA and one signer, both named so that nobody takes them for real.
//!
//! The CA's private key is dropped once the signer's certificate is made. There is no revocation service.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd,
};
use zeroize::Zeroizing;

use super::SignError;

const CA_NAME: &str = "SOHOA DEMO CA – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
const SIGNER_NAME: &str = "SOHOA DEMO – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
const CA_YEARS: i16 = 10;
const SIGNER_YEARS: i16 = 3;

/// Everything that `init --demo` writes into `keys/`.
pub struct DemoPki {
    /// The CA's certificate, PEM: what a verifier must trust.
    pub ca_pem: String,
    /// The signer's key, certificate and chain, PKCS#12.
    pub pkcs12: Vec<u8>,
    /// Opens `pkcs12`.
    pub passphrase: Zeroizing<String>,
}

impl std::fmt::Debug for DemoPki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoPki").finish_non_exhaustive()
    }
}

/// Makes a CA and a signer (RSA-3072) valid from the day before `now`.
///
/// `random` becomes the passphrase and the serial numbers.
///
/// # Errors
/// [`SignError::Demo`] when the library cannot make a key or a certificate.
pub fn make(agency: &str, now: Timestamp, random: &[u8; 32]) -> Result<DemoPki, SignError> {
    let demo = |error: rcgen::Error| SignError::Demo(error.to_string());
    let key = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072).map_err(demo);
    let (seed, serial) = random.split_at(16);
    // The first byte tells the two apart and keeps the numbers positive and of full length.
    let (ca_serial, signer_serial) = ([&[0x43], serial].concat(), [&[0x53], serial].concat());

    let mut ca = parameters(CA_NAME, agency, now, CA_YEARS, ca_serial);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = CertifiedIssuer::self_signed(ca, key()?).map_err(demo)?;

    let mut signer = parameters(SIGNER_NAME, agency, now, SIGNER_YEARS, signer_serial);
    signer.is_ca = IsCa::ExplicitNoCa;
    signer.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::ContentCommitment,
    ];
    signer.use_authority_key_identifier_extension = true;
    let signer_key = key()?;
    let signer = signer.signed_by(&signer_key, &ca).map_err(demo)?;

    let passphrase = Zeroizing::new(hex(seed));
    let pkcs12 = store(
        signer_key.serialized_der(),
        &[signer.der(), ca.der()],
        &passphrase,
    )?;
    Ok(DemoPki {
        ca_pem: ca.pem(),
        pkcs12,
        passphrase,
    })
}

fn parameters(
    name: &str,
    agency: &str,
    now: Timestamp,
    years: i16,
    serial: Vec<u8>,
) -> CertificateParams {
    let today = now.to_zoned(TimeZone::UTC).date();
    let start = today.yesterday().unwrap_or(today);
    let date = |year: i16| {
        // 28 exists in every February.
        let day = start.day().min(28);
        date_time_ymd(
            i32::from(year),
            start.month().unsigned_abs(),
            day.unsigned_abs(),
        )
    };
    let mut parameters = CertificateParams::default();
    parameters.not_before = date(start.year());
    parameters.not_after = date(start.year().saturating_add(years));
    parameters.distinguished_name.remove(DnType::CommonName);
    parameters
        .distinguished_name
        .push(DnType::CountryName, "VN");
    parameters
        .distinguished_name
        .push(DnType::OrganizationName, organization(agency));
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.serial_number = Some(SerialNumber::from(serial));
    parameters
}

/// At most 64 letters (X.520, `ub-organization-name`).
fn organization(agency: &str) -> String {
    format!("DEMO – {agency}").chars().take(64).collect()
}

fn store(key: &[u8], chain: &[&[u8]], passphrase: &str) -> Result<Vec<u8>, SignError> {
    let demo = |error: p12_keystore::error::Error| SignError::Demo(error.to_string());
    let certificates = chain
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(demo)?;
    let mut store = KeyStore::new();
    let entry = PrivateKeyChain::new(key, [1], certificates);
    store.add_entry("sohoa-demo", KeyStoreEntry::PrivateKeyChain(entry));
    store.writer(passphrase).write().map_err(demo)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
