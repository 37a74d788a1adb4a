//! What the service manager is told: that the daemon watches, that it is alive, that it stops.
//!
//! The protocol is that of `sd_notify(3)`: datagrams of `NAME=value` lines to the socket that the
//! environment names. Without one nothing is sent and nothing else is different; a datagram that does not
//! arrive is the service manager's affair. There is no thread and no timer in here: the watchdog hears
//! only of those who call [`Supervisor::alive`], which is the desk, each time round its loop.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Reports in the time after which the watchdog would end the service: two may be late.
const REPORTS: u32 = 3;

/// The service manager that started this process, if one did.
#[derive(Debug, Default)]
pub struct Supervisor {
    line: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Watchdog>,
}

#[derive(Debug)]
struct Watchdog {
    every: Duration,
    next: Instant,
}

impl Supervisor {
    /// As `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say; nobody, where they are not set.
    #[must_use]
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let line = variable("NOTIFY_SOCKET").and_then(|socket| line_to(&socket));
        let is_ours = variable("WATCHDOG_PID")
            .is_none_or(|process| *process == *std::process::id().to_string());
        let limit = variable("WATCHDOG_USEC").and_then(|text| text.to_str()?.parse().ok());
        let watchdog = limit
            .filter(|&limit| is_ours && limit > 0)
            .map(|limit| Watchdog {
                every: Duration::from_micros(limit) / REPORTS,
                next: Instant::now(),
            });
        Self { line, watchdog }
    }

    /// The daemon has its data folder and watches the inbox.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The caller still goes round; told on, where that is due.
    pub fn alive(&mut self, now: Instant) {
        if let Some(watchdog) = self.watchdog.as_mut().filter(|it| it.next <= now) {
            watchdog.next = now + watchdog.every;
            self.tell("WATCHDOG=1");
        }
    }

    /// What of a pause the caller may sleep before it must say again that it is alive.
    #[must_use]
    pub fn at_most(&self, pause: Duration) -> Duration {
        let every = self.watchdog.as_ref().map(|watchdog| watchdog.every);
        every.map_or(pause, |every| every.min(pause))
    }

    /// The daemon ends what is in work and goes.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.line
            && let Err(error) = socket.send_to_addr(what.as_bytes(), address)
        {
            tracing::debug!(%error, what, "the service manager was not reached");
        }
    }
}

/// A socket's path, or after `@` its name in the abstract namespace.
fn line_to(socket: &OsStr) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(socket),
    };
    let line = UnixDatagram::unbound().and_then(|line| {
        // A service manager that does not read must not stop the desk.
        line.set_nonblocking(true)?;
        Ok((line, address?))
    });
    line.inspect_err(|error| tracing::warn!(%error, "the service manager cannot be told anything"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> Option<String> {
        socket.set_nonblocking(true).expect("set");
        let mut text = [0; 64];
        let length = socket.recv(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text[..length]).into_owned())
    }

    fn watched_by(socket: &OsStr, every: Duration, start: Instant) -> Supervisor {
        Supervisor {
            line: line_to(socket),
            watchdog: Some(Watchdog { every, next: start }),
        }
    }

    #[test]
    fn the_watchdog_hears_of_each_round_but_not_too_often() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("bound");
        let start = Instant::now();
        let mut supervisor = watched_by(path.as_os_str(), Duration::from_secs(10), start);
        supervisor.ready();
        assert_eq!(heard(&socket).as_deref(), Some("READY=1"));
        for (seconds, expected) in [(0, Some("WATCHDOG=1")), (9, None), (10, Some("WATCHDOG=1"))] {
            supervisor.alive(start + Duration::from_secs(seconds));
            assert_eq!(heard(&socket).as_deref(), expected, "after {seconds} s");
        }
        let hour = Duration::from_secs(3600);
        assert_eq!(supervisor.at_most(hour), Duration::from_secs(10));
        supervisor.stopping();
        assert_eq!(heard(&socket).as_deref(), Some("STOPPING=1"));
    }

    #[test]
    fn names_of_the_abstract_namespace_are_understood() {
        let name = format!("sohoa-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let socket = UnixDatagram::bind_addr(&address).expect("bound");
        let supervisor = watched_by(
            OsStr::new(&format!("@{name}")),
            Duration::from_secs(1),
            Instant::now(),
        );
        supervisor.ready();
        assert_eq!(heard(&socket).as_deref(), Some("READY=1"));
    }

    #[test]
    fn without_a_service_manager_nothing_is_different() {
        let mut nobody = Supervisor::default();
        nobody.ready();
        nobody.alive(Instant::now());
        nobody.stopping();
        assert_eq!(nobody.at_most(Duration::MAX), Duration::MAX);
        let gone = watched_by(OsStr::new("/not/there"), Duration::MAX, Instant::now());
        gone.ready();
    }
}
