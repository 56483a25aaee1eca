//! The discovery document, misleading promises included.

use serde_json::{Value, json};

use crate::world::World;

impl World {
    /// Describes the low platform as it describes itself: S256 and three response modes are
    /// announced although the authorization endpoint refuses the parameters that ask for them.
    pub(crate) fn discovery(&self) -> Value {
        json!({
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
            "acr_values_supported": ["eidas1"],
            "id_token_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
            "userinfo_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
            "claim_types_supported": ["normal"],
            "scopes_supported": [
                "openid", "profile", "birth", "identite_pivot", "gender", "birthdate",
                "birthcountry", "birthplace", "given_name", "family_name", "email",
                "preferred_username", "idp_birthdate", "amr", "idp_id"
            ],
            "claims_supported": [
                "sub", "given_name", "given_name_array", "family_name", "birthdate", "gender",
                "preferred_username", "birthplace", "birthcountry", "email", "idp_birthdate",
                "amr", "idp_id", "acr", "sid", "auth_time", "iss"
            ],
        })
    }
}
