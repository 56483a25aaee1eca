//! Reads the events of `comptoir check-in --json` on stdin, passes them on, and plays the patient.
//!
//! `comptoir check-in --demo --json --no-browser | comptoir-visitor [LOGIN]`

use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use url::Url;

fn main() -> ExitCode {
    let login = std::env::args().nth(1).unwrap_or_else(|| "test".to_owned());
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let visitor = Visitor::new();
    let mut last = Value::Null;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if writeln!(io::stdout(), "{line}").is_err() {
            break;
        }
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = event.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        if let Some(address) = address {
            let (visitor, login) = (visitor.clone(), login.clone());
            let signing_out = event.get("purpose").and_then(Value::as_str) == Some("sign-out");
            runtime.spawn(async move {
                let walked = if signing_out {
                    match visitor.fetch(address).await {
                        Ok(page) => visitor.carry_on(page, Stop::AtTheEnd).await,
                        Err(stuck) => Err(stuck),
                    }
                } else {
                    visitor.sign_in(address, &login, Stop::AtTheEnd).await
                };
                if let Err(stuck) = walked {
                    // The check-in itself will say what it made of it.
                    writeln!(io::stderr(), "the visitor is stuck: {stuck}").ok();
                }
            });
        }
        last = event;
    }
    if last.get("event").and_then(Value::as_str) == Some("done") { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
