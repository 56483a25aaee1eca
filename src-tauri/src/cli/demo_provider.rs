//! `comptoir demo-provider`: simulator and relay on their own.

use super::lines::{Lines, failed};
use super::{DemoProviderArgs, Exit, PlatformWord, interruption};
use crate::demonstration::{Demonstration, Stage};
use comptoir_simulator::Platform;
use serde_json::json;

pub(super) async fn run(args: &DemoProviderArgs) -> Exit {
    let lines = Lines::new(args.json);
    let platform = match args.platform {
        PlatformWord::Low => Platform::Low,
        PlatformWord::High => Platform::High,
    };
    let stage = Stage { platform, seed: args.seed, port: args.port };
    let (demonstration, code) = match Demonstration::start_for_others(stage, args.enrolled).await {
        Ok(started) => started,
        Err(failure) => {
            failed(&lines, failure.code, &failure.message(), failure.reference);
            return Exit::Fault;
        }
    };
    let (relay, simulator) = (demonstration.relay_issuer(), demonstration.simulator_issuer());
    let pages = simulator.join("/simulator").map_or_else(|_| String::new(), String::from);
    let enrolment = code.as_ref().map(|code| format!("\nCode d'inscription d'un poste : {code}")).unwrap_or_default();
    lines.event(
        &json!({
            "event": "provider", "platform": platform.name(), "relay": relay, "franceconnect": simulator, "pages": pages,
            "enrolment_code": code,
        }),
        &format!(
            "Relais : {relay}{enrolment}\n{} simulé : {simulator}\nPannes à la demande : {pages}/faults\nIdentités fictives. \
             Ctrl-C pour arrêter.",
            match platform {
                Platform::Low => "FranceConnect",
                Platform::High => "FranceConnect+",
            }
        ),
    );
    let exit = interruption().await;
    lines.event(&json!({"event": "done"}), "Arrêté.");
    exit
}
