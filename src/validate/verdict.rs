//! The words of a verdict (EN 319 102-1 §5.1.3): indication and sub-indication, stronger and weaker.
//!
//! Which finding leads to which is decided where it is found; here they are only named, in both languages.

use serde::Serialize;

use crate::record::Lang;

/// The main answer about one signature or timestamp (EN 319 102-1 §5.1.3, table 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Indication {
    /// It holds, and everything that is needed to believe it is there.
    TotalPassed,
    /// Something that is needed to say yes or no is missing.
    Indeterminate,
    /// It does not hold.
    TotalFailed,
}

/// Why not [`Indication::TotalPassed`] (EN 319 102-1 §5.1.3, tables 5 and 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// It is no signature of a form that this program knows, or its parts contradict each other.
    FormatFailure,
    /// The document is not what was signed.
    HashFailure,
    /// The value is not that of the signer's key.
    SigCryptoFailure,
    /// The certificate was revoked before the signature existed.
    Revoked,
    /// The certificate ran out before the signature existed.
    Expired,
    /// The signature existed before the certificate was valid.
    NotYetValid,
    /// The document was changed after signing beyond what is allowed. The standard lets a validator that has
    /// such a rule call this undecided; here it fails: what is shown is not what was signed.
    SigConstraintsFailure,
    /// The path to a root is there and not valid.
    ChainConstraintsFailure,
    /// No certificate leads to a root of the office.
    NoCertificateChainFound,
    /// The path could not be checked for another reason.
    CertificateChainGeneralFailure,
    /// An algorithm or key was not safe any more at the earliest time that is proven.
    CryptoConstraintsFailure,
    /// As [`SubIndication::CryptoConstraintsFailure`], but nothing proves when the signature was made.
    CryptoConstraintsFailureNoPoe,
    /// The signer's certificate is not there.
    NoSigningCertificateFound,
    /// The certificate is revoked now; nothing proves that the signature is older.
    RevokedNoPoe,
    /// An issuer's certificate is revoked now; nothing proves that the signature is older.
    RevokedCaNoPoe,
    /// The certificate is not valid now; nothing proves when the signature was made.
    OutOfBoundsNoPoe,
    /// The certificate is not valid now, and is known not to be revoked; nothing proves when the signature was made.
    OutOfBoundsNotRevoked,
    /// Fresh revocation data are not there.
    TryLater,
    /// What was signed is not there.
    SignedDataNotFound,
    /// The times in it contradict each other.
    TimestampOrderFailure,
    /// Nothing proves the time that would have to be proven.
    NoPoe,
}

impl Indication {
    /// As EN 319 102-1 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Indication::TotalPassed => "TOTAL-PASSED",
            Indication::Indeterminate => "INDETERMINATE",
            Indication::TotalFailed => "TOTAL-FAILED",
        }
    }

    /// For people.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Indication::TotalPassed => lang.pick("HỢP LỆ", "VALID"),
            Indication::Indeterminate => lang.pick("CHƯA XÁC ĐỊNH ĐƯỢC", "CANNOT BE DECIDED"),
            Indication::TotalFailed => lang.pick("KHÔNG HỢP LỆ", "NOT VALID"),
        }
    }
}

impl SubIndication {
    /// The indication that it goes with.
    #[must_use]
    pub fn indication(self) -> Indication {
        use SubIndication as Sub;
        match self {
            Sub::FormatFailure
            | Sub::HashFailure
            | Sub::SigCryptoFailure
            | Sub::Revoked
            | Sub::Expired
            | Sub::NotYetValid
            | Sub::SigConstraintsFailure => Indication::TotalFailed,
            _ => Indication::Indeterminate,
        }
    }

    /// As EN 319 102-1 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.words().1
    }

    /// For people, a clause.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (_, _, vi, en) = self.words();
        lang.pick(vi, en)
    }

    fn words(self) -> Words {
        let row = WORDS.iter().find(|(sub, ..)| *sub == self);
        row.copied().unwrap_or((self, "", "", ""))
    }
}

