//! Keeps the replicas up while the daemon runs, on a thread of its own.
//!
//! It looks at one number, how many entries the ledger has, and copies when it grew. A replica that is away is looked
//! for now and then, and told of when that changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Replica;
use crate::config::{Config, ReplicaConfig, ReplicaName};
use crate::ledger::Ledger;
use crate::record::Explain;

/// How soon a version is copied after it is in the ledger.
const LOOK: Duration = Duration::from_secs(2);
/// How soon one that is away, or failed, is tried again; and what the archive could not give.
const AGAIN: Duration = Duration::from_mins(1);
/// How soon another disk in the place of the one that was caught up is noticed.
const CHANGED_DISK: Duration = Duration::from_mins(10);
/// How often it is asked whether the program stops.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Kept {
    /// Entries of the ledger at the last round that went well.
    size: Option<u64>,
    /// When it is tried again whatever the ledger says.
    next: Option<Instant>,
    /// Why it did not go well, as it was told.
    told: Option<&'static str>,
}

/// Until the program stops.
pub(crate) fn attend(config: &Config, stopping: &AtomicBool) {
    if config.replicas.is_empty() {
        return;
    }
    let mut kept: BTreeMap<&ReplicaName, Kept> = BTreeMap::new();
    let mut next = Instant::now();
    while !stopping.load(Ordering::Relaxed) {
        if Instant::now() >= next {
            let size = Ledger::open(&config.ledger.folder).and_then(|ledger| ledger.head());
            if let Ok(head) = size {
                for replica in &config.replicas {
                    let kept = kept.entry(&replica.name).or_default();
                    keep_up(config, replica, kept, head.size, stopping);
                }
            }
            next = Instant::now() + LOOK;
        }
        std::thread::sleep(PAUSE);
    }
}

fn keep_up(
    config: &Config,
    replica: &ReplicaConfig,
    kept: &mut Kept,
    size: u64,
    stopping: &AtomicBool,
) {
    let is_due = kept.next.is_some_and(|next| Instant::now() >= next);
    // One that failed waits; one that went well waits for an entry.
    let is_new = kept.told.is_none() && kept.size != Some(size);
    if !is_due && !is_new {
        return;
    }
    let go_on = || !stopping.load(Ordering::Relaxed);
    let copied = Replica::open(config, replica).and_then(|mut it| it.copy(config, false, &go_on));
    let name = replica.name.as_str();
    kept.next = None;
    match copied {
        Ok(copied) => {
            if kept.told.take().is_some() {
                tracing::info!(replica = name, "the replica is there again");
            }
            if copied.versions > 0 {
                tracing::debug!(replica = name, versions = copied.versions, "copied");
            }
            kept.size = Some(size);
            let pause = if copied.failed > 0 {
                AGAIN
            } else {
                CHANGED_DISK
            };
            kept.next = Some(Instant::now() + pause);
        }
        Err(error) => {
            if kept.told.replace(error.code()) != Some(error.code()) {
                tracing::warn!(replica = name, code = error.code(), cause = %error, "the replica is not kept up");
            }
            kept.next = Some(Instant::now() + AGAIN);
        }
    }
}
