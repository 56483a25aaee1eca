//! The back channel: token, userinfo, revocation.

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::books::{Access, Books, CODE_S, Grant, Issued, TOKEN_S, fingerprint, over};
use crate::fault::bend_id_token;
use crate::keys::Signing;
use crate::request::{Call, Parameters};
use crate::world::World;
use crate::{Client, Fault, answer, claims};

/// Why the back channel says no.
#[derive(Clone, Copy)]
enum No {
    Client,
    GrantType,
    CodeMissing,
    Code,
    Verifier,
    TokenMissing,
    Token,
    Parameters,
    Server,
}

impl No {
    const fn parts(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::Client => {
                (401, "invalid_client", "client authentication failed (invalid secret provided)", "Y0434A7B")
            }
            Self::GrantType => (400, "unsupported_grant_type", "unsupported grant_type requested", "Y040001"),
            Self::CodeMissing => (400, "invalid_request", "missing required parameter 'code'", "Y048017B"),
            Self::Code => (400, "invalid_grant", "grant request is invalid (authorization code not found)", "Y049E20B"),
            Self::Verifier => (400, "invalid_grant", "grant request is invalid (PKCE verification failed)", "Y0446550"),
            Self::TokenMissing => (401, "invalid_token", "no access token provided", "Y04146A2"),
            Self::Token => (401, "invalid_token", "invalid token provided (access token not found)", "Y040001"),
            Self::Parameters => (400, "invalid_request", "the request is not valid", "Y000400"),
            Self::Server => (500, "server_error", "something went wrong", "Y000000"),
        }
    }
}

impl World {
    /// Exchanges a code for an access token and an ID token.
    pub(crate) fn token(&self, books: &mut Books, call: &Call) -> Response {
        if books.fault == Some(Fault::TokenError500) {
            return self.no(No::Server);
        }
        match self.exchange(books, &call.form) {
            Ok(body) => answer::json(200, &body),
            Err(no) => self.no(no),
        }
    }

    fn exchange(&self, books: &mut Books, form: &Parameters) -> Result<Value, No> {
        let now = self.now();
        let fault = books.fault;
        let client = authenticated(books, form)?.clone();
        if form.get("grant_type") != Some("authorization_code") {
            return Err(No::GrantType);
        }
        let code = form.get("code").filter(|code| !code.is_empty()).ok_or(No::CodeMissing)?;
        let grant = books.grants.get_mut(code).ok_or(No::Code)?;
        if grant.client_id != client.client_id {
            return Err(No::Code);
        }
        if grant.used {
            // A code seen twice may be stolen: what it was exchanged for dies too.
            grant.access = None;
            return Err(No::Code);
        }
        if over(grant.issued, now, CODE_S) || form.get("redirect_uri") != Some(grant.redirect_uri_sent.as_str()) {
            return Err(No::Code);
        }
        if form.get("code_verifier").is_some() {
            // No challenge is ever stored: /authorize refuses the parameter.
            return Err(No::Verifier);
        }

        let mut claims = self.id_token_claims(grant, &client);
        bend_id_token(fault, &mut claims, now.as_second());
        let signing = Signing::of_id_token(fault);
        let id_token = self.keys.sign(client.algorithm, signing, &claims).map_err(|_| No::Server)?;
        let token = self.unguessable().ok_or(No::Server)?;
        grant.used = true;
        grant.access = Some(Access { token: token.clone(), issued: now });
        let body = json!({
            "access_token": token,
            "expires_in": TOKEN_S,
            "id_token": id_token,
            "scope": grant.scopes.join(" "),
            "token_type": "Bearer",
        });
        let issued = Issued { session: grant.session.clone(), client_id: client.client_id };
        books.issued.insert(fingerprint(&id_token), issued);
        Ok(body)
    }

    /// Eight claims, no trait among them, no `at_hash`.
    fn id_token_claims(&self, grant: &Grant, client: &Client) -> Map<String, Value> {
        let now = self.now().as_second();
        let claims = [
            ("sub", claims::sub(grant.signed_in.citizen, &client.client_id).into()),
            ("acr", "eidas1".into()),
            // Of the real sign-in: under SSO it is older than the request.
            ("auth_time", grant.signed_in.auth_time.as_second().into()),
            ("nonce", grant.nonce.as_str().into()),
            ("aud", client.client_id.as_str().into()),
            ("exp", (now + TOKEN_S).into()),
            ("iat", now.into()),
            ("iss", self.issuer().as_str().into()),
        ];
        claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Delivers the person's claims as a signed JWT.
    pub(crate) fn userinfo(&self, books: &Books, call: &Call) -> Response {
        let Some(bearer) = &call.bearer else {
            return self.no(No::TokenMissing);
        };
        let found = books.grant_of(bearer, self.now());
        let Some((grant, access)) = found else {
            return self.no(No::Token);
        };
        let Some(client) = books.clients.get(&grant.client_id) else {
            return self.no(No::Token);
        };

        let mut claims = claims::delivered(grant.signed_in.citizen, &grant.scopes);
        let sub = if books.fault == Some(Fault::SubMismatch) {
            "0".repeat(128)
        } else {
            claims::sub(grant.signed_in.citizen, &client.client_id)
        };
        let envelope: [(&str, Value); 5] = [
            ("sub", sub.into()),
            ("aud", client.client_id.as_str().into()),
            ("exp", (access.issued.as_second() + TOKEN_S).into()),
            ("iat", self.now().as_second().into()),
            ("iss", self.issuer().as_str().into()),
        ];
        claims.extend(envelope.map(|(name, value)| (name.to_owned(), value)));

        if books.fault == Some(Fault::UserinfoPlainJson) {
            return answer::json(200, &Value::Object(claims));
        }
        let signing = if books.fault == Some(Fault::UserinfoOtherKey) { Signing::OtherKey } else { Signing::Right };
        match self.keys.sign(client.algorithm, signing, &claims) {
            Ok(token) => answer::jwt(token),
            Err(_) => self.no(No::Server),
        }
    }

    /// Revokes an access token; the body has exactly three parameters.
    pub(crate) fn revocation(&self, books: &mut Books, call: &Call) -> Response {
        if !call.form.only(&["token", "client_id", "client_secret"]) {
            return self.no(No::Parameters);
        }
        if let Err(no) = authenticated(books, &call.form) {
            return self.no(no);
        }
        let (token, client_id) = (call.form.get("token"), call.form.get("client_id"));
        for grant in books.grants.values_mut().filter(|grant| Some(grant.client_id.as_str()) == client_id) {
            grant.access.take_if(|access| Some(access.token.as_str()) == token);
        }
        answer::json(200, &json!({}))
    }

    fn no(&self, no: No) -> Response {
        let (status, error, description, code) = no.parts();
        answer::error(status, error, description, code, &self.unguessable().unwrap_or_default())
    }
}

/// `client_secret_post`.
fn authenticated<'b>(books: &'b Books, form: &Parameters) -> Result<&'b Client, No> {
    let client = form.get("client_id").and_then(|id| books.clients.get(id)).ok_or(No::Client)?;
    let proven = form.get("client_secret") == Some(client.client_secret.as_str());
    proven.then_some(client).ok_or(No::Client)
}
