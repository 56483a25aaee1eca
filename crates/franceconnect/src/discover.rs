//! What a provider says of itself: a relay's whole profile, another's addresses, or a mere check.

use serde::Deserialize;
use url::Url;

use crate::authentication::{ClientAuthentication, DeskCredential};
use crate::fault::Fault;
use crate::http_client::{HttpClient, HttpFault};
use crate::json;
use crate::pinned::{self, issuer_text};
use crate::profile::{Profile, UserinfoForm};
use crate::provider::{Endpoints, ProfileError, Provider, RelayProfile, SigningAlg, StateProfile};

/// The client identifier under which a desk is known to its relay, unless its site says otherwise.
pub const DESK_CLIENT_ID: &str = "comptoir";

/// Why a relay could not be discovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// No answer.
    #[error("the relay does not answer")]
    Unreachable,
    /// This machine is on no network, or the network knows no such name.
    #[error("this machine is on no network that knows the relay")]
    Offline,
    /// No answer of another provider than a relay.
    #[error("the provider does not answer")]
    ProviderUnreachable,
    /// Nothing is at this address (404, 410): the relay no longer exists there.
    #[error("there is no relay at this address")]
    Gone,
    /// The metadata is not for everybody (401, 403).
    #[error("the metadata is withheld")]
    Withheld,
    /// A page for people came instead: a captive portal's, a filter's.
    #[error("a page came instead of the metadata")]
    Page,
    /// The server's certificate is not believed.
    #[error("the certificate of the server is not believed")]
    Untrusted,
    /// The answer is not the metadata of an OpenID Provider that desks can use.
    #[error("the relay's metadata cannot be used: {0}")]
    MetadataInvalid(&'static str),
    /// The metadata names another issuer than the one asked.
    #[error("the relay's metadata names another issuer")]
    IssuerDiffers,
    /// The metadata leads to a profile that is refused.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Fault for DiscoverError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "relay-unreachable",
            Self::Offline => "network-down",
            Self::ProviderUnreachable => "provider-unreachable",
            Self::Gone => "relay-gone",
            Self::Page => "page-instead",
            Self::Untrusted => "certificate-refused",
            Self::Withheld | Self::MetadataInvalid(_) => "metadata-invalid",
            Self::IssuerDiffers => "issuer-differs",
            Self::Profile(error) => error.code(),
        }
    }
}

impl Provider {
    /// Makes the profile of a relay from the metadata it publishes (OpenID Connect Discovery 1.0,
    /// and our `franceconnect_issuer` and `franceconnect_client_id`). Performs I/O.
    ///
    /// The level required is the least that the FranceConnect platform behind the relay serves.
    ///
    /// # Errors
    /// When the relay does not answer, or its metadata is not acceptable.
    pub async fn discover_relay(
        http: &HttpClient,
        issuer: Url,
        credential: &DeskCredential,
    ) -> Result<Self, DiscoverError> {
        Ok(Self::relay(relay_profile(http, issuer, credential).await?)?)
    }
}

pub(crate) async fn relay_profile(
    http: &HttpClient,
    issuer: Url,
    credential: &DeskCredential,
) -> Result<RelayProfile, DiscoverError> {
    let metadata = metadata(http, &issuer_text(&issuer)).await?;
    read_relay(&metadata, issuer, credential)
}

/// Finds where a relay enrols desks; `None` at one that enrols none. Performs I/O.
pub(crate) async fn enrolment_endpoint(http: &HttpClient, issuer: &Url) -> Result<Option<Url>, DiscoverError> {
    let endpoint = metadata(http, &issuer_text(issuer)).await?.comptoir_enrolment_endpoint;
    if endpoint.as_ref().is_some_and(|url| !pinned::may_carry_for(issuer, url)) {
        return Err(ProfileError::InsecureAddress.into());
    }
    Ok(endpoint)
}

/// Asks a provider for its metadata. Performs I/O.
pub(crate) async fn metadata(http: &HttpClient, issuer: &str) -> Result<Metadata, DiscoverError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
    let address = Url::parse(&address).map_err(|_| DiscoverError::MetadataInvalid("no address"))?;
    let answer = http.get(&address, "application/json").await.map_err(|fault| match fault {
        HttpFault::TooLarge => DiscoverError::MetadataInvalid("too large"),
        HttpFault::Insecure => ProfileError::InsecureAddress.into(),
        HttpFault::Untrusted => DiscoverError::Untrusted,
        HttpFault::Page => DiscoverError::Page,
        HttpFault::Offline => DiscoverError::Offline,
        HttpFault::Unreachable | HttpFault::TimedOut => DiscoverError::Unreachable,
    })?;
    if answer.status >= 500 && answer.status != 511 {
        return Err(DiscoverError::Unreachable);
    }
    if matches!(answer.status, 404 | 410) {
        return Err(DiscoverError::Gone);
    }
    if matches!(answer.status, 401 | 403) {
        return Err(DiscoverError::Withheld);
    }
    if answer.is_page() {
        return Err(DiscoverError::Page);
    }
    if answer.status != 200 || answer.media_type.as_deref() != Some("application/json") {
        return Err(DiscoverError::MetadataInvalid("no JSON document"));
    }
    Metadata::read(&answer.body, issuer)
}

