//! Handing scans in, as a station does by dropping them, and asking what became of them.
//!
//! The files are copied into a job of the daemon's and synced before anything is answered; from there they travel like
//! every scan. They are called after the job, not as their sender called them: names of files name people.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use axum::http::{StatusCode, header};
use serde::Serialize;

use super::answered;
use crate::capture::{self, Order, Slip};
use crate::durable;
use crate::random;
use crate::receipt::{self, Answered, Told};
use crate::record::{Explain, Lang, RecordId, StationName};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::handlers::procedures::failed;
use crate::web::handlers::station::known;
use crate::web::multipart::{PartError, Parts, boundary};
use crate::web::problem::Mistake;
use crate::web::reply::{Refusal, Reply};
use crate::web::upload::BODY;
use crate::web::views::station::encoded;
use crate::worklist;

/// A slip is short.
const SLIP_BYTES_MAX: u64 = 64 * 1024;

/// How scans begin, and how their files' names end.
const FORMS: [(&[u8], &str); 5] = [
    (b"%PDF", "pdf"),
    (b"\xFF\xD8\xFF", "jpg"),
    (b"\x89PNG", "png"),
    (b"II", "tif"),
    (b"MM", "tif"),
];
/// Of all others: the journey says why it takes none of them.
const OTHER: &str = "bin";

/// What became of a drop. Field names are part of the interface.
#[derive(Serialize)]
struct State<'a> {
    drop: RecordId,
    station: &'a str,
    state: &'static str,
    /// Where it is asked for.
    place: String,
    /// The record in the archive: its own, or the one that holds the same already.
    record: Option<RecordId>,
    /// The documents that it was divided into or merged with; each is a drop of the same station.
    into: Vec<RecordId>,
    reason: Option<Reason>,
}

#[derive(Serialize)]
struct Reason {
    message_vi: String,
    message_en: String,
    advice_vi: String,
    advice_en: String,
}

impl<'a> State<'a> {
    fn of(drop: RecordId, station: &'a StationName, state: &'static str) -> Self {
        let place = format!("/api/v1/stations/{}/drops/{drop}", encoded(station));
        Self {
            drop,
            station: station.as_str(),
            state,
            place,
            record: None,
            into: Vec::new(),
            reason: None,
        }
    }
}

/// Takes scans in.
pub(in crate::web) fn drop_in(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    answered(taken(desk, asked))
}

fn taken(desk: &Desk, asked: &Asked) -> Result<Reply, Mistake> {
    let station = station(desk, asked)?;
    let drop = random::record_id(asked.now);
    let (slip, files) = sent(desk, asked, drop)?;
    let order = Order {
        inbox: &desk.config.folders.inbox,
        work: &desk.config.folders.work,
        record: drop,
        profile: &desk.config.profile_of(&station).name,
        claimed: asked.now,
    };
    let job = capture::adopt(&files, station.clone(), slip, &order).map_err(|error| {
        // A disk that is full, or fails: nothing was taken in, and it can be sent again.
        tracing::error!(code = error.code(), cause = %error, "an upload was not taken in");
        Refusal::Busy
    })?;
    // Unlocked, for the daemon.
    std::mem::drop(job);
    desk.orders.take_up(drop);
    desk.metrics.drops.add();
    let state = State::of(drop, &station, "taken-in");
    let reply = Reply::json(&state)?.with_status(StatusCode::ACCEPTED);
    Ok(reply.with(header::LOCATION, &state.place))
}

/// The station that the address names.
pub(super) fn station(desk: &Desk, asked: &Asked) -> Result<StationName, Refusal> {
    let name: Option<StationName> = asked.part("station").parse().ok();
    name.filter(|name| known(desk).contains(name))
        .ok_or(Refusal::NotFound)
}

/// The slip, and the files in page order, each a file of its own by now.
fn sent(desk: &Desk, asked: &Asked, drop: RecordId) -> Result<(Slip, Vec<PathBuf>), Mistake> {
    let boundary = boundary(&asked.body.0).ok_or_else(|| {
        Mistake::with(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "api.not_a_form",
            (
                "Nội dung gửi phải là multipart/form-data.",
                "What is sent must be multipart/form-data.",
            ),
        )
    })?;
    let upload = asked.upload.as_ref().ok_or(Refusal::Failed("api.upload"))?;
    let body = durable::open_regular(&upload.path.join(BODY)).map_err(unreadable)?;
    let mut parts = Parts::of(body, &boundary);
    let (mut slip, mut files) = (None, Vec::new());
    parts.begin().map_err(mistaken)?;
    while let Some(name) = parts.next_name().map_err(mistaken)? {
        match name.as_str() {
            "slip" if slip.is_none() => slip = Some(slip_of(&mut parts)?),
            "file" if files.len() < desk.config.limits.pages => {
                let path = upload.path.join(format!("part-{:04}", files.len() + 1));
                let most = desk.config.limits.file_bytes();
                let bytes = written(&mut parts, &path, most)?;
                if bytes == 0 {
                    return Err(no_file());
                }
                files.push(named(&path, drop, files.len())?);
            }
            _ => {
                return Err(Mistake::unfit(
                    "api.part",
                    "Chỉ gửi một phần “slip” và một hoặc nhiều phần “file”.",
                    "Send one part “slip” and one or several parts “file”, nothing else.",
                ));
            }
        }
    }
    if files.is_empty() {
        return Err(no_file());
    }
    Ok((slip.unwrap_or_default(), files))
}

