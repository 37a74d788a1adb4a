//! The page of somebody who gets no answer: why, and what to do.

use maud::{Markup, html};

use super::layout::page as whole;
use crate::record::Lang;
use crate::web::asked::Asked;
use crate::web::reply::Refusal;

/// The page.
pub(in crate::web) fn page(asked: &Asked, why: Refusal) -> Markup {
    let lang = asked.lang;
    let (title, advice) = message(why, lang);
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            p { (advice) }
            @if let Refusal::Failed(code) = why {
                p.hint { (lang.pick("Mã lỗi: ", "Code: ")) code { (code) } }
            }
            p { a.button href="/" { (lang.pick("Về trang đầu", "To the first page")) } }
        }
    };
    whole(asked, title, body)
}

/// What happened, and what to do, in one line.
pub(in crate::web) fn line(why: Refusal, lang: Lang) -> String {
    let (title, advice) = message(why, lang);
    format!("{title}. {advice}")
}

/// What happened, and what to do.
fn message(why: Refusal, lang: Lang) -> (&'static str, &'static str) {
    let (title, advice) = match why {
        Refusal::SignIn => (
            ("Hãy đăng nhập", "Sign in"),
            ("Phiên làm việc đã kết thúc.", "The session has ended."),
        ),
        Refusal::NoToken => (
            ("Thiếu mã truy cập", "No token"),
            (
                "Gửi kèm “Authorization: Bearer …” với mã do `sohoa client add` cấp.",
                "Send “Authorization: Bearer …” with the token that `sohoa client add` gave.",
            ),
        ),
        Refusal::BadToken => (
            ("Mã truy cập không dùng được", "The token is not good"),
            (
                "Mã sai hoặc đã bị thu hồi; đề nghị người quản trị cấp lại.",
                "It is wrong, or was revoked; ask the administrator for another.",
            ),
        ),
        Refusal::NoScope(_) => (
            ("Phần mềm kết nối thiếu quyền", "The client lacks the scope"),
            (
                "Quyền còn thiếu ghi trong “scope”; người quản trị cấp bằng `sohoa client add --scope`.",
                "“scope” names it; the administrator gives it by `sohoa client add --scope`.",
            ),
        ),
        Refusal::Forbidden => (
            ("Không có quyền xem", "Not allowed"),
            (
                "Tài khoản của bạn không có vai trò cần thiết. Nếu cần, hãy liên hệ người quản trị.",
                "Your account lacks the role for this. Ask the administrator if you need it.",
            ),
        ),
        Refusal::IdentityCard => (
            (
                "Giấy tờ tùy thân: không có quyền xem",
                "An identity card: not allowed",
            ),
            (
                "Ảnh giấy tờ tùy thân là dữ liệu nhạy cảm; chỉ vai trò được phân công mới xem được.",
                "Pictures of identity cards are sensitive data; only the roles named for them may see them.",
            ),
        ),
        Refusal::Forged => (
            ("Biểu mẫu đã hết hiệu lực", "This form is no longer good"),
            (
                "Trang đã mở từ trước lần đăng nhập này, hoặc không phải do hệ thống gửi. Hãy mở lại trang rồi nhập lại.",
                "The page was opened before this sign-in, or is not ours. Open it again and type once more.",
            ),
        ),
        Refusal::LookUpEnded => (
            ("Lượt tra cứu đã kết thúc", "This look-up has ended"),
            (
                "Địa chỉ chỉ dùng được trong lượt tra cứu và phiên đăng nhập đã mở nó. Hãy tra cứu lại.",
                "An address is good only in the look-up and the session that opened it. Look up again.",
            ),
        ),
        Refusal::NotFound => (
            ("Không có trang này", "There is no such page"),
            ("Kiểm tra lại địa chỉ.", "Look at the address again."),
        ),
        Refusal::Method => (
            (
                "Không mở được trực tiếp trang này",
                "This page cannot be opened directly",
            ),
            ("Hãy bắt đầu từ trang đầu.", "Begin on the first page."),
        ),
        Refusal::TooLarge => (
            ("Nội dung gửi quá lớn", "Too much was sent"),
            ("Hãy nhập ngắn hơn.", "Type less."),
        ),
        Refusal::Busy => (
            ("Hệ thống đang bận", "The desk is busy"),
            ("Hãy thử lại sau vài giây.", "Try again in a few seconds."),
        ),
        Refusal::NotKept => (
            ("Không ghi được lượt xem", "The look could not be kept"),
            (
                "Giấy tờ chỉ được hiển thị khi lượt xem đã được ghi lại. Hãy báo người quản trị kiểm tra đĩa.",
                "Papers are shown only once the look is on record. Ask the administrator to check the disk.",
            ),
        ),
        Refusal::Damaged => (
            (
                "Tệp trong kho không còn nguyên vẹn",
                "A file of the archive is damaged",
            ),
            (
                "Tệp không khớp mã băm nên không được hiển thị. Hãy báo người quản trị chạy `sohoa verify`.",
                "It does not match its digest, so it is not shown. Ask the administrator to run `sohoa verify`.",
            ),
        ),
        Refusal::Failed(_) => (
            ("Hệ thống gặp lỗi", "Something failed"),
            (
                "Hãy thử lại; nếu vẫn lỗi, báo người quản trị kèm mã lỗi.",
                "Try again; if it stays, give the administrator the code.",
            ),
        ),
    };
    let pick = |(vi, en): (&'static str, &'static str)| lang.pick(vi, en);
    (pick(title), pick(advice))
}
