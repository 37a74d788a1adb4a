//! Where the page says what a value is of: the labels of forms, found in spite of misread letters.

use std::ops::Range;
use std::sync::LazyLock;

use super::fold::{distance, forgiven, letter_set, letters};
use super::layout::Layout;

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// 12-digit number, said to be one.
    CitizenId,
    /// CMND.
    FormerId,
    /// One of both, or a number of some identity paper.
    AnyId,
    /// A number of another sort of identity paper.
    Passport,
    FullName,
    BirthDate,
    Sex,
    Address,
    DossierCode,
    /// What follows is of a firm or an office, not of a person.
    Organisation,
    /// Something that is no field of ours: it ends the value before it, and its own value is nothing.
    Other,
}

/// Every label in the forms of a commune's counter that is of use here, and those beside them, so that
/// each value ends where the next label begins and no number is taken for another.
const WORDING: &[(Label, &[&str])] = &[
    (
        Label::CitizenId,
        &[
            "số định danh cá nhân",
            "mã số định danh cá nhân",
            "mã định danh cá nhân",
            "định danh cá nhân",
            "số định danh",
            "mã định danh",
            "số căn cước công dân",
            "căn cước công dân số",
            "căn cước công dân",
            "thẻ căn cước số",
            "số thẻ căn cước",
            "số căn cước",
            "căn cước số",
            "thẻ căn cước",
            "căn cước",
            "số CCCD",
            "CCCD số",
            "CCCD",
        ],
    ),
    (
        Label::FormerId,
        &[
            "giấy chứng minh nhân dân số",
            "chứng minh nhân dân số",
            "số chứng minh nhân dân",
            "chứng minh nhân dân",
            "số CMND",
            "CMND số",
            "CMND",
            "số CMT",
            "CMTND",
        ],
    ),
    (
        Label::AnyId,
        &[
            "giấy tờ tùy thân",
            "số giấy tờ tùy thân",
            "giấy tờ pháp lý",
            "số giấy tờ pháp lý",
        ],
    ),
    (Label::Passport, &["hộ chiếu", "số hộ chiếu", "hộ chiếu số"]),
    (
        Label::FullName,
        &[
            "họ và tên",
            "họ tên",
            "họ, chữ đệm, tên",
            "họ, chữ đệm và tên",
            "họ, tên đệm, tên",
            "tôi tên là",
            "tên tôi là",
            "tiếp nhận hồ sơ của",
            "xét đề nghị của ông/bà",
            "theo đề nghị của ông/bà",
            "cấp cho ông/bà",
            "chứng nhận ông/bà",
        ],
    ),
    (
        Label::BirthDate,
        &[
            "ngày, tháng, năm sinh",
            "ngày sinh",
            "sinh ngày",
            "năm sinh",
            "sinh năm",
        ],
    ),
    (Label::Sex, &["giới tính"]),
    (
        Label::Address,
        &[
            "nơi cư trú",
            "nơi thường trú",
            "nơi tạm trú",
            "nơi ở hiện tại",
            "nơi ở hiện nay",
            "chỗ ở hiện tại",
            "chỗ ở hiện nay",
            "nơi đăng ký thường trú",
            "nơi đăng ký hộ khẩu thường trú",
            "hộ khẩu thường trú",
            "địa chỉ thường trú",
            "địa chỉ tạm trú",
            "địa chỉ liên hệ",
            "địa chỉ cư trú",
            "địa chỉ",
        ],
    ),
    (Label::DossierCode, &["mã hồ sơ", "mã số hồ sơ", "số hồ sơ"]),
    (
        Label::Organisation,
        &[
            "tên doanh nghiệp",
            "tên công ty",
            "tên tổ chức",
            "tên đơn vị",
            "đơn vị bán hàng",
            "đơn vị thu tiền",
            "đơn vị",
            "mã số doanh nghiệp",
            "mã số thuế",
            "người đại diện",
            "đại diện",
        ],
    ),
    (Label::Other, OTHER),
];

