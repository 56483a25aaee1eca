//! The relay in front of FranceConnect+: encrypted tokens, the level that health services need.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use comptoir_franceconnect::{
    AcrValue, Clock as _, DESK_CLIENT_ID, DecryptionKey, DecryptionKeys, DirectProfile, Ended, KeyAgreement, Provider,
    Secret, SigningAlg,
};
use comptoir_relay::{
    CALLBACK_PATH, Establishment, FRANCECONNECT_JWKS_PATH, MemoryStore, Relay, SIGNED_OUT_PATH, SealingKey,
};
use comptoir_simulator::{Client, Encryption, Simulator};
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use url::Url;

use crate::bench::{Hands, START, Site, Step, Visit, World};

const SECRET: &str = "a-secret-of-at-least-32-characters";

/// A relay whose client encrypts as told, with the keys that it publishes itself.
pub(crate) async fn plus(agreement: KeyAgreement, level: AcrValue) -> World {
    let clock = Hands(Arc::new(AtomicI64::new(START)));
    let of_simulator = clock.clone();
    let options = comptoir_simulator::Options::high(0, Arc::new(move || of_simulator.now()));
    let simulator = Simulator::start(options).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let at = |path: &str| Url::parse(&format!("http://127.0.0.1:{port}{path}")).unwrap();
    let mut client = Client::new(
        "plus",
        SECRET,
        "Clinique",
        vec![at(CALLBACK_PATH).to_string()],
        vec![at(SIGNED_OUT_PATH).to_string()],
    );
    client.encryption = Some(Encryption {
        agreement: match agreement {
            KeyAgreement::RsaOaep256 => comptoir_simulator::KeyAgreement::RsaOaep256,
            KeyAgreement::EcdhEs => comptoir_simulator::KeyAgreement::EcdhEs,
        },
        jwks_uri: at(FRANCECONNECT_JWKS_PATH),
    });
    simulator.register(client);
    let keys = DecryptionKeys::new(vec![DecryptionKey::generate(agreement).unwrap()]).unwrap();
    let upstream = Provider::direct(DirectProfile {
        issuer: simulator.issuer().clone(),
        client_id: "plus".to_owned(),
        client_secret: Secret::new(SECRET.to_owned()),
        return_uri: at(CALLBACK_PATH),
        end_uri: at(SIGNED_OUT_PATH),
        required_acr: level,
        signing_alg: SigningAlg::Es256,
        decryption: Some(Arc::new(keys)),
        scopes: DirectProfile::usual_scopes(level),
    })
    .unwrap();
    let sealing_key = SealingKey::generate(&SystemRandom::new()).unwrap();
    let relay = Relay::start(
        listener,
        Establishment {
            name: "Cabinet".to_owned(),
            issuer: at(""),
            upstream,
            desks: comptoir_relay::Desks::Public { client_id: DESK_CLIENT_ID.to_owned() },
            limits: comptoir_relay::Limits::default(),
            sealing_key: sealing_key.clone(),
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(clock.clone()),
            rng: Arc::new(SystemRandom::new()),
        },
    )
    .await
    .unwrap();
    World::of(simulator, clock, Some(relay), &Site::alone(port, sealing_key)).await
}

#[tokio::test]
async fn a_patient_signs_in_through_franceconnect_plus() {
    for (rule, agreement, level) in [
        ("substantial, curve", KeyAgreement::EcdhEs, AcrValue::Eidas2),
        ("substantial, RSA", KeyAgreement::RsaOaep256, AcrValue::Eidas2),
        ("high", KeyAgreement::EcdhEs, AcrValue::Eidas3),
    ] {
        let world = plus(agreement, level).await;
        let mut visit = Visit::begin(&world).await;
        let walk = visit.walk(Step::SignIn("test"));
        let (code, turn) = visit.code().await;
        let signed_in = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await.unwrap();
        assert!(signed_in.acr >= level, "{rule}: {}", signed_in.acr);
        let traits = signed_in.identity.traits();
        assert_eq!(traits.birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"), "{rule}");
        // FranceConnect+ takes the signed token inside for its logout, never the encrypted one.
        assert_eq!(visit.sign_out(&world, &signed_in.id_token, turn).await, Ended::Confirmed, "{rule}");
        assert_eq!(world.simulator.live_sessions(), 0, "{rule}");
        assert!(walk.await.unwrap().contains("C'est terminé"), "{rule}");
    }
}