fn no_file() -> Mistake {
    Mistake::unfit(
        "api.no_file",
        "Thiếu tệp quét: phần “file” không có hoặc rỗng.",
        "There is no scan: no part “file”, or an empty one.",
    )
}

fn slip_of(parts: &mut Parts<File>) -> Result<Slip, Mistake> {
    let mut bytes = Vec::new();
    parts
        .content(&mut bytes, SLIP_BYTES_MAX)
        .map_err(mistaken)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let vi = format!("Phần “slip” không đúng: {error}.");
        let en = format!("The part “slip” is not as described: {error}.");
        Mistake::unfit("api.slip", &vi, &en)
    })
}

fn written(parts: &mut Parts<File>, path: &Path, most: u64) -> Result<u64, Mistake> {
    let mut options = File::options();
    let file = options.write(true).create_new(true).open(path);
    let mut file = file.map_err(unreadable)?;
    parts.content(&mut file, most).map_err(mistaken)
}

/// Gives a file the name that its receipt will have.
fn named(path: &Path, drop: RecordId, number: usize) -> Result<PathBuf, Refusal> {
    let mut beginning = Vec::new();
    let mut file = durable::open_regular(path).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(4)
        .read_to_end(&mut beginning)
        .map_err(unreadable)?;
    let form = FORMS.iter().find(|(first, _)| beginning.starts_with(first));
    let ending = form.map_or(OTHER, |(_, ending)| ending);
    let name = match number {
        0 => name_of(drop, ending),
        more => format!("api-{drop}-{:04}.{ending}", more + 1),
    };
    let named = path.with_file_name(name);
    durable::rename_new(path, &named).map_err(|error| failed(&error))?;
    Ok(named)
}

/// The name of a drop's first file.
fn name_of(drop: RecordId, ending: &str) -> String {
    format!("api-{drop}.{ending}")
}

fn unreadable(error: std::io::Error) -> Refusal {
    tracing::warn!(cause = %error, "an upload cannot be worked on");
    Refusal::Busy
}

fn mistaken(error: PartError) -> Mistake {
    match error {
        PartError::Malformed => Mistake::with(
            StatusCode::BAD_REQUEST,
            "api.malformed",
            (
                "Nội dung multipart/form-data không đúng hoặc bị cắt.",
                "The multipart/form-data is not as it must be, or was cut.",
            ),
        ),
        PartError::TooLong => Refusal::TooLarge.into(),
        PartError::Io(error) => unreadable(error).into(),
    }
}

/// What became of a drop: what its receipt says, else where it lies.
pub(in crate::web) fn state(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let station = station(desk, asked)?;
    let drop: RecordId = asked.part("drop").parse().map_err(|_| Refusal::NotFound)?;
    let folders = &desk.config.folders;
    let told = |lang| {
        let endings = FORMS.iter().map(|(_, ending)| *ending).chain([OTHER]);
        let mut told = endings.filter_map(|ending| {
            receipt::of_file(&folders.outbox, &station, &name_of(drop, ending), lang)
        });
        told.next()
    };
    if let (Some(vi), Some(en)) = (told(Lang::Vi), told(Lang::En)) {
        return Reply::json(&by_receipt(drop, &station, vi, en));
    }
    // Documents that it was divided into have receipts by other names. As long as there is a job, it is not at its end.
    let name = drop.to_string();
    let job = folders.work.join(&name);
    let state = match () {
        () if worklist::Desk::of(&job)
            .entry()
            .is_ok_and(|it| it.is_some()) =>
        {
            "waiting"
        }
        () if job.is_dir() => "in-work",
        () if folders.quarantine.join(&name).is_dir() => "refused",
        () if desk.holdings.record(drop)?.description.station == station => "archived",
        () => return Err(Refusal::NotFound),
    };
    Reply::json(&State {
        record: (state == "archived").then_some(drop),
        ..State::of(drop, &station, state)
    })
}

fn by_receipt(drop: RecordId, station: &StationName, vi: Told, en: Told) -> State<'_> {
    let state = match en.answered {
        Answered::Archived if en.record == Some(drop) => "archived",
        Answered::Archived => "duplicate",
        Answered::Waiting => "waiting",
        Answered::Refused => "refused",
        Answered::Divided => "divided",
    };
    let reason = vi.reason.zip(en.reason);
    State {
        record: en.record.filter(|_| en.answered == Answered::Archived),
        into: en.into,
        reason: reason.map(|(message_vi, message_en)| Reason {
            message_vi,
            message_en,
            advice_vi: vi.advice.unwrap_or_default(),
            advice_en: en.advice.unwrap_or_default(),
        }),
        ..State::of(drop, station, state)
    }
}
