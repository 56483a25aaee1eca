//! Whom to talk to: the relay in production, FranceConnect's sandbox or the simulator directly.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::acr::AcrValue;
use crate::authentication::{AssertionAudience, ClientAuthentication, DeskCredential};
use crate::exchange::Party;
use crate::fault::Fault;
use crate::id_token::Age;
use crate::jwe::DecryptionKeys;
use crate::keys::KeySource;
use crate::loopback::ReturnAddress;
use crate::pinned::{self, Environment, issuer_text, may_carry_tokens};
use crate::profile::{Back, EXCHANGE_WITHIN, IdTokenRules, Kind, Level, Profile, Request, State, Userinfo};
use crate::secret::{IdTokenHint, Secret};

/// A provider's profile; cheap to clone. The same code verifies both kinds.
#[derive(Clone)]
pub struct Provider(pub(crate) Arc<Profile>);

/// Addresses of a provider.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Where the browser goes to sign in.
    pub authorization: Url,
    /// Where the code is exchanged.
    pub token: Url,
    /// Where the identity is asked for.
    pub userinfo: Url,
    /// Where the signing keys are.
    pub jwks: Url,
    /// Where the browser goes to sign out.
    pub end_session: Url,
}

impl Endpoints {
    /// Lays out the addresses below a FranceConnect issuer (franceconnect.md §1.2).
    ///
    /// # Errors
    /// When the issuer cannot be a base of addresses.
    pub fn of_franceconnect(issuer: &Url) -> Result<Self, ProfileError> {
        let below = |path: &str| {
            Url::parse(&format!("{}/{path}", issuer_text(issuer))).map_err(|_| ProfileError::InsecureAddress)
        };
        Ok(Self {
            authorization: below("authorize")?,
            token: below("token")?,
            userinfo: below("userinfo")?,
            jwks: below("jwks")?,
            end_session: below("session/end")?,
        })
    }

    pub(crate) fn all(&self) -> [&Url; 5] {
        [&self.authorization, &self.token, &self.userinfo, &self.jwks, &self.end_session]
    }
}

/// The signature algorithm pinned for a provider's tokens; no other is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// HMAC with SHA-256, by the client secret: never unless a client is registered so.
    Hs256,
}

/// FranceConnect as it stands behind a relay: whose signature the desk verifies itself.
#[derive(Debug, Clone)]
pub struct StateProfile {
    /// The pinned issuer.
    pub issuer: Url,
    /// The relay's client identifier at FranceConnect: the audience of the State's tokens.
    pub client_id: String,
    /// The pinned algorithm.
    pub signing_alg: SigningAlg,
}

/// A relay, or another broker that forwards FranceConnect's signed tokens.
#[derive(Debug, Clone)]
pub struct RelayProfile {
    /// The relay's issuer.
    pub issuer: Url,
    /// Who the desk is at the relay.
    pub credential: DeskCredential,
    /// The relay's addresses.
    pub endpoints: Endpoints,
    /// Where a sign-in on the patient's own phone begins (RFC 8628), at a relay that has it.
    pub device_authorization: Option<Url>,
    /// Whether it knows its desks by their keys, and answers no other.
    pub knows_desks: bool,
    /// FranceConnect behind it.
    pub state: StateProfile,
    /// The least level accepted.
    pub required_acr: AcrValue,
}

/// FranceConnect's sandbox or the simulator, or FranceConnect itself when the caller is the relay.
#[derive(Debug, Clone)]
pub struct DirectProfile {
    /// The pinned issuer.
    pub issuer: Url,
    /// The client identifier.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The registered return address; matched exactly, port included (franceconnect.md §2.2).
    pub return_uri: Url,
    /// The registered address after the logout.
    pub end_uri: Url,
    /// The level asked for, and the least accepted.
    pub required_acr: AcrValue,
    /// The pinned algorithm.
    pub signing_alg: SigningAlg,
    /// The keys that decrypt its tokens, where it encrypts them: FranceConnect+ always does.
    pub decryption: Option<Arc<DecryptionKeys>>,
    /// The scopes beside `openid`; [`DirectProfile::usual_scopes`] where nothing else was granted.
    pub scopes: Vec<String>,
}

