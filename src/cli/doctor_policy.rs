//! The signing policy's part of `sohoa doctor`: can each list be carried out, and how will page 1 look?
//!
//! That nobody signs twice and each station's officer has a key is checked wherever the configuration is read. Here:
//! a default that names no key, roles in an unusual order, texts that leave the margins or stand on each other,
//! officers who sign nothing. No key is opened, so the names in certificates are not known; a long one is assumed.

use super::doctor::{Check, Verdict};
use crate::config::Config;
use crate::config::signing::{Signer, SigningConfig, VisibleFacts};
use crate::record::{DocumentKind, Explain, Lang, SignerRole, StationName};
use crate::sign::{Appearance, Fit, SignError, fit_letter};

/// As long as names are.
const NAME: &str = "Nguyễn Phương Hoàng Bảo Thùy Trang";
const TIME: &str = "2026-11-23T08:15:30+07:00";
/// The list for kinds that have none of their own.
const DEFAULT: &str = "default";

/// One check a list, and one for the officers of stations if they sign nothing.
pub(super) fn checks(config: &Config, lang: Lang) -> Vec<Check> {
    let Some(signing) = &config.signing else {
        return Vec::new();
    };
    // A station's officer has the policy's place and text, and a key that was looked up already.
    let Ok(station) = "cli".parse() else {
        return Vec::new();
    };
    let policy = &signing.policy;
    let mut checks = Vec::new();
    let mut has_officer = false;
    for kind in policy.kinds().map(Some).chain([None]) {
        let signers = policy.signers(kind, &station);
        has_officer |= signers.iter().any(|it| it.role == SignerRole::Officer);
        let (verdict, faults) = match faults(&signers, signing, config, lang) {
            Ok(found) => found,
            Err(error) => (Verdict::Error, vec![error.message(lang)]),
        };
        let order: Vec<String> = signers.iter().map(|it| named(it, lang)).collect();
        let detail = [format!(
            "{}: {}",
            kind.map_or(DEFAULT, DocumentKind::as_str),
            order.join(" → ")
        )]
        .into_iter();
        checks.push(check(verdict, detail.chain(faults).collect()));
    }
    let officers: Vec<&str> = policy
        .officers_stations()
        .map(StationName::as_str)
        .collect();
    if !has_officer && !officers.is_empty() {
        let detail = lang.pick(
            "cán bộ của quầy không ký loại giấy tờ nào",
            "officers of these stations sign no kind of paper",
        );
        checks.push(check(
            Verdict::Warning,
            vec![officers.join(", "), detail.to_owned()],
        ));
    }
    checks
}

fn check(verdict: Verdict, detail: Vec<String>) -> Check {
    Check {
        check: "policy",
        verdict,
        detail: detail.join("; "),
    }
}

fn named(signer: &Signer, lang: Lang) -> String {
    format!("{} ({})", signer.role.label(lang), signer.key)
}

/// What is wrong with a list, and how much.
fn faults(
    signers: &[Signer],
    signing: &SigningConfig,
    config: &Config,
    lang: Lang,
) -> Result<(Verdict, Vec<String>), SignError> {
    let mut faults = Vec::new();
    if !signers.is_sorted_by_key(|signer| signer.role) {
        let usual = lang.pick(
            "thứ tự thường là cán bộ, người có thẩm quyền, cơ quan",
            "the usual order is officer, authority, organisation",
        );
        faults.push(usual.to_owned());
    }
    let shown: Vec<(&Signer, Appearance<'_>)> = signers
        .iter()
        .filter_map(|signer| Some((signer, appearance(signer, config)?)))
        .collect();
    let texts: Vec<Appearance<'_>> = shown.iter().map(|(_, text)| text.clone()).collect();
    for ((signer, _), fit) in shown.iter().zip(fit_letter(&texts, TIME)?) {
        let fault = match fit {
            Fit::Free => continue,
            Fit::OutOfMargin => lang.pick(
                "chữ trên trang 1 lấn ra ngoài lề 20 mm",
                "its text on page 1 reaches out of the margin of 20 mm",
            ),
            Fit::OnAnother => lang.pick(
                "chữ trên trang 1 đè lên chữ ký khác",
                "its text on page 1 stands on another signature",
            ),
        };
        faults.push(format!("{}: {fault}", named(signer, lang)));
    }
    let verdict = if faults.is_empty() {
        Verdict::Ok
    } else {
        Verdict::Warning
    };
    // Only the default that nobody wrote can name a key that is not there.
    let missing = signers.iter().find(|it| signing.key(&it.key).is_none());
    let Some(missing) = missing else {
        return Ok((verdict, faults));
    };
    let key = &missing.key;
    faults.push(match lang {
        Lang::Vi => format!("chưa khai báo khóa “{key}”; giấy tờ không có loại riêng sẽ chờ"),
        Lang::En => format!("there is no key “{key}”; papers of no listed kind will wait"),
    });
    Ok((Verdict::Error, faults))
}

fn appearance(signer: &Signer, config: &Config) -> Option<Appearance<'static>> {
    let agency = &config.agency.name;
    let facts = VisibleFacts {
        copy_form: config.copy_form,
        agency,
        name: match signer.role {
            SignerRole::Officer | SignerRole::Authority => NAME,
            SignerRole::Organisation => agency,
        },
        time: TIME,
    };
    let place = signer.place?;
    Some(Appearance::of_lines(signer.text.lines(&facts), place))
}
