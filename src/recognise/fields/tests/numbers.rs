//! Which numbers are citizen IDs, which are former ones, and which are neither.

use super::*;

fn ids(lines: &[&str]) -> Vec<String> {
    let fields = found(lines);
    values(&fields, FieldName::CitizenId)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn values_stand_to_the_right_below_or_on_the_next_line() {
    for lines in [
        &["Số định danh cá nhân: 020091990417"][..],
        &["Số định danh cá nhân/CMND: 020091990417"],
        &["Số CCCD/CMND/Hộ chiếu: 020091990417"],
        &["SỐ ĐỊNH DANH CÁ NHÂN: 020 091 990 417"],
        &["So dinh danh ca nhan: 020091990417."],
        &["Số địnn danh cá nhản: 0 2 0 | 0 9 1 9 9 0 4 1 7"],
        &["4. Số định danh cá nhân:", "0 2 0 0 9 1 9 9 0 4 1 7"],
        &["Mã định danh cá nhân / Personal number: 020091990417"],
        &["Căn cước công dân số:020091990417"],
        &[
            "đứng tên ông Nông Văn Thử, sinh ngày 14/03/1991, số CCCD:",
            "020091990417, cấp ngày 15/08/2021",
        ],
        &[
            "Ông Nông Văn Thử sinh năm 1991, địa chỉ thôn Pò Mẫu, số định danh",
            "cá nhân: 020091990417 cấp ngày 15/08/2021",
        ],
    ] {
        assert_eq!(ids(lines), ["020091990417"], "{lines:?}");
    }
}

#[test]
fn other_numbers_are_no_citizen_ids() {
    for line in [
        "020091990417",
        "Số: 020091990417",
        "Mã khách hàng: 020091990417",
        "Số tài khoản: 020091990417 tại ngân hàng",
        "Số điện thoại: 020091990417",
        "Mã số thuế: 020091990417",
        "Số seri: 020091990417",
        "Số hợp đồng: 020091990417",
        "Mã vạch 020091990417",
        "Thửa đất số: 020091990417",
        "Số hóa đơn: 020091990417",
        "Số thẻ bảo hiểm y tế: 020091990417",
        "Số CCCD: ........ Số tài khoản: 020091990417",
        "CCCD: không có. Mã khách hàng 020091990417",
        "Số CCCD: 0200919904171",
        "Số CCCD: 02009199041",
        "Số CCCD: 020091990417 0123",
        "Số CCCD: 9704 0200 9199 0417",
        "Số CCCD: 020091000000",
        "Giấy tờ tùy thân: 990091990417",
        "Căn cước công dân của cha, mẹ (bản sao) 020091990417",
        "Số CMND: 020091990417",
    ] {
        assert_eq!(ids(&[line]), Vec::<String>::new(), "{line}");
    }
    // Above or below a label is not behind it.
    for lines in [
        &["020091990417", "Số CCCD:"][..],
        &["Số CCCD:", "Mã khách hàng: 020091990417"],
        &["Số CCCD:", "", "", "", "", "020091990417"],
        &[
            "Họ và tên     Mã khách hàng     Ngày sinh",
            "Vi Đức Mẫu    020091990417      30/05/1968",
        ],
    ] {
        assert_eq!(ids(lines), Vec::<String>::new(), "{lines:?}");
    }
}

#[test]
fn the_number_of_a_card_needs_the_card_around_it() {
    let card = [
        "CĂN CƯỚC CÔNG DÂN",
        "Ciizen Identity Card",
        "sø:wo: 020091990417",
        "Họ và tên / Full name:",
        "NÔNG VĂN THỬ'",
        "Ngày sinh / Date of binh: 14/03/1991.",
        "Giới tính / Sex: Nam. Quốc tịch / Nationaliy: Việt Nam",
        "Nơi thường trú / Place of residence:",
        "Thôn Pò Mẫu, Mẫu Sơn Thử, Thử Nghiệm",
    ];
    use FieldName::{Address, CitizenId, DateOfBirth, DocumentKind, FullName, Sex, Title};
    assert_eq!(
        said(&found(&card)),
        [
            (DocumentKind, "cccd"),
            (Title, "CĂN CƯỚC CÔNG DÂN"),
            (CitizenId, "020091990417"),
            (FullName, "NÔNG VĂN THỬ"),
            (DateOfBirth, "1991-03-14"),
            (Sex, "male"),
            (Address, "Thôn Pò Mẫu, Mẫu Sơn Thử, Thử Nghiệm"),
        ]
    );
    for (line, instead) in [
        (0, "CĂN CƯỚC VÀ CÁC GIẤY TỜ KHÁC"),
        (2, "Mã khách hàng: 020091990417"),
        (2, "Thẻ thành viên của 020091990417"),
        (2, "990091990417"),
        (3, "Một dòng khác"),
    ] {
        let mut other = card;
        other[line] = instead;
        assert_eq!(ids(&other), Vec::<String>::new(), "{instead}");
    }
}

#[test]
fn former_numbers_need_their_label() {
    let former = |line| {
        let fields = found(&[line]);
        values(&fields, FieldName::FormerId)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        former("CMND số: 080990417, cấp ngày 15/06/2009"),
        ["080990417"]
    );
    assert_eq!(former("Số CMND/CCCD: 080 990 417"), ["080990417"]);
    assert_eq!(
        former("Chứng minh nhân dân số 020091990417"),
        ["020091990417"]
    );
    for line in [
        "080990417",
        "CCCD số: 080990417",
        "Mã số thuế: 080990417",
        "CMND số: 0809904171",
    ] {
        assert_eq!(former(line), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn two_readings_that_differ_are_told() {
    let mut page = page(&["Số CCCD: 020091990417"]);
    for word in &mut page.page.words {
        word.digits_agreed = Some(false);
    }
    assert_eq!(
        find(&[page])[0].doubt.as_deref(),
        Some("two readings of its digits differ")
    );
}
