//! The vocabulary that every stage shares: identifiers, digests, time, findings, messages.
//!
//! Nothing here touches a disk, a network or another module of this crate, so every stage may
//! import it. Types are parsed once at the edge and valid from then on; none has a `Default`.

mod citizen;
mod clock;
mod decision;
mod description;
mod digest;
mod dossier;
mod explain;
mod finding;
mod hash;
mod id;
mod kind;
mod level;
mod original_signature;
mod reading;
mod rendering;
mod signer;
mod station;

pub use citizen::{CitizenId, CitizenIdError};
pub use clock::{Clock, FixedClock, SystemClock, vietnam_clock, vietnam_time};
pub use decision::{Decision, DecisionRecord};
pub use description::{
    CopyForm, Deviation, OriginalFile, PageRecord, PageTreatment, RecordDescription,
    SignatureRecord,
};
pub use digest::{DigestingReader, DigestingWriter, Digests, Sha256Digest, Sha512Digest, Written};
pub use dossier::{DossierCode, DossierCodeError};
pub use explain::{ExitCode, Explain, Lang};
pub use finding::{Finding, FindingCode, Severity};
pub use hash::{Hash, RunningHash, UnknownHash};
pub use id::{RecordId, RecordIdError};
pub use kind::{DocumentKind, DocumentKindError};
pub use level::{PadesLevel, UnknownLevel};
pub use original_signature::{
    OriginalSignature, OriginalSignatureKind, OriginalValidation, SignatureDescription,
};
pub use reading::{
    Candidate, Confidence, Field, FieldName, LeftOutPage, LeftOutReason, PageReading, Source,
};
pub use rendering::RenderDoubt;
pub use signer::SignerRole;
pub use station::{StationName, StationNameError};
