//! The ways in which a provider may misbehave, on demand, so that clients can prove they notice.

use serde_json::{Map, Value};

macro_rules! faults {
    ($($(#[$doc:meta])+ $fault:ident = $name:literal, $french:literal;)+) => {
        /// One way to misbehave; each acts in one place of the code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])+ $fault,)+
        }

        impl Fault {
            /// Every fault, in the order of the administration page.
            pub const ALL: &'static [Self] = &[$(Self::$fault,)+];

            /// Returns its name in addresses and on command lines, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)+
                }
            }

            /// Says in a line of French what it does.
            #[must_use]
            pub const fn french(self) -> &'static str {
                match self {
                    $(Self::$fault => $french,)+
                }
            }
        }
    };
}

faults! {
    /// The ID token carries a nonce nobody sent.
    WrongNonce = "wrong-nonce", "le jeton d'identité porte un autre nonce";
    /// The ID token is addressed to another client.
    WrongAudience = "wrong-audience", "le jeton d'identité est destiné à un autre service";
    /// The ID token names another issuer.
    WrongIssuer = "wrong-issuer", "le jeton d'identité nomme un autre émetteur";
    /// The ID token expired an hour ago.
    ExpiredIdToken = "expired-id-token", "le jeton d'identité a expiré il y a une heure";
    /// The ID token was issued in an hour.
    IssuedInFuture = "issued-in-future", "le jeton d'identité est émis dans une heure";
    /// The ID token does not say when it was issued.
    MissingIat = "missing-iat", "le jeton d'identité ne dit pas quand il a été émis";
    /// The ID token says no level.
    MissingAcr = "missing-acr", "le jeton d'identité ne dit aucun niveau";
    /// The ID token says `eidas0`, a level that does not exist.
    LowerAcr = "lower-acr", "le jeton d'identité annonce un niveau inférieur à celui demandé";
    /// The ID token names nobody.
    MissingSub = "missing-sub", "le jeton d'identité ne nomme personne";
    /// The ID token carries the right `at_hash`, which the real one leaves out.
    AtHashPresent = "at-hash-present", "le jeton d'identité porte un at_hash juste (absent d'ordinaire)";
    /// The ID token carries the `at_hash` of another access token.
    AtHashWrong = "at-hash-wrong", "le jeton d'identité porte un at_hash faux";
    /// The ID token names another client as its authorised party.
    WrongAzp = "wrong-azp", "le jeton d'identité désigne un autre service dans azp";
    /// The ID token tells a sign-in of 25 minutes ago: the person before left a session.
    SessionLeft = "session-left", "la session vient de la personne précédente (auth_time ancien)";
    /// The provider's clock is wrong; the seconds are set apart.
    ClockWrong = "clock-wrong", "l'horloge du fournisseur est fausse (nombre de secondes réglable)";
    /// The ID token is signed by a key that is not published, under the published kid.
    OtherKey = "other-key", "le jeton d'identité est signé par une clé inconnue, sous un kid connu";
    /// The ID token is not signed: `alg` is `none`.
    AlgNone = "alg-none", "le jeton d'identité n'est pas signé (alg none)";
    /// The ID token is an HS256 MAC whose secret is the published public key (PEM).
    Hs256WithPublicKey = "hs256-with-public-key", "le jeton d'identité est un HS256 fait de la clé publique";
    /// The ID token is signed rightly, under a kid that is not published.
    KidUnknown = "kid-unknown", "le jeton d'identité est signé sous un kid inconnu";
    /// The ID token is signed rightly, without a kid.
    KidAbsent = "kid-absent", "le jeton d'identité est signé sans kid";
    /// New keys take the old ones' place just before the ID token is signed.
    KeyRotated = "key-rotated", "les clés changent juste avant la signature du jeton d'identité";
    /// The envelope is closed for a key that is nobody's.
    JweOtherKey = "jwe-other-key", "l'enveloppe est chiffrée pour une autre clé (FranceConnect+)";
    /// The envelope's algorithm is `dir`.
    JweDir = "jwe-dir", "l'enveloppe annonce l'algorithme dir, non convenu (FranceConnect+)";
    /// The envelope's algorithm is `RSA1_5`.
    JweRsa15 = "jwe-rsa1-5", "l'enveloppe annonce l'algorithme RSA1_5, non convenu (FranceConnect+)";
    /// The token in the envelope is not signed.
    JweInnerUnsigned = "jwe-inner-unsigned", "le jeton dans l'enveloppe n'est pas signé (FranceConnect+)";
    /// Userinfo speaks of another sub than the ID token.
    SubMismatch = "sub-mismatch", "userinfo parle d'un autre sub que le jeton d'identité";
    /// Userinfo is plain JSON instead of a signed JWT.
    UserinfoPlainJson = "userinfo-plain-json", "userinfo est du JSON nu, sans signature";
    /// Userinfo is signed by a key that is not published, under the published kid.
    UserinfoOtherKey = "userinfo-other-key", "userinfo est signé par une clé inconnue, sous un kid connu";
    /// Userinfo expired an hour ago.
    UserinfoExpired = "userinfo-expired", "userinfo a expiré il y a une heure";
    /// Userinfo is addressed to another client.
    UserinfoWrongAudience = "userinfo-wrong-audience", "userinfo est destiné à un autre service";
    /// Userinfo names another issuer.
    UserinfoWrongIssuer = "userinfo-wrong-issuer", "userinfo nomme un autre émetteur";
    /// The return to the client carries another state.
    WrongStateInRedirect = "wrong-state", "le retour porte un autre state";
    /// The return to the client carries the state of the return before.
    ReplayedState = "replayed-state", "le retour porte le state du retour précédent";
    /// The return to the client names another issuer (RFC 9207).
    WrongIssInRedirect = "wrong-iss-in-redirect", "le retour nomme un autre émetteur";
    /// The address of the return is called twice: by the browser and by somebody else.
    DuplicatedCallback = "duplicated-callback", "l'adresse de retour est appelée deux fois";
    /// After the sign-in comes a page with a code and no way back.
    DeadEnd = "dead-end", "après la connexion vient une page d'erreur sans lien de retour (Y000000)";
    /// After the sign-in comes a page with a code and a link that the person may leave alone.
    DeadEndWithReturn = "dead-end-with-return", "après la connexion vient une page d'erreur avec lien de retour (Y010011)";
    /// The token endpoint answers 500.
    TokenError500 = "token-error-500", "l'adresse des jetons répond 500";
    /// The token endpoint answers after 35 seconds, later than a code lives.
    SlowToken = "slow-token", "l'adresse des jetons répond après 35 secondes";
    /// The token endpoint answers byte by byte and never ends.
    TokenEndless = "token-endless", "l'adresse des jetons répond sans jamais finir";
    /// The token endpoint answers 64 MiB.
    TokenGiant = "token-giant", "l'adresse des jetons répond 64 Mio";
    /// The token endpoint's answer stops in the middle.
    TokenCut = "token-cut", "la réponse de l'adresse des jetons est coupée en son milieu";
    /// The token endpoint redirects.
    TokenRedirect = "token-redirect", "l'adresse des jetons redirige (302)";
    /// In the token endpoint's place a captive portal answers.
    CaptivePortal = "captive-portal", "un portail captif répond à la place de l'adresse des jetons (HTML, 200)";
    /// The token endpoint closes the connection without an answer.
    TokenClosed = "token-closed", "l'adresse des jetons ferme la connexion sans répondre";
    /// The keys' address answers 500.
    JwksError500 = "jwks-error-500", "l'adresse des clés répond 500";
    /// The keys' address answers a page.
    JwksHtml = "jwks-html", "l'adresse des clés répond une page HTML";
    /// The logout page leads nowhere and the session stays.
    LogoutNeverReturns = "logout-never-returns", "la page de déconnexion ne mène nulle part et la session reste";
}