/// Compares a provider's metadata with what its file says; a provider that publishes none is not
/// refused for it (franceconnect.md §1.1). Performs I/O.
pub(crate) async fn check(http: &HttpClient, profile: &Profile) -> Result<(), DiscoverError> {
    let metadata = match metadata(http, &profile.issuer).await {
        Ok(metadata) => metadata,
        Err(DiscoverError::Unreachable | DiscoverError::Gone | DiscoverError::Withheld) => return Ok(()),
        Err(other) => return Err(other),
    };
    let ours = &profile.endpoints;
    let same = |stated: Option<&Url>, ours: &Url| stated.is_none_or(|stated| stated == ours);
    let stated = &metadata;
    let agree = same(stated.authorization_endpoint.as_ref(), &ours.authorization)
        && same(stated.token_endpoint.as_ref(), &ours.token)
        && (profile.userinfo.form == UserinfoForm::None || same(stated.userinfo_endpoint.as_ref(), &ours.userinfo))
        && same(stated.jwks_uri.as_ref(), &ours.jwks);
    if agree { Ok(()) } else { Err(DiscoverError::MetadataInvalid("other addresses than those configured")) }
}

/// A provider's metadata, as far as it is used (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    userinfo_endpoint: Option<Url>,
    jwks_uri: Option<Url>,
    end_session_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    comptoir_enrolment_endpoint: Option<Url>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    franceconnect_issuer: Option<Url>,
    franceconnect_client_id: Option<String>,
}

/// Where a generic provider is.
pub(crate) struct Found {
    pub(crate) endpoints: Endpoints,
    /// Whether it has a logout; without one, `endpoints.end_session` is never opened.
    pub(crate) logs_out: bool,
    /// Whether it promises to say who it is in every return (RFC 9207).
    pub(crate) states_issuer: bool,
}

impl Metadata {
    fn read(body: &[u8], issuer: &str) -> Result<Self, DiscoverError> {
        let read = json::parse(body).ok().and_then(|metadata| serde_json::from_value::<Self>(metadata).ok());
        let metadata = read.ok_or(DiscoverError::MetadataInvalid("not an OpenID Provider's"))?;
        // OpenID Connect Discovery 1.0 §4.3: exactly.
        if metadata.issuer == issuer { Ok(metadata) } else { Err(DiscoverError::IssuerDiffers) }
    }

    /// Whether the provider does what its file says it does, as far as it states that.
    pub(crate) fn agrees(
        &self,
        authentication: &ClientAuthentication,
        pkce: bool,
        alg: SigningAlg,
    ) -> Result<(), DiscoverError> {
        let serves = |list: Option<&Vec<String>>, wanted: &str| {
            list.is_none_or(|list| list.iter().any(|served| served == wanted))
        };
        if !serves(self.id_token_signing_alg_values_supported.as_ref(), alg.as_str()) {
            return Err(DiscoverError::MetadataInvalid("another algorithm than the agreed one"));
        }
        // `none` is often left out by those who serve it.
        let way = authentication.as_str();
        if way != "none" && !serves(self.token_endpoint_auth_methods_supported.as_ref(), way) {
            return Err(DiscoverError::MetadataInvalid("another client authentication than the agreed one"));
        }
        if pkce && !serves(self.code_challenge_methods_supported.as_ref(), "S256") {
            return Err(DiscoverError::MetadataInvalid("no PKCE with S256"));
        }
        Ok(())
    }

    pub(crate) fn endpoints(&self, userinfo: bool) -> Result<Found, DiscoverError> {
        let (authorization, token, jwks) = self.needed()?;
        let userinfo = match &self.userinfo_endpoint {
            Some(userinfo) => userinfo.clone(),
            None if userinfo => return Err(DiscoverError::MetadataInvalid("no userinfo_endpoint")),
            None => token.clone(),
        };
        let end_session = self.end_session_endpoint.clone();
        Ok(Found {
            logs_out: end_session.is_some(),
            states_issuer: self.authorization_response_iss_parameter_supported,
            endpoints: Endpoints {
                end_session: end_session.unwrap_or_else(|| authorization.clone()),
                authorization,
                token,
                userinfo,
                jwks,
            },
        })
    }