const OTHER: &[&str] = &[
    "dân tộc",
    "quốc tịch",
    "tôn giáo",
    "quê quán",
    "nguyên quán",
    "nơi sinh",
    "nơi đăng ký khai sinh",
    "nhóm máu",
    "quan hệ với",
    "quan hệ",
    "nghề nghiệp",
    "chức vụ",
    "trình độ",
    "nơi làm việc",
    "tình trạng hôn nhân",
    "số điện thoại",
    "điện thoại",
    "email",
    "thư điện tử",
    "fax",
    "ngày cấp",
    "cấp ngày",
    "nơi cấp",
    "cơ quan cấp",
    "ngày, tháng, năm",
    "có giá trị đến",
    "ngày hết hạn",
    "đặc điểm nhận dạng",
    "ghi rõ họ tên",
    "ghi rõ họ và tên",
    "ghi rõ họ, chữ đệm, tên",
    "ghi rõ họ, chữ đệm và tên",
    "ghi bằng chữ",
    "bằng chữ",
    "kính gửi",
    "nội dung yêu cầu",
    "thành phần hồ sơ",
    "thời gian",
    "số lượng",
    "số thứ tự",
    "quyển số",
    "lý do",
    "ngày bắt đầu",
    "ngày vào làm",
    "ngày tiếp nhận",
    "ngày hẹn trả",
    "số tiền",
    "số tài khoản",
    "tài khoản",
    "mã khách hàng",
    "mã bệnh nhân",
    "mã nhân viên",
    "mã đơn vị",
    "mã giao dịch",
    "mã tra cứu",
    "mã vạch",
    "mẫu số",
    "ký hiệu",
    "số seri",
    "số sê-ri",
    "số hợp đồng",
    "số hóa đơn",
    "số biên lai",
    "số phiếu",
    "số bảo hiểm xã hội",
    "số bảo hiểm y tế",
    "mã số bảo hiểm xã hội",
    "mã số BHXH",
    "số thẻ bảo hiểm",
    "thẻ bảo hiểm y tế",
    "số thẻ",
    "số sổ",
    "số vào sổ",
    "thửa đất số",
    "tờ bản đồ số",
    "diện tích",
    "hình thức thanh toán",
];

/// Most tokens that a label is read as.
const TOKENS_MAX: usize = 9;
/// Most words between a label and its colon.
const QUALIFIERS_MAX: usize = 7;

struct Wording {
    label: Label,
    letters: String,
    set: u32,
    /// Wrong letters that are forgiven.
    most: usize,
}

impl Wording {
    fn new(label: Label, wording: &str) -> Self {
        let letters = letters(wording);
        Self {
            label,
            set: letter_set(&letters),
            most: forgiven(letters.len()),
            letters,
        }
    }

    /// How many letters of `read` are wrong if it is this label. A short one is told by its first
    /// letter: “sinh ngày” is not “Vinh, ngày”.
    fn wrong_letters(&self, read: &str, set: u32) -> Option<usize> {
        let begins = self.most > 1 || read.as_bytes().first() == self.letters.as_bytes().first();
        let differing = usize::try_from((self.set ^ set).count_ones()).unwrap_or(usize::MAX);
        (begins && differing <= 2 * self.most)
            .then(|| distance(read, &self.letters, self.most))
            .flatten()
    }
}

static LABELS: LazyLock<Vec<Wording>> = LazyLock::new(|| {
    let all = WORDING
        .iter()
        .flat_map(|(label, wordings)| wordings.iter().map(|wording| Wording::new(*label, wording)));
    all.collect()
});

/// A label on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) label: Label,
    /// The label's own words, without what stands between it and its colon.
    pub(super) words: Range<usize>,
    /// The first token that may be its value.
    pub(super) value_from: usize,
    /// Whether a colon parts it from its value.
    pub(super) has_colon: bool,
}

/// All labels of a page, in reading order; none overlaps another.
pub(super) fn marks(layout: &Layout<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut at = 0;
    while at < layout.tokens.len() {
        let found = longest(layout, at).filter(|found| {
            // A smudge before a label may make another one of it.
            let next = (found.wrong > 0).then(|| longest(layout, at + 1)).flatten();
            next.is_none_or(|next| next.right <= found.right)
        });
        let Some(Match { label, end, .. }) = found else {
            at += 1;
            continue;
        };
        let label = match marks.last() {
            Some(last) if stands_beside(layout, last, at) => joined(last.label, label),
            _ => label,
        };
        let (value_from, has_colon) = after_qualifiers(layout, end);
        marks.push(Mark {
            label,
            words: at..end,
            value_from,
            has_colon,
        });
        // What qualifies a label may hold the next one: “Số định danh cá nhân / CMND:”.
        at = end;
    }
    marks
}

