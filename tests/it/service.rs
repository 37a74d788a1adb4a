//! sohoa as a service: what the daemon tells the service manager, the unit, and the Debian package
//! installed, upgraded, removed, purged and installed again in a spare root.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::judge::say_skipped;
use crate::mounts::Mount;
use crate::office::{Office, jpeg_page};
use crate::soak::write_fast_profile;

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/service/sohoa.service");
const DATA: &str = "var/lib/sohoa";

/// What a service manager of our own hears from a daemon that it started with this watchdog.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn of(office: &Office) -> Self {
        let path = office.at("notify");
        let socket = UnixDatagram::bind(&path).expect("bound");
        Self { socket, path }
    }

    fn watches(&self, command: &mut Command, watchdog: Duration) {
        command
            .env("NOTIFY_SOCKET", &self.path)
            .env("WATCHDOG_USEC", watchdog.as_micros().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    }

    /// What comes next, within `patience`.
    fn hears(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).expect("set");
        let mut text = [0; 256];
        let length = self.socket.recv(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text[..length]).into_owned())
    }
}

#[test]
fn the_service_manager_hears_that_it_watches_lives_and_stops() {
    let office = Office::new();
    let manager = Manager::of(&office);
    let mut command = office.command(&["run"]);
    manager.watches(&mut command, Duration::from_millis(600));
    let mut daemon = command.spawn().expect("it starts");
    let patience = Duration::from_secs(20);
    assert_eq!(manager.hears(patience).as_deref(), Some("READY=1"));
    // Nothing happens in the inbox, and the pause between two looks is longer than the watchdog's time.
    let began = Instant::now();
    for _ in 0..6 {
        assert_eq!(manager.hears(patience).as_deref(), Some("WATCHDOG=1"));
    }
    let taken = began.elapsed();
    assert!(taken > Duration::from_millis(700), "too often: {taken:?}");
    let asked = Command::new("kill")
        .args(["-TERM", &daemon.id().to_string()])
        .status();
    assert!(asked.expect("kill runs").success());
    let mut last = String::new();
    while let Some(heard) = manager.hears(Duration::from_secs(2)) {
        last = heard;
    }
    assert_eq!(last, "STOPPING=1");
    assert!(daemon.wait().expect("it ends").success());
}

#[test]
fn the_watchdog_hears_nothing_of_a_desk_that_hangs() {
    if !crate::faults::can_trace("the_watchdog_hears_nothing_of_a_desk_that_hangs") {
        return;
    }
    let office = Office::new();
    let manager = Manager::of(&office);
    let sohoa = office.command(&["run"]);
    let mut command = Command::new("strace");
    // The tenth look at the inbox takes six seconds, as on a share whose server is gone.
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-P"])
        .arg(office.at("inbox"))
        .args(["-e", "trace=getdents64"])
        .args(["-e", "inject=getdents64:delay_enter=6s:when=10"])
        .arg(sohoa.get_program())
        .args(sohoa.get_args())
        .env("SOHOA_CONFIG", office.at("sohoa.toml"));
    manager.watches(&mut command, Duration::from_millis(900));
    let mut traced = command.spawn().expect("strace starts");
    let mut silence = Duration::ZERO;
    let began = Instant::now();
    while silence < Duration::from_secs(4) && began.elapsed() < Duration::from_secs(40) {
        let since = Instant::now();
        manager.hears(Duration::from_secs(8));
        silence = since.elapsed();
    }
    let back = manager.hears(Duration::from_secs(5));
    traced.kill().expect("killed");
    traced.wait().expect("gone");
    assert!(
        silence >= Duration::from_secs(4),
        "the desk hung, and the watchdog was told that it lives"
    );
    assert_eq!(back.as_deref(), Some("WATCHDOG=1"), "and lives on");
}

/// What `systemd-analyze` says; `None` where it is missing.
fn analyze(arguments: &[&str]) -> Option<Output> {
    Command::new("systemd-analyze")
        .args(arguments)
        .output()
        .ok()
}

