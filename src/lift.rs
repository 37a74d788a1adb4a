//! Lifts a signed file to a level, one step after another, or renews its archive timestamp.
//!
//! What each step is, [`crate::sign::augment`] knows; what it needs comes from services that may be away. Then
//! the file gets as far as it can, and [`Lifted::short`] says why not further: an outage costs a level, not a
//! document. Nothing is kept of steps in between.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::durable;
use crate::error::Error;
use crate::record::{ExitCode, Explain, Lang, Sha256Digest};
use crate::sign::augment::{self, PathToProve, Proof, Step};
use crate::sign::{PadesLevel, SignError, TimestampError, TimestampServices};
use crate::trust::{Evidence, Trust};

/// From B-B to B-LTA there are three; one more than a file can need.
const MAX_STEPS: usize = 5;

/// How far a file is to be lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// To this level.
    Level(PadesLevel),
    /// To a new archive timestamp, whatever it has.
    Renewal,
}

/// Gathers what proves these paths.
pub type Gather<'a> = dyn Fn(&[PathToProve]) -> Result<Result<Evidence, Shortfall>, Error> + 'a;

/// How far a file came.
#[derive(Debug)]
pub struct Lifted {
    /// What it proves now.
    pub proof: Proof,
    /// What was done; where nothing was, there is no new file.
    pub steps: Vec<Step>,
    /// Why it did not come as far as was wanted.
    pub short: Option<Shortfall>,
}

/// Why a level was not reached.
#[derive(Debug, thiserror::Error)]
pub enum Shortfall {
    /// There is no timestamp.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// Certificates or revocation data could not be had.
    #[error("evidence is missing: {}", missing.join("; "))]
    Evidence {
        /// Which, in English; no names.
        missing: Vec<String>,
    },
    /// A certificate was revoked before the proven time.
    #[error("certificate {certificate} is revoked since {since}")]
    Revoked {
        /// SHA-256 of the certificate.
        certificate: Sha256Digest,
        /// Since when.
        since: Timestamp,
    },
    /// A renewal would prove no longer than what is there.
    #[error("a new timestamp would prove for no longer")]
    NoLater,
}

/// Lifts `input` and writes `output`, which must not exist. Written and synced only where a step was done.
///
/// # Errors
/// What is wrong with the file, the disk or the trust store. Services that are away are no error.
pub fn lift(
    input: &Path,
    output: &Path,
    wanted: Wanted,
    services: &TimestampServices,
    gather: &Gather<'_>,
) -> Result<Lifted, Error> {
    let mut climb = Climb {
        services,
        gather,
        output,
        made: Vec::new(),
        steps: Vec::new(),
    };
    let short = climb.climb(input, wanted)?;
    let newest = climb.made.last();
    let proof = augment::inspect(newest.map_or(input, PathBuf::as_path))?;
    if let Some(newest) = newest {
        durable::stage_written(newest)?;
        durable::rename_new(newest, output)?;
    }
    Ok(Lifted {
        proof,
        steps: std::mem::take(&mut climb.steps),
        short,
    })
}

struct Climb<'a> {
    services: &'a TimestampServices,
    gather: &'a Gather<'a>,
    output: &'a Path,
    /// The file after each step.
    made: Vec<PathBuf>,
    steps: Vec<Step>,
}

impl Climb<'_> {
    fn climb(&mut self, input: &Path, wanted: Wanted) -> Result<Option<Shortfall>, Error> {
        while self.steps.len() < MAX_STEPS {
            let current = self.made.last().map_or(input, PathBuf::as_path).to_owned();
            let proof = augment::inspect(&current)?;
            let step = match wanted {
                Wanted::Level(level) => proof.step_to(level),
                Wanted::Renewal if self.steps.contains(&Step::Renew) => None,
                Wanted::Renewal => Some(proof.next_step()),
            };
            let Some(step) = step else {
                return Ok(None);
            };
            if self.steps.contains(&step) {
                // What was gathered does not prove what it should.
                return Ok(Some(Shortfall::Evidence {
                    missing: Vec::new(),
                }));
            }
            let paths = proof.paths_for(step);
            let evidence = if paths.is_empty() {
                Evidence::default()
            } else {
                match (self.gather)(paths)? {
                    Ok(evidence) => evidence,
                    Err(short) => return Ok(Some(short)),
                }
            };
            if let Err(error) = self.step(step, wanted, &current, &evidence) {
                return match error {
                    SignError::Timestamp(error) => Ok(Some(error.into())),
                    other => Err(other.into()),
                };
            }
        }
        Ok(None)
    }

    /// One step; where B-LTA is wanted, the store and the timestamp over it are one update.
    fn step(
        &mut self,
        step: Step,
        wanted: Wanted,
        current: &Path,
        evidence: &Evidence,
    ) -> Result<(), SignError> {
        let next = self.place();
        let to_the_top = !matches!(wanted, Wanted::Level(level) if level < PadesLevel::BLta);
        if step == Step::Store && to_the_top {
            match augment::append(current, &next, Some(evidence), Some(self.services)) {
                Ok(_) => {
                    self.steps.extend([step, Step::ArchiveTimestamp]);
                    self.made.push(next);
                    return Ok(());
                }
                // The evidence is worth keeping without it.
                Err(SignError::Timestamp(_)) => {}
                Err(other) => return Err(other),
            }
        }
        augment::perform(step, current, &next, self.services, evidence)?;
        self.steps.push(step);
        self.made.push(next);
        Ok(())
    }

    fn place(&self) -> PathBuf {
        let mut name = self.output.file_name().unwrap_or_default().to_owned();
        name.push(format!(".step{}", self.made.len() + 1));
        self.output.with_file_name(name)
    }
}

