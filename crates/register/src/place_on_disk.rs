//! Where a register's file lies: the write-ahead log needs memory shared by all who have the file open, which two
//! computers do not have.

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
#[path = "place_on_disk/linux.rs"]
mod system;
#[cfg(windows)]
#[path = "place_on_disk/windows.rs"]
mod system;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "place_on_disk/other.rs"]
mod system;

/// The kind of place a file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceOnDisk {
    /// A disk of this computer, as far as can be told.
    Local,
    /// Another computer's disk.
    NetworkShare,
}

/// Where a file lies, or would lie. Performs I/O.
#[must_use]
pub fn place_on_disk(file: &Path) -> PlaceOnDisk {
    system::place(&really(file))
}

/// The file's path without links: of the nearest part that exists.
fn really(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return match absolute.strip_prefix(ancestor) {
                Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
                _ => real,
            };
        }
    }
    absolute
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_this_test_lies_on_a_disk_of_this_computer() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["register.db", "not/yet/there.db"] {
            assert_eq!(place_on_disk(&folder.path().join(name)), PlaceOnDisk::Local, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_lies_where_it_leads() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("share")).expect("made");
        std::os::unix::fs::symlink(folder.path().join("share"), folder.path().join("link")).expect("made");
        let real = really(&folder.path().join("link/new/register.db"));
        assert!(real.ends_with("share/new/register.db"), "{}", real.display());
    }
}