impl DirectProfile {
    /// Returns the scopes of a habilitation for the pivot identity, per level (franceconnect.md §16.10).
    #[must_use]
    pub fn usual_scopes(level: AcrValue) -> Vec<String> {
        let last = match level {
            // The raw date tells a birth date of which only the year is known from a 1st of January.
            AcrValue::Eidas1 => "idp_birthdate",
            // There, the plain claims are the identity provider's and these are the State's.
            AcrValue::Eidas2 | AcrValue::Eidas3 => "rnipp_identite_pivot",
        };
        ["identite_pivot", "preferred_username", last].map(str::to_owned).to_vec()
    }
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// An address is neither https nor on this machine.
    #[error("an address of the profile is neither https nor on this machine")]
    InsecureAddress,
    /// FranceConnect's issuer is none of the known ones.
    #[error("the FranceConnect issuer of the profile is none of the known ones")]
    FranceConnectUnknown,
    /// FranceConnect+ encrypts its tokens, and no key decrypts them.
    #[error("FranceConnect+ encrypts its tokens, and no key of the profile decrypts them")]
    DecryptionMissing,
    /// FranceConnect's signature behind a relay must be one that nobody else can make.
    #[error("FranceConnect's signature behind a relay cannot be one made with a shared secret")]
    SharedSignature,
    /// A client identifier is empty.
    #[error("a client identifier of the profile is empty")]
    ClientIdMissing,
}

impl Fault for ProfileError {
    fn code(&self) -> &'static str {
        match self {
            Self::InsecureAddress => "address-insecure",
            Self::FranceConnectUnknown => "franceconnect-unknown",
            Self::DecryptionMissing | Self::SharedSignature | Self::ClientIdMissing => "profile-invalid",
        }
    }
}

impl Provider {
    /// Makes the profile of a relay.
    ///
    /// # Errors
    /// When an address is insecure, or FranceConnect's issuer is not a known one. A simulator is
    /// believed only behind a relay that is itself on this machine.
    pub fn relay(profile: RelayProfile) -> Result<Self, ProfileError> {
        Self::relay_profile(profile)?.checked()
    }

    pub(crate) fn relay_profile(profile: RelayProfile) -> Result<Profile, ProfileError> {
        let RelayProfile { issuer, credential, endpoints, device_authorization, knows_desks, state, required_acr } =
            profile;
        let pinned = pinned::find(&state.issuer).ok_or(ProfileError::FranceConnectUnknown)?;
        if pinned.environment == Environment::Simulator && !pinned::is_loopback(&issuer) {
            return Err(ProfileError::FranceConnectUnknown);
        }
        if state.client_id.is_empty() {
            return Err(ProfileError::ClientIdMissing);
        }
        if state.signing_alg == SigningAlg::Hs256 {
            // Whoever knows the relay's secret could sign as the State.
            return Err(ProfileError::SharedSignature);
        }
        let keys = Endpoints::of_franceconnect(&state.issuer)?.jwks;
        let behind = State {
            issuer: issuer_text(&state.issuer),
            client_id: state.client_id,
            alg: state.signing_alg,
            keys: KeySource::new(keys, None),
        };
        Ok(Profile {
            issuer: issuer_text(&issuer),
            client_id: credential.client_id,
            party: Party::Relay,
            environment: pinned.environment,
            keys: KeySource::new(endpoints.jwks.clone(), None),
            endpoints,
            device_authorization,
            knows_desks,
            logs_out: true,
            authentication: credential.key.map_or(ClientAuthentication::None, |key| {
                ClientAuthentication::PrivateKeyJwt(key, AssertionAudience::Issuer)
            }),
            request: Request {
                scopes: vec!["identite_pivot".to_owned()],
                acr_values: vec![required_acr.as_str().to_owned()],
                pkce: true,
                more: Vec::new(),
            },
            back: Back::straight(ReturnAddress::Ephemeral, true),
            id_token: IdTokenRules::of_franceconnect(SigningAlg::Es256, Age::ByTwoClocks),
            decryption: None,
            level: Level::AtLeast(required_acr),
            userinfo: Userinfo::of_franceconnect(SigningAlg::Es256, false),
            exchange_within: EXCHANGE_WITHIN,
            claim_names: BTreeMap::new(),
            kind: Kind::Relay(Box::new(behind)),
        })
    }

