//! placeholder
use crate::record::{ExitCode, Explain, Lang};
use jiff::Timestamp;
use std::path::Path;
/// x
#[derive(Debug, thiserror::Error)]
pub enum SignatureReadBackError {
    /// x
    #[error("x")]
    X,
}
impl Explain for SignatureReadBackError {
    fn code(&self) -> &'static str {
        "x"
    }
    fn message(&self, _: Lang) -> String {
        String::new()
    }
    fn advice(&self, _: Lang) -> String {
        String::new()
    }
    fn exit_code(&self) -> ExitCode {
        ExitCode::Bug
    }
}
/// x
pub struct SignatureFacts {
    /// x
    pub days_left: i64,
    /// x
    pub subject: String,
}
/// x
pub fn check(_: &Path, _: Timestamp) -> Result<SignatureFacts, SignatureReadBackError> {
    Ok(SignatureFacts {
        days_left: 900,
        subject: String::new(),
    })
}
/// x
pub fn certificate_facts(_: &[u8], _: Timestamp) -> Result<SignatureFacts, SignatureReadBackError> {
    Ok(SignatureFacts {
        days_left: 900,
        subject: String::new(),
    })
}
