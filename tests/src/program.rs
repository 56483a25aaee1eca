//! The real program, run as a script would run it: its events one by one, its end, its log.

use crate::visitor::Visitor;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use url::Url;

/// No step of a check-in on one machine takes as long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A person's account on the machine: a home, a session bus and a keychain of its own, so that no
/// test finds what another one left.
#[derive(Debug)]
pub struct Account {
    home: tempfile::TempDir,
    program: PathBuf,
    bus: Option<(Child, String)>,
}

impl Account {
    /// Makes an empty account that runs `program`, in a session without any keychain.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn without_keychain(program: &str) -> io::Result<Self> {
        let home = tempfile::tempdir()?;
        let run = home.path().join("run");
        fs::create_dir(&run)?;
        fs::set_permissions(&run, fs::Permissions::from_mode(0o700))?;
        Ok(Self { home, program: PathBuf::from(program), bus: None })
    }

    /// Makes an empty account that runs `program`, in a session with an unlocked gnome-keyring.
    ///
    /// # Errors
    /// When the session bus or the keyring does not start.
    pub fn with_keychain(program: &str) -> io::Result<Self> {
        let mut account = Self::without_keychain(program)?;
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut address = String::new();
        if let Some(out) = bus.stdout.take() {
            BufReader::new(out).read_line(&mut address)?;
        }
        account.bus = Some((bus, address.trim().to_owned()));
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--unlock", "--components=secrets"]).stdin(Stdio::piped()).stdout(Stdio::null());
        account.inhabit(&mut keyring);
        let mut keyring = keyring.spawn()?;
        if let Some(mut password) = keyring.stdin.take() {
            password.write_all(b"password-of-the-tests")?;
        }
        // It returns when its other half serves the bus, and ends with it.
        if keyring.wait()?.success() { Ok(account) } else { Err(io::Error::other("gnome-keyring did not start")) }
    }

    /// Gives a program the account's environment.
    pub fn inhabit(&self, command: &mut Command) {
        let home = self.home();
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home.join("run"));
        for (variable, folder) in
            [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            command.env(variable, home.join(folder));
        }
        let nobody = format!("unix:path={}", home.join("run/no-bus").display());
        let bus = self.bus.as_ref().map_or(nobody.as_str(), |(_, address)| address);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }

    /// The account's home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Every file that the account keeps, with its bytes.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files(&self) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        let mut folders: Vec<PathBuf> = ["data", "config", "cache"]
            .iter()
            .map(|name| self.home().join(name))
            .filter(|path| path.exists())
            .collect();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(path)?));
                }
            }
        }
        Ok(files)
    }

    /// Starts the program.
    ///
    /// # Errors
    /// When it does not start.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> io::Result<Running> {
        self.run_with(&[], args)
    }

    /// Starts the program with some variables of its environment changed.
    ///
    /// # Errors
    /// When it does not start.
    pub fn run_with(
        &self,
        environment: &[(&str, &str)],
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> io::Result<Running> {
        let mut command = Command::new(&self.program);
        command.args(args).env("COMPTOIR_LOG", "trace").stdin(Stdio::null());
        self.inhabit(&mut command);
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (send, events) = channel();
        let (mut out, mut log) = (child.stdout.take(), child.stderr.take());
        let reader = thread::spawn(move || {
            let lines = out.take().map(|out| BufReader::new(out).lines());
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let log = thread::spawn(move || {
            let mut text = String::new();
            if let Some(log) = log.as_mut() {
                log.read_to_string(&mut text).ok();
            }
            text
        });
        Ok(Running { child, events, log: Some(log), reader: Some(reader) })
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some((bus, _)) = &mut self.bus {
            bus.kill().ok();
            bus.wait().ok();
        }
    }
}

/// The program while it runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    events: Receiver<String>,
    log: Option<JoinHandle<String>>,
    reader: Option<JoinHandle<()>>,
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// What it wrote on stderr.
    pub log: String,
}

impl Running {
    /// The next event.
    ///
    /// # Errors
    /// When the program ended, wrote something else, or nothing for a minute.
    pub fn event(&mut self) -> Result<Value, String> {
        match self.events.recv_timeout(PATIENCE) {
            Ok(line) => serde_json::from_str(&line).map_err(|_| format!("not JSON: {line}")),
            Err(RecvTimeoutError::Timeout) => Err("nothing for a minute".to_owned()),
            Err(RecvTimeoutError::Disconnected) => Err("the program ended".to_owned()),
        }
    }

    /// The next event of this name; others before it are passed over.
    ///
    /// # Errors
    /// As [`Running::event`].
    pub fn until(&mut self, name: &str) -> Result<Value, String> {
        let mut seen = Vec::new();
        loop {
            let event = self.event().map_err(|error| format!("{error}, waiting for {name}, after {seen:?}"))?;
            if event.get("event").and_then(Value::as_str) == Some(name) {
                return Ok(event);
            }
            seen.push(event);
        }
    }

    /// Ends the program at once, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(mut self) -> io::Result<Ended> {
        self.child.kill()?;
        self.end()
    }

    /// Asks the program to end (SIGTERM), and waits for it.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn terminate(mut self) -> io::Result<Ended> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.end()
    }

    /// Waits for the program to end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn end(&mut self) -> io::Result<Ended> {
        let status = self.child.wait()?;
        if let Some(reader) = self.reader.take() {
            reader.join().ok();
        }
        let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        Ok(Ended { status, log })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// How many sessions live at the simulated FranceConnect of this issuer.
///
/// # Errors
/// When it does not answer.
pub async fn live_sessions(issuer: &Url) -> Result<u64, Box<dyn std::error::Error>> {
    let page = Visitor::new().fetch(issuer.join("/simulator/sessions")?).await?;
    let answer: Value = serde_json::from_str(&page.html)?;
    answer.get("live").and_then(Value::as_u64).ok_or_else(|| "no count".into())
}
