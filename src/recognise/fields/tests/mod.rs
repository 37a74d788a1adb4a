//! Whole pages: what they say, and what they do not.

use proptest::prelude::*;

use super::test_support::{codes, page, turned, values};
use super::*;
use crate::recognise::barcode::{Code, CodeKind};
use crate::recognise::{BoundingBox, PageReading, RecognisedPage, Word};

mod numbers;

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
fn titles_begin_as_titles_do() {
    let titled = |lines: &[&str]| {
        let fields = found(lines);
        let value = |name| {
            values(&fields, name)
                .first()
                .map(|value| (*value).to_owned())
        };
        (value(FieldName::DocumentKind), value(FieldName::Title))
    };
    for (line, kind, title) in [
        ("GIẤY KHAI SINH", Some("khai-sinh"), "GIẤY KHAI SINH"),
        (
            "GIẤY KHAI SINK (BẢN SAO)",
            Some("khai-sinh"),
            "GIẤY KHAI SINK (BẢN SAO)",
        ),
        ("TRÍCH LỤC KẾT HÔN", Some("ket-hon"), "TRÍCH LỤC KẾT HÔN"),
        (
            "TRÍCH LỤC GHI CHÚ LY HÔN",
            Some("trich-luc"),
            "TRÍCH LỤC GHI CHÚ LY HÔN",
        ),
        ("QUYẾT ĐỊNH:", Some("quyet-dinh"), "QUYẾT ĐỊNH"),
        ("GIẤY HẸN", None, "GIẤY HẸN"),
    ] {
        assert_eq!(
            titled(&[line]),
            (kind.map(str::to_owned), Some(title.to_owned())),
            "{line}"
        );
    }
    for line in [
        "Giấy khai sinh số 12",
        "SỞ KẾ HOẠCH VÀ ĐẦU TƯ",
        "ĐƠN VỊ BÁN HÀNG",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    ] {
        assert_eq!(titled(&[line]), (None, None), "{line}");
    }
    let late = [
        "Một dòng",
        "Một dòng",
        "Một dòng",
        "QUYẾT ĐỊNH:",
        "Một dòng",
    ];
    assert_eq!(titled(&late), (None, None));
}

#[test]
fn the_document_is_what_its_first_telling_page_is() {
    let slips = |texts: &[&str]| {
        let slips = texts.iter().map(|text| code(CodeKind::Qr, text));
        find(&[
            codes(slips.collect()),
            page(&["QUYẾT ĐỊNH"]),
            page(&["GIẤY KHAI SINH"]),
        ])
    };
    let one = slips(&[
        "H36.105-261123-0007",
        "https://example.vn/?ma=H36.105-261123-0007",
    ]);
    assert_eq!(
        dossier(&one).expect("a dossier").as_str(),
        "H36.105-261123-0007"
    );
    assert_eq!(kind(&one).expect("a kind").as_str(), "quyet-dinh");
    assert_eq!(title(&one), Some("QUYẾT ĐỊNH"));
    assert_eq!(
        dossier(&slips(&["H36.105-261123-0007", "H36.105-261123-0008"])),
        None
    );
    let read = found(&["Mã hồ sơ: H36.105-261123-0007"]);
    assert_eq!(dossier(&read), None, "OCR does not decide");
    assert_eq!((kind(&[]), title(&[])), (None, None));
}

#[test]
fn a_table_gives_a_person_a_row() {
    use FieldName::{CitizenId, DateOfBirth, FullName};
    let fields = found(&[
        "1HỊE  Họ, chữ đệm và tên     Ngày sinh   Số định danh cá nhân   Quan hệ",
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
fn a_page_full_of_labels_is_answered_within_bounds() {
    let line = "Số CCCD: 020091990417 Họ và tên: Nông Văn Thử Ngày sinh: 14/03/1991 ".repeat(8);
    let lines = vec![line.as_str(); 400];
    let started = std::time::Instant::now();
    let fields = found(&lines);
    assert_eq!(fields.len(), FIELDS_OF_PAGE_MAX);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
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
            first_reading: None,
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
fn of_two_readings_of_a_zone_the_proved_one_counts() {
    let zone = [
        "IDVNM0919904176020091990417<<2",
        "9103144M3103142VNM<<<<<<<<<<<9",
        "NONG<<VAN<THU<<<<<<<<<<<<<<<<<",
    ];
    let mut card = page(&zone);
    let proved = |card: &ReadPage| {
        let fields = of_page(card, 1);
        fields
            .iter()
            .any(|field| field.name == FieldName::CitizenId && field.source == Source::Mrz)
    };
    assert!(!proved(&card), "the last check digit is wrong");
    card.page.words[1].first_reading = Some("9103144M3103142VNM<<<<<<<<<<<0".to_owned());
    assert!(proved(&card));
}
