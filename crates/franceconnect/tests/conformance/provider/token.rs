//! A token as it is going to be made, right but for what a case changes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use super::keys::{Keys, Signer};

#[derive(Clone)]
pub(crate) struct Jws {
    pub(crate) head: Value,
    pub(crate) claims: Value,
    pub(crate) signer: Signer,
    /// In place of the header and of the claims: what no JSON library writes.
    pub(crate) head_text: Option<String>,
    pub(crate) claims_text: Option<String>,
    /// What happens to the finished token.
    pub(crate) finish: fn(&str) -> String,
}

impl Jws {
    pub(crate) fn new(signer: Signer, claims: Value) -> Self {
        let by_rsa = signer == Signer::Rsa;
        let head = if by_rsa { json!({"alg": "RS256", "kid": "rsa"}) } else { json!({"alg": "ES256", "kid": "ec"}) };
        Self { head, claims, signer, head_text: None, claims_text: None, finish: str::to_owned }
    }

    /// Signed another way, and saying so.
    pub(crate) fn by(&mut self, signer: Signer, alg: &str) {
        self.signer = signer;
        self.head["alg"] = json!(alg);
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.claims[name] = value;
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.claims.as_object_mut().unwrap().remove(name).unwrap();
    }

    pub(crate) fn add(&mut self, name: &str, seconds: i64) {
        self.claims[name] = json!(self.claims[name].as_i64().unwrap() + seconds);
    }

    /// The claims with a text put before the last brace: members that come twice.
    pub(crate) fn append(&mut self, text: &str) {
        let claims = self.claims.to_string();
        self.claims_text = Some(format!("{}{text}}}", claims.strip_suffix('}').unwrap()));
    }

    pub(crate) fn made(&self) -> String {
        let part =
            |text: Option<&String>, value: &Value| B64.encode(text.map_or_else(|| value.to_string(), Clone::clone));
        let head = part(self.head_text.as_ref(), &self.head);
        let message = format!("{head}.{}", part(self.claims_text.as_ref(), &self.claims));
        let signature = Keys::all().sign(self.signer, message.as_bytes());
        (self.finish)(&format!("{message}.{}", B64.encode(signature)))
    }
}