impl Drop for Climb<'_> {
    fn drop(&mut self) {
        for step in &self.made {
            // The last one has its new name already; the error that led here is the one to report.
            let _ = std::fs::remove_file(step);
        }
    }
}

/// Gathers by the office's trust store and the services that certificates name.
///
/// # Errors
/// The trust store cannot be read.
pub fn gather(
    trust: &Trust,
    paths: &[PathToProve],
    now: Timestamp,
) -> Result<Result<Evidence, Shortfall>, Error> {
    let leaves: Vec<Vec<u8>> = paths.iter().map(|path| path.certificate.clone()).collect();
    let mut known = Evidence::default();
    for path in paths {
        known.add(Evidence {
            certificates: path.companions.clone(),
            ..Evidence::default()
        });
    }
    let gathered = trust.gather(&leaves, &known, now)?;
    // An authority's own revocation counts for whatever lies below it.
    let earliest = paths.iter().map(|path| path.time).min();
    let proven = |certificate: Sha256Digest| {
        let own = paths
            .iter()
            .find(|path| Sha256Digest::of(&path.certificate) == certificate);
        own.map(|path| path.time).or(earliest)
    };
    let revoked = gathered.revoked.iter();
    let mut before = revoked.filter(|it| proven(it.certificate).is_some_and(|at| it.when <= at));
    if let Some(revoked) = before.next() {
        return Ok(Err(Shortfall::Revoked {
            certificate: revoked.certificate,
            since: revoked.when,
        }));
    }
    if !gathered.is_complete() {
        let missing = gathered.missing.iter().map(ToString::to_string);
        return Ok(Err(Shortfall::Evidence {
            missing: missing.collect(),
        }));
    }
    Ok(Ok(gathered.evidence))
}