    fn needed(&self) -> Result<(Url, Url, Url), DiscoverError> {
        let needed = |stated: &Option<Url>, missing| stated.clone().ok_or(DiscoverError::MetadataInvalid(missing));
        Ok((
            needed(&self.authorization_endpoint, "no authorization_endpoint")?,
            needed(&self.token_endpoint, "no token_endpoint")?,
            needed(&self.jwks_uri, "no jwks_uri")?,
        ))
    }
}

fn read_relay(metadata: &Metadata, issuer: Url, credential: &DeskCredential) -> Result<RelayProfile, DiscoverError> {
    use DiscoverError::MetadataInvalid;

    let methods = metadata.code_challenge_methods_supported.as_deref().unwrap_or_default();
    if !methods.iter().any(|method| method == "S256") {
        return Err(MetadataInvalid("no PKCE with S256"));
    }
    let end_session = metadata.end_session_endpoint.clone().ok_or(MetadataInvalid("no end_session_endpoint"))?;
    let franceconnect = metadata.franceconnect_issuer.clone().ok_or(MetadataInvalid("no franceconnect_issuer"))?;
    let client_id = metadata.franceconnect_client_id.clone().ok_or(MetadataInvalid("no franceconnect_client_id"))?;
    let pinned = pinned::find(&franceconnect).ok_or(ProfileError::FranceConnectUnknown)?;
    let userinfo = metadata.userinfo_endpoint.clone().ok_or(MetadataInvalid("no userinfo_endpoint"))?;
    let (authorization, token, jwks) = metadata.needed()?;
    Ok(RelayProfile {
        credential: credential.clone(),
        device_authorization: metadata.device_authorization_endpoint.clone(),
        knows_desks: metadata.comptoir_enrolment_endpoint.is_some(),
        endpoints: Endpoints { authorization, token, userinfo, jwks, end_session },
        state: StateProfile { issuer: franceconnect, client_id, signing_alg: SigningAlg::Es256 },
        required_acr: pinned.level,
        issuer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn metadata_is_taken_or_refused() {
        type Case = (&'static str, fn(&mut Value), Option<&'static str>);
        let cases: [Case; 9] = [
            ("right", |_| {}, None),
            ("another issuer", |m| m["issuer"] = json!("https://autre.example"), Some("issuer-differs")),
            ("plain PKCE", |m| m["code_challenge_methods_supported"] = json!(["plain"]), Some("metadata-invalid")),
            ("no logout", |m| m["end_session_endpoint"] = Value::Null, Some("metadata-invalid")),
            ("no FranceConnect", |m| m["franceconnect_issuer"] = Value::Null, Some("metadata-invalid")),
            ("no audience", |m| m["franceconnect_client_id"] = json!(""), Some("profile-invalid")),
            (
                "invented State",
                |m| m["franceconnect_issuer"] = json!("https://etat.example"),
                Some("franceconnect-unknown"),
            ),
            ("token without TLS", |m| m["token_endpoint"] = json!("http://r.example/t"), Some("address-insecure")),
            ("not metadata", |m| *m = json!([]), Some("metadata-invalid")),
        ];
        for (rule, change, expected) in cases {
            let mut metadata = json!({
                "issuer": "https://relais.example",
                "authorization_endpoint": "https://relais.example/authorize",
                "token_endpoint": "https://relais.example/token",
                "userinfo_endpoint": "https://relais.example/userinfo",
                "jwks_uri": "https://relais.example/jwks",
                "end_session_endpoint": "https://relais.example/end_session",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "franceconnect_issuer": "https://auth.franceconnect.gouv.fr/api/v2",
                "franceconnect_client_id": "fc-client",
            });
            change(&mut metadata);
            let issuer = Url::parse("https://relais.example").unwrap();
            let read = Metadata::read(metadata.to_string().as_bytes(), "https://relais.example")
                .and_then(|metadata| read_relay(&metadata, issuer, &DeskCredential::public()))
                .and_then(|profile| Ok(Provider::relay(profile)?));
            assert_eq!(read.as_ref().err().map(Fault::code), expected, "{rule}");
            if let Ok(provider) = read {
                assert_eq!(provider.required_acr(), crate::AcrValue::Eidas2);
                assert_eq!(provider.franceconnect_client_id(), "fc-client");
            }
        }
    }
}
