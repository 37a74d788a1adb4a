//! A record's bytes: the document in the browser's viewer, a copy to keep, the files as the station dropped them.

use std::fs::File;

use super::record::{guard, named, note};
use crate::access::EventKind;
use crate::record::Sha256Digest;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};

const PDF: &str = "application/pdf";
/// What stations drop is nothing that a browser should open by itself.
const BYTES: &str = "application/octet-stream";

/// The document, for the browser's viewer.
pub(in crate::web) fn document(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    in_stretches(desk, asked, EventKind::View, None)
}

/// The document. Viewers and programs fetch it in stretches: only what begins it, or comes without a beginning, is a
/// look of its own.
pub(in crate::web) fn in_stretches(
    desk: &Desk,
    asked: &Asked,
    what: EventKind,
    name: Option<&str>,
) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    guard(desk, asked, &held)?;
    let description = &held.description;
    let digest = &description.document_sha256;
    let file = desk.holdings.file(&held, &description.document, digest)?;
    let reply = reply(asked, file, (PDF, digest), name)?;
    let (key, record) = (asked.key()?, held.object.record());
    let sessions = &desk.sessions;
    let was_opened = sessions.look_ups(key, |all| all.has_opened(&look_up.handle, record));
    if reply.gives_bytes() && !(reply.goes_on() && was_opened == Some(true)) {
        note(desk, asked, (&look_up, &held), what)?;
        sessions.look_ups(key, |all| all.open(&look_up.handle, record));
    }
    Ok(reply)
}

/// The document, to keep.
pub(in crate::web) fn copy(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    guard(desk, asked, &held)?;
    let description = &held.description;
    let digest = &description.document_sha256;
    let file = desk.holdings.file(&held, &description.document, digest)?;
    let name = format!("{}.pdf", held.object.record());
    note(desk, asked, (&look_up, &held), EventKind::Download)?;
    reply(asked, file, (PDF, digest), Some(&name))
}

/// One of the files as dropped, to keep; they are counted from 1.
pub(in crate::web) fn original(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let number: usize = asked
        .part("original")
        .parse()
        .map_err(|_| Refusal::NotFound)?;
    let (look_up, held) = named(desk, asked)?;
    guard(desk, asked, &held)?;
    let originals = &held.description.originals;
    let original = number.checked_sub(1).and_then(|at| originals.get(at));
    let original = original.ok_or(Refusal::NotFound)?;
    let file = desk
        .holdings
        .file(&held, &original.stored_as, &original.sha256)?;
    let name = format!(
        "{}-{number:04}.{}",
        held.object.record(),
        ending(&original.stored_as)
    );
    note(desk, asked, (&look_up, &held), EventKind::Download)?;
    reply(asked, file, (BYTES, &original.sha256), Some(&name))
}

/// The ending of a file's name, where it is a plain one.
fn ending(name: &str) -> &str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain =
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { ending } else { "bin" }
}

fn reply(
    asked: &Asked,
    file: File,
    what: (&'static str, &Sha256Digest),
    name: Option<&str>,
) -> Result<Reply, Refusal> {
    Reply::file(asked, file, what, name).map_err(|error| {
        tracing::error!(cause = %error, "a file of the archive cannot be read");
        Refusal::Failed("archive.unreadable")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_saved_files_are_plain() {
        for (name, plain) in [
            ("original/0001.jpg", "jpg"),
            ("original/0001", "bin"),
            ("a.\"x\r\n", "bin"),
            ("a.exe.", "bin"),
            ("a.toolong", "bin"),
        ] {
            assert_eq!(ending(name), plain, "{name}");
        }
    }
}