#[test]
fn the_unit_is_understood_and_tight() {
    let Some(security) = analyze(&["security", "--offline=yes", "--threshold=20", UNIT]) else {
        return say_skipped("the_unit_is_understood_and_tight", "no systemd-analyze");
    };
    let table = String::from_utf8_lossy(&security.stdout).into_owned();
    assert!(security.status.success(), "exposure above 2.0:\n{table}");
    let verified = analyze(&["verify", UNIT]).expect("systemd-analyze");
    let complaints = String::from_utf8_lossy(&verified.stderr).into_owned();
    let ours = complaints
        .lines()
        .filter(|line| line.contains("sohoa.service"))
        // Here it is not installed.
        .filter(|line| !line.contains("/usr/bin/sohoa is not executable"));
    assert_eq!(ours.collect::<Vec<_>>(), [""; 0], "{complaints}");
}

/// The calls of a group of `systemd-analyze syscall-filter`, and of the groups in it.
fn calls_in(group: &str, calls: &mut BTreeSet<String>) {
    let listed = analyze(&["syscall-filter", group]).expect("systemd-analyze");
    let text = String::from_utf8(listed.stdout).expect("UTF-8");
    for line in text.lines().skip(1).map(str::trim) {
        match line.starts_with('@') {
            true => calls_in(line, calls),
            false if line.starts_with('#') => {}
            false => drop(calls.insert(line.to_owned())),
        }
    }
}

#[test]
fn the_unit_allows_every_call_that_a_journey_makes() {
    let test = "the_unit_allows_every_call_that_a_journey_makes";
    if analyze(&["--version"]).is_none() || !crate::faults::can_trace(test) {
        return say_skipped(test, "no systemd-analyze, or no strace");
    }
    let unit = fs::read_to_string(UNIT).expect("the unit");
    let mut allowed = BTreeSet::new();
    let filters = unit.lines();
    for filter in filters.filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let (groups, is_denied) = match filter.strip_prefix('~') {
            Some(groups) => (groups, true),
            None => (filter, false),
        };
        let mut named = BTreeSet::new();
        groups
            .split(' ')
            .for_each(|group| calls_in(group, &mut named));
        match is_denied {
            true => allowed.retain(|call| !named.contains(call)),
            false => allowed.extend(named),
        }
    }
    assert!(allowed.len() > 200 && !allowed.contains("mount"));
    let office = Office::that_reads();
    write_fast_profile(&office);
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(1));
    let scans = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/scans/quay-01/");
    let pdf = fs::read(format!("{scans}Scan0001.pdf")).expect("a sample");
    office.drop_scan("quay-01", "b.pdf", &pdf);
    let log = office.at("calls.txt");
    let sohoa = office.command(&["run", "--once"]);
    let ran = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&log)
        .arg(sohoa.get_program())
        .args(sohoa.get_args())
        .env("SOHOA_CONFIG", office.at("sohoa.toml"))
        .output()
        .expect("strace starts");
    assert!(ran.status.success(), "{ran:?}");
    let text = String::from_utf8_lossy(&fs::read(&log).expect("log")).into_owned();
    let made: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('))
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .collect();
    assert!(made.len() > 40, "{made:?}");
    let refused: Vec<_> = made
        .iter()
        .filter(|call| !allowed.contains(**call))
        .collect();
    assert!(refused.is_empty(), "the unit would refuse {refused:?}");
}

/// A copy-on-write root over this machine's, thrown away with the value.
struct SpareRoot {
    // The mounts inside first: a value's fields are dropped in their order.
    _inside: Vec<Mount>,
    _overlay: Mount,
    _memory: Mount,
    folder: tempfile::TempDir,
}

