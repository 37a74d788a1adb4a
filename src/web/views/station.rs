//! A counter's page: its last scans, taken, waiting or refused, and why. It names files, as the receipts do, and nobody.

use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::page as whole;
use super::words;
use crate::receipt::{Answered, Told};
use crate::record::{Lang, StationName};
use crate::web::asked::Asked;

/// What is shown of a counter.
pub(in crate::web) struct Counter<'a> {
    pub(in crate::web) station: &'a StationName,
    /// The newest first.
    pub(in crate::web) told: Vec<Told>,
    /// Files that nobody has taken yet.
    pub(in crate::web) in_inbox: usize,
    pub(in crate::web) at: Timestamp,
}

/// A station's name as a part of an address.
pub(in crate::web) fn encoded(station: &StationName) -> String {
    let encoded: String = form_urlencoded::byte_serialize(station.as_str().as_bytes()).collect();
    // In a path a plus is a plus.
    encoded.replace('+', "%20")
}

/// The stations, where there are several.
pub(in crate::web) fn list(asked: &Asked, stations: &[StationName]) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Các quầy quét", "Scanning stations");
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            @if stations.is_empty() { p { (lang.pick("Chưa có quầy nào.", "There is no station yet.")) } }
            ul { @for station in stations { li { a href={ "/stations/" (encoded(station)) } { (station) } } } }
        }
    };
    whole(asked, title, body)
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, counter: &Counter<'_>) -> Markup {
    let lang = asked.lang;
    let title = format!("{} {}", lang.pick("Quầy", "Station"), counter.station);
    let body = html! {
        section.card {
            h1 { (title) }
            p.hint {
                (lang.pick("Cập nhật ", "As of ")) (words::clock(counter.at))
                (lang.pick(", tự làm mới sau vài giây. ", ", renewed by itself every few seconds. "))
                @if counter.in_inbox > 0 {
                    strong { (counter.in_inbox) " " (lang.pick("tệp đang được nhận.", "files are being taken in.")) }
                }
            }
            @if counter.told.is_empty() {
                p { (lang.pick("Chưa có bản quét nào.", "Nothing was scanned yet.")) }
            }
            ol.drops {
                @for told in &counter.told { (drop(told, lang)) }
            }
        }
    };
    whole(asked, &title, body)
}

fn drop(told: &Told, lang: Lang) -> Markup {
    let (state, said) = match told.answered {
        Answered::Archived => ("good", lang.pick("Đã nhận", "Taken")),
        Answered::Divided => ("good", lang.pick("Đã chia hoặc gộp", "Divided or merged")),
        Answered::Waiting => ("warn", lang.pick("Đang chờ", "Waits")),
        Answered::Refused => ("bad", lang.pick("Không nhận", "Refused")),
    };
    html! {
        li.drop.(state) {
            div.facts-line {
                span.state.(state) { (said) }
                @if let Some(at) = told.at { span { (words::time(at, lang)) } }
                strong.title { (told.file) }
            }
            @if let Some(reason) = &told.reason { p { (reason) } }
            @if let Some(advice) = &told.advice { p.hint { (lang.pick("Cần làm: ", "What to do: ")) (advice) } }
            @for remark in &told.remarks { p.hint { (words::remark(remark, lang)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stations_are_parts_of_addresses() {
        let name = "Quầy 1".parse().expect("a station");
        assert_eq!(encoded(&name), "Qu%E1%BA%A7y%201");
    }
}
