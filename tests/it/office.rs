//! An office for a test: a demo data folder of its own and the real program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A data folder made by `sohoa init --demo`, removed with the value.
pub(crate) struct Office {
    folder: tempfile::TempDir,
}

/// A record's remarks but the one that the demo CA has no service to ask whether its certificate is revoked.
pub(crate) fn remarks(record: &Value) -> Vec<&str> {
    let remarks = record["remarks"].as_array().expect("remarks").iter();
    remarks
        .map(|remark| remark.as_str().expect("text"))
        .filter(|remark| !remark.contains("there is no service to ask"))
        .collect()
}

/// A running daemon, killed with the value.
pub(crate) struct Daemon {
    child: Child,
}

impl Office {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        Self::at_home_in(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A fresh one that reads its pages, as offices do; the others leave it out, to be fast.
    pub(crate) fn that_reads() -> Self {
        let office = Self::new();
        office.configure(|text| text.replace("text = \"off\"", "text = \"auto\""));
        office
    }

    /// A fresh one in a folder of the caller's choice.
    pub(crate) fn at_home_in(folder: tempfile::TempDir) -> Self {
        let office = Self { folder };
        let made = office.sohoa(&[
            "init",
            "--demo",
            office.path().to_str().expect("UTF-8 path"),
        ]);
        assert!(
            made.status.success(),
            "init: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        // At night a daemon under test would do more than it was asked for.
        office.configure(|text| {
            text.replace("text = \"auto\"", "text = \"off\"")
                .replace("\nrun = true\n", "\nrun = false\n")
        });
        office
    }

    /// A copy of it as it is now.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copied = Command::new("cp")
            .arg("-a")
            .args([&self.path().join("."), folder.path()])
            .status()
            .expect("cp runs");
        assert!(copied.success(), "a copy of the data folder");
        Self { folder }
    }

    /// The data folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Every event of a look-up that was kept, oldest first; each must be as it was written.
    pub(crate) fn events(&self) -> Vec<Value> {
        let all = sohoa::access::events(self.path(), sohoa::access::Reading::default());
        all.map(|event| serde_json::to_value(event.expect("as written")).expect("JSON"))
            .collect()
    }

    /// A path inside the data folder.
    pub(crate) fn at(&self, inside: &str) -> PathBuf {
        self.path().join(inside)
    }

    /// The demo CA, the only trust anchor of the judges.
    pub(crate) fn root_ca(&self) -> PathBuf {
        self.at("keys/demo-ca.pem")
    }

    /// Changes the configuration's text.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let path = self.at("sohoa.toml");
        let text = fs::read_to_string(&path).expect("configuration");
        fs::write(&path, change(text)).expect("configuration written");
    }