impl Fault {
    /// Returns the fault with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    /// Tells whether it acts where nobody in particular is concerned.
    pub(crate) fn is_nobodys(self) -> bool {
        self == Self::JwksError500 || self == Self::JwksHtml
    }
}

const HOUR: i64 = 3600;
const ANOTHER_ISSUER: &str = "http://127.0.0.1:9/api/v2";
const ANOTHER_CLIENT: &str = "another-client";

/// Applies the faults that live in an ID token's claims; `at_hash` is the right one.
pub(crate) fn bend_id_token(
    fault: Option<Fault>,
    clock_error_s: i64,
    claims: &mut Map<String, Value>,
    now: i64,
    at_hash: &str,
) {
    let is = |other| fault == Some(other);
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    if is(Fault::WrongNonce) {
        set("nonce", "0".repeat(64).into());
    } else if is(Fault::WrongAudience) {
        set("aud", ANOTHER_CLIENT.into());
    } else if is(Fault::WrongIssuer) {
        set("iss", ANOTHER_ISSUER.into());
    } else if is(Fault::ExpiredIdToken) {
        set("iat", (now - HOUR - 60).into());
        set("exp", (now - HOUR).into());
    } else if is(Fault::IssuedInFuture) {
        set("iat", (now + HOUR).into());
        set("exp", (now + HOUR + 60).into());
    } else if is(Fault::LowerAcr) {
        set("acr", "eidas0".into());
    } else if is(Fault::AtHashPresent) {
        set("at_hash", at_hash.into());
    } else if is(Fault::AtHashWrong) {
        set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into());
    } else if is(Fault::WrongAzp) {
        set("azp", ANOTHER_CLIENT.into());
    } else if is(Fault::SessionLeft) {
        set("auth_time", (now - 25 * 60).into());
    } else if is(Fault::MissingIat) {
        claims.remove("iat");
    } else if is(Fault::MissingAcr) {
        claims.remove("acr");
    } else if is(Fault::MissingSub) {
        claims.remove("sub");
    }
    shift(fault, clock_error_s, claims);
}

/// Applies the faults that live in userinfo's claims.
pub(crate) fn bend_userinfo(fault: Option<Fault>, clock_error_s: i64, claims: &mut Map<String, Value>, now: i64) {
    let is = |other| fault == Some(other);
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    if is(Fault::SubMismatch) {
        set("sub", "0".repeat(128).into());
    } else if is(Fault::UserinfoExpired) {
        set("iat", (now - HOUR - 60).into());
        set("exp", (now - HOUR).into());
    } else if is(Fault::UserinfoWrongAudience) {
        set("aud", ANOTHER_CLIENT.into());
    } else if is(Fault::UserinfoWrongIssuer) {
        set("iss", ANOTHER_ISSUER.into());
    }
    shift(fault, clock_error_s, claims);
}

fn shift(fault: Option<Fault>, clock_error_s: i64, claims: &mut Map<String, Value>) {
    if fault == Some(Fault::ClockWrong) {
        for name in ["iat", "exp", "auth_time"] {
            if let Some(moment) = claims.get(name).and_then(Value::as_i64) {
                claims.insert(name.to_owned(), (moment + clock_error_s).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_is_in_kebab_case_and_finds_its_fault_alone() {
        let names: HashSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            let name = fault.name();
            assert_eq!(Fault::by_name(name), Some(*fault));
            let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(name.bytes().all(kebab), "{name}");
            assert!(!fault.french().is_empty() && !fault.french().contains('\n'), "{name}");
        }
        assert_eq!(Fault::by_name("nothing"), None);
    }
}
