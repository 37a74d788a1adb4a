//! A body that is too long for memory on its way to the disk, within bounds of length and time.
//!
//! Nothing is promised for it: what was sent is synced when it is taken in from there.

use std::fs::OpenOptions;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::http::request::Parts;
use hyper::body::Body as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::reply::Refusal;
use super::scratch::Place;

/// For a whole scan to arrive, at half a megabyte a second and more.
const TIME: Duration = Duration::from_secs(15 * 60);
/// What forms add to a file.
const FRAME_BYTES: u64 = 64 * 1024;

/// The body as it lies in its place.
pub(super) const BODY: &str = "body";

/// Writes the body of a request into its place.
///
/// # Errors
/// [`Refusal::TooLarge`]; [`Refusal::Busy`] where it was too slow, broke off, or there is no room on the disk.
pub(super) async fn receive(
    head: &Parts,
    body: Body,
    place: &Place,
    most: u64,
) -> Result<(), Refusal> {
    let most = most.saturating_add(FRAME_BYTES);
    let announced = head.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Refusal::TooLarge);
    }
    timeout(TIME, write(body, &place.path.join(BODY), most))
        .await
        .unwrap_or(Err(Refusal::Busy))
}

async fn write(mut body: Body, path: &Path, most: u64) -> Result<(), Refusal> {
    let no_room = |error: std::io::Error| {
        tracing::warn!(cause = %error, "an upload could not be written");
        Refusal::Busy
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let file = options.open(path).map_err(no_room)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut length = 0_u64;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(piece) = frame.map_err(|_| Refusal::Busy)?.into_data() else {
            continue;
        };
        length = length.saturating_add(piece.len() as u64);
        if length > most {
            return Err(Refusal::TooLarge);
        }
        file.write_all(&piece).await.map_err(no_room)?;
    }
    file.flush().await.map_err(no_room)
}
