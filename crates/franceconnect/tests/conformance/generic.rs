//! Providers of no particular kind, each described by a file: what must be accepted, and what a hostile
//! one can do to its client.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use comptoir_franceconnect::{Clock, Fault, HttpClient, Network, ProviderFile, Proxy, Vouched};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::provider::{Noon, OK, SECRET, Safe, begin, parameter, walk};

/// Rule, lines added to the file, what the provider does otherwise, what comes of it.
type Case = (&'static str, &'static str, fn(&mut Story), &'static str);

#[rustfmt::skip] // one provider per line
const CASES: &[Case] = &[
    ("the truth", "", |_| {}, OK),
    // What a standard provider may do.
    ("no kid, one key", "", |s| s.kid = None, OK),
    ("no kid, a few keys", "", |s| { s.kid = None; s.keys = 4; }, OK),
    ("no kid, more than a few", "", |s| { s.kid = None; s.keys = 5; }, "id-token-invalid"),
    ("others may read it too, we are its party", "", |s| { s.id["aud"] = json!(["c", "autre"]); s.id["azp"] = json!("c"); }, OK),
    ("others may read it too, and no party", "", |s| s.id["aud"] = json!(["c", "autre"]), "id-token-invalid"),
    ("another party", "", |s| { s.id["aud"] = json!(["c", "autre"]); s.id["azp"] = json!("autre"); }, "id-token-invalid"),
    ("no auth_time", "", |s| { s.id.as_object_mut().unwrap().remove("auth_time"); }, OK),
    ("an old session", "", |s| s.add("auth_time", -3600), OK),
    ("an old session, where none may be", "auth_time = true", |s| s.add("auth_time", -3600), "session-reused"),
    ("no auth_time, where one must be", "auth_time = true", |s| { s.id.as_object_mut().unwrap().remove("auth_time"); }, "id-token-invalid"),
    ("a session of half an hour", "max_age_s = 3600", |s| s.add("auth_time", -1800), OK),
    ("a session older than asked for", "max_age_s = 3600", |s| s.add("auth_time", -3700), "session-reused"),
    ("no auth_time, where max_age asks for one", "max_age_s = 3600", |s| { s.id.as_object_mut().unwrap().remove("auth_time"); }, "id-token-invalid"),
    ("any level", "", |s| s.id["acr"] = json!("urn:x:gold"), OK),
    ("an accepted level", "acr_required = [\"silver\", \"gold\"]", |s| s.id["acr"] = json!("gold"), OK),
    ("another level", "acr_required = [\"gold\"]", |s| s.id["acr"] = json!("silver"), "level-too-low"),
    ("no level where one must be", "acr_required = [\"gold\"]", |_| {}, "level-too-low"),
    ("basic", "authentication = \"client_secret_basic\"\nsecret.keychain = \"secret\"", |_| {}, OK),
    ("post", "authentication = \"client_secret_post\"\nsecret.keychain = \"secret\"", |_| {}, OK),
    ("token in the body", "bearer = \"body\"", |_| {}, OK),
    ("signed userinfo", "userinfo = \"signed\"", |s| s.info_type = "application/jwt", OK),
    ("JSON where a signature was agreed", "userinfo = \"signed\"", |_| {}, "userinfo-invalid"),
    ("a signature where JSON was agreed", "", |s| s.info_type = "application/jwt", "userinfo-invalid"),
    ("no userinfo", "userinfo = \"none\"", |s| s.info_type = "text/none", OK),
    ("right hashes", "", |s| { s.id["at_hash"] = json!(half("t0ken")); s.id["c_hash"] = json!(half("c0de")); }, OK),
    ("a fraction of a second", "", |s| s.id["iat"] = json!(s.id["iat"].as_f64().unwrap() + 0.5), OK),
    ("within the tolerance", "clock_tolerance_s = 30", |s| s.add("iat", 25), OK),
    ("beyond the tolerance", "clock_tolerance_s = 30", |s| s.add("iat", 45), "id-token-invalid"),
    // What none may do.
    ("MAC that was not agreed", "", |s| s.mac = true, "id-token-invalid"),
    ("MAC that was agreed", "id_token_alg = \"HS256\"\nsecret.keychain = \"secret\"", |s| s.mac = true, OK),
    ("key in place of the agreed MAC", "id_token_alg = \"HS256\"\nsecret.keychain = \"secret\"", |_| {}, "id-token-invalid"),
    ("wrong access token hash", "", |s| s.id["at_hash"] = json!(half("autre")), "id-token-invalid"),
    ("wrong code hash", "", |s| s.id["c_hash"] = json!(half("autre")), "id-token-invalid"),
    ("another person", "", |s| s.info["sub"] = json!("autre"), "subject-differs"),
    ("an endless sub", "", |s| s.id["sub"] = json!("s".repeat(256)), "id-token-invalid"),
    ("two persons", "", |s| s.raw_info = Some(r#"{"sub":"s","sub":"t"}"#.to_owned()), "userinfo-invalid"),
    ("deeper than anybody needs", "", |s| s.raw_info = Some(format!(r#"{{"sub":"s","x":{}{}}}"#, "[".repeat(50), "]".repeat(50))), "userinfo-invalid"),
    ("more keys than anybody has", "", |s| s.keys = 33, "keys-unavailable"),
    ("a captive portal", "", |s| s.portal = true, "page-instead"),
    ("a redirect at the token endpoint", "", |s| s.token_status = 307, "answer-malformed"),
    ("a redirect at the token endpoint, as a page", "", |s| { s.token_status = 302; s.portal = true; }, "page-instead"),
    ("more headers than anybody sends", "", |s| s.headers = 100, "provider-unreachable"),
    ("a larger head than anybody sends", "", |s| s.header_size = 40_000, "answer-malformed"),
    ("a larger answer than anybody sends", "", |s| s.raw_info = Some("x".repeat(300_000)), "answer-malformed"),
    ("an answer that never comes", "exchange_within_s = 5", |s| s.silent = true, "exchange-timed-out"),
];

#[tokio::test]
async fn standard_providers_are_taken_and_hostile_ones_are_not() {
    let bench = Bench::start().await;
    for (rule, more, lie, expected) in CASES {
        let result = bench.sign_in(more, *lie).await;
        let got = result.as_ref().err().map_or(OK, |error| error.code());
        assert_eq!(got, *expected, "{rule}");
        if let Err(error) = &result {
            let text = format!("{error} {error:?}");
            assert!(!["DUBOIS", "t0ken", "c0de", SECRET].iter().any(|secret| text.contains(secret)), "{rule}: {text}");
        }
        if let Ok(vouched) = &result {
            assert!(!format!("{vouched:?}").contains("DUBOIS"), "{rule}: a trait in Debug");
        }
        // The query and the proof of every request that the provider saw.
        for seen in bench.stage.seen.lock().unwrap().drain(..) {
            assert!(!seen.contains(SECRET) && !seen.contains("t0ken") && !seen.contains("c0de"), "{rule}: {seen}");
        }
    }
}

#[tokio::test]
async fn the_age_of_a_session_is_asked_for_where_it_is_judged() {
    let bench = Bench::start().await;
    for (rule, more, expected) in [
        ("neither", "", None),
        ("this attempt", "auth_time = true", Some("0")),
        ("an hour", "max_age_s = 3600", Some("3600")),
    ] {
        let provider = ProviderFile::parse(&bench.file(more), &Safe).unwrap().connect(&bench.http).await.unwrap();
        let (_loopback, attempt) = begin(&provider).await;
        let sent: Vec<_> = attempt.authorize_url().query_pairs().filter(|(name, _)| name == "max_age").collect();
        assert_eq!(
            sent.iter().map(|(_, value)| value.as_ref()).collect::<Vec<_>>(),
            Vec::from_iter(expected),
            "{rule}"
        );
    }
}

#[tokio::test]
async fn names_of_claims_are_translated_for_the_screen() {
    let bench = Bench::start().await;
    let more = "claims.family_name = \"last_name\"";
    let vouched = bench.sign_in(more, |s| s.info["last_name"] = json!("MARTIN")).await.unwrap();
    assert_eq!(vouched.claims["family_name"], "DUBOIS", "as received");
    let name = vouched.shown_identity().traits().birth_name.known().map(|name| name.raw().to_owned());
    assert_eq!(name.as_deref(), Some("MARTIN"));
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_for_the_keys_twice() {
    let bench = Bench::start().await;
    let file = bench.file("");
    let provider = ProviderFile::parse(&file, &Safe).unwrap().connect(&bench.http).await.unwrap();
    for _ in 0..20 {
        let result = bench.sign_in_at(&provider, |s| s.kid = Some("inconnu")).await;
        assert_eq!(result.unwrap_err().code(), "id-token-invalid");
    }
    assert_eq!(bench.stage.keys_asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn keys_are_kept_no_longer_than_the_provider_says() {
    let bench = Bench::start().await;
    for (rule, cache, expected) in [("kept", "max-age=600", 1), ("not kept", "no-store", 3)] {
        bench.stage.keys_asked.store(0, Ordering::SeqCst);
        let provider = ProviderFile::parse(&bench.file(""), &Safe).unwrap().connect(&bench.http).await.unwrap();
        for _ in 0..3 {
            *bench.stage.cache.lock().unwrap() = cache;
            bench.sign_in_at(&provider, |_| {}).await.unwrap();
        }
        assert_eq!(bench.stage.keys_asked.load(Ordering::SeqCst), expected, "{rule}");
    }
}

#[tokio::test]
async fn metadata_is_a_check_before_anything_is_asked() {
    let bench = Bench::start().await;
    let issuer = bench.issuer.clone();
    let found = json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"), "id_token_signing_alg_values_supported": ["ES256"]});
    let with = |name: &str, value: Value| {
        let mut changed = found.clone();
        changed[name] = value;
        Some(changed.to_string())
    };
    let plain = format!("kind = \"generic\"\nissuer = \"{issuer}\"\nclient_id = \"c\"\nid_token_alg = \"ES256\"\n");
    let known = bench.file("");
    for (rule, file, metadata, expected) in [
        ("found", &plain, Some(found.to_string()), OK),
        ("another issuer", &plain, with("issuer", json!("https://autre.example")), "issuer-differs"),
        ("a final slash", &plain, with("issuer", json!(format!("{issuer}/"))), "issuer-differs"),
        (
            "another algorithm",
            &plain,
            with("id_token_signing_alg_values_supported", json!(["RS256"])),
            "metadata-invalid",
        ),
        ("plain PKCE", &plain, with("code_challenge_methods_supported", json!(["plain"])), "metadata-invalid"),
        ("no keys", &plain, with("jwks_uri", Value::Null), "metadata-invalid"),
        ("token without TLS", &plain, with("token_endpoint", json!("http://x.example/t")), "address-insecure"),
        ("issuer twice", &plain, Some(found.to_string().replacen('{', "{\"issuer\":\"x\",", 1)), "metadata-invalid"),
        ("none", &plain, None, "metadata-invalid"),
        ("checked", &known, Some(found.to_string()), OK),
        ("checked: another issuer", &known, with("issuer", json!("https://autre.example")), "issuer-differs"),
        (
            "checked: another address",
            &known,
            with("token_endpoint", json!(format!("{issuer}/autre"))),
            "metadata-invalid",
        ),
        ("checked: none", &known, None, OK),
    ] {
        *bench.stage.metadata.lock().unwrap() = metadata;
        let connected = ProviderFile::parse(file, &Safe).unwrap().connect(&bench.http).await;
        assert_eq!(connected.as_ref().err().map_or(OK, Fault::code), expected, "{rule}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_named_until_its_authority_is_believed() {
    let address = serve_tls();
    let file = format!("kind = \"generic\"\nissuer = \"{address}\"\nclient_id = \"c\"\n");
    let with = |pem: Option<&str>| Network { extra_authorities: pem.map(Into::into), proxy: Proxy::None };
    for (rule, network, expected) in [
        ("unknown", with(None), "certificate-refused"),
        ("believed; it then says nothing", with(Some(include_str!("../certificate.pem"))), "provider-unreachable"),
    ] {
        let http = HttpClient::through(&network).unwrap();
        let refused = ProviderFile::parse(&file, &Safe).unwrap().connect(&http).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{rule}");
    }
}

/// A server that shakes hands and says nothing.
fn serve_tls() -> String {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../certificate-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut tls) = (stream.unwrap(), rustls::ServerConnection::new(Arc::clone(&config)).unwrap());
            // The client's refusal ends it too.
            tls.complete_io(&mut stream).ok();
        }
    });
    address
}

/// What the provider is going to say.
#[derive(Clone)]
struct Story {
    id: Value,
    info: Value,
    info_type: &'static str,
    raw_info: Option<String>,
    kid: Option<&'static str>,
    mac: bool,
    keys: usize,
    token_status: u16,
    portal: bool,
    headers: usize,
    header_size: usize,
    silent: bool,
}

impl Story {
    fn truth(issuer: &str, nonce: &str, now: i64) -> Self {
        Self {
            id: json!({"iss": issuer, "aud": "c", "sub": "s", "iat": now, "exp": now + 300, "auth_time": now,
                "nonce": nonce}),
            info: json!({"sub": "s", "family_name": "DUBOIS", "given_name": "Angela"}),
            info_type: "application/json",
            raw_info: None,
            kid: Some("k0"),
            mac: false,
            keys: 1,
            token_status: 200,
            portal: false,
            headers: 0,
            header_size: 0,
            silent: false,
        }
    }

    fn add(&mut self, name: &str, seconds: i64) {
        self.id[name] = json!(self.id[name].as_i64().unwrap() + seconds);
    }
}

struct Stage {
    key: EcdsaKeyPair,
    story: Mutex<Option<Story>>,
    metadata: Mutex<Option<String>>,
    cache: Mutex<&'static str>,
    keys_asked: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

struct Bench {
    stage: Arc<Stage>,
    issuer: String,
    http: HttpClient,
}

impl Bench {
    async fn start() -> Self {
        let rng = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
        let stage = Arc::new(Stage {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &rng).unwrap(),
            story: Mutex::new(None),
            metadata: Mutex::new(None),
            cache: Mutex::new("max-age=600"),
            keys_asked: AtomicUsize::new(0),
            seen: Mutex::new(Vec::new()),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { stage, issuer, http: HttpClient::new().unwrap() }
    }

    fn file(&self, more: &str) -> String {
        let alg = if more.contains("id_token_alg") { "" } else { "id_token_alg = \"ES256\"\n" };
        let issuer = &self.issuer;
        format!(
            "kind = \"generic\"\nissuer = \"{issuer}\"\nclient_id = \"c\"\n{alg}{more}\n[endpoints]\n\
             authorization = \"{issuer}/authorize\"\ntoken = \"{issuer}/token\"\njwks = \"{issuer}/jwks\"\n\
             userinfo = \"{issuer}/userinfo\"\n"
        )
    }

    async fn sign_in(&self, more: &str, lie: fn(&mut Story)) -> Result<Vouched, comptoir_franceconnect::ExchangeError> {
        let file = ProviderFile::parse(&self.file(more), &Safe).unwrap();
        let provider = file.connect(&self.http).await.unwrap();
        self.sign_in_at(&provider, lie).await
    }

    async fn sign_in_at(
        &self,
        provider: &comptoir_franceconnect::OpenIdProvider,
        lie: fn(&mut Story),
    ) -> Result<Vouched, comptoir_franceconnect::ExchangeError> {
        let told = |authorize: &Url| {
            assert_eq!(parameter(authorize, "code_challenge_method"), "S256");
            let mut story = Story::truth(&self.issuer, &parameter(authorize, "nonce"), Noon.now().as_second());
            lie(&mut story);
            *self.stage.story.lock().unwrap() = Some(story);
            vec![("code", "c0de".to_owned()), ("state", parameter(authorize, "state"))]
        };
        walk(provider, &self.http, told).await.1
    }
}

fn half(whole: &str) -> String {
    B64.encode(&ring::digest::digest(&ring::digest::SHA256, whole.as_bytes()).as_ref()[..16])
}

impl Stage {
    fn sign(&self, claims: &Value, story: &Story) -> String {
        let mut head = json!({"alg": if story.mac { "HS256" } else { "ES256" }});
        if let Some(kid) = story.kid {
            head["kid"] = json!(kid);
        }
        let bare = format!("{}.{}", B64.encode(head.to_string()), B64.encode(claims.to_string()));
        let signature = if story.mac {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
            ring::hmac::sign(&key, bare.as_bytes()).as_ref().to_vec()
        } else {
            self.key.sign(&SystemRandom::new(), bare.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{bare}.{}", B64.encode(signature))
    }

    fn jwks(&self, keys: usize) -> Value {
        let point = self.key.public_key().as_ref();
        let key = |at: usize| {
            json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": format!("k{at}"),
                "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])})
        };
        json!({"keys": (0..keys).map(key).collect::<Vec<_>>()})
    }
}

async fn answer(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    stage.seen.lock().unwrap().push(request.uri().to_string());
    if path.ends_with("openid-configuration") {
        let metadata = stage.metadata.lock().unwrap().clone();
        return match metadata {
            Some(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let story = stage.story.lock().unwrap().clone().unwrap();
    match path.as_str() {
        "/token" => token(&stage, &story),
        "/jwks" => {
            stage.keys_asked.fetch_add(1, Ordering::SeqCst);
            let cache = *stage.cache.lock().unwrap();
            ([(header::CACHE_CONTROL, cache)], axum::Json(stage.jwks(story.keys))).into_response()
        }
        "/userinfo" => userinfo(&stage, &story, request).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn token(stage: &Stage, story: &Story) -> Response {
    let id_token = stage.sign(&story.id, story);
    let body = json!({"access_token": "t0ken", "token_type": "Bearer", "id_token": id_token}).to_string();
    let kind = if story.portal { "text/html" } else { "application/json" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
    headers.insert(header::LOCATION, "/token".parse().unwrap());
    for at in 0..story.headers {
        headers.insert(format!("x-{at}").parse::<header::HeaderName>().unwrap(), "x".parse().unwrap());
    }
    if story.header_size > 0 {
        headers.insert("x-large", "x".repeat(story.header_size).parse().unwrap());
    }
    (StatusCode::from_u16(story.token_status).unwrap(), headers, body).into_response()
}

async fn userinfo(stage: &Stage, story: &Story, request: Request) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    let form = axum::body::to_bytes(request.into_body(), 4096).await.unwrap();
    if bearer.as_deref() != Some("Bearer t0ken") && form.as_ref() != b"access_token=t0ken" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if story.silent {
        std::future::pending::<()>().await;
    }
    let body = match (&story.raw_info, story.info_type) {
        (Some(raw), _) => raw.clone(),
        (None, "application/jwt") => stage.sign(&story.info, story),
        (None, _) => story.info.to_string(),
    };
    ([(header::CONTENT_TYPE, story.info_type)], body).into_response()
}
