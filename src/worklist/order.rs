//! The line from the desk in the browser to whoever holds the journey: a decision goes one way, what became of it comes
//! back. Both ends are in one process; the command line decides by itself.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::WorklistError;
use crate::record::{Decision, Explain, RecordId};

/// Decisions that wait to be taken; nobody decides faster.
const WAITING_MAX: usize = 64;
/// Dividing a long batch takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a decision was not taken.
pub type Refused = Box<dyn Explain + Send>;

/// What a person decided at the desk.
pub struct Order {
    /// About which document.
    pub record: RecordId,
    /// It is new: there is nothing to decide, it is only to be taken up.
    pub is_new: bool,
    /// In this order; all are taken, or none.
    pub decisions: Vec<Decision>,
    /// Who decides, as it goes into the record.
    pub by: String,
    answer: SyncSender<Result<(), Refused>>,
}

impl Order {
    /// Tells the desk whether it was taken.
    pub fn answer(&self, taken: Result<(), Refused>) {
        // Who asked may have given up; the decision stands all the same.
        let _gone = self.answer.try_send(taken);
    }
}

/// The desk's end.
#[derive(Debug, Clone)]
pub struct Orders(SyncSender<Order>);

impl Orders {
    /// Both ends.
    #[must_use]
    pub fn line() -> (Self, Receiver<Order>) {
        let (orders, taken) = sync_channel(WAITING_MAX);
        (Self(orders), taken)
    }

    /// Says that a document was taken in that nobody works on; without anybody who hears it, it is found a little later.
    pub fn take_up(&self, record: RecordId) {
        let (answer, _) = sync_channel(1);
        let _later = self.0.try_send(Order {
            record,
            is_new: true,
            decisions: Vec::new(),
            by: String::new(),
            answer,
        });
    }

    /// Has decisions taken; they are on the disk when this returns well.
    ///
    /// # Errors
    /// Why not: they do not fit, the document waits no more, or is being worked on ([`WorklistError::Busy`], also where
    /// nobody answers).
    pub fn decide(
        &self,
        record: RecordId,
        decisions: Vec<Decision>,
        by: &str,
    ) -> Result<(), Refused> {
        let (answer, answered) = sync_channel(1);
        let order = Order {
            record,
            is_new: false,
            decisions,
            by: by.to_owned(),
            answer,
        };
        let busy = || -> Refused { Box::new(WorklistError::Busy) };
        match self.0.try_send(order) {
            Ok(()) => answered
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| Err(busy())),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_answered_and_without_anybody_it_is_refused() {
        let (orders, taken) = Orders::line();
        let record = RecordId::new_v7(1, &[1; 10]);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let first = taken.recv().expect("an order");
                assert_eq!((first.record, first.by.as_str()), (record, "lan"));
                assert_eq!(first.decisions, [Decision::Approve]);
                first.answer(Ok(()));
                let second = taken.recv().expect("an order");
                second.answer(Err(Box::new(WorklistError::NotWaiting)));
            });
            let decide = || orders.decide(record, vec![Decision::Approve], "lan");
            assert!(decide().is_ok());
            let refused = decide().expect_err("refused");
            assert_eq!(refused.code(), "worklist.not_waiting");
        });
        // The other end is gone with its thread.
        let nobody = orders.decide(record, vec![Decision::Approve], "lan");
        assert_eq!(nobody.expect_err("nobody").code(), "worklist.busy");
    }
}
