//! A real Samba share as the inbox, and `smbclient` as the scanner.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{STATION, archived_names, nothing_is_left, quick_office};
use crate::judge::say_skipped;
use crate::office::{Office, jpeg_page, tiff_of};

/// A file server of the test's own on a port that anybody may open, ended with the value.
struct Share {
    server: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Share {
    /// Inbox and outbox of the office as the README has them; `Err` says what is missing here.
    fn of(office: &Office) -> Result<Self, String> {
        for program in ["/usr/sbin/smbd", "/usr/bin/smbclient"] {
            if !Path::new(program).exists() {
                return Err(format!("no {program} (Debian: samba, smbclient)"));
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let config = folder.path().join("smb.conf");
        fs::write(&config, configuration(office, folder.path())).expect("written");
        let log = fs::File::create(folder.path().join("smbd.log")).expect("a log");
        let server = Command::new("/usr/sbin/smbd")
            .args(["--foreground", "--no-process-group", "--debug-stdout"])
            .arg(format!("--configfile={}", config.display()))
            .arg(format!("--port={port}"))
            // It ends with a signal to its whole group.
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("twice"))
            .stdout(log)
            .spawn()
            .map_err(|error| error.to_string())?;
        let share = Self {
            server,
            port,
            folder,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline {
                let log = fs::read_to_string(share.folder.path().join("smbd.log"));
                return Err(format!("smbd does not answer: {}", log.unwrap_or_default()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(share)
    }

    fn client(&self, share: &str, commands: &str) -> Command {
        let mut client = Command::new("/usr/bin/smbclient");
        client
            .arg(format!("//127.0.0.1/{share}"))
            .args(["-N", "-p", &self.port.to_string(), "-c", commands])
            .arg(format!(
                "--configfile={}",
                self.folder.path().join("smb.conf").display()
            ))
            .current_dir(self.folder.path());
        client
    }

    fn does(&self, share: &str, commands: &str) -> String {
        let done = self.client(share, commands).output().expect("smbclient");
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert!(done.status.success(), "{commands}: {said}");
        said
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // It ends its children with itself.
        let id = self.server.id().to_string();
        let _asked = Command::new("kill").args(["-TERM", &id]).status();
        let _gone = self.server.wait();
    }
}

fn configuration(office: &Office, folder: &Path) -> String {
    let folder = folder.display();
    let user = Command::new("id").arg("-un").output().expect("id runs");
    let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
    format!(
        "[global]
server role = standalone server
map to guest = bad user
guest account = {user}
interfaces = lo
bind interfaces only = yes
smb ports = 445
disable netbios = yes
load printers = no
private dir = {folder}
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log level = 0
[scan]
path = {}
writable = yes
guest ok = yes
create mask = 0660
[giaybao]
path = {}
read only = yes
guest ok = yes
",
        office.at("inbox").display(),
        office.at("outbox").display()
    )
}

#[test]
fn a_samba_share_is_an_inbox() {
    let test = "a_samba_share_is_an_inbox";
    let office = quick_office();
    let share = match Share::of(&office) {
        Ok(share) => share,
        Err(why) => return say_skipped(test, &why),
    };
    let daemon = office.start(&[]);
    // As it is written; under another name first; into a dossier's folder, with a slip.
    share.keep("a.jpg", &jpeg_page(1));
    share.keep("b.jpg", &jpeg_page(2));
    share.keep("Tờ khai.jpg", &jpeg_page(3));
    share.keep("slip.toml", b"citizen = \"079203000001\"\n");
    let dossier = "H36.105-261123-0007";
    share.does("scan", &format!("cd {STATION}; put a.jpg"));
    share.does(
        "scan",
        &format!("cd {STATION}; put b.jpg b.tmp; rename b.tmp b.jpg"),
    );
    share.does(
        "scan",
        &format!(
            "cd {STATION}; mkdir {dossier}; cd {dossier}; put slip.toml \"TỜ KHAI.JPG.phieu.toml\"; put \"Tờ khai.jpg\""
        ),
    );
    office.wait_until("three receipts", || office.receipts(".OK.txt") == 3);
    let listed = share.does("giaybao", &format!("cd {STATION}; ls"));
    assert!(listed.contains("a.jpg.OK.txt"), "{listed}");
    let (_, found) = office.json(&["find", "--citizen", "079203000001", "--dossier", dossier]);
    assert_eq!(found.len(), 1, "the slip in another case is the scan's");

    // A scanner that is still at it: the server holds the file open, and nobody takes it.
    let grey = |number: u32| {
        image::GrayImage::from_fn(1700, 2300, |x, y| {
            image::Luma([if (x / 9 + y / 7 + number).is_multiple_of(3) {
                60
            } else {
                230
            }])
        })
    };
    let tiff = tiff_of(&[grey(1), grey(2), grey(3)], 200);
    let mut slow = share
        .client("scan", &format!("cd {STATION}; put - slow.tif"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("smbclient");
    let mut pipe = slow.stdin.take().expect("a pipe");
    let path = office.at("inbox").join(STATION).join("slow.tif");
    for piece in tiff.chunks(tiff.len() / 3 + 1) {
        pipe.write_all(piece).expect("sent");
        std::thread::sleep(Duration::from_millis(1200));
        assert!(
            path.exists(),
            "taken from under its writer\n{}",
            office.log()
        );
    }
    drop(pipe);
    assert!(slow.wait().expect("it ends").success());
    office.wait_until("the fourth receipt", || office.receipts(".OK.txt") == 4);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(
        archived_names(&office),
        [
            "H36.105-261123-0007/Tờ khai.jpg",
            "a.jpg",
            "b.jpg",
            "slow.tif"
        ]
    );
    assert_eq!(
        (office.receipts(".LOI.txt"), office.assert_verified()),
        (0, 4)
    );
    nothing_is_left(&office);
}
