//! A scripted OpenID Provider: it tells the truth but for what a case changes.

mod keys;
mod token;
mod walk;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::{
    Clock, Fault as _, FileRefused, HttpClient, KeychainUnavailable, OpenIdProvider, ProviderFile, Secret, Secrets,
    Vouched,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

pub(crate) use keys::{Keys, SECRET, Signer};
pub(crate) use token::Jws;
pub(crate) use walk::{begin, bring_back, parameter, walk};

pub(crate) const OK: &str = "signed in";
pub(crate) const ACCESS_TOKEN: &str = "t0ken-of-the-attempt";
pub(crate) const CODE: &str = "code-of-the-attempt";

/// What is in every file of these tests; a case adds its own lines.
const FILE: &str = "kind = \"generic\"\nclient_id = \"comptoir\"\nscopes = [\"profile\", \"email\"]\n\
                    return_address = \"ephemeral\"\nexchange_within_s = 5\n";

/// Agreements that many cases share.
pub(crate) const ES256: &str = "id_token_alg = \"ES256\"\n";
pub(crate) const RS256: &str = "id_token_alg = \"RS256\"\n";
pub(crate) const SIGNED: &str = "id_token_alg = \"ES256\"\nuserinfo = \"signed\"\n";

/// What the provider is going to tell.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) metadata: Value,
    pub(crate) id: Jws,
    pub(crate) info: Jws,
    /// Signed, where it is not plain JSON.
    pub(crate) info_signed: bool,
    pub(crate) info_type: &'static str,
    pub(crate) info_status: u16,
    /// Status, type and body in place of the tokens, of the identity.
    pub(crate) token_answer: Option<(u16, &'static str, String)>,
    pub(crate) info_answer: Option<String>,
    /// What happens to the token endpoint's JSON, and to the identity, before they leave.
    pub(crate) token_text: fn(String) -> String,
    pub(crate) wrap: fn(String) -> String,
    /// Where the identity is wrapped otherwise than the ID token.
    pub(crate) wrap_info: Option<fn(String) -> String>,
    /// What is published; what was published the first time it was asked for.
    pub(crate) keys: Value,
    pub(crate) keys_first: Option<Value>,
    pub(crate) keys_answer: Option<(u16, &'static str, String)>,
    /// Seconds by which its `Date` is wrong.
    pub(crate) date: i64,
    /// What the browser brings back.
    pub(crate) back: Vec<(&'static str, String)>,
}

impl Story {
    fn truth(issuer: &str, signer: Signer, nonce: &str, state: &str, now: i64) -> Self {
        let below = |path: &str| format!("{issuer}{path}");
        let keys = Keys::all();
        let id = json!({"iss": issuer, "aud": "comptoir", "sub": "s", "iat": now, "exp": now + 60, "nonce": nonce});
        let info = json!({"iss": issuer, "aud": "comptoir", "sub": "s", "iat": now, "exp": now + 60,
            "family_name": "DUBOIS", "given_name": "Angela Claire", "birthdate": "1962-08-24", "email": "x@example.invalid"});
        Self {
            metadata: json!({
                "issuer": issuer,
                "authorization_endpoint": below("/authorize"),
                "token_endpoint": below("/token"),
                "userinfo_endpoint": below("/userinfo"),
                "jwks_uri": below("/jwks"),
                "end_session_endpoint": below("/end"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256", "HS256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            }),
            id: Jws::new(signer, id),
            info: Jws::new(signer, info),
            info_signed: false,
            info_type: "application/json",
            info_status: 200,
            token_answer: None,
            info_answer: None,
            token_text: |text| text,
            wrap: |token| token,
            wrap_info: None,
            keys: json!({"keys": [keys.jwk(Signer::Ec, "ec", "ES256"), keys.jwk(Signer::Rsa, "rsa", "RS256")]}),
            keys_first: None,
            keys_answer: None,
            date: 0,
            back: vec![("code", CODE.to_owned()), ("state", state.to_owned()), ("iss", issuer.to_owned())],
        }
    }

    /// Its clock differs from this machine's.
    pub(crate) fn shift(&mut self, seconds: i64) {
        for token in [&mut self.id, &mut self.info] {
            for name in ["iat", "exp"] {
                token.add(name, seconds);
            }
        }
    }

    fn told(&self) -> String {
        let id_token = (self.wrap)(self.id.made());
        let answer =
            json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 60, "id_token": id_token});
        (self.token_text)(answer.to_string())
    }

    fn identity(&self) -> String {
        if let Some(answer) = &self.info_answer {
            answer.clone()
        } else if self.info_signed {
            self.wrap_info.unwrap_or(self.wrap)(self.info.made())
        } else {
            self.info.claims_text.clone().unwrap_or_else(|| self.info.claims.to_string())
        }
    }
}

/// A change of the truth.
pub(crate) type Lie = fn(&mut Story);

/// What came of a sign-in.
pub(crate) struct Outcome {
    pub(crate) result: Result<Vouched, String>,
    /// A logout is owed.
    pub(crate) owed: bool,
    /// How often the tokens, the identity, the keys were asked for, and the pirate was talked to.
    pub(crate) tokens: usize,
    pub(crate) identities: usize,
    pub(crate) keys: usize,
    pub(crate) pirates: usize,
    /// The authorization request; what the token endpoint and the userinfo endpoint were sent.
    pub(crate) authorize: Option<Url>,
    pub(crate) token_request: Sent,
    pub(crate) userinfo_request: Sent,
}

impl Outcome {
    pub(crate) fn code(&self) -> &str {
        self.result.as_ref().map_or_else(String::as_str, |_| OK)
    }
}

/// A request that reached the provider.
#[derive(Clone, Default)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) authorization: Option<String>,
    pub(crate) query: String,
    pub(crate) body: String,
}

#[derive(Default)]
struct Counts {
    tokens: AtomicUsize,
    identities: AtomicUsize,
    keys: AtomicUsize,
    pirates: AtomicUsize,
}

pub(crate) struct Stage {
    story: Mutex<Option<Story>>,
    counts: Counts,
    token_request: Mutex<Sent>,
    userinfo_request: Mutex<Sent>,
}

/// The provider, and a desk in front of it.
pub(crate) struct Bench {
    stage: Arc<Stage>,
    pub(crate) issuer: String,
    http: HttpClient,
}

/// A desk that knows the provider.
pub(crate) struct Desk {
    pub(crate) provider: OpenIdProvider,
    pub(crate) http: HttpClient,
    signer: Signer,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let stage = Arc::new(Stage {
            story: Mutex::new(None),
            counts: Counts::default(),
            token_request: Mutex::default(),
            userinfo_request: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { stage, issuer, http: HttpClient::new().unwrap() }
    }

    /// Signs in once, the provider telling the truth but for one lie. `lines` are added to its file.
    pub(crate) async fn sign_in(&self, lines: &str, lie: Lie) -> Outcome {
        match self.desk(lines, lie).await {
            Ok(desk) => self.sign_in_from(&desk, lie).await,
            Err(code) => self.outcome(Err(code), false, None),
        }
    }

    /// Reads the file and the metadata.
    pub(crate) async fn desk(&self, lines: &str, lie: Lie) -> Result<Desk, String> {
        let signer = if lines.contains("\"ES256\"") { Signer::Ec } else { Signer::Rsa };
        self.rehearse(signer, lie);
        let file = ProviderFile::parse(&format!("{FILE}issuer = \"{}\"\n{lines}", self.issuer), &Safe).unwrap();
        let http = self.http.clone();
        let provider = file.connect(&http).await.map_err(|error| error.code().to_owned())?;
        Ok(Desk { provider, http, signer })
    }

    pub(crate) async fn sign_in_from(&self, desk: &Desk, lie: Lie) -> Outcome {
        let told = |authorize: &Url| self.tell(desk.signer, authorize, lie).back;
        let (authorize, result) = walk(&desk.provider, &desk.http, told).await;
        let owed = result.as_ref().is_err_and(|error| error.owed_logout.is_some());
        let result = result.map_err(|error| {
            let text = format!("{error} {error:?}");
            for secret in ["DUBOIS", "1962", "t0ken", "eyJ", "autre", CODE, SECRET] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            error.code().to_owned()
        });
        self.outcome(result, owed, Some(authorize))
    }

    fn rehearse(&self, signer: Signer, lie: Lie) {
        let mut story = Story::truth(&self.issuer, signer, "n", "s", 0);
        lie(&mut story);
        *self.stage.story.lock().unwrap() = Some(story);
        self.stage.counts.keys.store(0, Ordering::SeqCst);
    }

    /// Makes up the story of one attempt.
    pub(crate) fn tell(&self, signer: Signer, authorize: &Url, lie: Lie) -> Story {
        let (nonce, state) = (parameter(authorize, "nonce"), parameter(authorize, "state"));
        let mut story = Story::truth(&self.issuer, signer, &nonce, &state, Noon.now().as_second());
        lie(&mut story);
        *self.stage.story.lock().unwrap() = Some(story.clone());
        self.stage.counts.keys.store(0, Ordering::SeqCst);
        story
    }

    /// The token endpoint's JSON in the story of the moment.
    pub(crate) fn told(&self) -> String {
        self.stage.story.lock().unwrap().as_ref().unwrap().told()
    }

    pub(crate) fn outcome(&self, result: Result<Vouched, String>, owed: bool, authorize: Option<Url>) -> Outcome {
        let counts = &self.stage.counts;
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        Outcome {
            result,
            owed,
            tokens: take(&counts.tokens),
            identities: take(&counts.identities),
            keys: take(&counts.keys),
            pirates: take(&counts.pirates),
            authorize,
            token_request: std::mem::take(&mut self.stage.token_request.lock().unwrap()),
            userinfo_request: std::mem::take(&mut self.stage.userinfo_request.lock().unwrap()),
        }
    }
}

pub(crate) struct Noon;

impl Clock for Noon {
    #[expect(clippy::disallowed_methods, reason = "the Date header of a real server is compared with it")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Whoever keeps secrets in these tests.
pub(crate) struct Safe;

impl Secrets for Safe {
    fn keychain(&self, entry: &str) -> Result<Option<Secret>, KeychainUnavailable> {
        let key = || crate::encrypted::keys(entry).map(|key| key.to_pem().clone());
        Ok(if entry == "secret" { Some(Secret::new(SECRET.to_owned())) } else { key() })
    }

