//! A relay that lies, one lie per line: nobody is signed in, and nothing more is asked than must be.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use comptoir_franceconnect::{
    AcrValue, Attempt, AuthorizationCode, Clock, DeskCredential, Endpoints, Fault, HttpClient, Loopback, Page,
    Provider, RelayProfile, Returned, SignedIn, SigningAlg, StateProfile, franceconnect_nonce,
};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::provider::{Noon, OK, bring_back};

/// Rule, lie, what comes of it, whether a logout is owed, whether the identity was asked for.
type Case = (&'static str, fn(&mut Story), &'static str, bool, bool);

#[rustfmt::skip] // one lie per line
const CASES: &[Case] = &[
    ("the truth", |_| {}, OK, false, true),
    // What a good relay may do.
    ("audience as a list", |s| s.id.claims["aud"] = json!(["comptoir"]), OK, false, true),
    ("no kid, one key", |s| s.id.kid = None, OK, false, true),
    ("right access token hash", |s| s.id.claims["at_hash"] = json!(B64.encode(&digest(&SHA256, b"t0ken-of-the-attempt").as_ref()[..16])), OK, false, true),
    ("a clock 59 s ahead", |s| s.shift(59), OK, false, true),
    ("a clock 59 s behind", |s| s.shift(-59), OK, false, true),
    ("higher level than required", |s| { s.id.claims["acr"] = json!("eidas2"); s.state_id.claims["acr"] = json!("eidas2"); }, OK, false, true),
    ("userinfo type with parameters", |s| s.info_type = "application/jwt; charset=utf-8", OK, false, true),
    ("odd claims are absent traits", |s| s.state_info.claims["birthdate"] = json!({"year": 1962}), OK, false, true),
    ("keys changed just before", |s| s.rotated = true, OK, false, true),
    // The token endpoint.
    ("code refused", |s| s.token = Some((400, json!({"error": "invalid_grant"}).to_string())), "token-refused", false, false),
    ("client refused", |s| s.token = Some((401, json!({"error": "invalid_client"}).to_string())), "client-refused", false, false),
    ("a page", |s| s.token = Some((200, "<html>".to_owned())), "answer-malformed", false, false),
    ("a redirect", |s| s.token = Some((307, String::new())), "answer-malformed", false, false),
    ("down", |s| s.token = Some((502, String::new())), "relay-unreachable", false, false),
    ("endless", |s| s.token = Some((200, "x".repeat(300 * 1024))), "answer-malformed", false, false),
    // The relay's ID token.
    ("another issuer", |s| s.id.claims["iss"] = json!("https://autre.example"), "id-token-invalid", false, false),
    ("no issuer", |s| s.id.claims["iss"] = Value::Null, "id-token-invalid", false, false),
    ("another audience", |s| s.id.claims["aud"] = json!("autre"), "id-token-invalid", false, false),
    ("one audience more", |s| s.id.claims["aud"] = json!(["comptoir", "autre"]), "id-token-invalid", false, false),
    ("another authorised party", |s| s.id.claims["azp"] = json!("autre"), "id-token-invalid", false, false),
    ("another nonce", |s| s.id.claims["nonce"] = json!("autre"), "id-token-invalid", true, false),
    ("no nonce", |s| s.id.remove("nonce"), "id-token-invalid", true, false),
    ("no sub", |s| s.id.remove("sub"), "id-token-invalid", false, false),
    ("no iat", |s| s.id.remove("iat"), "id-token-invalid", false, false),
    ("no exp", |s| s.id.remove("exp"), "id-token-invalid", false, false),
    ("expired", |s| s.id.add("exp", -121), "id-token-invalid", true, false),
    ("made before the attempt", |s| s.id.add("iat", -61), "id-token-invalid", true, false),
    ("made in the future", |s| s.id.add("iat", 61), "id-token-invalid", true, false),
    ("everything late, and the relay says so", |s| { s.shift(-3600); s.date = -3600; }, "clock-wrong", true, false),
    ("no auth_time", |s| s.id.remove("auth_time"), "id-token-invalid", true, false),
    ("signed in before the attempt", |s| s.id.add("auth_time", -61), "session-reused", true, false),
    ("no level", |s| s.id.remove("acr"), "id-token-invalid", true, false),
    ("unknown level", |s| s.id.claims["acr"] = json!("eidas9"), "id-token-invalid", true, false),
    ("unsigned", |s| s.id.alg = "none", "id-token-invalid", false, false),
    ("MAC with the public key", |s| s.id.alg = "HS256", "id-token-invalid", false, false),
    ("another algorithm's name", |s| s.id.alg = "ES384", "id-token-invalid", false, false),
    ("another key, same kid", |s| s.id.signer = Signer::Pirate, "id-token-invalid", false, false),
    ("unknown kid", |s| s.id.kid = Some("inconnu"), "id-token-invalid", false, false),
    ("no kid, two keys", |s| { s.id.kid = None; s.keys_beside = true; }, "id-token-invalid", false, false),
    ("wrong access token hash", |s| s.id.claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA"), "id-token-invalid", true, false),
    ("critical header", |s| s.id.crit = true, "id-token-invalid", false, false),
    ("level too low", |s| { s.required = AcrValue::Eidas2; }, "level-too-low", true, false),
    ("no keys", |s| s.keys = false, "keys-unavailable", false, false),
    // The relay's userinfo.
    ("plain JSON", |s| s.info_type = "application/json", "userinfo-invalid", true, true),
    ("identity of another person", |s| s.info.claims["sub"] = json!("autre"), "subject-differs", true, true),
    ("identity for another desk", |s| s.info.claims["aud"] = json!("autre"), "userinfo-invalid", true, true),
    ("identity of another issuer", |s| s.info.claims["iss"] = json!("https://autre.example"), "userinfo-invalid", true, true),
    ("identity expired", |s| s.info.add("exp", -121), "userinfo-invalid", true, true),
    ("identity without end", |s| s.info.remove("exp"), "userinfo-invalid", true, true),
    ("identity by another key", |s| s.info.signer = Signer::Pirate, "userinfo-invalid", true, true),
    ("identity unsigned", |s| s.info.alg = "none", "userinfo-invalid", true, true),
    ("identity is the ID token", |s| s.info.claims["nonce"] = json!("x"), "userinfo-invalid", true, true),
    // The State's tokens: an invented or replayed patient.
    ("no State ID token", |s| s.forward_id = false, "state-signature-missing", true, true),
    ("no State identity", |s| s.forward_info = false, "state-signature-missing", true, true),
    ("State ID token by the relay", |s| s.state_id.signer = Signer::Relay, "state-signature-invalid", true, true),
    ("State identity by the relay", |s| s.state_info.signer = Signer::Relay, "state-signature-invalid", true, true),
    ("State identity by the relay, its kid", |s| { s.state_info.signer = Signer::Relay; s.state_info.kid = Some("relay"); }, "state-signature-invalid", true, true),
    ("State ID token unsigned", |s| s.state_id.alg = "none", "state-signature-invalid", true, true),
    ("State identity unsigned", |s| s.state_info.alg = "none", "state-signature-invalid", true, true),
    ("State ID token without kid, two keys", |s| { s.state_id.kid = None; s.keys_beside = true; }, "state-signature-invalid", true, true),
    ("State identity without kid, two keys", |s| { s.state_info.kid = None; s.keys_beside = true; }, "state-signature-invalid", true, true),
    ("kid, two keys", |s| s.keys_beside = true, OK, false, true),
    ("State ID token of another attempt", |s| s.state_id.claims["nonce"] = json!(franceconnect_nonce("autre").expose()), "state-evidence-unbound", true, true),
    ("State ID token with the desk's own nonce", |s| s.state_id.claims["nonce"] = s.id.claims["nonce"].clone(), "state-evidence-unbound", true, true),
    ("State identity of another person", |s| s.state_info.claims["sub"] = json!("autre"), "state-evidence-unbound", true, true),
    ("level overstated", |s| s.id.claims["acr"] = json!("eidas3"), "state-evidence-unbound", true, true),
    ("State ID token for another client", |s| s.state_id.claims["aud"] = json!("autre"), "state-signature-invalid", true, true),
    ("State identity for another client", |s| s.state_info.claims["aud"] = json!("autre"), "state-signature-invalid", true, true),
    ("State ID token of another issuer", |s| s.state_id.claims["iss"] = json!("https://etat.example"), "state-signature-invalid", true, true),
    ("State identity of another issuer", |s| s.state_info.claims["iss"] = json!("https://etat.example"), "state-signature-invalid", true, true),
    ("State session reused", |s| s.state_id.add("auth_time", -61), "session-reused", true, true),
    ("State session half a minute old", |s| s.state_id.add("auth_time", -30), "session-reused", true, true),
    ("State ID token of before", |s| s.state_id.add("iat", -61), "state-signature-invalid", true, true),
    ("State identity expired", |s| s.state_info.add("exp", -121), "state-signature-invalid", true, true),
    ("State ID token in place of the identity", |s| s.state_info.claims["nonce"] = json!("x"), "state-signature-invalid", true, true),
];

#[tokio::test]
async fn no_lie_is_believed() {
    let bench = Bench::start().await;
    for (rule, lie, expected, owed, asked) in CASES {
        let (result, asked_for) = bench.sign_in(*lie).await;
        let (got, hint) = match &result {
            Ok(_) => (OK, None),
            Err(error) => (error.code(), error.owed_logout.as_ref()),
        };
        assert_eq!((got, hint.is_some(), asked_for), (*expected, *owed, *asked), "{rule}");
        match result {
            Ok(signed_in) => {
                let name = signed_in.identity.traits().birth_name.known().map(|name| name.raw().to_owned());
                assert_eq!(name.as_deref(), Some("DUBOIS"), "{rule}");
                assert_eq!(format!("{signed_in:?}").matches("DUBOIS").count(), 0, "{rule}: a trait in Debug");
            }
            Err(error) => {
                let text = format!("{error} {error:?}");
                for secret in ["DUBOIS", "1962", "t0ken", "eyJ", "autre", "code-of-the-attempt"] {
                    assert!(!text.contains(secret), "{rule}: {secret} in {text}");
                }
            }
        }
        assert!(bench.tokens_asked.swap(0, Ordering::SeqCst) <= 1, "{rule}: a code is shown once");
    }
}

#[derive(Clone, Copy)]
enum Signer {
    Relay,
    State,
    Pirate,
}

/// A token as it is going to be signed.
#[derive(Clone)]
struct Token {
    claims: Value,
    signer: Signer,
    alg: &'static str,
    kid: Option<&'static str>,
    crit: bool,
}

impl Token {
    fn new(signer: Signer, kid: &'static str, claims: Value) -> Self {
        Self { claims, signer, alg: "ES256", kid: Some(kid), crit: false }
    }

    fn remove(&mut self, name: &str) {
        self.claims.as_object_mut().unwrap().remove(name).unwrap();
    }

    fn add(&mut self, name: &str, seconds: i64) {
        self.claims[name] = json!(self.claims[name].as_i64().unwrap() + seconds);
    }
}

/// What the relay is going to tell.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent lies")]
struct Story {
    id: Token,
    info: Token,
    state_id: Token,
    state_info: Token,
    forward_id: bool,
    forward_info: bool,
    info_type: &'static str,
    token: Option<(u16, String)>,
    keys: bool,
    rotated: bool,
    /// Relay and State publish another key beside theirs.
    keys_beside: bool,
    date: i64,
    required: AcrValue,
}

impl Story {
    fn truth(issuer: &str, nonce: &str, now: i64) -> Self {
        let state = format!("{issuer}/api/v2");
        let id = json!({"iss": issuer, "aud": "comptoir", "sub": "s", "iat": now, "exp": now + 60,
            "auth_time": now, "acr": "eidas1", "nonce": nonce});
        let info = json!({"iss": issuer, "aud": "comptoir", "sub": "s", "iat": now, "exp": now + 60});
        let state_id = json!({"iss": state, "aud": "fc", "sub": "fcsub", "iat": now, "exp": now + 60,
            "auth_time": now, "acr": "eidas1", "nonce": franceconnect_nonce(nonce).expose()});
        let state_info = json!({"iss": state, "aud": "fc", "sub": "fcsub", "iat": now, "exp": now + 60,
            "family_name": "DUBOIS", "given_name": "Angela Claire", "birthdate": "1962-08-24"});
        Self {
            id: Token::new(Signer::Relay, "relay", id),
            info: Token::new(Signer::Relay, "relay", info),
            state_id: Token::new(Signer::State, "pkcs11:ES256:hsm", state_id),
            state_info: Token::new(Signer::State, "pkcs11:ES256:hsm", state_info),
            forward_id: true,
            forward_info: true,
            info_type: "application/jwt",
            token: None,
            keys: true,
            rotated: false,
            keys_beside: false,
            date: 0,
            required: AcrValue::Eidas1,
        }
    }

    /// The relay's and the State's clocks differ from the desk's.
    fn shift(&mut self, seconds: i64) {
        for token in [&mut self.id, &mut self.info, &mut self.state_id, &mut self.state_info] {
            for name in ["iat", "exp", "auth_time"] {
                if token.claims.get(name).is_some() {
                    token.add(name, seconds);
                }
            }
        }
    }
}

struct Keys {
    relay: EcdsaKeyPair,
    state: EcdsaKeyPair,
    pirate: EcdsaKeyPair,
}

impl Keys {
    fn new() -> Self {
        let new = || {
            let rng = SystemRandom::new();
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &rng).unwrap()
        };
        Self { relay: new(), state: new(), pirate: new() }
    }

    fn sign(&self, token: &Token) -> String {
        let mut head = json!({"alg": token.alg});
        if let Some(kid) = token.kid {
            head["kid"] = json!(kid);
        }
        if token.crit {
            head["crit"] = json!(["exp"]);
        }
        let bare = format!("{}.{}", B64.encode(head.to_string()), B64.encode(token.claims.to_string()));
        let signature = match (token.alg, token.signer) {
            ("none", _) => Vec::new(),
            ("HS256", _) => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.relay.public_key().as_ref());
                ring::hmac::sign(&key, bare.as_bytes()).as_ref().to_vec()
            }
            (_, signer) => {
                let key = match signer {
                    Signer::Relay => &self.relay,
                    Signer::State => &self.state,
                    Signer::Pirate => &self.pirate,
                };
                key.sign(&SystemRandom::new(), bare.as_bytes()).unwrap().as_ref().to_vec()
            }
        };
        format!("{bare}.{}", B64.encode(signature))
    }
}

