//! Whole pages: what they say, and what they do not.

use proptest::prelude::*;

use super::test_support::{codes, page, turned, values};
use super::*;
use crate::recognise::barcode::{Code, CodeKind};
use crate::recognise::{BoundingBox, PageReading, RecognisedPage, Word};

const CARD: &str = "020091990417|080990417|Nông Văn Thử|14031991|Nam|Thôn Pò Mẫu, Mẫu Sơn Thử, Thử Nghiệm|15082021";

fn code(kind: CodeKind, text: &str) -> Code {
    Code {
        kind,
        text: text.to_owned(),
        place: BoundingBox {
            corners: [[1.0, 9.0], [9.0, 9.0], [9.0, 1.0], [1.0, 1.0]],
        },
    }
}

fn found(lines: &[&str]) -> Vec<Field> {
    find(&[page(lines)])
}

fn ids(lines: &[&str]) -> Vec<String> {
    let fields = found(lines);
    values(&fields, FieldName::CitizenId)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Name and value, in order.
fn said(fields: &[Field]) -> Vec<(FieldName, &str)> {
    fields
        .iter()
        .map(|field| (field.name, field.value.as_str()))
        .collect()
}

#[test]
fn a_form_names_its_people_one_after_the_other() {
    use FieldName::{Address, CitizenId, DateOfBirth, FullName, Sex};
    let fields = found(&[
        "TỜ KHAI ĐĂNG KÝ KHAI SINH",
        "Họ, chữ đệm, tên người yêu cầu: Nông Văn Thử",
        "Ngày, tháng, năm sinh: 14/03/1991     Quan hệ với trẻ: Cha",
        "Nơi cưtrú: Thôn Pò Mẫu, xã Mẫu Sơn Thử, tỉnh Thử Nghiệm",
        "Giấy tờ tùy thân: CCCD số 020091990417, cấp ngày 15/08/2021",
        "Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:",
        "Họ, chữ đệm, tên: Nông Hoàng Bảo Thử",
        "Ngày, tháng, năm sinh: 10/11/2026",
        "Giới tính: Nữ    Dân tộc: Tày   Quốc tịch: Việt Nam",
        "Họ, chữ đệm, tên người mẹ: Hoàng Thị Mẫu Diễm",
        "Năm sinh: 1995   Dân tộc: Nùng",
        "Giấy tờ tùy thân: CCCD số 020194990283",
    ]);
    let people = said(&fields);
    let people = people
        .iter()
        .filter(|(name, _)| *name != FieldName::Title && *name != FieldName::DocumentKind);
    assert_eq!(
        people.copied().collect::<Vec<_>>(),
        [
            (FullName, "Nông Văn Thử"),
            (DateOfBirth, "1991-03-14"),
            (Address, "Thôn Pò Mẫu, xã Mẫu Sơn Thử, tỉnh Thử Nghiệm"),
            (CitizenId, "020091990417"),
            (FullName, "Nông Hoàng Bảo Thử"),
            (DateOfBirth, "2026-11-10"),
            (Sex, "female"),
            (FullName, "Hoàng Thị Mẫu Diễm"),
            (CitizenId, "020194990283"),
        ]
    );
    let doubts: Vec<_> = fields
        .iter()
        .filter_map(|field| field.doubt.as_deref())
        .collect();
    assert_eq!(
        doubts,
        ["its fifth and sixth digits are of another year of birth"]
    );
    assert!(
        fields
            .iter()
            .all(|field| field.page == Some(1) && field.source == Source::Ocr)
    );
}

#[test]
fn an_official_paper_has_head_title_and_kind() {
    use FieldName::{DocumentDate, DocumentKind, DocumentNumber, IssuingAgency, Title};
    let fields = found(&[
        "      TỈNH THỬ NGHIỆM            CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "ỦY BAN NHÂN DÂN XÃ THỬ               Độc lập - Tự do - Hạnh phúc",
        "     Số: 88/UBND-XNTTHN",
        "                                 Mẫu Sơn Thử, ngày 23 tháng 11 năm 2026",
        "",
        "            GIẤY XÁC NHẬN TÌNH TRẠNG",
        "                    HÔN NHÂN",
        "",
        "              ỦY BAN NHÂN DÂN XÃ THỬ",
        "Căn cứ Nghị định số 145/2023/NĐ-CP ngày 18 tháng 12 năm 2023 của Chính phủ;",
        "Thời gian nhận hồ sơ: 08 giờ 12, ngày 24 tháng 11 năm 2026",
    ]);
    assert_eq!(
        said(&fields),
        [
            (DocumentKind, "hon-nhan"),
            (Title, "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN"),
            (IssuingAgency, "ỦY BAN NHÂN DÂN XÃ THỬ"),
            (DocumentNumber, "88/UBND-XNTTHN"),
            (DocumentDate, "2026-11-23"),
        ]
    );
}

#[test]
fn a_table_gives_a_person_a_row() {
    use FieldName::{CitizenId, DateOfBirth, FullName};
    let fields = found(&[
        "TT    Họ, chữ đệm và tên     Ngày sinh   Số định danh cá nhân   Quan hệ",
        "1     Vi Đức Mẫu            30/05/1968   020068990052           Chủ hộ",
        "K)    Lý Thị Mẫu Na         02/02/1970   020170990055           Vợ",
        "3     Vi Mẫu Khang          19/08/1998   994200000000           Con",
        "III. Ủy ban nhân dân xã xác nhận: ông (bà) Vi Đức Mẫu",
    ]);
    assert_eq!(
        said(&fields),
        [
            (FullName, "Vi Đức Mẫu"),
            (DateOfBirth, "1968-05-30"),
            (CitizenId, "020068990052"),
            (FullName, "Lý Thị Mẫu Na"),
            (DateOfBirth, "1970-02-02"),
            (CitizenId, "020170990055"),
            (FullName, "Vi Mẫu Khang"),
            (DateOfBirth, "1998-08-19"),
        ]
    );
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
fn firms_and_places_are_no_people() {
    let fields = found(&[
        "Tiếp nhận hồ sơ của: Công ty Cổ phần Sao Mai",
        "Đơn vị bán hàng: Công ty Cổ phần Sao Mai",
        "Địa chỉ: Số 30, đường Cửa Bắc, thành phố Hà Nội",
        "(Ký, ghi rõ họ tên)      (Ký, ghi rõ họ tên)",
        "Đỗ Thị Hồng              Nguyễn Hoài Thu",
        "Vinh, ngày 14 tháng 03 năm 2026.",
    ]);
    assert_eq!(said(&fields), [(FieldName::DocumentDate, "2026-03-14")]);
}

#[test]
fn codes_speak_for_cards_and_case_slips() {
    let page = codes(vec![
        code(CodeKind::Qr, CARD),
        code(CodeKind::Code128, "H36.105-261123-0007"),
        code(CodeKind::Qr, "https://example.vn/?ma=H36.105-261123-0008"),
        code(CodeKind::DataMatrix, "H36.105-261123-0009"),
        code(CodeKind::Code128, "020091990417"),
    ]);
    let fields = find(&[codes(Vec::new()), page]);
    let sources: Vec<_> = fields
        .iter()
        .map(|field| (field.name, field.value.as_str(), field.source))
        .collect();
    assert_eq!(
        sources,
        [
            (FieldName::CitizenId, "020091990417", Source::CardQr),
            (FieldName::DateOfBirth, "1991-03-14", Source::CardQr),
            (FieldName::Sex, "male", Source::CardQr),
            (FieldName::FormerId, "080990417", Source::CardQr),
            (FieldName::FullName, "Nông Văn Thử", Source::CardQr),
            (
                FieldName::Address,
                "Thôn Pò Mẫu, Mẫu Sơn Thử, Thử Nghiệm",
                Source::CardQr
            ),
            (FieldName::DocumentKind, "cccd", Source::CardQr),
            (
                FieldName::DossierCode,
                "H36.105-261123-0007",
                Source::CaseSlip
            ),
            (
                FieldName::DossierCode,
                "H36.105-261123-0008",
                Source::CaseSlip
            ),
        ]
    );
    assert!(
        fields
            .iter()
            .all(|field| field.page == Some(2) && field.confidence.is_none())
    );
    assert_eq!(fields[0].place, Some(code(CodeKind::Qr, "").place.corners));
    assert_eq!(fields[0].doubt, None);

    let evidence = evidence(&fields);
    assert_eq!(evidence.len(), 1);
    assert_eq!(
        (evidence[0].source, evidence[0].page),
        (Source::CardQr, Some(2))
    );
}

#[test]
fn a_card_that_contradicts_itself_is_doubted_and_kept() {
    let page = codes(vec![code(CodeKind::Qr, &CARD.replace("Nam", "Nữ"))]);
    assert_eq!(
        find(&[page])[0].doubt.as_deref(),
        Some("its fourth digit is of the other sex")
    );
}

#[test]
fn the_zone_of_a_card_is_found_among_the_words() {
    let fields = found(&[
        "Nốt ruồi C: 1cm trên sau mép trái",
        "=E",
        "TDVNM0919904176020091990417<<2 |",
        "9103144M3103142VNM<<<<<<<<<<<0",
        "NONG<<VAN<THU<<<<<<<<<<<<<<<<<",
        "TDVNM0919904176020091990417<<3",
        "9103144M3103142VNM<<<<<<<<<<<0",
        "NONG<<VAN<THU<<<<<<<<<<<<<<<<<",
    ]);
    let sources: Vec<_> = fields
        .iter()
        .map(|field| (field.name, field.value.as_str(), field.source))
        .collect();
    assert_eq!(
        sources,
        [
            (FieldName::CitizenId, "020091990417", Source::Mrz),
            (FieldName::DateOfBirth, "1991-03-14", Source::Mrz),
            (FieldName::Sex, "male", Source::Mrz),
            (FieldName::FullName, "NONG VAN THU", Source::Ocr),
            (FieldName::DocumentKind, "cccd", Source::Mrz),
        ]
    );
}

#[test]
fn dossier_codes_are_read_behind_their_label_only() {
    let fields = found(&["Mã hồ sơ: H36.105-261123-0007", "H36.105-261123-0009"]);
    assert_eq!(
        values(&fields, FieldName::DossierCode),
        ["H36.105-261123-0007"]
    );
}

#[test]
fn places_are_on_the_stored_image() {
    // A page that was scanned on its side: what runs right runs up on the stored image.
    let fields = find(&[turned(&["Số CCCD: 020091990417"], |[x, y]| {
        [y, 1000.0 - x]
    })]);
    let place = fields[0].place.expect("a place");
    let expected = [[100.0, 810.0], [100.0, 690.0], [80.0, 690.0], [80.0, 810.0]];
    for (corner, expected) in place.as_flattened().iter().zip(expected.as_flattened()) {
        assert!((corner - expected).abs() < 0.01, "{place:?}");
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

fn any_word() -> impl Strategy<Value = Word> {
    let text = prop_oneof![
        "[0-9]{1,14}",
        "[0-9./|,:-]{1,12}",
        "\\PC{0,12}",
        prop::sample::select(vec![
            "Số",
            "CCCD",
            "số:",
            "Họ",
            "và",
            "tên:",
            "Ngày",
            "sinh:",
            "ngày",
            "tháng",
            "năm",
            "TỜ",
            "KHAI",
            "căn",
            "cước",
            "địa",
            "chỉ:",
            "Mã",
            "hồ",
            "sơ:",
            "IDVNM0919904176020091990417<<2",
            "Giới",
            "tính:",
            "Nam",
            "14/03/1991",
            "CỘNG",
            "HÒA",
            "/",
            ":",
            "GIẤY",
        ])
        .prop_map(str::to_owned),
    ];
    let corner = prop_oneof![
        8 => (-100.0..4000.0_f32).boxed(),
        1 => any::<f32>().boxed(),
    ];
    (text, prop::array::uniform8(corner), any::<f32>(), 0..40_u32).prop_map(
        |(text, at, sure, line)| Word {
            text,
            place: BoundingBox {
                corners: [
                    [at[0], at[1]],
                    [at[2], at[3]],
                    [at[4], at[5]],
                    [at[6], at[7]],
                ],
            },
            confidence: Confidence(sure),
            line,
            digits_agreed: None,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn hostile_words_never_panic_and_give_a_bounded_answer(
        words in prop::collection::vec(any_word(), 0..120),
        texts in prop::collection::vec("\\PC{0,60}", 0..4),
    ) {
        let longest = words.iter().map(|word| word.text.len()).max().unwrap_or(0);
        let page = ReadPage {
            page: RecognisedPage { reading: PageReading::Ok, upright: 0, skew: 0.0, words, confidence: None },
            codes: texts.iter().map(|text| code(CodeKind::Qr, text)).collect(),
            patch: None,
        };
        let fields = find(&[page.clone(), page]);
        prop_assert!(fields.len() <= 2 * FIELDS_OF_PAGE_MAX);
        for field in fields {
            prop_assert!(field.value.len() <= 60 * (longest + 1), "{field:?}");
            prop_assert!(!field.value.is_empty());
        }
    }
}

#[test]
fn a_page_full_of_labels_is_answered_within_bounds() {
    let line = "Số CCCD: 020091990417 Họ và tên: Nông Văn Thử Ngày sinh: 14/03/1991 ".repeat(8);
    let lines = vec![line.as_str(); 400];
    let started = std::time::Instant::now();
    let fields = found(&lines);
    assert_eq!(fields.len(), FIELDS_OF_PAGE_MAX);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
