//! `sohoa coversheet`: a separator sheet to print and lay in front of a document.

use std::path::Path;

use serde::Serialize;

use super::arguments::Coversheet;
use super::get::keep_printed;
use super::output::Output;
use crate::compose::cover_sheet::{self, PrintedSheet};
use crate::config::Config;
use crate::describe::CONVERTER;
use crate::error::{Error, JourneyError};
use crate::random;
use crate::recognise::cover_sheet::{CoverSheet, Key, SheetNumber};
use crate::record::{Clock, DocumentKind, DossierCode, ExitCode, SystemClock};

#[derive(Serialize)]
struct Made<'a> {
    file: String,
    sheet: &'a str,
    dossier: &'a DossierCode,
    kind: Option<&'a DocumentKind>,
}

pub(super) fn run(
    arguments: &Coversheet,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let key_file = &config.cover_sheet_key;
    let key = Key::open_or_make_file(key_file, &chance(key_file)?)?;
    let made = SystemClock.now();
    let chance = chance(&arguments.output)?;
    let (mut nonce, mut serial) = ([0; 12], [0; 4]);
    nonce.copy_from_slice(&chance[..12]);
    serial.copy_from_slice(&chance[12..16]);
    let sheet = CoverSheet {
        number: SheetNumber::new(made, serial),
        dossier: arguments.dossier.clone(),
        kind: arguments.kind.clone(),
        citizen: arguments.citizen.clone(),
    };
    let printed = PrintedSheet {
        sheet: &sheet,
        code_text: &sheet.code_text(&key, nonce)?,
        agency: &config.agency.name,
        program: CONVERTER,
        made,
    };
    let out = &arguments.output;
    keep_printed(cover_sheet::write(&printed, out), out)?;
    report(&arguments.output, &sheet, output);
    Ok(ExitCode::Ok)
}

fn chance(needed_for: &Path) -> Result<[u8; 32], Error> {
    random::secret().map_err(|source| {
        JourneyError::Io {
            path: needed_for.to_owned(),
            source,
        }
        .into()
    })
}

fn report(file: &Path, sheet: &CoverSheet, output: &Output) {
    output.object(&Made {
        file: file.display().to_string(),
        sheet: sheet.number.as_str(),
        dossier: &sheet.dossier,
        kind: sheet.kind.as_ref(),
    });
    let (file, number) = (file.display(), &sheet.number);
    output.say(
        &format!("Đã ghi {file}: tờ phân cách số {number}. In khổ A4, đặt trước trang đầu của giấy tờ."),
        &format!("Wrote {file}: cover sheet {number}. Print it on A4 and lay it in front of the document's first page."),
    );
}
