//! Running the program under `strace`: which file-system calls it makes, and one of them made to fail.
//!
//! `strace` counts the calls of each thread apart, so a call is known by its name and its number in
//! its thread.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Calls that change what is on the disk, or wait for it.
pub(super) const CHANGES: [&str; 21] = [
    "openat",
    "write",
    "pwrite64",
    "writev",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
    "fchmod",
];
/// Calls that only look, or wait for another process.
pub(super) const LOOKS: [&str; 6] = ["read", "readv", "pread64", "getdents64", "statx", "flock"];

/// One call on a file of the data folder.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Its name.
    pub(super) name: String,
    /// How many calls of this name its thread had made by then, this one included.
    pub(super) number: u32,
    /// The file of its descriptor, then those it names.
    pub(super) paths: Vec<PathBuf>,
    /// As printed.
    pub(super) text: String,
    /// Whether it was made and succeeded.
    pub(super) succeeded: bool,
    /// Whether it was made to fail.
    pub(super) injected: bool,
}

/// What a call is to do instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// It fails once.
    Error(&'static str),
    /// It and all later ones of its name fail.
    ErrorForGood(&'static str),
    /// The process is killed instead.
    Kill,
}

/// A call, and what happens to it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// The call's name.
    pub(super) call: String,
    /// Its number in its thread.
    pub(super) number: u32,
    /// What happens.
    pub(super) happening: Happening,
}

impl Fault {
    pub(super) fn is_for_good(&self) -> bool {
        matches!(self.happening, Happening::ErrorForGood(_))
    }

    fn argument(&self) -> String {
        let Self { call, number, .. } = self;
        match self.happening {
            Happening::Error(errno) => format!("inject={call}:error={errno}:when={number}"),
            Happening::ErrorForGood(errno) => format!("inject={call}:error={errno}:when={number}+"),
            Happening::Kill => format!("inject={call}:signal=SIGKILL:when={number}"),
        }
    }
}

/// How a traced run ended.
pub(super) struct Run {
    /// Exit code; `None` if it was killed.
    pub(super) code: Option<i32>,
    /// Whether it was killed because it did not end by itself.
    pub(super) ran_on: bool,
    /// Standard output.
    pub(super) said: String,
    /// Standard error.
    pub(super) complained: String,
    /// The calls that touched the data folder, in their order.
    pub(super) calls: Vec<Call>,
    /// Whether a call between threads was struck too, which no disk can do: the runtime panics then.
    pub(super) struck_beside: bool,
}

/// Whether `test` can trace; says so on standard error if not.
///
/// # Panics
/// If it cannot and `SOHOA_JUDGES=require`, as in CI: there a skipped proof is a failed one.
pub(super) fn ready(test: &str) -> bool {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let tried = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=none", "true"])
            .output()
            .map_err(|error| format!("strace does not start: {error}"))?;
        match tried.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&tried.stderr).into_owned()),
        }
    });
    let Err(why) = answer else { return true };
    let required = std::env::var_os("SOHOA_JUDGES").is_some_and(|policy| policy == "require");
    assert!(
        !required,
        "{test}: SOHOA_JUDGES=require, but nothing can be traced here: {why}"
    );
    // Not `eprintln!`, which the test runner swallows when the test passes.
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED {test}: {why}");
    false
}

/// Runs `command` with `fault`, if any, and returns what it did below `data`. After `patience` it is
/// killed.
pub(super) fn run(
    command: &Command,
    fault: Option<&Fault>,
    data: &Path,
    patience: Duration,
) -> Run {
    let notes = tempfile::tempdir().expect("a temporary folder");
    let [log, said, complained] = ["log", "said", "complained"].map(|name| notes.path().join(name));
    let file = |path: &Path| fs::File::create(path).expect("a file");
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-y", "-qq", "-e", "signal=none", "-o"])
        .arg(&log)
        .args([
            "-e",
            &format!("trace={}", [&CHANGES[..], &LOOKS].concat().join(",")),
        ]);
    if let Some(fault) = fault {
        traced.args(["-e", &fault.argument()]);
    }
    traced.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let mut child = traced
        .stdin(Stdio::null())
        .stdout(file(&said))
        .stderr(file(&complained))
        .spawn()
        .expect("strace starts");
    let deadline = Instant::now() + patience;
    let mut ran_on = false;
    let status = loop {
        if let Some(status) = child.try_wait().expect("waits") {
            break status;
        }
        if Instant::now() > deadline && !ran_on {
            ran_on = true;
            kill_traced(&log);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("reads")).into_owned();
    let log = text(&log);
    let is_beside = |line: &str| line.contains("[eventfd]") && line.ends_with("(INJECTED)");
    Run {
        code: status.code(),
        ran_on,
        said: text(&said),
        complained: text(&complained),
        calls: parse(&log, data),
        struck_beside: log.lines().any(is_beside),
    }
}

/// Kills the process whose first call the log tells.
fn kill_traced(log: &Path) {
    let text = fs::read_to_string(log).expect("log");
    let process = text.split_whitespace().next().expect("a traced process");
    let killed = Command::new("kill").args(["-KILL", process]).status();
    assert!(killed.expect("kill runs").success());
}

/// The calls on files below `data`. A call that another thread's interrupted in the log stands where
/// it ended; one that never ended, at the end.
pub(super) fn parse(log: &str, data: &Path) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut begun: Vec<(String, String)> = Vec::new();
    let mut counts = std::collections::BTreeMap::<(String, String), u32>::new();
    let mut note = |thread: &str, text: &str| {
        let Some((name, _)) = text.split_once('(') else {
            return;
        };
        let number = counts
            .entry((thread.to_owned(), name.to_owned()))
            .or_default();
        *number += 1;
        let call = Call::new(name, *number, text);
        if call.paths.iter().any(|path| path.starts_with(data)) {
            calls.push(call);
        }
    };
    for line in log.lines() {
        let Some((thread, text)) = line.split_once(' ') else {
            continue;
        };
        let text = text.trim_start();
        if let Some(beginning) = text.strip_suffix(" <unfinished ...>") {
            begun.push((thread.to_owned(), beginning.to_owned()));
        } else if let Some(resumed) = text.strip_prefix("<... ") {
            let rest = resumed.split_once("resumed>").map_or("", |(_, rest)| rest);
            if let Some(at) = begun.iter().position(|(other, _)| other == thread) {
                let (_, beginning) = begun.remove(at);
                note(thread, &(beginning + rest));
            }
        } else {
            note(thread, text);
        }
    }
    for (thread, beginning) in begun {
        note(&thread, &beginning);
    }
    calls
}

