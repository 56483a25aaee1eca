//! `comptoir demo-provider`: simulator and relay on their own.

use super::lines::Lines;
use super::{DemoProviderArgs, Exit, interruption};
use crate::demonstration::Demonstration;
use serde_json::json;

pub(super) async fn run(args: &DemoProviderArgs) -> Exit {
    let lines = Lines::new(args.json);
    let (demonstration, code) = match Demonstration::start_for_others(args.enrolled).await {
        Ok(started) => started,
        Err(failure) => {
            let message = failure.message();
            lines.event(
                &json!({"event": "failed", "code": failure.code, "message": message, "reference": failure.reference}),
                &format!("{message} [{}]", failure.reference),
            );
            return Exit::Fault;
        }
    };
    let (relay, simulator) = (demonstration.relay_issuer(), demonstration.simulator_issuer());
    let enrolment = code.as_ref().map(|code| format!("\nCode d'inscription d'un poste : {code}")).unwrap_or_default();
    lines.event(
        &json!({"event": "provider", "relay": relay, "franceconnect": simulator, "enrolment_code": code}),
        &format!(
            "Relais : {relay}\nFranceConnect simulé : {simulator}{enrolment}\nIdentités fictives. Ctrl-C pour arrêter."
        ),
    );
    let exit = interruption().await;
    lines.event(&json!({"event": "done"}), "Arrêté.");
    exit
}
