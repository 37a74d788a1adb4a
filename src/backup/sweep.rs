//! Removes sets whose time is over: never one that another needs, never the newest full one, and none of every third
//! year.

use std::path::Path;

use jiff::Timestamp;

use super::set::SetManifest;
use super::write::month;
use super::{BackupError, Kind, sets};
use crate::config::BackupConfig;
use crate::durable;

/// Answers the names of those that are gone.
pub(super) fn sweep(
    config: &BackupConfig,
    folder: &Path,
    now: Timestamp,
) -> Result<Vec<String>, BackupError> {
    let all = sets(folder)?;
    let over = over(config, &all, now);
    for set in &over {
        durable::remove_tree(&folder.join(set))?;
    }
    Ok(over)
}

/// The newest first, so that none is without the one it continues, whenever it is interrupted.
fn over(config: &BackupConfig, sets: &[SetManifest], now: Timestamp) -> Vec<String> {
    let Some(newest_full) = sets.iter().rposition(|set| set.kind.is_full()) else {
        return Vec::new();
    };
    let days = |set: &SetManifest| now.duration_since(set.made).as_hours() / 24;
    let mut kept_needs: Option<&str> = None;
    let mut over = Vec::new();
    for set in sets.get(..newest_full).unwrap_or_default().iter().rev() {
        let is_needed = kept_needs == Some(set.set.as_str());
        let is_over = match set.kind {
            Kind::Daily => days(set) > i64::from(config.keep_daily_days),
            Kind::Monthly => month(now) - month(set.made) > i64::from(config.keep_monthly),
            Kind::ThreeYearly => false,
        };
        if is_over && !is_needed {
            over.push(set.set.clone());
        } else if set.base.is_some() {
            kept_needs = set.base.as_deref();
        }
    }
    over
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, kind: Kind, made: &str, base: Option<&str>) -> SetManifest {
        SetManifest {
            format: SetManifest::FORMAT.to_owned(),
            set: name.to_owned(),
            kind,
            made: made.parse().expect("time"),
            base: base.map(str::to_owned),
            origin: "o".to_owned(),
            from: 0,
            to: 0,
            versions: 0,
            missing: Vec::new(),
            recipient: "age1".to_owned(),
            has_keys: false,
            files: Vec::new(),
        }
    }

    #[test]
    fn only_what_is_over_and_needed_by_none_goes() {
        let config = BackupConfig {
            recipient: None,
            keep_daily_days: 62,
            keep_monthly: 36,
        };
        let sets = [
            set("first", Kind::ThreeYearly, "2020-01-01T00:00:00Z", None),
            set("old", Kind::Monthly, "2022-01-01T00:00:00Z", None),
            set("old-1", Kind::Daily, "2022-01-02T00:00:00Z", Some("old")),
            set("month", Kind::Monthly, "2026-08-01T00:00:00Z", None),
            set(
                "month-1",
                Kind::Daily,
                "2026-08-02T00:00:00Z",
                Some("month"),
            ),
            set(
                "month-2",
                Kind::Daily,
                "2026-10-30T00:00:00Z",
                Some("month-1"),
            ),
            set("full", Kind::Monthly, "2026-11-01T00:00:00Z", None),
            set("full-1", Kind::Daily, "2026-11-02T00:00:00Z", Some("full")),
        ];
        let now = |text: &str| text.parse().expect("time");
        // The day of October needs that of August, and that one the month's.
        assert_eq!(
            over(&config, &sets, now("2026-11-24T00:00:00Z")),
            ["old-1", "old"]
        );
        assert_eq!(
            over(&config, &sets, now("2027-03-01T00:00:00Z")),
            ["month-2", "month-1", "old-1", "old"]
        );
        // Nobody made a backup for years: what there is stays.
        assert_eq!(
            over(&config, &sets[7..], now("2040-01-01T00:00:00Z")).len(),
            0
        );
        let late = over(&config, &sets, now("2040-01-01T00:00:00Z"));
        assert!(
            !late
                .iter()
                .any(|it| ["first", "full", "full-1"].contains(&it.as_str()))
        );
    }
}
