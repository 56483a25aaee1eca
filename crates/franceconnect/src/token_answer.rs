//! What the token endpoint answers.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exchange::{ExchangeFault, Party};
use crate::http_client::Answer;
use crate::json;
use crate::secret::Secret;

pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) id_token: Secret,
}

pub(crate) fn read_tokens(answer: &Answer, party: Party) -> Result<Tokens, ExchangeFault> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: String,
        id_token: String,
        token_type: String,
    }

    let granted: Granted = read_granted(answer, party)?;
    let tokens = Tokens { access_token: Secret::new(granted.access_token), id_token: Secret::new(granted.id_token) };
    let access_token = tokens.access_token.expose();
    let usable = granted.token_type.eq_ignore_ascii_case("bearer")
        && !access_token.is_empty()
        && access_token.bytes().all(|byte| byte.is_ascii_graphic());
    if usable { Ok(tokens) } else { Err(ExchangeFault::Malformed(party)) }
}

/// Reads what was given, or names why it was not (RFC 6749 §5).
pub(crate) fn read_granted<T: DeserializeOwned>(answer: &Answer, party: Party) -> Result<T, ExchangeFault> {
    if answer.is_page() {
        return Err(ExchangeFault::Page(party));
    }
    if answer.status >= 500 {
        return Err(ExchangeFault::Unreachable(party));
    }
    if answer.status != 200 {
        return Err(refused(answer, party));
    }
    let granted = json::parse(&answer.body).map_err(|_| ExchangeFault::Malformed(party))?;
    serde_json::from_value(granted).map_err(|_| ExchangeFault::Malformed(party))
}

fn refused(answer: &Answer, party: Party) -> ExchangeFault {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
        error_uri: Option<String>,
    }

    let refusal = json::parse(&answer.body).ok().and_then(|refusal| serde_json::from_value::<Refusal>(refusal).ok());
    let Some(refusal) = refusal else {
        return ExchangeFault::Malformed(party);
    };
    let support = refusal.error_uri.as_deref().and_then(support);
    match refusal.error.as_str() {
        "invalid_client" | "unauthorized_client" => ExchangeFault::ClientRefused { party, support },
        _ => ExchangeFault::TokenRefused { party, support },
    }
}

/// Reads `code=` and `id=` of an `error_uri` (franceconnect.md §8.3); anything else in it is not shown.
fn support(error_uri: &str) -> Option<String> {
    let uri = url::Url::parse(error_uri).ok()?;
    let value = |wanted: &str| {
        let (_, value) = uri.query_pairs().find(|(name, _)| name == wanted)?;
        let harmless = !value.is_empty()
            && value.len() <= 64
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        harmless.then(|| value.into_owned())
    };
    let code = value("code")?;
    Some(value("id").map_or_else(|| code.clone(), |id| format!("{code}, {id}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use zeroize::Zeroizing;

    #[test]
    fn answers_are_taken_or_named() {
        const URI: &str = r#""error_uri":"https://x/erreurs?code=Y0434A7B&id=ab-12""#;
        for (rule, status, body, expected) in [
            ("granted", 200, r#"{"access_token":"a","id_token":"b","token_type":"bearer"}"#.to_owned(), None),
            (
                "not a bearer",
                200,
                r#"{"access_token":"a","id_token":"b","token_type":"mac"}"#.to_owned(),
                Some("answer-malformed"),
            ),
            ("no ID token", 200, r#"{"access_token":"a","token_type":"Bearer"}"#.to_owned(), Some("answer-malformed")),
            (
                "a token that would end a header",
                200,
                r#"{"access_token":"a\nb","id_token":"b","token_type":"Bearer"}"#.to_owned(),
                Some("answer-malformed"),
            ),
            (
                "an access token twice",
                200,
                r#"{"access_token":"a","access_token":"c","id_token":"b","token_type":"Bearer"}"#.to_owned(),
                Some("answer-malformed"),
            ),
            ("a page", 200, "<html>".to_owned(), Some("answer-malformed")),
            ("code refused", 400, r#"{"error":"invalid_grant"}"#.to_owned(), Some("token-refused")),
            ("client refused", 401, format!(r#"{{"error":"invalid_client",{URI}}}"#), Some("client-refused")),
            ("redirect", 302, String::new(), Some("answer-malformed")),
            ("down", 503, String::new(), Some("relay-unreachable")),
        ] {
            let body = Zeroizing::new(body.into_bytes());
            let answer = Answer { status, media_type: None, date: None, lifetime: None, body };
            let read = read_tokens(&answer, Party::Relay);
            assert_eq!(read.err().map(|fault| fault.code()), expected, "{rule}");
        }
    }

    #[test]
    fn only_harmless_support_codes_are_shown() {
        for (uri, expected) in [
            ("https://x/e?code=Y0434A7B&id=ab-12", Some("Y0434A7B, ab-12")),
            ("https://x/e?code=Y0434A7B", Some("Y0434A7B")),
            ("https://x/e?code=Y0434A7B&id=%1b%5b31m", Some("Y0434A7B")),
            ("https://x/e?code=DUBOIS%20Angela", None),
            ("no address", None),
        ] {
            assert_eq!(support(uri).as_deref(), expected, "{uri}");
        }
    }
}