fn jwk(key: &EcdsaKeyPair, kid: &str) -> Value {
    let point = key.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
           "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])})
}

struct Stage {
    keys: Keys,
    story: Mutex<Option<Story>>,
    tokens_asked: Arc<AtomicUsize>,
    identities_asked: AtomicUsize,
    keys_asked: AtomicUsize,
}

impl Stage {
    fn story(&self) -> Story {
        self.story.lock().unwrap().clone().unwrap()
    }
}

struct Bench {
    stage: Arc<Stage>,
    tokens_asked: Arc<AtomicUsize>,
    issuer: String,
    http: HttpClient,
}

impl Bench {
    async fn start() -> Self {
        let tokens_asked = Arc::new(AtomicUsize::new(0));
        let stage = Arc::new(Stage {
            keys: Keys::new(),
            story: Mutex::new(None),
            tokens_asked: Arc::clone(&tokens_asked),
            identities_asked: AtomicUsize::new(0),
            keys_asked: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/jwks", get(relay_keys))
            .route("/api/v2/jwks", get(state_keys))
            .with_state(Arc::clone(&stage));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { stage, tokens_asked, issuer, http: HttpClient::new().unwrap() }
    }

    /// Signs in once, the relay telling the truth but for one lie.
    async fn sign_in(&self, lie: fn(&mut Story)) -> (Result<SignedIn, comptoir_franceconnect::ExchangeError>, bool) {
        let mut rehearsal = Story::truth(&self.issuer, "n", 0);
        lie(&mut rehearsal);
        let provider = self.provider(rehearsal.required);
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let mut attempt = Attempt::begin(&provider, &loopback, &SystemRandom::new(), Noon.now()).unwrap();
        let asked = |wanted: &str| {
            let (_, value) = attempt.authorize_url().query_pairs().find(|(name, _)| name == wanted).unwrap();
            value.into_owned()
        };
        let mut story = Story::truth(&self.issuer, &asked("nonce"), Noon.now().as_second());
        lie(&mut story);
        *self.stage.story.lock().unwrap() = Some(story);
        self.stage.identities_asked.store(0, Ordering::SeqCst);
        self.stage.keys_asked.store(0, Ordering::SeqCst);

        let (code, turn) = self.bring_back(&loopback, &mut attempt).await;
        let result = attempt.exchange(code, &self.http, &Noon).await;
        turn.finish(Page::Done).await;
        (result, self.stage.identities_asked.load(Ordering::SeqCst) > 0)
    }

    async fn bring_back(
        &self,
        loopback: &Loopback,
        attempt: &mut Attempt,
    ) -> (AuthorizationCode, comptoir_franceconnect::BrowserTurn) {
        let brought = [
            ("code", "code-of-the-attempt".to_owned()),
            ("state", attempt.state().expose().to_owned()),
            ("iss", self.issuer.clone()),
        ];
        bring_back(&loopback.return_uri(), &brought);
        let deadline = Instant::now() + Duration::from_secs(10);
        match loopback.wait_return(attempt, deadline, &CancellationToken::new()).await.unwrap() {
            Returned::Code { code, browser } => (code, browser),
            Returned::Refused { .. } | Returned::Abandoned(_) => panic!("no code"),
        }
    }

    fn provider(&self, required_acr: AcrValue) -> Provider {
        let issuer = Url::parse(&self.issuer).unwrap();
        let below = |path: &str| issuer.join(path).unwrap();
        Provider::relay(RelayProfile {
            credential: DeskCredential::public(),
            device_authorization: None,
            knows_desks: false,
            endpoints: Endpoints {
                authorization: below("/authorize"),
                token: below("/token"),
                userinfo: below("/userinfo"),
                jwks: below("/jwks"),
                end_session: below("/end_session"),
            },
            state: StateProfile {
                issuer: below("/api/v2"),
                client_id: "fc".to_owned(),
                signing_alg: SigningAlg::Es256,
            },
            required_acr,
            issuer,
        })
        .unwrap()
    }
}

async fn token(State(stage): State<Arc<Stage>>) -> Response {
    stage.tokens_asked.fetch_add(1, Ordering::SeqCst);
    let story = stage.story();
    let (status, body) = story.token.clone().unwrap_or_else(|| {
        let id_token = stage.keys.sign(&story.id);
        (200, json!({"access_token": "t0ken-of-the-attempt", "token_type": "Bearer", "id_token": id_token}).to_string())
    });
    let date = Timestamp::from_second(Noon.now().as_second() + story.date).unwrap();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json".to_owned()), (header::DATE, date)], body).into_response()
}

async fn userinfo(State(stage): State<Arc<Stage>>) -> Response {
    stage.identities_asked.fetch_add(1, Ordering::SeqCst);
    let mut story = stage.story();
    if story.forward_id {
        story.info.claims["franceconnect_id_token"] = json!(stage.keys.sign(&story.state_id));
    }
    if story.forward_info {
        story.info.claims["franceconnect_userinfo"] = json!(stage.keys.sign(&story.state_info));
    }
    ([(header::CONTENT_TYPE, story.info_type)], stage.keys.sign(&story.info)).into_response()
}

async fn relay_keys(State(stage): State<Arc<Stage>>) -> Response {
    let story = stage.story();
    if !story.keys {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    }
    let first = stage.keys_asked.fetch_add(1, Ordering::SeqCst) == 0;
    let kid = if story.rotated && first { "old" } else { "relay" };
    axum::Json(published(&stage, jwk(&stage.keys.relay, kid), &story)).into_response()
}

async fn state_keys(State(stage): State<Arc<Stage>>) -> Response {
    let story = stage.story();
    axum::Json(published(&stage, jwk(&stage.keys.state, "pkcs11:ES256:hsm"), &story)).into_response()
}

fn published(stage: &Stage, key: Value, story: &Story) -> Value {
    let beside = story.keys_beside.then(|| jwk(&stage.keys.pirate, "beside"));
    json!({"keys": std::iter::once(key).chain(beside).collect::<Vec<_>>()})
}