    fn environment(&self, _: &str) -> Option<Secret> {
        None
    }

    fn private_file(&self, _: &str) -> Result<Secret, FileRefused> {
        Err(FileRefused::Unreadable)
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, FileRefused> {
        Err(FileRefused::Unreadable)
    }
}

async fn answer(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    let count = |count: &AtomicUsize| count.fetch_add(1, Ordering::SeqCst);
    let story = stage.story.lock().unwrap().clone().unwrap();
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
    let sent = Sent {
        method: head.method.to_string(),
        authorization: text(&head.headers, header::AUTHORIZATION),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    match head.uri.path() {
        "/.well-known/openid-configuration" => axum::Json(story.metadata).into_response(),
        "/token" | "/elsewhere/token" => {
            count(&stage.counts.tokens);
            *stage.token_request.lock().unwrap() = sent;
            let date = Timestamp::from_second(Noon.now().as_second() + story.date).unwrap();
            let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let answer = story.token_answer.clone();
            let (status, kind, body) = answer.unwrap_or_else(|| (200, "application/json", story.told()));
            let to = format!("{}/pirate", story.metadata["issuer"].as_str().unwrap_or_default());
            let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::DATE, date), (header::LOCATION, to)];
            (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
        }
        "/userinfo" | "/elsewhere/userinfo" => {
            count(&stage.counts.identities);
            *stage.userinfo_request.lock().unwrap() = sent;
            let to = format!("{}/pirate", story.metadata["issuer"].as_str().unwrap_or_default());
            let headers = [(header::CONTENT_TYPE, story.info_type.to_owned()), (header::LOCATION, to)];
            (StatusCode::from_u16(story.info_status).unwrap(), headers, story.identity()).into_response()
        }
        "/jwks" | "/elsewhere/jwks" => {
            let first = count(&stage.counts.keys) == 0;
            if let Some((status, kind, body)) = story.keys_answer {
                return (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body).into_response();
            }
            axum::Json(story.keys_first.filter(|_| first).unwrap_or(story.keys)).into_response()
        }
        _ => {
            count(&stage.counts.pirates);
            axum::Json(json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": story.id.made()}))
                .into_response()
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

/// Rule, lie, what comes of it, whether a logout is owed, whether the identity was asked for.
pub(crate) type Case = (&'static str, Lie, &'static str, bool, bool);

/// Plays a table of cases against one agreement.
pub(crate) async fn play(lines: &str, cases: &[Case]) {
    let bench = Bench::start().await;
    let mut wrong = Vec::new();
    for (rule, lie, expected, owed, asked) in cases {
        let outcome = bench.sign_in(lines, *lie).await;
        let got = (outcome.code(), outcome.owed, outcome.identities > 0);
        if got != (*expected, *owed, *asked) {
            wrong.push(format!("{rule}: {got:?}, not {:?}", (expected, owed, asked)));
        }
        if outcome.tokens > 1 || outcome.identities > 1 || outcome.keys > 2 || outcome.pirates > 0 {
            wrong.push(format!("{rule}: more was asked than must be"));
        }
        if let Ok(vouched) = &outcome.result {
            assert_eq!(format!("{vouched:?}").matches("DUBOIS").count(), 0, "{rule}: a trait in Debug");
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
