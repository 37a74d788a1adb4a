//! What a paper calls itself, and what kind of paper that is.
//!
//! The title is the first line in capitals, in the upper half, that begins as titles of papers do. The
//! kinds are those of a commune's counter; a paper whose title begins with none of them has a title
//! and no kind.

use std::ops::Range;
use std::sync::LazyLock;

use super::fold::{distance, forgiven, letters};
use super::heading::is_capitals;
use super::layout::{Layout, Token};
use super::ocr_field_of_pieces;
use crate::record::{Field, FieldName};

/// How far down the page a title may stand.
const UPPER: f32 = 0.6;
/// Lines of a title, and how close they stand, in heights of a word.
const LINES_MAX: usize = 4;
const LINE_DISTANCE: f32 = 2.7;
/// Words before a title that are less sure than this are no words.
const NOISE: f32 = 75.0;

/// Kinds, and what their titles begin with; the longest that fits wins. The first names of each kind
/// are those of the forms in use (TT 04/2024/TT-BTP, TT 53/2025/TT-BCA, TT 03/2025/TT-VPCP).
const KINDS: &[(&str, &[&str])] = &[
    (
        "khai-sinh",
        &[
            "tờ khai đăng ký khai sinh",
            "tờ khai đăng ký lại khai sinh",
            "giấy khai sinh",
            "trích lục khai sinh",
        ],
    ),
    ("chung-sinh", &["giấy chứng sinh"]),
    (
        "ket-hon",
        &[
            "tờ khai đăng ký kết hôn",
            "tờ khai đăng ký lại kết hôn",
            "giấy chứng nhận kết hôn",
            "giấy chứng nhận đăng ký kết hôn",
            "trích lục kết hôn",
        ],
    ),
    (
        "hon-nhan",
        &[
            "giấy xác nhận tình trạng hôn nhân",
            "tờ khai cấp giấy xác nhận tình trạng hôn nhân",
        ],
    ),
    (
        "khai-tu",
        &[
            "tờ khai đăng ký khai tử",
            "trích lục khai tử",
            "giấy chứng tử",
            "giấy báo tử",
        ],
    ),
    (
        "nhan-cha-me-con",
        &[
            "tờ khai đăng ký nhận cha, mẹ, con",
            "trích lục đăng ký nhận cha, mẹ, con",
        ],
    ),
    (
        "cai-chinh",
        &[
            "tờ khai đăng ký việc thay đổi, cải chính",
            "tờ khai đăng ký thay đổi, cải chính",
            "tờ khai thay đổi, cải chính",
            "trích lục thay đổi hộ tịch",
            "trích lục cải chính hộ tịch",
        ],
    ),
    (
        "giam-ho",
        &[
            "tờ khai đăng ký giám hộ",
            "tờ khai đăng ký chấm dứt giám hộ",
            "trích lục đăng ký giám hộ",
        ],
    ),
    (
        "trich-luc",
        &[
            "tờ khai cấp bản sao trích lục",
            "tờ khai đề nghị cấp bản sao trích lục",
            "trích lục",
        ],
    ),
    (
        "cu-tru",
        &[
            "xác nhận thông tin về cư trú",
            "tờ khai thay đổi thông tin cư trú",
            "đơn xin xác nhận cư trú",
            "giấy xác nhận cư trú",
            "thông báo về kết quả giải quyết, hủy bỏ đăng ký cư trú",
        ],
    ),
    ("ho-khau", &["sổ hộ khẩu"]),
    ("cccd", &["căn cước công dân", "căn cước", "thẻ căn cước"]),
    ("cmnd", &["giấy chứng minh nhân dân", "chứng minh nhân dân"]),
    ("giay-tiep-nhan", &["giấy tiếp nhận hồ sơ"]),
    ("bo-sung-ho-so", &["phiếu yêu cầu bổ sung"]),
    ("tu-choi", &["phiếu từ chối"]),
    ("xin-loi", &["phiếu xin lỗi"]),
    ("phieu-kiem-soat", &["phiếu kiểm soát quá trình"]),
    (
        "chung-thuc",
        &[
            "lời chứng",
            "phiếu yêu cầu chứng thực",
            "giấy yêu cầu chứng thực",
        ],
    ),
    (
        "uy-quyen",
        &["giấy ủy quyền", "hợp đồng ủy quyền", "văn bản ủy quyền"],
    ),
    ("di-chuc", &["di chúc"]),
    ("quyen-su-dung-dat", &["giấy chứng nhận quyền sử dụng đất"]),
    (
        "tro-giup-xa-hoi",
        &["tờ khai đề nghị trợ giúp xã hội", "tờ khai trợ giúp xã hội"],
    ),
    ("so-yeu-ly-lich", &["sơ yếu lý lịch"]),
    ("hop-dong", &["hợp đồng"]),
    ("quyet-dinh", &["quyết định"]),
    ("thong-bao", &["thông báo"]),
    ("cong-van", &["công văn"]),
    ("to-trinh", &["tờ trình"]),
    ("bien-ban", &["biên bản"]),
    ("bien-lai", &["biên lai"]),
    ("hoa-don", &["hóa đơn"]),
    ("phieu-thu", &["phiếu thu"]),
    ("phieu-chi", &["phiếu chi"]),
    ("giay-moi", &["giấy mời"]),
    ("giay-gioi-thieu", &["giấy giới thiệu"]),
    ("bao-cao", &["báo cáo"]),
    ("ke-hoach", &["kế hoạch"]),
    ("nghi-quyet", &["nghị quyết"]),
    ("nghi-dinh", &["nghị định"]),
    ("thong-tu", &["thông tư"]),
    (
        "don",
        &[
            "đơn xin",
            "đơn đề nghị",
            "đơn đăng ký",
            "đơn yêu cầu",
            "đơn khiếu nại",
            "đơn tố cáo",
            "đơn trình báo",
        ],
    ),
];