impl Explain for Shortfall {
    fn code(&self) -> &'static str {
        match self {
            Shortfall::Timestamp(error) => error.code(),
            Shortfall::Evidence { .. } => "lift.evidence",
            Shortfall::Revoked { .. } => "lift.revoked",
            Shortfall::NoLater => "lift.no_later",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Shortfall::Timestamp(error), _) => error.message(lang),
            (Shortfall::Evidence { missing }, Lang::Vi) => format!(
                "Chưa lấy đủ chứng thư và dữ liệu thu hồi ({}).",
                missing.join("; ")
            ),
            (Shortfall::Evidence { missing }, Lang::En) => format!(
                "Certificates or revocation data are missing ({}).",
                missing.join("; ")
            ),
            (Shortfall::Revoked { since, .. }, Lang::Vi) => {
                format!("Một chứng thư đã bị thu hồi từ {since}, trước thời điểm được chứng minh.")
            }
            (Shortfall::Revoked { since, .. }, Lang::En) => {
                format!("A certificate was revoked on {since}, before the proven time.")
            }
            (Shortfall::NoLater, Lang::Vi) => {
                "Dấu thời gian mới không chứng minh được lâu hơn.".to_owned()
            }
            (Shortfall::NoLater, Lang::En) => {
                "A new timestamp would prove for no longer.".to_owned()
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Shortfall::Timestamp(error) => return error.advice(lang),
            Shortfall::Evidence { .. } => (
                "Kiểm tra các gốc tin cậy (`sohoa trust list`) và đường mạng, rồi chạy `sohoa augment`.",
                "Check the trusted roots (`sohoa trust list`) and the network, then run `sohoa augment`.",
            ),
            Shortfall::Revoked { .. } => (
                "Không dùng chữ ký này; ký lại bằng khóa còn hiệu lực.",
                "Do not rely on this signature; sign again with a key that holds.",
            ),
            Shortfall::NoLater => (
                "Khai báo dịch vụ cấp dấu thời gian có chứng thư dài hạn hơn hoặc thuật toán mạnh hơn.",
                "Configure a timestamp service whose certificate lasts longer, or whose algorithm is stronger.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::No
    }

    fn is_retryable(&self) -> bool {
        match self {
            Shortfall::Timestamp(error) => error.is_retryable(),
            Shortfall::Evidence { .. } => true,
            Shortfall::Revoked { .. } | Shortfall::NoLater => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::test_support::{Desk, Sample, bytes_of, quick_key, visible};
    use crate::sign::timestamp::test_tsa::{good, services};

    fn signed(desk: &Desk) -> PathBuf {
        let signed = desk.sign(&Sample::default().pdf(), &quick_key(), &visible());
        signed.expect("signed").path
    }

    fn left_behind(desk: &Desk) -> usize {
        let folder = desk.path("x").parent().expect("folder").to_owned();
        let names = std::fs::read_dir(folder).expect("folder").flatten();
        names
            .filter(|name| name.path().to_string_lossy().contains(".step"))
            .count()
    }

    #[test]
    fn a_file_goes_all_the_way_in_two_writes_and_is_renewed() {
        let desk = Desk::new();
        let (file, output) = (signed(&desk), desk.path("lta.pdf"));
        let before = bytes_of(&file);
        let (services, evidence) = good(2027);
        let gather = |_: &[PathToProve]| Ok(Ok(evidence.clone()));
        let top = Wanted::Level(PadesLevel::BLta);
        let lifted = lift(&file, &output, top, &services, &gather).expect("lifted");
        assert_eq!(lifted.proof.level, PadesLevel::BLta);
        assert_eq!(
            lifted.steps,
            [Step::Refill, Step::Store, Step::ArchiveTimestamp]
        );
        assert!(lifted.short.is_none());
        assert_eq!(bytes_of(&file), before);
        let again = lift(&output, &desk.path("no.pdf"), top, &services, &gather).expect("is");
        assert!(again.steps.is_empty() && !desk.path("no.pdf").exists());

        let renewed = desk.path("renewed.pdf");
        let lifted = lift(&output, &renewed, Wanted::Renewal, &services, &gather).expect("renewed");
        assert_eq!(lifted.steps, [Step::Renew]);
        assert!(bytes_of(&renewed).starts_with(&bytes_of(&output)));
        assert_eq!(left_behind(&desk), 0);
    }

    #[test]
    fn what_is_away_costs_a_level() {
        let desk = Desk::new();
        let (file, output) = (signed(&desk), desk.path("out.pdf"));
        let (here, evidence) = good(2027);
        let away = services(&["http://127.0.0.1:1/"], 10);
        let known = |_: &[PathToProve]| Ok(Ok(evidence.clone()));
        let unknown = |_: &[PathToProve]| {
            Ok(Err(Shortfall::Evidence {
                missing: vec!["a CRL".to_owned()],
            }))
        };
        let top = Wanted::Level(PadesLevel::BLta);
        let nothing = lift(&file, &output, top, &away, &known).expect("no error");
        assert!(nothing.steps.is_empty() && !output.exists());
        let why = nothing.short.expect("it says why");
        assert_eq!(why.code(), "timestamp.unanswered");

        let some = lift(&file, &output, top, &here, &unknown).expect("no error");
        assert_eq!(some.proof.level, PadesLevel::BT);
        assert_eq!(some.short.expect("it says why").code(), "lift.evidence");
        let further = desk.path("further.pdf");
        let lt = lift(&output, &further, top, &away, &known).expect("no error");
        assert_eq!(lt.proof.level, PadesLevel::BLt, "the store is kept");
        assert_eq!(lt.short.expect("it says why").code(), "timestamp.resting");
        // Certificates without revocation data do not count, whoever says so.
        let wrong = |_: &[PathToProve]| {
            Ok(Ok(Evidence {
                crls: Vec::new(),
                ..evidence.clone()
            }))
        };
        let place = desk.path("wrong.pdf");
        let level = Wanted::Level(PadesLevel::BLt);
        let not = lift(&output, &place, level, &here, &wrong).expect("no error");
        assert_eq!(not.proof.level, PadesLevel::BT);
        assert!(not.short.is_some());
        assert_eq!(left_behind(&desk), 0);
    }
}
