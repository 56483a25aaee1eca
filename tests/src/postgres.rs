//! A real PostgreSQL of the tests' own: on a socket in a folder of its own, gone when dropped.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use std::{fs, thread};

use tempfile::TempDir;

/// How long a server may take to answer, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    running: Option<Child>,
}

impl Server {
    /// Makes a database cluster and starts a server on it. Performs I/O.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub fn start() -> io::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("comptoir-pg-").tempdir()?;
        // The server runs as another user when we are root, which it refuses to be.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let mut server = Self { folder, programs, running: None };
        let data = server.data();
        let initdb =
            server.command("initdb").arg("-D").arg(&data).args(["-A", "trust", "-U", "relay", "-N"]).output()?;
        succeeded(&initdb)?;
        server.resume()?;
        Ok(server)
    }

    /// The address of its database, for a relay.
    #[must_use]
    pub fn address(&self) -> String {
        format!("host={} user=relay dbname=postgres", self.folder.path().display())
    }

    /// Starts it, again or for the first time.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn resume(&mut self) -> io::Result<()> {
        let socket = self.folder.path().to_owned();
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(&socket)
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.running = Some(child);
        let until = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < until {
            let ready = self.command("pg_isready").arg("-q").arg("-h").arg(&socket).args(["-U", "relay"]).status()?;
            if ready.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL does not answer"))
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Errors
    /// When it cannot be told to.
    pub fn stop(&mut self) -> io::Result<()> {
        let stopped =
            self.command("pg_ctl").arg("stop").arg("-D").arg(self.data()).args(["-m", "immediate"]).output()?;
        succeeded(&stopped)?;
        if let Some(mut child) = self.running.take() {
            child.wait()?;
        }
        Ok(())
    }

    /// Runs a statement and returns what it prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn run(&self, statement: &str) -> io::Result<String> {
        let socket = self.folder.path();
        let asked = self
            .command("psql")
            .arg("-h")
            .arg(socket)
            .args(["-U", "relay", "-d", "postgres", "-A", "-t", "-c", statement])
            .output()?;
        succeeded(&asked)?;
        Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
    }

    /// Its files.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.stop().ok();
        }
        // Its files belong to the server's user: a folder that everybody may write to does not make them ours.
        if is_root() {
            fs::remove_dir_all(self.data()).ok();
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// The folder of the newest server installed: Debian keeps each version's apart.
fn programs() -> io::Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .or_else(|| {
            let paths = std::env::var_os("PATH")?;
            std::env::split_paths(&paths).find(|folder: &PathBuf| Path::new(folder).join("initdb").exists())
        })
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "PostgreSQL is not installed: ./x test installs it"))
}

fn succeeded(output: &Output) -> io::Result<()> {
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
