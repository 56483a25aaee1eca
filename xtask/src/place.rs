//! Where things are, and how a command is started there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout, and the folder that cargo's debug build fills.
pub(crate) struct Place {
    root: PathBuf,
    built: PathBuf,
}

impl Place {
    pub(crate) fn find() -> Self {
        // Asked when it runs, not when it is compiled: checkouts that share a target folder share this program.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = manifest.as_deref().and_then(Path::parent).map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        // This program lies beside the others, wherever cargo was told to put them.
        let program = std::env::current_exe().ok();
        let built =
            program.as_deref().and_then(Path::parent).map_or_else(|| root.join("target/debug"), Path::to_path_buf);
        Self { root, built }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Names a program of the debug build.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.built.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Names a program of the release build, which lies beside the debug one.
    pub(crate) fn released(&self, name: &str) -> PathBuf {
        self.built.with_file_name("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Names a folder below cargo's, for files nobody keeps.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.built.join(name)
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Prepares a command in a private desktop session.
    pub(crate) fn session<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command(self.at("xtask/desktop-session.sh"));
        command.args(arguments);
        command
    }
}
