//! The desks in a file: for one relay and its administrator on one machine.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use comptoir_franceconnect::PublicJwk;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::desks::{CodeHash, DeskAnswer, DeskBook, DeskBookError, DeskList, DeskName, EnrolledDesk, Enrolment};

/// A file of desks: JSON, readable by its owner, replaced whole; hashes of codes and public keys only.
///
/// The relay and the administrator's commands are two programs: each change is made under a lock, from what
/// the file holds then.
#[derive(Debug, Clone)]
pub struct FileDesks(Arc<PathBuf>);

impl FileDesks {
    /// Names the file; it is made at the first change.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Arc::new(path))
    }

    fn look<T: Send + 'static>(&self, act: impl FnOnce(DeskList) -> T + Send + 'static) -> DeskAnswer<'static, T> {
        let path = Arc::clone(&self.0);
        blocking(move || Ok(act(read(&path)?)))
    }

    fn change<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut DeskList) -> T + Send + 'static,
    ) -> DeskAnswer<'static, T> {
        let path = Arc::clone(&self.0);
        blocking(move || {
            let lock = private(&beside(&path, ".lock"))?;
            // Held until the file is closed, whatever happens.
            lock.lock().map_err(|_| DeskBookError::Unavailable)?;
            let was = read(&path)?;
            let mut list = was.clone();
            let outcome = act(&mut list);
            if list != was {
                replace(&path, &list)?;
            }
            Ok(outcome)
        })
    }
}

impl DeskBook for FileDesks {
    fn issue(&self, code: CodeHash, until: Timestamp, now: Timestamp) -> DeskAnswer<'_, ()> {
        self.change(move |list| list.issue(code, until, now))
    }

    fn enrol(&self, code: CodeHash, desk: EnrolledDesk, now: Timestamp) -> DeskAnswer<'_, Enrolment> {
        self.change(move |list| list.enrol(&code, desk, now))
    }

    fn find(&self, client_id: &str) -> DeskAnswer<'_, Option<EnrolledDesk>> {
        let client_id = client_id.to_owned();
        self.look(move |list| list.find(&client_id).cloned())
    }

    fn revoke(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, bool> {
        let client_id = client_id.to_owned();
        self.change(move |list| list.revoke(&client_id, now))
    }

    fn list(&self) -> DeskAnswer<'_, Vec<EnrolledDesk>> {
        self.look(|list| list.desks)
    }

    fn seen(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, ()> {
        let client_id = client_id.to_owned();
        self.change(move |list| list.seen(&client_id, now))
    }
}

fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, DeskBookError> + Send + 'static,
) -> DeskAnswer<'static, T> {
    Box::pin(async move { tokio::task::spawn_blocking(act).await.unwrap_or(Err(DeskBookError::Unavailable)) })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens a file that only its owner reads.
fn private(path: &Path) -> Result<File, DeskBookError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|_| DeskBookError::Unavailable)
}

fn replace(path: &Path, list: &DeskList) -> Result<(), DeskBookError> {
    let new = beside(path, ".new");
    // What an interrupted change left behind.
    fs::remove_file(&new).ok();
    let written = private(&new)?
        .write_all(write(list).to_string().as_bytes())
        .and_then(|()| File::open(&new)?.sync_all())
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|_| DeskBookError::Unavailable)
}

fn read(path: &Path) -> Result<DeskList, DeskBookError> {
    match fs::read(path) {
        Ok(bytes) => parse(&bytes).ok_or(DeskBookError::Damaged),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(DeskList::default()),
        Err(_) => Err(DeskBookError::Unavailable),
    }
}

fn write(list: &DeskList) -> Value {
    let moment = |moment: &Timestamp| moment.to_string();
    let codes = list.codes.iter().map(|(hash, until)| json!({"hash": hash.0, "until": moment(until)}));
    let desks = list.desks.iter().map(|desk| {
        json!({
            "client_id": desk.client_id,
            "name": desk.name.as_str(),
            "key": desk.key.to_json(),
            "enrolled": moment(&desk.enrolled),
            "last_seen": desk.last_seen.as_ref().map(moment),
            "revoked": desk.revoked.as_ref().map(moment),
        })
    });
    json!({"version": 1, "codes": codes.collect::<Value>(), "desks": desks.collect::<Value>()})
}

