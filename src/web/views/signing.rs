//! The signing sessions: which are open, what waits for which, opening and closing.

use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::{page as whole, seal};
use super::words;
use crate::record::{Lang, RecordId};
use crate::session::Session;
use crate::web::asked::Asked;

/// A key of the office.
pub(in crate::web) struct Key {
    pub(in crate::web) name: String,
    /// It signs only while its holder has a session open.
    pub(in crate::web) is_attended: bool,
    /// A person must type what opens it.
    pub(in crate::web) is_typed: bool,
    pub(in crate::web) session: Option<Session>,
    /// Documents that wait for it.
    pub(in crate::web) waiting: u64,
}

/// A document in work.
pub(in crate::web) struct Waits {
    pub(in crate::web) record: RecordId,
    /// For somebody at the worklist.
    pub(in crate::web) for_person: bool,
    pub(in crate::web) why: Vec<String>,
    pub(in crate::web) since: Option<Timestamp>,
    pub(in crate::web) station: Option<String>,
    /// As dropped.
    pub(in crate::web) file: Option<String>,
}

/// All of it.
pub(in crate::web) struct Signing {
    pub(in crate::web) keys: Vec<Key>,
    /// A PIN may be typed here: what is typed goes to this program encrypted.
    pub(in crate::web) may_type: bool,
    /// Documents that wait for whatever.
    pub(in crate::web) waiting: u64,
    pub(in crate::web) documents: Vec<Waits>,
    /// Why no session was opened, and what to do; each Vietnamese and English.
    pub(in crate::web) refused: Option<[[String; 2]; 2]>,
}

/// What is said to an empty PIN.
pub(in crate::web) fn no_pin() -> [[String; 2]; 2] {
    [
        ["Chưa nhập PIN.", "No PIN was typed."],
        [
            "Nhập PIN của khóa rồi thử lại.",
            "Type the key's PIN, then try again.",
        ],
    ]
    .map(|both| both.map(str::to_owned))
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, signing: &Signing) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Phiên ký số", "Signing sessions");
    let is_open = signing.keys.iter().any(|key| key.session.is_some());
    let body = html! {
        @if let Some([message, advice]) = &signing.refused {
            p.notice.bad role="alert" { (picked(message, lang)) " " (picked(advice, lang)) }
        }
        section.card {
            h1 { (title) }
            @if signing.keys.is_empty() { p { (lang.pick("Chưa khai báo khóa ký nào.", "No signing key is configured.")) } }
            @for key in &signing.keys { (of_key(asked, signing, key)) }
            @if is_open {
                form method="post" action="/signing/close" {
                    (seal(asked))
                    button accesskey="x" { (lang.pick("Đóng mọi phiên ký", "Close all sessions")) }
                }
            }
            (documents(asked, signing))
        }
    };
    whole(asked, title, body)
}

fn picked(both: &[String; 2], lang: Lang) -> &str {
    lang.pick(&both[0], &both[1])
}

fn of_key(asked: &Asked, signing: &Signing, key: &Key) -> Markup {
    let lang = asked.lang;
    html! {
        div.key {
            h2 { (lang.pick("Khóa “", "Key “")) (key.name) "”" }
            div.states {
                @if !key.is_attended {
                    span.state.good { (lang.pick("Tự ký, không cần phiên", "Signs by itself, needs no session")) }
                } @else if key.session.is_some() {
                    span.state.good { (lang.pick("Phiên đang mở", "A session is open")) }
                } @else {
                    span.state.warn { (lang.pick("Chưa mở phiên", "No session is open")) }
                }
                @if key.waiting > 0 {
                    span.state.warn { (key.waiting) " " (lang.pick("tài liệu chờ khóa này", "documents wait for it")) }
                }
            }
            @if let Some(session) = &key.session {
                dl.facts {
                    dt { (lang.pick("Người mở", "Opened by")) }
                    dd { (session.by) }
                    dt { (lang.pick("Từ lúc", "Since")) }
                    dd { (words::time(session.opened, lang)) }
                    dt { (lang.pick("Đã ký", "Signed")) }
                    dd { (session.documents) " " (lang.pick("tài liệu", "documents")) }
                    dt { (lang.pick("Chứng thư (SHA-256)", "Certificate (SHA-256)")) }
                    dd { code { (session.certificate_sha256) } }
                }
                form method="post" action="/signing/close" {
                    (seal(asked))
                    input type="hidden" name="key" value=(key.name);
                    button { (lang.pick("Đóng phiên này", "Close this session")) }
                }
            } @else if key.is_attended {
                (opening(asked, signing, key))
            }
        }
    }
}

fn opening(asked: &Asked, signing: &Signing, key: &Key) -> Markup {
    let lang = asked.lang;
    if key.is_typed && !signing.may_type {
        return html! {
            p { (lang.pick(
                "PIN chỉ được nhập ở đây khi trang này tự mã hóa (certificate, key trong [web]). Mở phiên trên máy chủ:",
                "A PIN is taken here only where this desk encrypts by itself (certificate, key in [web]). On the server:")) }
            pre { "sohoa sign-session open --key " (key.name) " --by \"" (lang.pick("Họ tên", "Name")) "\"" }
        };
    }
    html! {
        form.again method="post" action="/signing/open" {
            (seal(asked))
            input type="hidden" name="key" value=(key.name);
            @if key.is_typed {
                input name="pin" type="password" required maxlength="256" autocomplete="off"
                    aria-label=(lang.pick("PIN của khóa", "The key's PIN")) placeholder="PIN";
            }
            button.main { (lang.pick("Mở phiên ký", "Open a session")) }
        }
    }
}

fn documents(asked: &Asked, signing: &Signing) -> Markup {
    let lang = asked.lang;
    html! {
        h2 { (lang.pick("Tài liệu đang chờ", "Documents that wait")) " (" (signing.waiting) ")" }
        @if signing.documents.is_empty() {
            p { (lang.pick("Không có.", "None.")) }
        } @else {
            div.wide tabindex="0" role="region" aria-label=(lang.pick("Tài liệu đang chờ", "Documents that wait")) {
                table.list {
                    thead {
                        tr {
                            th scope="col" { (lang.pick("Chờ gì", "For what")) }
                            th scope="col" { (lang.pick("Tệp", "File")) }
                            th scope="col" { (lang.pick("Quầy", "Station")) }
                            th scope="col" { (lang.pick("Từ lúc", "Since")) }
                        }
                    }
                    tbody { @for document in &signing.documents { (line(asked, document)) } }
                }
            }
        }
    }
}

fn line(asked: &Asked, document: &Waits) -> Markup {
    let lang = asked.lang;
    html! {
        tr {
            td data-label=(lang.pick("Chờ gì", "For what")) {
                @for why in &document.why { div { (why) } }
                @if document.why.is_empty() { (lang.pick("Đang được xử lý", "Being worked on")) }
                @if document.for_person {
                    a href={ "/worklist/" (document.record) } { (lang.pick("Mở trong danh sách chờ", "Open in the worklist")) }
                }
            }
            td.file data-label=(lang.pick("Tệp", "File")) { (document.file.as_deref().unwrap_or("–")) }
            td data-label=(lang.pick("Quầy", "Station")) { (document.station.as_deref().unwrap_or("–")) }
            td data-label=(lang.pick("Từ lúc", "Since")) {
                @match document.since { Some(since) => (words::time(since, lang)), None => "–" }
            }
        }
    }
}
