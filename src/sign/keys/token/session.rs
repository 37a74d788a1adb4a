//! What a module's thread knows: its sessions, the PINs that tokens accepted, and those they rejected.
//!
//! A PIN is given to a token only if the token's flags say that no wrong one came before it, and a PIN that
//! was rejected is never given again. After a token was pulled out and put back its session is opened anew
//! with the PIN that it accepted; no other is tried.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Cryptoki, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use sha2::{Digest, Sha256};

use super::mechanism::Offered;
use super::{PinState, TokenError, mechanism, objects};
use crate::sign::algorithm::SignatureAlgorithm;
use crate::sign::keys::secret::Secret;

/// Starting a driver again throws every session of it away, so not at every document while a token is out.
const RESTART_PAUSE: Duration = Duration::from_secs(10);

/// Which token: label and serial number as it gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    pub(super) label: String,
    pub(super) serial: String,
}

impl Identity {
    pub(super) fn of(info: &TokenInfo) -> Self {
        Self {
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
        }
    }
}

/// Who gives the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// The program: any doubt is a no.
    Program,
    /// A person who was told that a wrong PIN came before and insists; never with the last try.
    Person,
}

/// A session that is logged in, and the keys found in it: their handles are good as long as it is.
pub(super) struct LoggedIn {
    session: Session,
    keys: RefCell<BTreeMap<Vec<u8>, FoundKey>>,
}

#[derive(Clone, Copy)]
struct FoundKey {
    handle: ObjectHandle,
    /// `CKA_ALWAYS_AUTHENTICATE`.
    wants_pin_each_time: bool,
}

impl LoggedIn {
    /// The session itself.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Searching a token takes as long as signing, so it is done once a session.
    fn key(&self, id: &[u8]) -> Result<FoundKey, TokenError> {
        if let Some(found) = self.keys.borrow().get(id) {
            return Ok(*found);
        }
        let handle = objects::private_key(&self.session, id)?;
        let found = FoundKey {
            handle,
            wants_pin_each_time: objects::wants_pin_each_time(&self.session, handle)?,
        };
        self.keys.borrow_mut().insert(id.to_vec(), found);
        Ok(found)
    }
}

/// A token that somebody opened.
struct OpenToken {
    session: Option<LoggedIn>,
    /// The PIN that it accepted; `None` where it wants none.
    pin: Option<Secret>,
    /// How many keys are open on it.
    users: usize,
}

/// All tokens of one module.
pub(super) struct Tokens {
    path: PathBuf,
    context: Option<Pkcs11>,
    open: BTreeMap<Identity, OpenToken>,
    /// Rejected PINs, as digests with their token.
    rejected: BTreeSet<[u8; 32]>,
    started: Option<Instant>,
}

