//! Reads the events of `comptoir check-in --json` on stdin, passes them on, and plays the patient.
//!
//! `comptoir check-in --demo --json --no-browser | comptoir-visitor [LOGIN]`
//!
//! Ends at once with 1 where the patient is stuck: the desk would wait for somebody until its deadline.

use comptoir_tests::visitor::{Stop, Stuck, Visitor};
use serde_json::Value;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use url::Url;

/// What the visitor hears of.
enum Heard {
    /// A line of the desk.
    Line(String),
    /// The desk has nothing more to say.
    End,
    /// The patient does not get on.
    Stuck(Stuck),
}

fn main() -> ExitCode {
    let login = std::env::args().nth(1).unwrap_or_else(|| "test".to_owned());
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let visitor = Visitor::new();
    let (tell, heard) = channel();
    read_events(tell.clone());
    let mut last = Value::Null;
    for heard in heard {
        match heard {
            Heard::Line(line) => {
                if writeln!(io::stdout(), "{line}").is_err() {
                    break;
                }
                last = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = word(&last, "url").and_then(|url| Url::parse(url).ok()) {
                    let signing_out = word(&last, "purpose") == Some("sign-out");
                    let (visitor, login, tell) = (visitor.clone(), login.clone(), tell.clone());
                    runtime.spawn(async move {
                        if let Err(stuck) = walk(&visitor, address, &login, signing_out).await {
                            // Refused only when nobody listens any more.
                            tell.send(Heard::Stuck(stuck)).ok();
                        }
                    });
                }
            }
            Heard::End => break,
            Heard::Stuck(stuck) => {
                writeln!(io::stderr(), "the visitor is stuck: {stuck}").ok();
                return ExitCode::FAILURE;
            }
        }
    }
    if word(&last, "event") == Some("done") { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads in a thread of its own: nothing else would be heard while a line is awaited.
fn read_events(tell: Sender<Heard>) {
    thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(Result::ok).map(Heard::Line);
        for heard in lines.chain([Heard::End]) {
            if tell.send(heard).is_err() {
                break;
            }
        }
    });
}

async fn walk(visitor: &Visitor, address: Url, login: &str, signing_out: bool) -> Result<(), Stuck> {
    if signing_out {
        let page = visitor.fetch(address).await?;
        visitor.carry_on(page, Stop::AtTheEnd).await?;
    } else {
        visitor.sign_in(address, login, Stop::AtTheEnd).await?;
    }
    Ok(())
}

fn word<'e>(event: &'e Value, key: &str) -> Option<&'e str> {
    event.get(key).and_then(Value::as_str)
}
