//! The description of the interface, as it is served.

use serde_json::Value;

use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};

/// OpenAPI 3.1.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document, with the version of this program in it.
pub(in crate::web) fn document(_: &Desk, _: &Asked) -> Result<Reply, Refusal> {
    let broken = |_| Refusal::Failed("api.openapi");
    let mut document: Value = serde_json::from_str(DOCUMENT).map_err(broken)?;
    if let Some(version) = document.pointer_mut("/info/version") {
        *version = env!("CARGO_PKG_VERSION").into();
    }
    Reply::json(&document)
}
