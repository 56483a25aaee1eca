//! A relay's profile from its own metadata.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fault::Fault;
use crate::http_client::{HttpClient, HttpFault};
use crate::pinned::{self, issuer_text, may_carry_tokens};
use crate::provider::{Endpoints, ProfileError, Provider, RelayProfile, SigningAlg, StateProfile};

/// The client identifier under which a desk is known to its relay, unless its site says otherwise.
pub const DESK_CLIENT_ID: &str = "comptoir";

/// Why a relay could not be discovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// No answer.
    #[error("the relay does not answer")]
    Unreachable,
    /// Nothing is at this address (404, 410): the relay no longer exists there.
    #[error("there is no relay at this address")]
    Gone,
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
            Self::Gone => "relay-gone",
            Self::Page => "page-instead",
            Self::Untrusted => "certificate-refused",
            Self::MetadataInvalid(_) => "metadata-invalid",
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
    pub async fn discover_relay(http: &HttpClient, issuer: Url) -> Result<Self, DiscoverError> {
        if !may_carry_tokens(&issuer) {
            return Err(ProfileError::InsecureAddress.into());
        }
        let address = format!("{}/.well-known/openid-configuration", issuer_text(&issuer));
        let address = Url::parse(&address).map_err(|_| DiscoverError::MetadataInvalid("no address"))?;
        let answer = http.get(&address, "application/json").await.map_err(|fault| match fault {
            HttpFault::TooLarge => DiscoverError::MetadataInvalid("too large"),
            HttpFault::Insecure => ProfileError::InsecureAddress.into(),
            HttpFault::Untrusted => DiscoverError::Untrusted,
            HttpFault::Page => DiscoverError::Page,
            HttpFault::Unreachable | HttpFault::TimedOut => DiscoverError::Unreachable,
        })?;
        if answer.status >= 500 {
            return Err(DiscoverError::Unreachable);
        }
        if matches!(answer.status, 404 | 410) {
            return Err(DiscoverError::Gone);
        }
        if answer.status != 200 || answer.media_type.as_deref() != Some("application/json") {
            return Err(DiscoverError::MetadataInvalid("no JSON document"));
        }
        read_metadata(&answer.body, issuer)
    }
}

fn read_metadata(body: &[u8], issuer: Url) -> Result<Provider, DiscoverError> {
    use DiscoverError::MetadataInvalid;

    let metadata: Metadata = serde_json::from_slice(body).map_err(|_| MetadataInvalid("not an OpenID Provider's"))?;
    if metadata.issuer().as_str() != issuer_text(&issuer) {
        return Err(DiscoverError::IssuerDiffers);
    }
    let ours = metadata.additional_metadata();
    if !ours.code_challenge_methods_supported.iter().any(|method| method == "S256") {
        return Err(MetadataInvalid("no PKCE with S256"));
    }
    let end_session = ours.end_session_endpoint.clone().ok_or(MetadataInvalid("no end_session_endpoint"))?;
    let franceconnect = ours.franceconnect_issuer.clone().ok_or(MetadataInvalid("no franceconnect_issuer"))?;
    let client_id = ours.franceconnect_client_id.clone().ok_or(MetadataInvalid("no franceconnect_client_id"))?;
    let pinned = pinned::find(&franceconnect).ok_or(ProfileError::FranceConnectUnknown)?;
    let token = metadata.token_endpoint().ok_or(MetadataInvalid("no token_endpoint"))?;
    let userinfo = metadata.userinfo_endpoint().ok_or(MetadataInvalid("no userinfo_endpoint"))?;
    let profile = RelayProfile {
        client_id: DESK_CLIENT_ID.to_owned(),
        endpoints: Endpoints {
            authorization: metadata.authorization_endpoint().url().clone(),
            token: token.url().clone(),
            userinfo: userinfo.url().clone(),
            jwks: metadata.jwks_uri().url().clone(),
            end_session,
        },
        state: StateProfile { issuer: franceconnect, client_id, signing_alg: SigningAlg::Es256 },
        required_acr: pinned.level,
        issuer,
    };
    Ok(Provider::relay(profile)?)
}

#[derive(Debug, Clone, Deserialize, Serialize)]
struct Ours {
    franceconnect_issuer: Option<Url>,
    franceconnect_client_id: Option<String>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

impl AdditionalProviderMetadata for Ours {}

type Metadata = ProviderMetadata<
    Ours,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

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
            let read = read_metadata(metadata.to_string().as_bytes(), issuer);
            assert_eq!(read.as_ref().err().map(Fault::code), expected, "{rule}");
            if let Ok(provider) = read {
                assert_eq!(provider.required_acr(), crate::AcrValue::Eidas2);
                assert_eq!(provider.franceconnect_client_id(), "fc-client");
            }
        }
    }
}
