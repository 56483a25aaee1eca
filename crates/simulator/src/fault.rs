//! The ways in which a provider may misbehave, on demand, so that clients can prove they notice.

use serde_json::{Map, Value};

/// One way to misbehave; each acts in one place of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The ID token carries a nonce nobody sent.
    WrongNonce,
    /// The ID token is addressed to another client.
    WrongAudience,
    /// The ID token names another issuer.
    WrongIssuer,
    /// The ID token expired an hour ago.
    ExpiredIdToken,
    /// The ID token was issued in an hour.
    IssuedInFuture,
    /// The ID token is signed by a key that is not published, under the published kid.
    OtherKey,
    /// The ID token is not signed: `alg` is `none`.
    AlgNone,
    /// The ID token is an HS256 MAC whose secret is the published public key (PEM).
    Hs256WithPublicKey,
    /// Userinfo speaks of another sub than the ID token.
    SubMismatch,
    /// The ID token says `eidas0`, a level that does not exist.
    LowerAcr,
    /// The ID token says no level.
    MissingAcr,
    /// The ID token names nobody.
    MissingSub,
    /// Userinfo is plain JSON instead of a signed JWT.
    UserinfoPlainJson,
    /// Userinfo is signed by a key that is not published, under the published kid.
    UserinfoOtherKey,
    /// The return to the client carries another state.
    WrongStateInRedirect,
    /// The return to the client names another issuer (RFC 9207).
    WrongIssInRedirect,
    /// The token endpoint answers 500.
    TokenError500,
    /// The token endpoint answers after 35 seconds, later than a code lives.
    SlowToken,
    /// The logout page leads nowhere and the session stays.
    LogoutNeverReturns,
}

/// Applies the faults that live in an ID token's claims.
pub(crate) fn bend_id_token(fault: Option<Fault>, claims: &mut Map<String, Value>, now: i64) {
    const HOUR: i64 = 3600;
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    match fault {
        Some(Fault::WrongNonce) => drop(set("nonce", "0".repeat(64).into())),
        Some(Fault::WrongAudience) => drop(set("aud", "another-client".into())),
        Some(Fault::WrongIssuer) => drop(set("iss", "http://127.0.0.1:9/api/v2".into())),
        Some(Fault::ExpiredIdToken) => {
            set("iat", (now - HOUR - 60).into());
            set("exp", (now - HOUR).into());
        }
        Some(Fault::IssuedInFuture) => {
            set("iat", (now + HOUR).into());
            set("exp", (now + HOUR + 60).into());
        }
        Some(Fault::LowerAcr) => drop(set("acr", "eidas0".into())),
        Some(Fault::MissingAcr) => drop(claims.remove("acr")),
        Some(Fault::MissingSub) => drop(claims.remove("sub")),
        Some(
            Fault::OtherKey
            | Fault::AlgNone
            | Fault::Hs256WithPublicKey
            | Fault::SubMismatch
            | Fault::UserinfoPlainJson
            | Fault::UserinfoOtherKey
            | Fault::WrongStateInRedirect
            | Fault::WrongIssInRedirect
            | Fault::TokenError500
            | Fault::SlowToken
            | Fault::LogoutNeverReturns,
        )
        | None => {}
    }
}