    /// Makes the profile of FranceConnect itself.
    ///
    /// # Errors
    /// When an address is insecure, or the issuer is not a known one.
    pub fn direct(profile: DirectProfile) -> Result<Self, ProfileError> {
        Self::direct_profile(profile)?.checked()
    }

    pub(crate) fn direct_profile(profile: DirectProfile) -> Result<Profile, ProfileError> {
        let pinned = pinned::find(&profile.issuer).ok_or(ProfileError::FranceConnectUnknown)?;
        let endpoints = Endpoints::of_franceconnect(&profile.issuer)?;
        if !may_carry_tokens(&profile.return_uri) || !may_carry_tokens(&profile.end_uri) {
            return Err(ProfileError::InsecureAddress);
        }
        if profile.required_acr > AcrValue::Eidas1 && profile.decryption.is_none() {
            return Err(ProfileError::DecryptionMissing);
        }
        let mac = (profile.signing_alg == SigningAlg::Hs256).then(|| profile.client_secret.clone());
        let listen = ReturnAddress::Registered { return_uri: profile.return_uri, end_uri: profile.end_uri };
        Ok(Profile {
            issuer: issuer_text(&profile.issuer),
            client_id: profile.client_id,
            party: Party::FranceConnect,
            environment: pinned.environment,
            keys: KeySource::new(endpoints.jwks.clone(), mac),
            endpoints,
            device_authorization: None,
            knows_desks: false,
            logs_out: true,
            authentication: ClientAuthentication::SecretPost(profile.client_secret),
            request: Request {
                scopes: profile.scopes,
                acr_values: vec![profile.required_acr.as_str().to_owned()],
                // FranceConnect refuses a request with PKCE parameters (franceconnect.md §1.5).
                pkce: false,
                more: Vec::new(),
            },
            back: Back::straight(listen, false),
            id_token: IdTokenRules::of_franceconnect(profile.signing_alg, Age::ByOneClock),
            level: Level::AtLeast(profile.required_acr),
            userinfo: Userinfo::of_franceconnect(profile.signing_alg, profile.decryption.is_some()),
            decryption: profile.decryption,
            exchange_within: EXCHANGE_WITHIN,
            claim_names: BTreeMap::new(),
            kind: Kind::Direct,
        })
    }

    /// Returns the issuer, as it stands in tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Returns whether it knows its desks by their keys: one that was not enrolled is not answered.
    #[must_use]
    pub fn knows_desks(&self) -> bool {
        self.0.knows_desks
    }