    /// The program, on this office, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sohoa"));
        command
            .args(["--lang", "en"])
            .args(arguments)
            .env("SOHOA_CONFIG", self.at("sohoa.toml"))
            .env_remove("SOHOA_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn sohoa(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// Runs it with `--json` and returns the exit code and every line printed, parsed.
    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        let mut all = vec!["--json", "--quiet"];
        all.extend_from_slice(arguments);
        let output = self.sohoa(&all);
        let text = String::from_utf8(output.stdout).expect("UTF-8 output");
        let lines = text
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
            })
            .collect();
        (output.status.code().unwrap_or(-1), lines)
    }

    /// Takes one file in and returns its answer.
    pub(crate) fn ingest(&self, file: &Path, options: &[&str]) -> Value {
        let mut arguments = vec!["ingest"];
        arguments.extend_from_slice(options);
        arguments.push(file.to_str().expect("UTF-8 path"));
        let (_, mut lines) = self.json(&arguments);
        assert_eq!(lines.len(), 1, "one answer a file: {lines:?}");
        lines.remove(0)
    }

    /// Takes one file in, which must succeed, and returns the record's number.
    pub(crate) fn archive(&self, file: &Path, options: &[&str]) -> String {
        let answer = self.ingest(file, options);
        assert_eq!(answer["status"], "archived", "{answer}");
        answer["record"]
            .as_str()
            .expect("a record number")
            .to_owned()
    }

    /// The signed PDF of a record, fetched by the program.
    pub(crate) fn signed_pdf(&self, record: &str) -> PathBuf {
        let path = self.at(&format!("{record}.pdf"));
        if !path.exists() {
            let got = self.sohoa(&["get", record, "-o", path.to_str().expect("UTF-8 path")]);
            assert!(
                got.status.success(),
                "get: {}",
                String::from_utf8_lossy(&got.stderr)
            );
        }
        path
    }

    /// `verify` must find nothing; returns the number of records it looked at.
    pub(crate) fn assert_verified(&self) -> u64 {
        let (code, lines) = self.json(&["verify"]);
        let summary = lines.last().expect("a summary");
        assert_eq!(
            (code, &summary["verdict"]),
            (0, &Value::from("ok")),
            "{lines:#?}"
        );
        summary["records"].as_u64().expect("a count")
    }

    /// Drops a file as a careful scanner does: under a temporary name first.
    pub(crate) fn drop_scan(&self, station: &str, name: &str, bytes: &[u8]) {
        let path = self.at("inbox").join(station).join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder made");
        let part = PathBuf::from(format!("{}.part", path.display()));
        fs::write(&part, bytes).expect("scan written");
        fs::rename(&part, &path).expect("scan named");
    }

    /// Starts the daemon; its log goes to `sohoa.log`.
    pub(crate) fn start(&self, options: &[&str]) -> Daemon {
        self.start_with(options, |_| {})
    }

    /// Starts it in another environment.
    pub(crate) fn start_with(&self, options: &[&str], change: impl FnOnce(&mut Command)) -> Daemon {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.at("sohoa.log"))
            .expect("log");
        let mut arguments = vec!["run"];
        arguments.extend_from_slice(options);
        let mut command = self.command(&arguments);
        command.stdout(Stdio::null()).stderr(log);
        change(&mut command);
        let child = command.spawn().expect("the daemon starts");
        Daemon { child }
    }

    /// How many receipts there are with this ending, e.g. `.OK.txt`.
    pub(crate) fn receipts(&self, ending: &str) -> usize {
        let files = self.files("outbox");
        files.iter().filter(|name| name.ends_with(ending)).count()
    }

    /// The daemon's log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.at("sohoa.log")).unwrap_or_default()
    }

    /// Every file below a folder, relative, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let root = self.at(folder);
        let mut files: Vec<String> = walkdir::WalkDir::new(&root)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                entry
                    .path()
                    .strip_prefix(&root)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        files.sort();
        files
    }

    /// Waits until `holds`, at most 60 seconds.
    pub(crate) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !holds() {
            assert!(
                Instant::now() < deadline,
                "not within 60 s: {what}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What a process and its children hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    /// Resident memory of all, KiB.
    pub(crate) memory_kib: u64,
    /// The most that the daemon itself had, KiB.
    pub(crate) peak_kib: u64,
    /// Open files of the daemon itself.
    pub(crate) handles: u64,
}

impl Daemon {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("waits").is_none()
    }

    /// What it holds just now.
    pub(crate) fn holds(&self) -> Holds {
        let id = self.id();
        let handles = fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
        let field = |process: u32, name: &str| {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.unwrap_or(0)
        };
        let processes = fs::read_dir("/proc").expect("/proc").flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let family = ids.filter(|&it| it == id || field(it, "PPid:") == u64::from(id));
        Holds {
            memory_kib: family.map(|process| field(process, "VmRSS:")).sum(),
            peak_kib: field(id, "VmHWM:"),
            handles: u64::try_from(handles).expect("fits"),
        }
    }

    /// Kills it as a power switch would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Asks it to stop and returns its exit code.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .expect("kill runs")
                .success()
        );
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }

    /// Waits for its own end and returns its exit code.
    pub(crate) fn wait(mut self) -> i32 {
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already gone where the test waited for it.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A page that no other page equals: grey stripes and a number, as a JPEG with a resolution.
pub(crate) fn jpeg_page(seed: u32) -> Vec<u8> {
    let (width, height) = (496_u16, 702_u16);
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            let ink = (x / 16 + y / 24 + seed).is_multiple_of(7)
                || (x * y + seed * 31).is_multiple_of(97);
            let value = if ink { 40 } else { 235 };
            pixels.extend_from_slice(&[value, value, (value + (seed % 20) as u8)]);
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    encoder.set_density(jpeg_encoder::PixelDensity {
        density: (60, 60),
        unit: jpeg_encoder::PixelDensityUnit::Inches,
    });
    encoder
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("encodes");
    jpeg
}

/// The same picture with a number in a comment (ITU-T T.81, B.2.4.5): other bytes, however many there are.
pub(crate) fn numbered(jpeg: &[u8], number: u32) -> Vec<u8> {
    let comment = format!("\u{0}\u{a}{number:08}");
    [&jpeg[..2], b"\xFF\xFE", comment.as_bytes(), &jpeg[2..]].concat()
}

/// A TIFF of these pictures, a page each, grey, not compressed.
pub(crate) fn tiff_of(pages: &[image::GrayImage], dpi: u32) -> Vec<u8> {
    use tiff::encoder::{Rational, TiffEncoder, colortype::Gray8};
    use tiff::tags::ResolutionUnit;

    let mut bytes = Vec::new();
    let mut encoder = TiffEncoder::new(std::io::Cursor::new(&mut bytes)).expect("starts");
    for page in pages {
        let (width, height) = page.dimensions();
        let mut image = encoder.new_image::<Gray8>(width, height).expect("a page");
        image.resolution(ResolutionUnit::Inch, Rational { n: dpi, d: 1 });
        image.write_data(page).expect("its pixels");
    }
    bytes
}