/// A file that is not wholly understood is damaged: a revocation must not be read over.
fn parse(bytes: &[u8]) -> Option<DeskList> {
    let file: Value = serde_json::from_slice(bytes).ok()?;
    if file.get("version")?.as_i64()? != 1 {
        return None;
    }
    let text = |of: &Value, name: &str| of.get(name)?.as_str().map(str::to_owned);
    let moment = |of: &Value, name: &str| text(of, name)?.parse::<Timestamp>().ok();
    let perhaps = |of: &Value, name: &str| match of.get(name)? {
        Value::Null => Some(None),
        Value::String(text) => text.parse::<Timestamp>().ok().map(Some),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let code = |code: &Value| Some((CodeHash(text(code, "hash")?), moment(code, "until")?));
    let desk = |desk: &Value| {
        Some(EnrolledDesk {
            client_id: text(desk, "client_id")?,
            name: DeskName::parse(&text(desk, "name")?)?,
            key: PublicJwk::parse(&desk.get("key")?.to_string())?,
            enrolled: moment(desk, "enrolled")?,
            last_seen: perhaps(desk, "last_seen")?,
            revoked: perhaps(desk, "revoked")?,
        })
    };
    Some(DeskList {
        codes: file.get("codes")?.as_array()?.iter().map(code).collect::<Option<_>>()?,
        desks: file.get("desks")?.as_array()?.iter().map(desk).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desks::EnrolmentCode;
    use comptoir_franceconnect::ClientKey;
    use ring::rand::SystemRandom;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_file_keeps_what_a_book_keeps_and_no_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desks.json");
        let (relay, administrator) = (FileDesks::at(path.clone()), FileDesks::at(path.clone()));
        let rng = SystemRandom::new();
        let (code, key) = (EnrolmentCode::draw(&rng).unwrap(), ClientKey::generate(&rng).unwrap());
        let desk = EnrolledDesk {
            client_id: key.thumbprint(),
            name: DeskName::parse("Accueil é \"1\"").unwrap(),
            key: key.public_jwk().clone(),
            enrolled: at(1),
            last_seen: None,
            revoked: None,
        };
        assert_eq!(relay.list().await, Ok(Vec::new()));
        administrator.issue(code.hash(), at(3600), at(0)).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&code.shown()) && !text.contains(&code.shown().replace('-', "")));
        assert_eq!(relay.enrol(code.hash(), desk.clone(), at(1)).await, Ok(Enrolment::Enrolled));
        assert_eq!(relay.enrol(code.hash(), desk.clone(), at(1)).await, Ok(Enrolment::Refused));
        relay.seen(&desk.client_id, at(2)).await.unwrap();
        assert_eq!(administrator.revoke(&desk.client_id, at(3)).await, Ok(true));
        let expected = EnrolledDesk { last_seen: Some(at(2)), revoked: Some(at(3)), ..desk };
        assert_eq!(relay.find(&expected.client_id).await, Ok(Some(expected.clone())));
        assert_eq!(administrator.list().await, Ok(vec![expected]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn changes_at_the_same_time_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let book = FileDesks::at(folder.path().join("desks.json"));
        let mut changes = tokio::task::JoinSet::new();
        for number in 0..20 {
            let book = book.clone();
            changes.spawn(async move { book.issue(CodeHash(number.to_string()), at(60), at(0)).await });
        }
        while let Some(change) = changes.join_next().await {
            change.unwrap().unwrap();
        }
        assert_eq!(book.look(|list| list.codes.len()).await, Ok(20));
    }

    #[test]
    fn a_damaged_file_is_no_empty_book() {
        for (rule, text, expected) in [
            ("empty book", r#"{"version":1,"codes":[],"desks":[]}"#, true),
            ("empty file", "", false),
            ("cut", r#"{"version":1,"codes":["#, false),
            ("another version", r#"{"version":2,"codes":[],"desks":[]}"#, false),
            ("no desks", r#"{"version":1,"codes":[]}"#, false),
            ("a desk without a key", r#"{"version":1,"codes":[],"desks":[{"client_id":"a","name":"a"}]}"#, false),
        ] {
            assert_eq!(parse(text.as_bytes()).is_some(), expected, "{rule}");
        }
    }
}