/// A label that begins with some token.
struct Match {
    label: Label,
    /// The token behind it.
    end: usize,
    wrong: usize,
    /// Letters that fit, less those that do not.
    right: usize,
}

/// The label that begins with this token and explains the most letters.
fn longest(layout: &Layout<'_>, at: usize) -> Option<Match> {
    let head = layout.tokens.get(at)?;
    if head.letters.is_empty() || head.is_digits() {
        return None;
    }
    let line = layout.line_of(at);
    let mut read = String::new();
    let mut best: Option<Match> = None;
    let tokens = layout.slice(at..at + TOKENS_MAX.min(layout.tokens.len() - at));
    for (index, token) in tokens.iter().enumerate() {
        let below = layout.line_of(at + index) - line;
        if below > 1 || below == 1 && !layout.is_long(line) {
            break;
        }
        read.push_str(&token.letters);
        if token.letters.is_empty() || token.is_digits() {
            continue;
        }
        let set = letter_set(&read);
        for wording in LABELS.iter() {
            let Some(wrong) = wording.wrong_letters(&read, set) else {
                continue;
            };
            if explained_without_head(&read, head.letters.len(), wording, wrong) {
                continue;
            }
            let right = wording.letters.len() - 2 * wrong;
            if best.as_ref().is_none_or(|known| right > known.right) {
                best = Some(Match {
                    label: wording.label,
                    end: at + index + 1,
                    wrong,
                    right,
                });
            }
        }
    }
    best
}

/// Whether the label fits as well without the first word: then it begins with the second.
fn explained_without_head(read: &str, head: usize, wording: &Wording, wrong: usize) -> bool {
    let rest = read.get(head..).unwrap_or_default();
    wrong > 0 && distance(rest, &wording.letters, wrong).is_some()
}

/// Whether nothing that could be a value stands between a label and this token.
fn stands_beside(layout: &Layout<'_>, last: &Mark, at: usize) -> bool {
    let between = layout.slice(last.words.end..at);
    between.len() < 4
        && between
            .iter()
            .all(|token| matches!(token.letters.as_str(), "" | "hoac" | "so" | "the"))
}

/// Two labels of one value.
fn joined(first: Label, second: Label) -> Label {
    let is_number = |label| {
        use Label::{AnyId, CitizenId, FormerId, Passport};
        matches!(label, CitizenId | FormerId | AnyId | Passport)
    };
    match (first, second) {
        // “Giấy tờ tùy thân: CCCD số …” names one sort; “CCCD/CMND: …” leaves both open.
        (Label::AnyId, second) if is_number(second) => match second {
            Label::Passport => Label::AnyId,
            other => other,
        },
        (first, second) if first != second && is_number(first) && is_number(second) => Label::AnyId,
        _ => second,
    }
}

/// Steps over what may stand between a label and its colon: “họ tên *người mẹ*:”, the label in English
/// or in brackets. Without a colon near by the value begins at once.
fn after_qualifiers(layout: &Layout<'_>, end: usize) -> (usize, bool) {
    let ends_with_colon = |text: &str| {
        text.trim_end_matches(['.', ',', '\''])
            .ends_with([':', ';'])
    };
    let Some(last) = end.checked_sub(1) else {
        return (end, false);
    };
    if layout
        .tokens
        .get(last)
        .is_some_and(|token| ends_with_colon(token.text))
    {
        return (end, true);
    }
    let line = layout.line_around(last);
    let mut foreign = layout
        .tokens
        .get(last)
        .is_some_and(|token| token.text.ends_with('/'));
    for (index, token) in (end..line.end)
        .zip(layout.slice(end..line.end))
        .take(QUALIFIERS_MAX)
    {
        foreign |= token.text.starts_with(['/', '(']);
        let begins_small = token
            .text
            .chars()
            .find(|c| c.is_alphabetic())
            .is_none_or(char::is_lowercase);
        if token.text.chars().any(|c| c.is_ascii_digit()) || !(foreign || begins_small) {
            break;
        }
        if ends_with_colon(token.text) {
            return (index + 1, true);
        }
    }
    (end, false)
}
