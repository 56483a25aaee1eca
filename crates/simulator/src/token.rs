//! The back channel: token, userinfo, revocation.

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::books::{Access, Books, CODE_S, Grant, Issued, TOKEN_S, fingerprint, over};
use crate::fault::{bend_id_token, bend_userinfo};
use crate::jwe::{self, Closing, Recipient};
use crate::keys::Signing;
use crate::request::Call;
use crate::world::World;
use crate::{Client, Fault, Platform, answer, claims, pages};

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
    /// The client's own keys could not be had.
    ClientKeys,
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
            Self::ClientKeys => {
                (400, "invalid_client_metadata", "client JSON Web Key Set failed to be refreshed", "Y044D511")
            }
            Self::Server => (500, "server_error", "something went wrong", "Y000000"),
        }
    }
}

impl World {
    /// Exchanges a code for an access token and an ID token.
    pub(crate) fn token(&self, books: &mut Books, call: &Call) -> Response {
        if call.fault == Some(Fault::TokenError500) {
            return self.no(No::Server);
        }
        match self.exchange(books, call) {
            Ok(body) => answer::json(200, &body),
            Err(no) => self.no(no),
        }
    }

    fn exchange(&self, books: &mut Books, call: &Call) -> Result<Value, No> {
        let now = self.now();
        let (fault, clock_error_s) = (call.fault, books.clock_error_s);
        let form = &call.form;
        let client = self.authenticated(books, call)?.clone();
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

        grant.used = true;
        grant.recipient = match (&client.encryption, self.platform()) {
            (Some(encryption), Platform::High) => {
                let found = call.fetched.as_ref().and_then(|jwks| Recipient::pick(jwks, encryption.agreement));
                Some(found.ok_or(No::ClientKeys)?)
            }
            (Some(_) | None, Platform::Low) | (None, Platform::High) => None,
        };
        let token = self.unguessable().ok_or(No::Server)?;
        let mut claims = self.id_token_claims(grant, &client);
        bend_id_token(fault, clock_error_s, &mut claims, now.as_second(), &at_hash(&token));
        if fault == Some(Fault::KeyRotated) {
            self.keys().rotate(&self.chance).map_err(|_| No::Server)?;
        }
        let signing = Signing::of_id_token(fault);
        let signed = self.keys().sign(&self.chance, &client, signing, &claims).map_err(|_| No::Server)?;
        let id_token = self.enveloped(fault, grant, &signed)?;
        grant.access = Some(Access { token: token.clone(), issued: now });
        let body = json!({
            "access_token": token,
            "expires_in": TOKEN_S,
            "id_token": id_token,
            "scope": grant.scopes.join(" "),
            "token_type": "Bearer",
        });
        let issued = Issued { session: grant.session.clone(), client_id: client.client_id };
        books.issued.insert(fingerprint(&signed), issued);
        Ok(body)
    }

    /// Puts a signed token into its client's envelope, where there is one.
    fn enveloped(&self, fault: Option<Fault>, grant: &Grant, signed: &str) -> Result<String, No> {
        let Some(recipient) = &grant.recipient else {
            return Ok(signed.to_owned());
        };
        let closing = if fault == Some(Fault::JweOtherKey) {
            Closing::OtherKey
        } else if fault == Some(Fault::JweDir) {
            Closing::Direct
        } else if fault == Some(Fault::JweRsa15) {
            Closing::Rsa15
        } else {
            Closing::Right
        };
        let parties = (self.issuer().as_str(), grant.client_id.as_str());
        jwe::seal(&self.chance, recipient, closing, parties, signed).map_err(|_| No::Server)
    }

    /// Eight claims, nine with `amr`, no trait among them, no `at_hash`.
    fn id_token_claims(&self, grant: &Grant, client: &Client) -> Map<String, Value> {
        let now = self.now().as_second();
        let signed_in = &grant.signed_in;
        let amr = grant.amr.then(|| ("amr", signed_in.provider.amr(self.platform()).into()));
        let claims = [
            ("sub", claims::sub(self.quirks().sub, &signed_in.identity, client.entity()).into()),
            ("acr", grant.acr.into()),
            // Of the real sign-in: under SSO it is older than the request.
            ("auth_time", signed_in.auth_time.as_second().into()),
            ("nonce", grant.nonce.as_str().into()),
            ("aud", client.client_id.as_str().into()),
            ("exp", (now + TOKEN_S).into()),
            ("iat", now.into()),
            ("iss", self.issuer().as_str().into()),
        ];
        claims.into_iter().chain(amr).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Delivers the person's claims as a signed JWT.
    pub(crate) fn userinfo(&self, books: &Books, call: &Call) -> Response {
        let Some(bearer) = &call.bearer else {
            return self.no(No::TokenMissing);
        };
        let over_with = |grant: &Grant| self.quirks().grant_ends_userinfo && over(grant.issued, self.now(), CODE_S);
        let found = books.grant_of(bearer, self.now()).filter(|(grant, _)| !over_with(grant));
        let Some((grant, access)) = found else {
            return self.no(No::Token);
        };
        let Some(client) = books.clients.get(&grant.client_id) else {
            return self.no(No::Token);
        };

        let mut claims = claims::delivered(self.platform(), &grant.signed_in, &grant.scopes);
        let sub = claims::sub(self.quirks().sub, &grant.signed_in.identity, client.entity());
        let envelope: [(&str, Value); 5] = [
            ("sub", sub.into()),
            ("aud", client.client_id.as_str().into()),
            ("exp", (access.issued.as_second() + TOKEN_S).into()),
            ("iat", self.now().as_second().into()),
            ("iss", self.issuer().as_str().into()),
        ];
        claims.extend(envelope.map(|(name, value)| (name.to_owned(), value)));

        bend_userinfo(call.fault, books.clock_error_s, &mut claims, self.now().as_second());

        if call.fault == Some(Fault::UserinfoPlainJson) {
            return answer::json(200, &Value::Object(claims));
        }
        let signing = if call.fault == Some(Fault::UserinfoOtherKey) { Signing::OtherKey } else { Signing::Right };
        let signed = self.keys().sign(&self.chance, client, signing, &claims).map_err(|_| No::Server);
        match signed.and_then(|signed| self.enveloped(call.fault, grant, &signed)) {
            Ok(token) => answer::jwt(token),
            Err(no) => self.no(no),
        }
    }

    /// Revokes an access token; the body has exactly three parameters.
    pub(crate) fn revocation(&self, books: &mut Books, call: &Call) -> Response {
        if !call.form.only(&["token", "client_id", "client_secret"]) {
            // Observed: JSON by its type, a page by its content.
            return answer::page_as_json(400, pages::not_found());
        }
        if let Err(no) = self.authenticated(books, call) {
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

    /// `client_secret_post`; `client_secret_basic` too, as observed.
    fn authenticated<'b>(&self, books: &'b Books, call: &Call) -> Result<&'b Client, No> {
        let posted = (call.form.get("client_id"), call.form.get("client_secret"));
        let (id, secret) = match &call.basic {
            Some((id, secret)) if self.quirks().basic_authentication => (Some(id.as_str()), Some(secret.as_str())),
            Some(_) | None => posted,
        };
        let client = id.and_then(|id| books.clients.get(id)).ok_or(No::Client)?;
        (secret == Some(client.client_secret.as_str())).then_some(client).ok_or(No::Client)
    }
}

/// The left half of the access token's hash (OpenID Connect Core §3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}