impl SpareRoot {
    fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let memory = Mount::in_memory("size=2g", folder.path())?;
        let at = |name: &str| folder.path().join(name);
        for name in ["upper", "scratch", "root"] {
            fs::create_dir(at(name)).map_err(|error| error.to_string())?;
        }
        let layers = format!(
            "lowerdir=/,upperdir={},workdir={}",
            at("upper").display(),
            at("scratch").display()
        );
        let overlay = Mount::new(&["-t", "overlay", "-o", &layers, "overlay"], &at("root"))?;
        let root = at("root");
        let inside = [
            Mount::new(&["--bind", "/dev"], &root.join("dev"))?,
            Mount::new(&["-t", "proc", "proc"], &root.join("proc"))?,
            Mount::in_memory("size=1g,mode=1777", &root.join("tmp"))?,
        ];
        Ok(Self {
            _inside: inside.into(),
            _overlay: overlay,
            _memory: memory,
            folder,
        })
    }

    fn at(&self, inside: &str) -> PathBuf {
        self.folder.path().join("root").join(inside)
    }

    /// Runs a command in it, which must succeed, and returns what it said.
    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("chroot")
            .arg(self.at(""))
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env_remove("SOHOA_CONFIG")
            .stdin(Stdio::null())
            .output()
            .expect("chroot runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    fn dpkg(&self, arguments: &[&str]) -> String {
        let mut all = vec!["dpkg", "--force-unsafe-io"];
        all.extend_from_slice(arguments);
        self.run(&all)
    }

    /// As the service does: its account, its configuration.
    fn sohoa(&self, arguments: &str) -> String {
        let line = format!("/usr/bin/sohoa --lang en --config /{DATA}/sohoa.toml {arguments}");
        self.run(&["su", "-s", "/bin/sh", "-c", &line, "sohoa"])
    }

    fn install(&self, package: &Path) -> String {
        let name = package
            .file_name()
            .expect("a name")
            .to_str()
            .expect("UTF-8");
        fs::copy(package, self.at("tmp").join(name)).expect("copied");
        self.dpkg(&["-i", &format!("/tmp/{name}")])
    }

    /// Path, owner, mode and bytes of all that the office keeps, but the index, which is a cache.
    fn kept(&self) -> BTreeMap<PathBuf, (u32, u32, Vec<u8>)> {
        let entries = walkdir::WalkDir::new(self.at(DATA)).into_iter();
        let entries = entries
            .map(|entry| entry.expect("entry"))
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with("index."));
        let kept = entries.map(|entry| {
            let metadata = entry.path().symlink_metadata().expect("metadata");
            let bytes = match metadata.is_file() {
                true => fs::read(entry.path()).expect("read"),
                false => Vec::new(),
            };
            let path = entry.into_path();
            (path, (metadata.uid(), metadata.mode(), bytes))
        });
        kept.collect()
    }
}

/// The packed program of this build in two versions; `Err` says what is missing here.
fn packages() -> Result<[PathBuf; 2], String> {
    let tool = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/deb/tools/bin/cargo-deb"
    );
    if !Path::new(tool).exists() {
        return Err("cargo-deb is not installed; run `make deb` once".to_owned());
    }
    let program = Path::new(env!("CARGO_BIN_EXE_sohoa"));
    let build = program
        .parent()
        .and_then(Path::file_name)
        .expect("target/…");
    let pack = |version: &str| {
        let packed = Command::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/samples/service/package.sh"
        ))
        .arg(build)
        .args([version, "target/deb/test"])
        .output()
        .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&packed.stdout).into_owned();
        let complained = String::from_utf8_lossy(&packed.stderr).into_owned();
        assert!(packed.status.success(), "{said}{complained}");
        let path = said.lines().last().expect("a path").trim();
        Ok::<_, String>(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
    };
    Ok([pack("0.1.0-1")?, pack("0.1.0-2")?])
}

/// As an office does: a key, a station, a scan.
fn set_up(root: &SpareRoot) {
    root.run(&["sohoa", "--quiet", "init", "--demo", "/tmp/demo"]);
    root.run(&[
        "cp",
        "-r",
        "/tmp/demo/keys",
        "/tmp/demo/trust",
        "/var/lib/sohoa/",
    ]);
    root.run(&[
        "chown",
        "-R",
        "sohoa:sohoa",
        "/var/lib/sohoa/keys",
        "/var/lib/sohoa/trust",
    ]);
    let config = root.at("etc/sohoa/sohoa.toml");
    let text = fs::read_to_string(&config).expect("the configuration");
    assert!(text.contains("# key = \"keys/agency.p12\""), "{text}");
    let key = "key = \"keys/demo.p12\"\npassphrase_file = \"keys/demo.pass\"\nattended = false";
    let text = text
        .replace("# key = \"keys/agency.p12\"", key)
        .replace("text = \"auto\"", "text = \"off\"")
        .replace("unsettled = \"wait\"", "unsettled = \"archive\"");
    fs::write(&config, text).expect("written");
    let inbox = root.at(DATA).join("inbox/quay-01");
    root.run(&[
        "install",
        "-d",
        "-o",
        "sohoa",
        "-g",
        "sohoa",
        "/var/lib/sohoa/inbox/quay-01",
    ]);
    fs::write(inbox.join("a.jpg"), jpeg_page(7)).expect("dropped");
    root.sohoa("run --once");
}

