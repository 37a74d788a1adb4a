//! What the codes of a page say: cards, case slips, and the machine-readable zone among the words.

use jiff::civil::Date;

use super::layout::Layout;
use super::person::sex_value;
use super::value::Found;
use super::{doubt, ocr_field};
use crate::recognise::barcode::{Code, CodeKind};
use crate::recognise::citizen_card::{CitizenCard, Sex};
use crate::recognise::dossier;
use crate::recognise::mrz::Mrz;
use crate::record::{CitizenId, Field, FieldName, Source};

type Corners = [[f32; 2]; 4];

/// The fields of all codes, in the order of the codes.
pub(super) fn fields(codes: &[Code]) -> Vec<Field> {
    codes.iter().flat_map(of_code).collect()
}

fn of_code(code: &Code) -> Vec<Field> {
    let corners = code.place.corners;
    if code.kind == CodeKind::Qr
        && let Ok(card) = CitizenCard::parse(&code.text)
    {
        return of_card(&card, corners);
    }
    // Other codes are those of parcels and goods; case systems print these two.
    let of_slips = matches!(code.kind, CodeKind::Qr | CodeKind::Code128);
    let dossier = dossier::from_code_text(&code.text).filter(|_| of_slips);
    let field = dossier.map(|code| {
        field(
            FieldName::DossierCode,
            code.to_string(),
            Source::CaseSlip,
            corners,
        )
    });
    field.into_iter().collect()
}

fn of_card(card: &CitizenCard, corners: Corners) -> Vec<Field> {
    let say = |name, value: String| field(name, value, Source::CardQr, corners);
    let mut fields = of_holder(
        &card.id,
        card.birth,
        Some(card.sex),
        Source::CardQr,
        corners,
    );
    fields.extend(
        card.former_id
            .clone()
            .map(|id| say(FieldName::FormerId, id)),
    );
    fields.push(say(FieldName::FullName, card.name.clone()));
    if !card.address.is_empty() {
        fields.push(say(FieldName::Address, card.address.clone()));
    }
    fields.push(say(FieldName::DocumentKind, "cccd".to_owned()));
    fields
}

/// Number, date of birth and sex, which one card says of one person.
fn of_holder(
    id: &CitizenId,
    birth: Date,
    sex: Option<Sex>,
    source: Source,
    corners: Corners,
) -> Vec<Field> {
    let say = |name, value: String| field(name, value, source, corners);
    let mut fields = vec![
        Field {
            doubt: doubt::of_number(id, Some(birth.year()), sex),
            ..say(FieldName::CitizenId, id.expose().to_owned())
        },
        say(FieldName::DateOfBirth, birth.to_string()),
    ];
    fields.extend(sex.map(|sex| say(FieldName::Sex, sex_value(sex).to_owned())));
    fields
}

fn field(name: FieldName, value: String, source: Source, corners: Corners) -> Field {
    Field {
        name,
        value,
        source,
        page: None,
        place: Some(corners),
        confidence: None,
        doubt: None,
    }
}

/// Fewest signs of a line of the zone.
const ZONE_SIGNS_MIN: usize = 20;

/// The fields of the machine-readable zones among the words. The name has no check digit and no marks:
/// it is OCR like any other.
pub(super) fn of_zones(layout: &Layout<'_>) -> Vec<Field> {
    let lines = layout.lines().iter();
    let zone: Vec<(usize, Vec<String>)> = lines
        .enumerate()
        .map(|(number, line)| (number, zone_readings(layout, line.clone())))
        .filter(|(_, readings)| !readings.is_empty())
        .collect();
    let mut fields = Vec::new();
    let mut known: Vec<CitizenId> = Vec::new();
    for three in zone.windows(3) {
        let [(from, first), (_, second), (to, third)] = three else {
            continue;
        };
        let Some(mrz) = proved([first, second, third]) else {
            continue;
        };
        if known.contains(&mrz.id) {
            continue;
        }
        let lines = layout.lines();
        let (Some(top), Some(names)) = (lines.get(*from), lines.get(*to)) else {
            continue;
        };
        let corners = layout.corners(std::slice::from_ref(&(top.start..names.end)));
        fields.extend(of_holder(&mrz.id, mrz.birth, mrz.sex, Source::Mrz, corners));
        if mrz.name.contains(' ') {
            let found = Found {
                value: mrz.name.clone(),
                tokens: names.clone(),
            };
            fields.push(Field {
                doubt: Some(
                    "from the zone of a card: without marks, and no check digit guards it"
                        .to_owned(),
                ),
                ..ocr_field(layout, FieldName::FullName, found)
            });
        }
        fields.push(field(
            FieldName::DocumentKind,
            "cccd".to_owned(),
            Source::Mrz,
            corners,
        ));
        known.push(mrz.id);
    }
    fields
}

/// A line without what a smudge beside the zone was read as.
fn zone_text(layout: &Layout<'_>, line: std::ops::Range<usize>) -> String {
    let tokens = layout.slice(line).iter();
    tokens
        .filter(|token| token.text.len() > 2 || token.text.contains('<'))
        .map(|token| token.text)
        .collect()
}

/// How the models read a line, the better one first; empty where it is no line of a zone.
fn zone_readings(layout: &Layout<'_>, line: std::ops::Range<usize>) -> Vec<String> {
    let first = layout.slice(line.clone()).iter();
    let first = first.filter_map(|token| token.first_reading.map(str::to_owned));
    std::iter::once(zone_text(layout, line))
        .chain(first)
        .filter(|text| text.len() >= ZONE_SIGNS_MIN && text.contains('<'))
        .take(2)
        .collect()
}

/// The zone of the first combination of readings that all check digits prove.
fn proved(lines: [&Vec<String>; 3]) -> Option<Mrz> {
    let [first, second, third] = lines;
    first.iter().find_map(|one| {
        second.iter().find_map(|two| {
            let name = third.first()?;
            Mrz::parse([one, two, name]).ok()
        })
    })
}
