//! Windows: a share by its name. A drive letter that stands for a share becomes that name once the path is resolved.

use super::PlaceOnDisk;
use std::path::{Component, Path, Prefix};

pub(super) fn place(file: &Path) -> PlaceOnDisk {
    match file.components().next() {
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)) => {
            PlaceOnDisk::NetworkShare
        }
        _ => PlaceOnDisk::Local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_a_name_of_its_own() {
        for (file, expected) in [
            (r"C:\Users\anne\register.db", PlaceOnDisk::Local),
            (r"\\?\C:\Users\anne\register.db", PlaceOnDisk::Local),
            (r"\\serveur\cabinet\register.db", PlaceOnDisk::NetworkShare),
            (r"\\?\UNC\serveur\cabinet\register.db", PlaceOnDisk::NetworkShare),
        ] {
            assert_eq!(place(Path::new(file)), expected, "{file}");
        }
    }
}
