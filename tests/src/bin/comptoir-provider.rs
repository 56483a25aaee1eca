//! Both platforms of the simulated FranceConnect, and a relay, for programs that are not ours: says where they are, then
//! does as it is told.
//!
//! Each line on stdin is one order in JSON, each line on stdout its answer:
//!
//! | order | what it does |
//! |---|---|
//! | `{"register": {"client_id": …, "platform": "low", …}}` | makes a client known to a platform |
//! | `{"pass": 31}` | lets this many seconds pass, for all of them |
//!
//! Faults and keys have addresses of their own at the simulators (`docs/simulator.md`). Ends with its stdin, and so with
//! whoever started it.

use comptoir_desk::Clock as _;
use comptoir_simulator::{Algorithm, Client, Encryption, KeyAgreement, Options, ProviderFilter, Simulator};
use comptoir_tests::world::World;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;
use url::Url;

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
    let world = runtime.block_on(World::for_strangers())?;
    let clock = world.clock.clone();
    let high = runtime.block_on(Simulator::start(Options::high(0, Arc::new(move || clock.now()))))?;
    let mut out = io::stdout().lock();
    let issuers = json!({"low": world.simulator.issuer(), "high": high.issuer(), "relay": world.relay.issuer()});
    writeln!(out, "{issuers}")?;
    for line in io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        let done = obey(&world, &high, &order).is_some();
        let answer = if done { json!({"done": true}) } else { json!({"error": "not an order"}) };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn obey(world: &World, high: &Simulator, order: &Value) -> Option<()> {
    if let Some(seconds) = order.get("pass") {
        world.clock.pass(seconds.as_i64()?);
        return Some(());
    }
    let written = order.get("register")?;
    let platform = match written.get("platform")?.as_str()? {
        "low" => &world.simulator,
        "high" => high,
        _ => return None,
    };
    platform.register(client(written)?);
    Some(())
}

fn client(written: &Value) -> Option<Client> {
    let text = |name: &str| written.get(name).and_then(Value::as_str);
    let mut client = Client::new(
        text("client_id")?,
        text("client_secret")?,
        text("name")?,
        texts(written.get("redirect_uris")?)?,
        texts(written.get("post_logout_redirect_uris")?)?,
    );
    let granted = |name: &str| written.get(name).map_or(Some(Vec::new()), texts);
    client.algorithm = match text("algorithm")? {
        "ES256" => Algorithm::Es256,
        "RS256" => Algorithm::Rs256,
        _ => return None,
    };
    client.encryption = match text("agreement") {
        None => None,
        Some(agreement) => Some(Encryption {
            agreement: match agreement {
                "ECDH-ES" => KeyAgreement::EcdhEs,
                "RSA-OAEP-256" => KeyAgreement::RsaOaep256,
                _ => return None,
            },
            jwks_uri: Url::parse(text("jwks_uri")?).ok()?,
        }),
    };
    client.entity_id = text("entity_id").map(str::to_owned);
    client.claims = granted("claims")?;
    client.prompts = granted("prompts")?;
    client.idp_hints = granted("idp_hints")?;
    let (only, except) = (granted("only_providers")?, granted("all_but_providers")?);
    client.providers = match (only.is_empty(), except.is_empty()) {
        (true, true) => ProviderFilter::All,
        (false, true) => ProviderFilter::Only(only),
        (true, false) => ProviderFilter::Except(except),
        (false, false) => return None,
    };
    client.asks_consent = written.get("asks_consent").and_then(Value::as_bool).unwrap_or(false);
    Some(client)
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}
