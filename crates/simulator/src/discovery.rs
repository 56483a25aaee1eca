//! The discovery document, misleading promises included.

use serde_json::{Map, Value, json};

use crate::Platform;
use crate::claims;
use crate::world::World;

impl World {
    /// Describes the platform as it describes itself: S256 and three response modes are
    /// announced although the authorization endpoint refuses the parameters that ask for them.
    pub(crate) fn discovery(&self) -> Value {
        let platform = self.platform();
        let mut document = json!({
            "issuer": self.issuer().as_str(),
            "authorization_endpoint": self.at("/authorize"),
            "token_endpoint": self.at("/token"),
            "userinfo_endpoint": self.at("/userinfo"),
            "jwks_uri": self.at("/jwks"),
            "end_session_endpoint": self.at("/session/end"),
            "revocation_endpoint": self.at("/token/revocation"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["form_post", "fragment", "query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise"],
            "acr_values_supported": platform.levels(),
            "id_token_signing_alg_values_supported": signing(platform),
            "userinfo_signing_alg_values_supported": signing(platform),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
            "claim_types_supported": ["normal"],
            "scopes_supported": claims::table(platform).iter().map(|(scope, _)| *scope).collect::<Vec<_>>(),
            "claims_supported": claims_supported(platform),
        });
        if let (Platform::High, Some(document)) = (platform, document.as_object_mut()) {
            document.extend(encryption());
        }
        document
    }
}

const fn signing(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Low => &["HS256", "ES256", "RS256"],
        Platform::High => &["ES256"],
    }
}

fn claims_supported(platform: Platform) -> Vec<&'static str> {
    let scopes: Vec<String> = claims::table(platform).iter().map(|(scope, _)| (*scope).to_owned()).collect();
    let mut names = claims::opened(platform, &scopes);
    names.extend(["acr", "sid", "auth_time", "iss"]);
    names
}

/// What the high platform adds.
fn encryption() -> Map<String, Value> {
    const ALG: [&str; 3] = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"];
    const ENC: [&str; 1] = ["A256GCM"];
    let members = [
        ("id_token_encryption_alg_values_supported", json!(ALG)),
        ("id_token_encryption_enc_values_supported", json!(ENC)),
        ("userinfo_encryption_alg_values_supported", json!(ALG)),
        ("userinfo_encryption_enc_values_supported", json!(ENC)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