impl Tokens {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            context: None,
            open: BTreeMap::new(),
            rejected: BTreeSet::new(),
            started: None,
        }
    }

    /// The library, loaded and started when it is first needed.
    pub(super) fn context(&mut self) -> Result<Pkcs11, TokenError> {
        if let Some(context) = &self.context {
            return Ok(context.clone());
        }
        let refused = |error: Cryptoki| TokenError::Module {
            path: self.path.clone(),
            reason: error.to_string(),
        };
        let context = Pkcs11::new(&self.path).map_err(refused)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Cryptoki::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(refused(error)),
        }
        self.started = Some(Instant::now());
        self.context = Some(context.clone());
        Ok(context)
    }

    /// The tokens that are plugged in; one that does not answer is left out.
    pub(super) fn present(&mut self) -> Result<Vec<(Slot, TokenInfo)>, TokenError> {
        let context = self.context()?;
        let slots = context.get_slots_with_token()?;
        let answering = slots
            .into_iter()
            .filter_map(|slot| Some((slot, context.get_token_info(slot).ok()?)));
        Ok(answering
            .filter(|(_, info)| info.token_initialized())
            .collect())
    }

    /// The one token that has this label and this serial number, where they are given.
    pub(super) fn find(
        &mut self,
        label: Option<&str>,
        serial: Option<&str>,
    ) -> Result<(Slot, TokenInfo), TokenError> {
        match self.find_present(label, serial) {
            // Some drivers see new tokens only after a start.
            Err(TokenError::Absent) if self.restart() => self.find_present(label, serial),
            found => found,
        }
    }

    fn find_present(
        &mut self,
        label: Option<&str>,
        serial: Option<&str>,
    ) -> Result<(Slot, TokenInfo), TokenError> {
        let fits = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        let mut fitting = self
            .present()?
            .into_iter()
            .filter(|(_, info)| fits(label, info.label()) && fits(serial, info.serial_number()));
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(TokenError::Absent),
            (Some(found), None) => Ok(found),
            (Some(_), Some(_)) => Err(TokenError::SeveralTokens),
        }
    }

    /// Logs in for one more key. Where the token is open already, the PIN must be the one that opened it.
    pub(super) fn enter(
        &mut self,
        token: &Identity,
        pin: Option<&Secret>,
        care: Care,
    ) -> Result<(), TokenError> {
        if let Some(open) = self.open.get_mut(token) {
            if open.pin.as_ref().map(Secret::reveal) != pin.map(Secret::reveal) {
                return Err(TokenError::PinRejected);
            }
            open.users += 1;
            return Ok(());
        }
        let session = self.log_in(token, pin, care)?;
        let opened = OpenToken {
            session: Some(session),
            pin: pin.cloned(),
            users: 1,
        };
        self.open.insert(token.clone(), opened);
        Ok(())
    }

    /// A key is closed; with the last one the token is logged out and its PIN forgotten.
    pub(super) fn leave(&mut self, token: &Identity) {
        let Some(open) = self.open.get_mut(token) else {
            return;
        };
        open.users = open.users.saturating_sub(1);
        if open.users == 0
            && let Some(open) = self.open.remove(token)
            && let Some(session) = open.session
        {
            // The session closes with its value, and the token logs out with its last session.
            let _pulled_out = session.session.logout();
        }
    }

    /// A session that is logged in.
    fn log_in(
        &mut self,
        token: &Identity,
        pin: Option<&Secret>,
        care: Care,
    ) -> Result<LoggedIn, TokenError> {
        let (slot, info) = self.find(Some(&token.label), Some(&token.serial))?;
        let context = self.context()?;
        let of = |session| LoggedIn {
            session,
            keys: RefCell::default(),
        };
        if !info.login_required() {
            return Ok(of(context.open_ro_session(slot)?));
        }
        check_flags(&info, care)?;
        let known = pin.map(|pin| fingerprint(token, pin));
        if known.is_some_and(|known| self.rejected.contains(&known)) {
            return Err(TokenError::PinRejectedBefore);
        }
        if pin.is_none() && !info.protected_authentication_path() {
            return Err(TokenError::PinMissing);
        }
        let session = context.open_ro_session(slot)?;
        let secret = pin.map(auth_pin);
        let mut tried = session.login(UserType::User, secret.as_ref());
        if let Err(Cryptoki::Pkcs11(RvError::UserAlreadyLoggedIn, _)) = tried {
            // By whoever was here before: this PIN was not looked at yet.
            session.logout()?;
            tried = session.login(UserType::User, secret.as_ref());
        }
        match tried {
            Ok(()) => Ok(of(session)),
            Err(error) => Err(self.remember(known, error.into())),
        }
    }

    /// A PIN that was rejected stays so until the program ends.
    fn remember(&mut self, pin: Option<[u8; 32]>, error: TokenError) -> TokenError {
        if matches!(error, TokenError::PinRejected | TokenError::PinState(_)) {
            self.rejected.extend(pin);
        }
        error
    }

    /// Does `work` in the token's session; a token that was pulled out is opened again if it is back.
    pub(super) fn with<T>(
        &mut self,
        token: &Identity,
        work: impl Fn(&LoggedIn) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut done = self.session(token).and_then(&work);
        if matches!(&done, Err(error) if error.is_gone()) {
            self.close(token);
            done = self.session(token).and_then(&work);
        }
        if matches!(&done, Err(error) if error.is_gone()) && self.restart() {
            done = self.session(token).and_then(&work);
        }
        done
    }

    fn session(&mut self, token: &Identity) -> Result<&LoggedIn, TokenError> {
        let open = self.open.get(token).ok_or(TokenError::Absent)?;
        if open.session.is_none() {
            let pin = open.pin.clone();
            let opened = self.log_in(token, pin.as_ref(), Care::Program)?;
            if let Some(open) = self.open.get_mut(token) {
                open.session = Some(opened);
            }
        }
        let session = self.open.get(token).and_then(|open| open.session.as_ref());
        session.ok_or(TokenError::Absent)
    }

    fn close(&mut self, token: &Identity) {
        if let Some(open) = self.open.get_mut(token) {
            open.session = None;
        }
    }

    /// Stops and starts the driver; `false` where that was done a moment ago.
    fn restart(&mut self) -> bool {
        let recently = |started: Instant| started.elapsed() < RESTART_PAUSE;
        if self.started.is_some_and(recently) {
            return false;
        }
        for open in self.open.values_mut() {
            open.session = None;
        }
        if let Some(context) = self.context.take() {
            // A driver that cannot stop is started all the same: it says so then.
            let _unable = context.finalize();
        }
        self.context().is_ok()
    }

    /// What the token offers to sign with.
    pub(super) fn offered(&mut self, token: &Identity) -> Result<Offered, TokenError> {
        let (slot, _) = self.find(Some(&token.label), Some(&token.serial))?;
        let context = self.context()?;
        let listed = context.get_mechanism_list(slot)?;
        let signs = |mechanism| {
            let described = context.get_mechanism_info(slot, mechanism);
            described.is_ok_and(|described| described.sign())
        };
        let has = |mechanism| listed.contains(&mechanism) && signs(mechanism);
        Ok(Offered {
            rsa_pss: has(MechanismType::RSA_PKCS_PSS),
            rsa_pkcs: has(MechanismType::RSA_PKCS),
            ecdsa: has(MechanismType::ECDSA),
        })
    }

    /// Does `work` in a session of its own that nobody logs in to. It sees private objects where the
    /// token is open.
    pub(super) fn look<T>(
        &mut self,
        slot: Slot,
        work: impl FnOnce(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let session = self.context()?.open_ro_session(slot)?;
        work(&session)
    }

    /// Whether the token is there with this key, entered again where it was pulled out.
    pub(super) fn has_key(&mut self, token: &Identity, key_id: &[u8]) -> Result<(), TokenError> {
        let pin = self.open.get(token).and_then(|open| open.pin.clone());
        let known = pin.map(|pin| fingerprint(token, &pin));
        let found = self.with(token, |logged_in| logged_in.key(key_id).map(drop));
        found.map_err(|error| self.remember(known, error))
    }

    /// The token's signature over this message, as CMS wants it.
    pub(super) fn sign(
        &mut self,
        token: &Identity,
        key_id: &[u8],
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let input = mechanism::input(algorithm, message)?;
        let pin = self.open.get(token).and_then(|open| open.pin.clone());
        let raw = self.with(token, |logged_in| {
            let (session, key) = (&logged_in.session, logged_in.key(key_id)?);
            if !key.wants_pin_each_time {
                return Ok(session.sign(&mechanism::raw(algorithm), key.handle, &input)?);
            }
            // The login belongs between C_SignInit and the rest; in several parts only mechanisms that
            // hash themselves can sign.
            session.sign_init(&mechanism::hashing(algorithm), key.handle)?;
            session.login(
                UserType::ContextSpecific,
                pin.as_ref().map(auth_pin).as_ref(),
            )?;
            session.sign_update(message)?;
            Ok(session.sign_final()?)
        });
        let known = pin.map(|pin| fingerprint(token, &pin));
        let raw = raw.map_err(|error| {
            // What was begun in it may be unfinished.
            self.close(token);
            self.remember(known, error)
        })?;
        mechanism::output(algorithm.scheme, raw)
    }
}

/// What the flags say of the PIN.
pub(super) fn pin_state(info: &TokenInfo) -> PinState {
    if info.user_pin_locked() {
        PinState::Locked
    } else if info.user_pin_final_try() {
        PinState::FinalTry
    } else if info.user_pin_count_low() {
        PinState::CountLow
    } else if !info.user_pin_initialized() {
        PinState::NotSet
    } else {
        PinState::Fine
    }
}

/// Refuses a login that could cost the token.
pub(super) fn check_flags(info: &TokenInfo, care: Care) -> Result<(), TokenError> {
    match (pin_state(info), care) {
        (PinState::Fine, _) | (PinState::CountLow, Care::Person) => Ok(()),
        (state, _) => Err(TokenError::PinState(state)),
    }
}

/// As the driver takes it: memory that is overwritten too.
fn auth_pin(pin: &Secret) -> AuthPin {
    AuthPin::from(pin.reveal())
}

fn fingerprint(token: &Identity, pin: &Secret) -> [u8; 32] {
    let mut running = Sha256::new();
    for part in [&token.label, &token.serial] {
        running.update(part);
        running.update([0]);
    }
    running.update(pin.reveal());
    running.finalize().into()
}