fn found(root: &SpareRoot) -> usize {
    root.sohoa("--json find --station quay-01").lines().count()
}

/// What a look at the package itself must not find.
fn check_package(package: &Path) {
    let listed = Command::new("dpkg-deb").arg("-c").arg(package).output();
    let listed = String::from_utf8(listed.expect("dpkg-deb runs").stdout).expect("UTF-8");
    let files: Vec<&str> = listed.lines().collect();
    for wanted in [
        "./usr/bin/sohoa",
        "./etc/sohoa/sohoa.toml",
        "lib/systemd/system/sohoa.service",
        "./usr/share/sohoa/scanner-profiles/generic.toml",
        "./usr/share/doc/sohoa/copyright",
        "./usr/share/doc/sohoa/README.md",
    ] {
        let is_there = |line: &&str| line.trim_end_matches(".gz").ends_with(wanted);
        assert!(files.iter().any(is_there), "{wanted} is not in\n{listed}");
    }
    for line in files {
        assert!(
            line.contains("root/root") || line.contains(" 0/0 "),
            "not root's: {line}"
        );
        let mode = line.get(..10).expect("a mode");
        let is_plain = mode.chars().all(|c| !matches!(c, 's' | 'S' | 't' | 'T'));
        assert!(is_plain && mode.as_bytes()[8] != b'w', "{line}");
        let is_program = line.ends_with("/usr/bin/sohoa");
        let is_executable = mode.starts_with('-') && mode.contains('x');
        assert_eq!(is_program, is_executable, "{line}");
        assert!(!line.contains(&format!("./{DATA}")), "data in a package");
    }
}

#[test]
fn the_package_installs_upgrades_and_goes_and_the_archive_stays() {
    let test = "the_package_installs_upgrades_and_goes_and_the_archive_stays";
    let prepared = SpareRoot::new().and_then(|root| Ok((root, packages()?)));
    let (root, [first, second]) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return say_skipped(test, &why),
    };
    check_package(&first);
    root.install(&first);
    let data = root.at(DATA).metadata().expect("a data folder");
    assert_eq!(data.permissions().mode() & 0o7777, 0o750);
    assert_ne!(data.uid(), 0, "it is the account's");
    assert!(root.sohoa("doctor || true").contains("OCFL 1.1"));
    set_up(&root);
    assert_eq!(found(&root), 1, "archived by the account");

    let index = rusqlite::Connection::open(root.at(DATA).join("index.sqlite")).expect("opens");
    let changed = index.pragma_update(None, "user_version", 1);
    changed.expect("an index of an older version");
    drop(index);
    let before = root.kept();
    let config = fs::read(root.at("etc/sohoa/sohoa.toml")).expect("read");
    root.install(&second);
    assert_eq!(root.kept(), before, "an upgrade keeps the data");
    let after = fs::read(root.at("etc/sohoa/sohoa.toml")).expect("read");
    assert_eq!(after, config, "and the office's configuration");
    let version = root.run(&["dpkg-query", "-W", "-f", "${Version}", "sohoa"]);
    assert_eq!(version, "0.1.0-2");
    root.sohoa("run --once");
    assert_eq!(found(&root), 1, "the index is made anew by the daemon");

    let before = root.kept();
    for (how, keeps_config) in [("-r", true), ("-P", false)] {
        let said = root.dpkg(&[how, "sohoa"]);
        assert!(said.contains("/var/lib/sohoa"), "says where it is: {said}");
        assert_eq!(root.kept(), before, "{how} touches nothing");
        assert_eq!(root.at("etc/sohoa/sohoa.toml").exists(), keeps_config);
        assert!(!root.at("usr/bin/sohoa").exists());
    }
    root.install(&second);
    assert_eq!(found(&root), 1, "found again after a new installation");
    root.sohoa("--quiet verify");
}
