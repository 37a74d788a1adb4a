//! One thread a PKCS#11 module: it alone loads the library and talks to it; everyone else sends it work.
//!
//! Drivers differ in what they bear from several threads, and a session belongs to one. The thread lives as
//! long as the process, so what it learnt (PINs that were rejected) is not forgotten. A driver that hangs
//! holds up its own thread only: who asked gets [`TokenError::Silent`] after a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::TokenError;
use super::session::Tokens;

/// Longer than the slowest tokens sign, short enough for a queue.
const PATIENCE: Duration = Duration::from_secs(60);

type Work = Box<dyn FnOnce(&mut Tokens) + Send>;

static MODULES: Mutex<BTreeMap<PathBuf, Sender<Work>>> = Mutex::new(BTreeMap::new());

/// The way to a module's thread; cheap to clone.
#[derive(Clone)]
pub(super) struct Module {
    path: PathBuf,
    work: Sender<Work>,
}

impl Module {
    /// The module at this path; its thread is started when it is first asked for.
    pub(super) fn at(path: &Path) -> Result<Self, TokenError> {
        // One library under two names would be initialised twice.
        let path = path.canonicalize().map_err(|error| TokenError::Module {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = modules.get(&path) {
            let work = work.clone();
            return Ok(Self { path, work });
        }
        let (work, todo) = channel();
        let tokens = path.clone();
        thread::Builder::new()
            .name("pkcs11".to_owned())
            .spawn(move || serve(Tokens::new(tokens), &todo))
            .map_err(|error| TokenError::Module {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        modules.insert(path.clone(), work.clone());
        Ok(Self { path, work })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Has `work` done on the thread and waits for the answer.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tokens) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let (answer, answered) = channel();
        self.tell(move |tokens| {
            // Whoever asked may have lost patience.
            let _gone = answer.send(work(tokens));
        });
        match answered.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err(TokenError::Silent)
            }
        }
    }

    /// Has `work` done some time.
    pub(super) fn tell(&self, work: impl FnOnce(&mut Tokens) + Send + 'static) {
        // The thread ends only by a panic; then `ask` hears nothing and says so.
        let _ended = self.work.send(Box::new(work));
    }
}

fn serve(mut tokens: Tokens, todo: &Receiver<Work>) {
    while let Ok(work) = todo.recv() {
        work(&mut tokens);
    }
}
