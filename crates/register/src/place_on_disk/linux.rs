//! Linux: the kind of the file system that the kernel lists for the path.

use super::PlaceOnDisk;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// File systems of other computers, or of the host of a virtual machine.
const SHARED: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "coda",
    "davfs",
    "gfs2",
    "glusterfs",
    "lustre",
    "ncpfs",
    "ocfs2",
    "prl_fs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    "fuse",
];

/// Of the `fuse.…`, those that lie on a disk of this computer; the others are shares.
const LOCAL_FUSE: &[&str] = &[
    "fuse.bindfs",
    "fuse.cryfs",
    "fuse.encfs",
    "fuse.exfat",
    "fuse.gocryptfs",
    "fuse.lxcfs",
    "fuse.mergerfs",
    "fuse.ntfs",
    "fuse.ntfs-3g",
    "fuse.overlayfs",
    "fuse.fuse-overlayfs",
    "fuse.securefs",
    "fuse.veracrypt",
    "fuse.zfs",
];

pub(super) fn place(file: &Path) -> PlaceOnDisk {
    match std::fs::read("/proc/self/mountinfo") {
        Ok(mounts) => among(&mounts, file),
        Err(_) => PlaceOnDisk::Local,
    }
}

/// Where the file lies by `proc_pid_mountinfo(5)`: the deepest mount point above it, the last one mounted there.
fn among(mounts: &[u8], file: &Path) -> PlaceOnDisk {
    let mut kind: &[u8] = b"";
    let mut depth = 0;
    for line in mounts.split(|byte| *byte == b'\n') {
        let Some((point, of)) = mount(line) else { continue };
        let components = point.components().count();
        if file.starts_with(&point) && components >= depth {
            (kind, depth) = (of, components);
        }
    }
    let kind = String::from_utf8_lossy(kind);
    let shared = SHARED.contains(&kind.as_ref()) || (kind.starts_with("fuse.") && !LOCAL_FUSE.contains(&kind.as_ref()));
    if shared { PlaceOnDisk::NetworkShare } else { PlaceOnDisk::Local }
}

/// The fifth field, and the first after the lone hyphen.
fn mount(line: &[u8]) -> Option<(PathBuf, &[u8])> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = fields.nth(4)?;
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    Some((unescaped(point), kind))
}

/// Space, tab, line end and backslash are written as three octal digits.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let code = match after {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if *first == b'\\' => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:50 / /srv/cabinet rw,relatime shared:30 master:2 - nfs4 serveur:/cabinet rw,vers=4.2
41 27 0:51 / /mnt/partage\\040du\\040cabinet rw - cifs //serveur/partage rw,vers=3.1.1
42 27 0:52 / /home/anne/nuage rw - fuse.rclone nuage: rw
43 27 0:53 / /home/anne/coffre rw - fuse.gocryptfs /home/anne/.coffre rw
44 27 8:17 / /media/anne/CLE rw - fuseblk /dev/sdb1 rw
45 40 254:1 / /srv/cabinet/local rw - xfs /dev/vdb rw
46 27 0:54 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw
47 27 0:55 / /mnt/deux rw - ext4 /dev/vdc rw
48 47 0:56 / /mnt/deux rw - smb3 //serveur/deux rw
49 27 0:57 / /home/anne/hote rw - virtiofs hote rw
";

    #[test]
    fn the_deepest_mount_says_whose_disk_it_is() {
        use PlaceOnDisk::{Local, NetworkShare};
        for (file, expected) in [
            ("/home/anne/.local/share/comptoir/register.db", Local),
            ("/srv/cabinet/register.db", NetworkShare),
            ("/srv/cabinet-2/register.db", Local),
            ("/srv/cabinet/local/register.db", Local),
            ("/mnt/partage du cabinet/register.db", NetworkShare),
            ("/home/anne/nuage/register.db", NetworkShare),
            ("/home/anne/coffre/register.db", Local),
            ("/media/anne/CLE/register.db", Local),
            ("/run/user/1000/gvfs/smb-share/register.db", NetworkShare),
            ("/mnt/deux/register.db", NetworkShare),
            ("/home/anne/hote/register.db", NetworkShare),
        ] {
            assert_eq!(among(MOUNTS.as_bytes(), Path::new(file)), expected, "{file}");
        }
    }

    #[test]
    fn what_the_kernel_does_not_write_is_no_mount() {
        for line in ["", "1 2 3", "27 1 254:0 / / rw no hyphen", "27 1 254:0 / /a rw -"] {
            assert!(mount(line.as_bytes()).is_none(), "{line}");
        }
        assert_eq!(unescaped(b"/a\\134b\\"), Path::new("/a\\b\\"));
    }
}
