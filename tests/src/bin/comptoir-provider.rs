//! Simulated FranceConnect and relay for programs that are not ours: says where they are, then does as it is told.
//!
//! Each line on stdin is one order in JSON, each line on stdout its answer:
//!
//! | order | what it does |
//! |---|---|
//! | `{"register": {"client_id": …, "algorithm": "ES256", …}}` | makes a client known to the simulator |
//! | `{"pass": 31}` | lets this many seconds pass |
//! | `{"fault": "WrongNonce"}` | has the simulator misbehave, `null` to behave |
//!
//! Ends with its stdin, and so with whoever started it.

use comptoir_simulator::{Algorithm, Client, Fault};
use comptoir_tests::world::World;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

const FAULTS: &[Fault] = &[
    Fault::WrongNonce,
    Fault::WrongAudience,
    Fault::WrongIssuer,
    Fault::ExpiredIdToken,
    Fault::IssuedInFuture,
    Fault::OtherKey,
    Fault::AlgNone,
    Fault::Hs256WithPublicKey,
    Fault::SubMismatch,
    Fault::LowerAcr,
    Fault::MissingAcr,
    Fault::MissingSub,
    Fault::UserinfoPlainJson,
    Fault::UserinfoOtherKey,
    Fault::WrongStateInRedirect,
    Fault::WrongIssInRedirect,
    Fault::TokenError500,
    Fault::LogoutNeverReturns,
];

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be there to read it.
            writeln!(io::stderr(), "comptoir-provider: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let world = runtime.block_on(World::start())?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json!({"franceconnect": world.simulator.issuer(), "relay": world.relay.issuer()}))?;
    for line in io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        let answer = match obey(&world, &order) {
            Some(()) => json!({"done": true}),
            None => json!({"error": "not an order"}),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn obey(world: &World, order: &Value) -> Option<()> {
    if let Some(client) = order.get("register") {
        world.simulator.register(client_of(client)?);
    } else if let Some(seconds) = order.get("pass") {
        world.clock.pass(seconds.as_i64()?);
    } else {
        let named = order.get("fault")?;
        let fault = FAULTS.iter().find(|fault| named.as_str() == Some(format!("{fault:?}").as_str())).copied();
        // A misspelt fault is no good behaviour.
        (fault.is_some() || named.is_null()).then(|| world.simulator.set_fault(fault))?;
    }
    Some(())
}

fn client_of(value: &Value) -> Option<Client> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| -> Option<Vec<String>> {
        value.get(name)?.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    };
    Some(Client {
        client_id: text("client_id")?,
        client_secret: text("client_secret")?,
        name: text("name")?,
        algorithm: match text("algorithm")?.as_str() {
            "ES256" => Algorithm::Es256,
            "RS256" => Algorithm::Rs256,
            _ => return None,
        },
        redirect_uris: list("redirect_uris")?,
        post_logout_redirect_uris: list("post_logout_redirect_uris")?,
    })
}