impl Call {
    fn new(name: &str, number: u32, text: &str) -> Self {
        let (arguments, result) = text.rsplit_once(" = ").unwrap_or((text, "?"));
        let folder = described(arguments);
        let mut paths: Vec<PathBuf> = Vec::new();
        let takes_names = !matches!(name, "write" | "writev" | "pwrite64" | "read" | "pread64");
        let at_folder = name.ends_with("at") || name.ends_with("at2") || name == "statx";
        if let Some(folder) = folder.as_ref().filter(|_| !at_folder) {
            paths.push(folder.clone());
        }
        if takes_names {
            let folder = folder.unwrap_or_default();
            paths.extend(
                quoted(arguments)
                    .into_iter()
                    .map(|named| folder.join(named)),
            );
        }
        Self {
            name: name.to_owned(),
            number,
            paths,
            text: text.to_owned(),
            succeeded: result.starts_with(|first: char| first.is_ascii_digit()),
            injected: result.ends_with("(INJECTED)"),
        }
    }

    /// Whether it opens a file to write.
    pub(super) fn opens_to_write(&self) -> bool {
        self.name == "openat"
            && ["O_CREAT", "O_WRONLY", "O_RDWR"]
                .iter()
                .any(|flag| self.text.contains(flag))
    }
}

/// The path that `-y` prints after the first descriptor.
fn described(arguments: &str) -> Option<PathBuf> {
    let (_, first) = arguments.split_once('(')?;
    let (descriptor, rest) = first.split_once('<')?;
    let is_one = descriptor == "AT_FDCWD" || descriptor.bytes().all(|byte| byte.is_ascii_digit());
    let (path, _) = rest.split_once('>')?;
    is_one.then(|| PathBuf::from(path))
}

/// The strings among the arguments; the names in these tests need no escapes.
fn quoted(arguments: &str) -> Vec<&str> {
    arguments.split('"').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_strace_prints_them() {
        let log = "\
7 openat(AT_FDCWD</cwd>, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>
7 openat(AT_FDCWD</cwd>, \"/d/a\", O_WRONLY|O_CREAT, 0666) = 3</d/a>
8 fsync(5</d/b> <unfinished ...>
7 write(3</d/a>, \"/d/x \\\"\", 4)   = -1 EIO (Input/output error) (INJECTED)
8 <... fsync resumed>)              = 0
7 renameat2(AT_FDCWD</cwd>, \"/d/a\", AT_FDCWD</cwd>, \"/d/b\", RENAME_NOREPLACE) = 0
7 unlinkat(4</d/c>, \"lock\", 0)    = ?
7 rename(\"/d/x\", \"/d/y\" <unfinished ...>
";
        let calls = parse(log, Path::new("/d"));
        let told: Vec<_> = calls
            .iter()
            .map(|call| {
                let paths: Vec<_> = call
                    .paths
                    .iter()
                    .map(|path| path.to_string_lossy())
                    .collect();
                (
                    call.name.as_str(),
                    call.number,
                    paths.join(" "),
                    call.succeeded,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("openat", 2, "/d/a".to_owned(), true),
                ("write", 1, "/d/a".to_owned(), false),
                ("fsync", 1, "/d/b".to_owned(), true),
                ("renameat2", 1, "/d/a /d/b".to_owned(), true),
                ("unlinkat", 1, "/d/c/lock".to_owned(), false),
                ("rename", 1, "/d/x /d/y".to_owned(), false),
            ]
        );
        assert!(calls[1].injected && calls[0].opens_to_write());
    }
}
