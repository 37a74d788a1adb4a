//! File systems of a test's own, where the user may mount: small ones, read-only ones, a spare root.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Something mounted, gone with the value.
pub(crate) struct Mount {
    at: PathBuf,
}

impl Mount {
    /// Mounts as `mount ARGUMENTS AT` does; `Err` says why this user may not.
    pub(crate) fn new(arguments: &[&str], at: &Path) -> Result<Self, String> {
        mount(arguments, at)?;
        Ok(Self { at: at.to_owned() })
    }

    /// A file system in memory with these options, e.g. `size=4m,nr_inodes=200`.
    pub(crate) fn in_memory(options: &str, at: &Path) -> Result<Self, String> {
        Self::new(&["-t", "tmpfs", "-o", options, "tmpfs"], at)
    }

    /// Changes its options.
    pub(crate) fn change(&self, options: &str) {
        mount(&["-o", &format!("remount,{options}")], &self.at).expect("remounted");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a failed test's daemon may still hold files.
        let _unmounted = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}

fn mount(arguments: &[&str], at: &Path) -> Result<(), String> {
    let output = Command::new("mount").args(arguments).arg(at).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
