//! What the relay says about itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::DEVICE_GRANT;
use serde_json::json;

use crate::House;
use crate::client::Desks;

/// As FranceConnect keeps them (openid.md §2).
const CACHE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=600")];

/// Answers the metadata (OpenID Connect Discovery 1.0 §3), and which FranceConnect stands behind.
pub(crate) async fn discovery(State(house): State<Arc<House>>) -> Response {
    let below = |path: &str| format!("{}/{path}", house.issuer);
    let (methods, enrolment) = match &house.desks {
        Desks::Public { .. } => ("none", None),
        Desks::Enrolled(_) => ("private_key_jwt", Some(below("enrol"))),
    };
    let metadata = json!({
        "issuer": house.issuer,
        "authorization_endpoint": below("authorize"),
        "token_endpoint": below("token"),
        "userinfo_endpoint": below("userinfo"),
        "jwks_uri": below("jwks"),
        "end_session_endpoint": below("end_session"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", DEVICE_GRANT],
        "device_authorization_endpoint": below("device_authorization"),
        "subject_types_supported": ["pairwise"],
        "scopes_supported": ["openid", "identite_pivot"],
        "acr_values_supported": [house.upstream.required_acr().as_str()],
        "id_token_signing_alg_values_supported": ["ES256"],
        "userinfo_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": [methods],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "comptoir_enrolment_endpoint": enrolment,
        "franceconnect_issuer": house.upstream.franceconnect_issuer(),
        "franceconnect_client_id": house.upstream.franceconnect_client_id(),
    });
    (CACHE, Json(metadata)).into_response()
}

/// Answers the signing keys.
pub(crate) async fn jwks(State(house): State<Arc<House>>) -> Response {
    match house.mint.jwks(house.clock.now()) {
        Ok(keys) => (CACHE, Json(keys)).into_response(),
        Err(error) => {
            tracing::error!(%error, "no keys to publish");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Answers the public halves of the keys that FranceConnect+ encrypts for: the `jwks_uri` declared there.
pub(crate) async fn franceconnect_jwks(State(house): State<Arc<House>>) -> Response {
    let keys = house.upstream.encryption_jwks().unwrap_or_else(|| json!({"keys": []}));
    (CACHE, Json(keys)).into_response()
}