/// A sub-indication, as the standard writes it, and as a clause in Vietnamese and English.
type Words = (SubIndication, &'static str, &'static str, &'static str);

/// Each once, in the order of the type.
const WORDS: [Words; 21] = [
    (
        SubIndication::FormatFailure,
        "FORMAT_FAILURE",
        "chữ ký không đúng định dạng",
        "it is not a well-formed signature",
    ),
    (
        SubIndication::HashFailure,
        "HASH_FAILURE",
        "tài liệu không còn đúng như lúc ký",
        "the document is not what was signed",
    ),
    (
        SubIndication::SigCryptoFailure,
        "SIG_CRYPTO_FAILURE",
        "chữ ký không phải do khóa của người ký tạo ra",
        "the signature was not made with the signer's key",
    ),
    (
        SubIndication::Revoked,
        "REVOKED",
        "chứng thư đã bị thu hồi trước khi ký",
        "the certificate was revoked before signing",
    ),
    (
        SubIndication::Expired,
        "EXPIRED",
        "chứng thư đã hết hạn trước khi ký",
        "the certificate had expired before signing",
    ),
    (
        SubIndication::NotYetValid,
        "NOT_YET_VALID",
        "ký trước khi chứng thư có hiệu lực",
        "signed before the certificate was valid",
    ),
    (
        SubIndication::SigConstraintsFailure,
        "SIG_CONSTRAINTS_FAILURE",
        "tài liệu có thay đổi sau khi ký ngoài những gì được phép",
        "the document was changed after signing beyond what is allowed",
    ),
    (
        SubIndication::ChainConstraintsFailure,
        "CHAIN_CONSTRAINTS_FAILURE",
        "đường dẫn chứng thực không hợp lệ",
        "the certificate path is not valid",
    ),
    (
        SubIndication::NoCertificateChainFound,
        "NO_CERTIFICATE_CHAIN_FOUND",
        "nguyên vẹn, chưa chứng minh được đường dẫn chứng thực",
        "intact, chain not provable",
    ),
    (
        SubIndication::CertificateChainGeneralFailure,
        "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        "không kiểm tra được đường dẫn chứng thực",
        "the certificate path could not be checked",
    ),
    (
        SubIndication::CryptoConstraintsFailure,
        "CRYPTO_CONSTRAINTS_FAILURE",
        "thuật toán hoặc khóa không còn an toàn tại thời điểm được chứng minh",
        "an algorithm or key was no longer safe at the proven time",
    ),
    (
        SubIndication::CryptoConstraintsFailureNoPoe,
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        "thuật toán hoặc khóa không còn an toàn, không chứng minh được thời điểm ký",
        "an algorithm or key is no longer safe, and nothing proves when it was signed",
    ),
    (
        SubIndication::NoSigningCertificateFound,
        "NO_SIGNING_CERTIFICATE_FOUND",
        "không tìm thấy chứng thư của người ký",
        "the signer's certificate is missing",
    ),
    (
        SubIndication::RevokedNoPoe,
        "REVOKED_NO_POE",
        "chứng thư đã bị thu hồi, không chứng minh được đã ký trước đó",
        "the certificate is revoked, and nothing proves that it signed before",
    ),
    (
        SubIndication::RevokedCaNoPoe,
        "REVOKED_CA_NO_POE",
        "chứng thư của tổ chức cấp đã bị thu hồi, không chứng minh được đã ký trước đó",
        "an issuer's certificate is revoked, and nothing proves that it was signed before",
    ),
    (
        SubIndication::OutOfBoundsNoPoe,
        "OUT_OF_BOUNDS_NO_POE",
        "chứng thư đã hết hạn, không chứng minh được đã ký khi còn hạn",
        "the certificate is out of its validity, and nothing proves when it was signed",
    ),
    (
        SubIndication::OutOfBoundsNotRevoked,
        "OUT_OF_BOUNDS_NOT_REVOKED",
        "chứng thư đã hết hạn, không bị thu hồi, không chứng minh được đã ký khi còn hạn",
        "the certificate is out of its validity and was not revoked, and nothing proves when it was signed",
    ),
    (
        SubIndication::TryLater,
        "TRY_LATER",
        "chưa có dữ liệu thu hồi đủ mới",
        "revocation data that are fresh enough are missing",
    ),
    (
        SubIndication::SignedDataNotFound,
        "SIGNED_DATA_NOT_FOUND",
        "không tìm thấy dữ liệu được ký",
        "what was signed is missing",
    ),
    (
        SubIndication::TimestampOrderFailure,
        "TIMESTAMP_ORDER_FAILURE",
        "thứ tự thời gian mâu thuẫn",
        "its times contradict each other",
    ),
    (
        SubIndication::NoPoe,
        "NO_POE",
        "không chứng minh được thời điểm",
        "nothing proves the time",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_json_are_those_of_the_standard() {
        for (word, value) in [
            (
                SubIndication::CryptoConstraintsFailureNoPoe.as_str(),
                serde_json::to_value(SubIndication::CryptoConstraintsFailureNoPoe),
            ),
            (
                SubIndication::NoCertificateChainFound.as_str(),
                serde_json::to_value(SubIndication::NoCertificateChainFound),
            ),
            (
                Indication::TotalPassed.as_str(),
                serde_json::to_value(Indication::TotalPassed),
            ),
        ] {
            assert_eq!(value.expect("JSON"), word);
        }
    }

    #[test]
    fn every_sub_indication_has_its_words() {
        for (place, (sub, code, vi, en)) in WORDS.iter().enumerate() {
            assert_eq!(*sub as usize, place);
            assert_eq!(serde_json::to_value(sub).expect("JSON"), *code);
            assert!(!vi.is_empty() && !en.is_empty());
        }
        assert_eq!(SubIndication::NoPoe as usize + 1, WORDS.len());
    }

    #[test]
    fn an_unprovable_chain_is_never_called_invalid() {
        let sub = SubIndication::NoCertificateChainFound;
        assert_eq!(sub.indication(), Indication::Indeterminate);
        assert!(!sub.text(Lang::En).contains("valid"));
    }
}
