//! One thread a PKCS#11 module: it alone loads the library and talks to it; everyone else sends it work.
//!
//! Drivers differ in what they bear from several threads, and a session belongs to one. The thread lives as
//! long as the process, so what it learnt (PINs that were rejected) is not forgotten. A driver that hangs
//! holds up its own thread only: who asked gets [`TokenError::Silent`] after a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::TokenError;
use super::session::Tokens;

/// Longer than the slowest tokens sign, short enough for a queue. For one piece of work: waiting in line
/// behind others is no silence.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often who waits looks whether the thread still gets on.
const GLANCE: Duration = Duration::from_secs(1);

type Work = Box<dyn FnOnce(&mut Tokens) + Send>;

static MODULES: Mutex<BTreeMap<PathBuf, Module>> = Mutex::new(BTreeMap::new());

/// The way to a module's thread; cheap to clone.
#[derive(Clone)]
pub(super) struct Module {
    path: PathBuf,
    work: Sender<Work>,
    /// Since when the thread is at its present piece of work.
    busy: Arc<Mutex<Option<Instant>>>,
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
        if let Some(module) = modules.get(&path) {
            return Ok(module.clone());
        }
        let (work, todo) = channel();
        let busy = Arc::new(Mutex::new(None));
        let (tokens, clock) = (path.clone(), Arc::clone(&busy));
        thread::Builder::new()
            .name("pkcs11".to_owned())
            .spawn(move || serve(Tokens::new(tokens), &todo, &clock))
            .map_err(|error| TokenError::Module {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        let module = Self {
            path: path.clone(),
            work,
            busy,
        };
        modules.insert(path, module.clone());
        Ok(module)
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
        let given_up = Arc::new(AtomicBool::new(false));
        let unwanted = Arc::clone(&given_up);
        self.tell(move |tokens| {
            // A signature that nobody waits for any more is not made, a PIN not given.
            if !unwanted.load(Ordering::Relaxed) {
                // Whoever asked may lose patience meanwhile.
                let _gone = answer.send(work(tokens));
            }
        });
        loop {
            match answered.recv_timeout(GLANCE) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if !self.is_stuck() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    given_up.store(true, Ordering::Relaxed);
                    return Err(TokenError::Silent);
                }
            }
        }
    }

    fn is_stuck(&self) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.is_some_and(|since| since.elapsed() > PATIENCE)
    }

    /// Has `work` done some time.
    pub(super) fn tell(&self, work: impl FnOnce(&mut Tokens) + Send + 'static) {
        // The thread ends only by a panic; then `ask` hears nothing and says so.
        let _ended = self.work.send(Box::new(work));
    }
}

fn serve(mut tokens: Tokens, todo: &Receiver<Work>, busy: &Mutex<Option<Instant>>) {
    let set = |since| *busy.lock().unwrap_or_else(PoisonError::into_inner) = since;
    while let Ok(work) = todo.recv() {
        set(Some(Instant::now()));
        work(&mut tokens);
        set(None);
    }
}