/// Other beginnings of titles.
const BEGINNINGS: &[&str] = &[
    "tờ khai",
    "giấy",
    "phiếu",
    "bản khai",
    "bản cam kết",
    "bản sao",
    "bản án",
    "văn bản",
    "chỉ thị",
    "công điện",
];

struct Beginning {
    kind: Option<&'static str>,
    letters: String,
}

static ALL: LazyLock<Vec<Beginning>> = LazyLock::new(|| {
    let kinds = KINDS
        .iter()
        .flat_map(|(kind, titles)| titles.iter().map(|title| (Some(*kind), title)));
    let others = BEGINNINGS.iter().map(|title| (None, title));
    let all = kinds.chain(others).map(|(kind, title)| Beginning {
        kind,
        letters: letters(title),
    });
    all.collect()
});

/// Title and kind, where the page has them.
pub(super) fn fields(layout: &Layout<'_>) -> Vec<Field> {
    let Some(title) = find(layout) else {
        return Vec::new();
    };
    let lines: Vec<String> = title.iter().map(|line| layout.text(line.clone())).collect();
    let read: String = lines.iter().map(|line| letters(line)).collect();
    let kind =
        beginning(&read, |length| ends_word(layout, &title, length)).and_then(|known| known.kind);
    let say = |name, value| ocr_field_of_pieces(layout, name, value, &title);
    let mut fields = Vec::new();
    fields.extend(kind.map(|kind| say(FieldName::DocumentKind, kind.to_owned())));
    let text = lines.join(" ");
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != ')');
    fields.push(say(FieldName::Title, text.to_owned()));
    fields
}

/// The lines of the title, without what stands beside them.
fn find(layout: &Layout<'_>) -> Option<Vec<Range<usize>>> {
    let lines = layout.lines();
    lines.iter().enumerate().find_map(|(number, line)| {
        let first = layout.slice(line.clone()).first()?;
        if layout.depth(first) > UPPER {
            return None;
        }
        let title = layout
            .segments(line)
            .into_iter()
            .find_map(|segment| begun(layout, segment))?;
        let mut title = vec![title];
        for line in lines.iter().skip(number + 1).take(LINES_MAX - 1) {
            let Some(more) = continued(layout, &title, line) else {
                break;
            };
            title.push(more);
        }
        Some(title)
    })
}

/// The part of a segment from where a title begins; a stamp or a code beside it is read as signs
/// before it.
fn begun(layout: &Layout<'_>, segment: Range<usize>) -> Option<Range<usize>> {
    if !is_capitals(&layout.text(segment.clone())) {
        return None;
    }
    let starts = segment.clone().map_while(|start| {
        let before = layout.slice(segment.start..start);
        before.iter().all(is_noise).then_some(start)
    });
    let mut pieces = starts.map(|start| start..segment.end);
    pieces.find(|piece| {
        let read: String = layout
            .slice(piece.clone())
            .iter()
            .map(|token| token.letters.as_str())
            .collect();
        let title = std::slice::from_ref(piece);
        beginning(&read, |length| ends_word(layout, title, length)).is_some()
    })
}

fn is_noise(token: &Token<'_>) -> bool {
    token.letters.len() < 2 || token.confidence < NOISE
}

/// The longest known beginning that a text has; `ends_word` says where it may end.
fn beginning(read: &str, ends_word: impl Fn(usize) -> bool) -> Option<&'static Beginning> {
    let fits = |known: &&Beginning| {
        let length = known.letters.len();
        let most = forgiven(length).min(length / 6);
        (length.saturating_sub(most)..=length + most).any(|end| {
            let head = read.get(..end).filter(|_| ends_word(end));
            head.is_some_and(|head| distance(head, &known.letters, most).is_some())
        })
    };
    ALL.iter()
        .filter(fits)
        .max_by_key(|known| known.letters.len())
}

/// Whether a word ends after so many letters.
fn ends_word(layout: &Layout<'_>, pieces: &[Range<usize>], length: usize) -> bool {
    let mut read = 0;
    let mut tokens = pieces.iter().flat_map(|piece| layout.slice(piece.clone()));
    tokens.any(|token| {
        read += token.letters.len();
        read == length
    })
}

/// A further line of the title: in capitals too, close below it, and no head of an agency.
fn continued(
    layout: &Layout<'_>,
    title: &[Range<usize>],
    line: &Range<usize>,
) -> Option<Range<usize>> {
    let above = layout.slice(title.last()?.clone());
    let (first, last) = (above.first()?, above.last()?);
    layout.segments(line).into_iter().find(|segment| {
        let text = layout.text(segment.clone());
        let tokens = layout.slice(segment.clone());
        let is_below = tokens
            .first()
            .zip(tokens.last())
            .is_some_and(|(start, end)| {
                let distance = start.base - first.base;
                let is_close =
                    distance > 0.0 && distance <= LINE_DISTANCE * first.height.max(layout.height);
                is_close && start.left < last.right && end.right > first.left
            });
        let begins_anew = text.contains(':') || letters(&text).starts_with("uyban");
        is_below && is_capitals(&text) && !begins_anew
    })
}