    /// Returns what stands behind the issuer.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.0.environment
    }

    /// Returns the FranceConnect issuer whose signature is verified.
    #[must_use]
    pub fn franceconnect_issuer(&self) -> &str {
        match &self.0.kind {
            Kind::Relay(state) => &state.issuer,
            Kind::Direct | Kind::Generic => &self.0.issuer,
        }
    }

    /// Returns the client identifier at FranceConnect: the audience of its tokens.
    #[must_use]
    pub fn franceconnect_client_id(&self) -> &str {
        match &self.0.kind {
            Kind::Relay(state) => &state.client_id,
            Kind::Direct | Kind::Generic => &self.0.client_id,
        }
    }

    /// Returns the least level accepted.
    #[must_use]
    pub fn required_acr(&self) -> AcrValue {
        match self.0.level {
            Level::AtLeast(required) => required,
            // Never of a provider that carries FranceConnect's signature.
            Level::OneOf(_) => AcrValue::Eidas3,
        }
    }

    /// Writes the public halves of the keys that it encrypts for, where it encrypts.
    #[must_use]
    pub fn encryption_jwks(&self) -> Option<serde_json::Value> {
        self.0.decryption.as_ref().map(|keys| keys.jwks())
    }

    /// Returns where to listen.
    #[must_use]
    pub fn return_address(&self) -> ReturnAddress {
        self.0.back.listen.clone()
    }

    /// Makes the address that ends the patient's session; to be opened in the browser that signed in.
    #[must_use]
    pub fn end_session_url(&self, hint: &IdTokenHint, end_uri: &Url, state: &Secret) -> Url {
        let end_uri = self.0.back.public.as_ref().map_or(end_uri, |public| &public.end_uri);
        let mut url = self.0.endpoints.end_session.clone();
        url.query_pairs_mut()
            .append_pair("id_token_hint", hint.expose())
            .append_pair("client_id", &self.0.client_id)
            .append_pair("post_logout_redirect_uri", end_uri.as_str())
            .append_pair("state", state.expose());
        url
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.0.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(issuer: &str, franceconnect: &str) -> RelayProfile {
        let issuer = Url::parse(issuer).unwrap();
        RelayProfile {
            endpoints: Endpoints::of_franceconnect(&issuer).unwrap(),
            issuer,
            credential: DeskCredential::public(),
            device_authorization: None,
            knows_desks: false,
            state: StateProfile {
                issuer: Url::parse(franceconnect).unwrap(),
                client_id: "fc-client".to_owned(),
                signing_alg: SigningAlg::Es256,
            },
            required_acr: AcrValue::Eidas1,
        }
    }

    #[test]
    fn a_simulator_is_believed_only_on_this_machine() {
        const PRODUCTION: &str = "https://oidc.franceconnect.gouv.fr/api/v2";
        const SIMULATOR: &str = "http://127.0.0.1:9/api/v2";
        for (rule, issuer, franceconnect, expected) in [
            ("production", "https://relais.example", PRODUCTION, None),
            ("demonstration", "http://127.0.0.1:8", SIMULATOR, None),
            ("local relay, production", "http://127.0.0.1:8", PRODUCTION, None),
            ("no TLS", "http://relais.example", PRODUCTION, Some(ProfileError::InsecureAddress)),
            ("foreign relay, simulator", "https://relais.example", SIMULATOR, Some(ProfileError::FranceConnectUnknown)),
            (
                "invented State",
                "https://relais.example",
                "https://etat.example/api/v2",
                Some(ProfileError::FranceConnectUnknown),
            ),
        ] {
            assert_eq!(Provider::relay(profile(issuer, franceconnect)).err(), expected, "{rule}");
        }
    }

    #[test]
    fn an_outside_relay_cannot_name_endpoints_on_this_machine() {
        let mut outside = profile("https://relais.example", "https://oidc.franceconnect.gouv.fr/api/v2");
        outside.endpoints.token = Url::parse("http://127.0.0.1:1/token").unwrap();
        assert_eq!(Provider::relay(outside).err(), Some(ProfileError::InsecureAddress));
    }

    #[test]
    fn the_logout_names_four_parameters() {
        let provider = Provider::relay(profile("http://127.0.0.1:8", "http://127.0.0.1:9/api/v2")).unwrap();
        let hint = IdTokenHint::from_bytes(b"a.b.c".to_vec()).unwrap();
        let end = Url::parse("http://127.0.0.1:7/fin").unwrap();
        let url = provider.end_session_url(&hint, &end, &Secret::new("s".to_owned()));
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]);
        assert!(url.as_str().starts_with("http://127.0.0.1:8/session/end?"));
    }
}
