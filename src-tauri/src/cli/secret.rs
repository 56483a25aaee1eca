//! `comptoir secret`: a provider's secret into the keychain, or out of it; never an argument, never shown.

use super::lines::{Lines, failed};
use super::register::Stop;
use super::{Exit, SecretArgs, interruption};
use crate::failure::Failure;
use crate::provider_file::SecretEntry;
use comptoir_desk::{KeychainError, Secret};
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Read};
use zeroize::Zeroizing;

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use other as terminal;
#[cfg(unix)]
use unix as terminal;

/// A private RSA key of 8192 bits in PEM takes 6,400.
const LONGEST: u64 = 16 * 1024;

pub(super) async fn run(args: SecretArgs) -> Exit {
    let lines = Lines::new(args.json);
    match act(&args, &lines).await {
        Ok(exit) => exit,
        Err(stop) => stop.end(&lines),
    }
}

async fn act(args: &SecretArgs, lines: &Lines) -> Result<Exit, Stop> {
    let Some(entry) = SecretEntry::named(&args.entry) else {
        return Err(Stop::Usage(
            "Le nom de l'entrée est vide ou contient un caractère de commande. Rien n'a été modifié. Reprenez celui que le fichier du fournisseur écrit après keychain.",
        ));
    };
    if args.act.remove {
        let was_there = entry.remove().map_err(of_keychain)?;
        let french = if was_there {
            "Le secret n'est plus dans le trousseau. Un fichier de fournisseur qui nomme cette entrée ne sert plus."
        } else {
            "Cette entrée n'existait pas. Rien n'a été modifié."
        };
        lines.event(&json!({"event": "done", "removed": was_there}), french);
        return Ok(Exit::Done);
    }
    let hidden = ask(lines)?;
    let (done, read) = tokio::sync::oneshot::channel();
    // A thread of its own, which the end of the program does not wait for: nobody may type anything.
    std::thread::spawn(move || done.send(read_value(&mut io::stdin().lock())));
    let value = tokio::select! {
        value = read => value.unwrap_or(Err(Unread::Input)),
        exit = interruption() => {
            drop(hidden);
            let failure = Failure::INTERRUPTED;
            failed(lines, failure.code, &failure.message(), failure.reference);
            return Ok(exit);
        }
    };
    drop(hidden);
    let value = value.map_err(|unread| Stop::Usage(unread.french()))?;
    let replaced = entry.write(&Secret::new(value.as_bytes().to_vec())).map_err(of_keychain)?;
    let french = if replaced {
        "Le secret est dans le trousseau de cette session ; il a remplacé celui qui y était."
    } else {
        "Le secret est dans le trousseau de cette session. Le fichier du fournisseur le nomme par keychain."
    };
    lines.event(&json!({"event": "done", "replaced": replaced}), french);
    Ok(Exit::Done)
}

/// Asks for the value, where there is somebody to ask, and hides what is typed from then on.
fn ask(lines: &Lines) -> Result<Option<terminal::Hidden>, Stop> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let Some(hidden) = terminal::hide() else {
        return Err(Stop::Usage(
            "Ce terminal montrerait le secret. Rien n'a été modifié. Donnez-le sur l'entrée standard : comptoir secret --set ENTREE < fichier.",
        ));
    };
    lines.event(
        &json!({"event": "secret-awaited"}),
        "Tapez ou collez le secret, puis Entrée (il ne s'affiche pas ; une clé en PEM va jusqu'à sa ligne END) :",
    );
    Ok(Some(hidden))
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    Empty,
    TooLong,
    Input,
}

impl Unread {
    fn french(self) -> &'static str {
        match self {
            Self::Empty => "Aucun secret n'a été donné. Le trousseau n'a pas été modifié. Recommencez.",
            Self::TooLong => {
                "C'est plus long que tout secret de client et que toute clé. Le trousseau n'a pas été modifié. Vérifiez ce qui a été donné."
            }
            Self::Input => {
                "Le secret n'a pas pu être lu, ou n'est pas du texte. Le trousseau n'a pas été modifié. Recommencez."
            }
        }
    }
}

/// Reads one line, or a key in PEM to its last one.
fn read_value(input: &mut dyn BufRead) -> Result<Zeroizing<String>, Unread> {
    // Room for all of it: a string that grows leaves copies behind.
    let room = || Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or(0) + 1));
    let (mut value, mut input) = (room(), input.take(LONGEST + 1));
    loop {
        let mut line = room();
        let read = input.read_line(&mut line).map_err(|_| Unread::Input)?;
        value.push_str(&line);
        let unfinished = value.starts_with("-----BEGIN ") && !line.starts_with("-----END ");
        if read == 0 || !unfinished {
            break;
        }
    }
    if input.limit() == 0 {
        return Err(Unread::TooLong);
    }
    let kept = value.trim().len();
    if kept == 0 { Err(Unread::Empty) } else { Ok(value) }
}

fn of_keychain(error: KeychainError) -> Stop {
    let failure = Failure::from(error);
    let message = match error {
        KeychainError::Absent => {
            "Aucun trousseau de clés ne fonctionne sur cette session. Rien n'a été gardé. Ouvrez une session avec un trousseau (GNOME Keyring, KWallet, KeePassXC), ou nommez dans le fichier du fournisseur un fichier que vous seul pouvez lire."
        }
        KeychainError::Locked => {
            "Le trousseau de clés est verrouillé ou n'a pas répondu. Rien n'a été gardé. Déverrouillez-le, puis recommencez."
        }
        KeychainError::Refused => {
            "Le trousseau de clés a refusé l'opération. Rien n'a été gardé. Le secret est peut-être trop long pour lui ; sinon, recommencez."
        }
    };
    Stop::Said { code: failure.code, message: message.to_owned(), reference: failure.reference }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_or_a_whole_key() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIB\nAAAA\n-----END PRIVATE KEY-----\n";
        let long = "x".repeat(usize::try_from(LONGEST).expect("a length"));
        let longer = format!("{long}x");
        for (rule, input, expected) in [
            ("one line", "s3cret\nmore\n", Ok("s3cret\n")),
            ("no end of line", "s3cret", Ok("s3cret")),
            ("a key", &format!("{pem}more\n"), Ok(pem)),
            ("a key cut short", "-----BEGIN PRIVATE KEY-----\nMIIB\n", Ok("-----BEGIN PRIVATE KEY-----\nMIIB\n")),
            ("nothing", "", Err(Unread::Empty)),
            ("an empty line", " \n", Err(Unread::Empty)),
            ("as long as may be", &long, Ok(&long)),
            ("longer", &longer, Err(Unread::TooLong)),
        ] {
            let value = read_value(&mut input.as_bytes());
            assert_eq!(value.as_ref().map(|value| value.as_str()), expected.as_ref().copied(), "{rule}");
        }
        assert_eq!(read_value(&mut &b"\xff\n"[..]).err(), Some(Unread::Input));
    }
}
