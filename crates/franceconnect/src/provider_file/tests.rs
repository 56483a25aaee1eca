use super::*;
use crate::id_token::Age;
use crate::jwe::KeyAgreement;
use crate::profile::{Kind, Level, Profile, UserinfoForm};
use crate::provider::SigningAlg;
use jiff::SignedDuration;

const PAGE: &str = include_str!("../../../../docs/provider.md");

/// Whoever keeps secrets in these tests.
struct Safe;

impl Secrets for Safe {
    fn keychain(&self, entry: &str) -> Result<Option<Secret>, KeychainUnavailable> {
        match entry {
            "locked" => Err(KeychainUnavailable),
            "absent" => Ok(None),
            _ => Ok(Some(Secret::new("s3cret-of-the-keychain".to_owned()))),
        }
    }

    fn environment(&self, name: &str) -> Option<Secret> {
        (name != "ABSENT").then(|| Secret::new("s3cret-of-the-environment".to_owned()))
    }

    fn private_file(&self, path: &str) -> Result<Secret, FileRefused> {
        match path {
            "public.pem" => Err(FileRefused::NotPrivate),
            _ => Ok(crate::DecryptionKey::generate(KeyAgreement::EcdhEs).unwrap().to_pem().clone()),
        }
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, FileRefused> {
        if path == "absent.pem" { Err(FileRefused::Unreadable) } else { Ok(Vec::new()) }
    }
}

/// A file that is whole; a table of cases changes one line of it.
const DIRECT: &str = r#"kind = "franceconnect"
issuer = "https://fcp-low.sbx.dev-franceconnect.fr/api/v2"
client_id = "c"
return_address = "http://127.0.0.1:17890/retour"
end_address = "http://127.0.0.1:17890/fin"
secret.keychain = "entry"
"#;
const PLUS: &str = r#"kind = "franceconnect-plus"
issuer = "https://auth.integ01.dev-franceconnect.fr/api/v2"
client_id = "c"
return_address = "https://relais.example/retour"
end_address = "https://relais.example/fin"
listen_return = "http://127.0.0.1:17890/retour"
listen_end = "http://127.0.0.1:17890/fin"
secret.environment = "NAME"
encryption.file = "key.pem"
"#;
const GENERIC: &str = r#"kind = "generic"
issuer = "https://idp.example/"
client_id = "c"
[endpoints]
authorization = "https://idp.example/a"
token = "https://idp.example/t"
jwks = "https://idp.example/j"
userinfo = "https://idp.example/u"
"#;
const RELAY: &str = "kind = \"relay\"\nissuer = \"https://relais.example\"\n";

fn read(text: &str) -> Result<ProviderFile, ProviderFileError> {
    ProviderFile::parse(text, &Safe)
}

fn profile(text: &str) -> Profile {
    match read(text).unwrap().described {
        Described::Known { profile, .. } => *profile,
        Described::Relay { .. } | Described::Discovered(_) => panic!("its addresses are known"),
    }
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let examples: Vec<&str> = PAGE.split("```toml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    let kinds: Vec<&str> = examples
        .iter()
        .map(|example| match read(example).unwrap().described {
            Described::Known { profile, .. } => match profile.kind {
                Kind::Direct => "FranceConnect",
                Kind::Relay(_) | Kind::Generic => "another",
            },
            Described::Relay { .. } => "relay",
            Described::Discovered(_) => "generic",
        })
        .collect();
    assert_eq!(kinds, ["FranceConnect", "relay", "generic"]);
}

#[test]
fn every_key_is_documented() {
    let table: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
    for key in kinds::KEYS {
        let named = [format!("`{key}`"), format!("`[{key}]`")];
        let documented = table.iter().any(|line| {
            let cell = line.split('|').nth(1).unwrap_or_default();
            named.iter().any(|name| cell.contains(name))
        });
        assert!(documented, "{key}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    use ProviderFileProblem as P;
    let add = |whole: &str, line: &str| whole.replacen('\n', &format!("\n{line}\n"), 1);
    let without =
        |whole: &str, key: &str| whole.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    let cases = [
        ("not TOML", add(DIRECT, "pkce ="), 2, "toml", P::Syntax),
        ("unknown", add(DIRECT, "colour = 1"), 2, "colour", P::UnknownKey),
        ("no kind", without(DIRECT, "kind"), 1, "kind", P::Missing),
        ("no client", without(DIRECT, "client_id"), 1, "client_id", P::Missing),
        ("no secret", without(DIRECT, "secret"), 1, "secret", P::Missing),
        ("no return", without(DIRECT, "return_address"), 1, "return_address", P::Missing),
        ("no end", without(DIRECT, "end_address"), 1, "end_address", P::Missing),
        ("no encryption", without(PLUS, "encryption"), 1, "encryption", P::Missing),
        ("no listen", without(PLUS, "listen_end"), 1, "listen_end", P::Missing),
        ("a secret", add(DIRECT, "client_secret = \"x\""), 2, "client_secret", P::LiteralSecret),
        ("a secret as text", add(GENERIC, "secret = \"x\""), 2, "secret", P::LiteralSecret),
        ("a secret in its table", add(GENERIC, "secret.value = \"x\""), 2, "secret.value", P::LiteralSecret),
        ("a password", add(RELAY, "password = \"x\""), 2, "password", P::LiteralSecret),
        (
            "two places",
            add(DIRECT, "secret.environment = \"A\""),
            2,
            "secret",
            P::WrongType("one of keychain, environment and file"),
        ),
        ("nothing in the keychain", DIRECT.replace("entry", "absent"), 6, "secret.keychain", P::SecretMissing),
        ("locked", DIRECT.replace("entry", "locked"), 6, "secret.keychain", P::KeychainUnavailable),
        ("nothing in the environment", PLUS.replace("NAME", "ABSENT"), 8, "secret.environment", P::SecretMissing),
        (
            "key for all to read",
            PLUS.replace("key.pem", "public.pem"),
            9,
            "encryption.file",
            P::FileRefused(FileRefused::NotPrivate),
        ),
        ("no key", PLUS.replace(".file = \"key.pem\"", ".keychain = \"k\""), 9, "encryption", P::KeyUnusable),
        ("PKCE at FranceConnect", add(DIRECT, "pkce = true"), 2, "pkce", P::NotForThisKind),
        ("JSON from FranceConnect", add(DIRECT, "userinfo = \"json\""), 2, "userinfo", P::NotForThisKind),
        (
            "addresses of FranceConnect",
            add(DIRECT, "endpoints.token = \"https://x\""),
            2,
            "endpoints",
            P::NotForThisKind,
        ),
        ("level of the other platform", add(DIRECT, "acr_required = \"eidas2\""), 2, "acr_required", P::NotForThisKind),
        (
            "ephemeral at FranceConnect",
            DIRECT.replace("http://127.0.0.1:17890/retour", "ephemeral"),
            4,
            "return_address",
            P::NotAReturnAddress,
        ),
        (
            "elsewhere",
            DIRECT.replace("http://127.0.0.1:17890/fin", "http://127.0.0.1:1/fin"),
            5,
            "end_address",
            P::NotAReturnAddress,
        ),
        (
            "no port",
            DIRECT.replace("http://127.0.0.1:17890/retour", "http://127.0.0.1/retour"),
            4,
            "return_address",
            P::NotAReturnAddress,
        ),
        (
            "not FranceConnect",
            DIRECT.replace("fcp-low", "fcp-haut"),
            2,
            "issuer",
            P::Profile(crate::ProfileError::FranceConnectUnknown),
        ),
        (
            "no TLS",
            GENERIC.replace("https://idp.example/t", "http://idp.example/t"),
            6,
            "endpoints.token",
            P::NotAnAddress,
        ),
        (
            "credentials",
            GENERIC.replace("https://idp.example/t", "https://a:b@idp.example/t"),
            6,
            "endpoints.token",
            P::NotAnAddress,
        ),
        (
            "tolerance",
            add(GENERIC, "clock_tolerance_s = 61"),
            2,
            "clock_tolerance_s",
            P::OutOfRange { least: 0, most: 60 },
        ),
        (
            "patience",
            add(RELAY, "sign_in_within_s = 5"),
            2,
            "sign_in_within_s",
            P::OutOfRange { least: 30, most: 1800 },
        ),
        ("negative", add(RELAY, "exchange_within_s = -5"), 2, "exchange_within_s", P::WrongType("a whole number")),
        ("a word", add(GENERIC, "pkce = \"yes\""), 2, "pkce", P::WrongType("true or false")),
        ("a space", add(GENERIC, "scopes = [\"a b\"]"), 2, "scopes", P::WrongType("texts without spaces")),
        (
            "algorithm",
            add(GENERIC, "id_token_alg = \"none\""),
            2,
            "id_token_alg",
            P::NotOneOf(vec!["ES256", "RS256", "PS256", "HS256"]),
        ),
        ("MAC without a secret", add(GENERIC, "id_token_alg = \"HS256\""), 1, "secret", P::Missing),
        ("basic without a secret", add(GENERIC, "authentication = \"client_secret_basic\""), 1, "secret", P::Missing),
        ("a key without the way", add(GENERIC, "client_key.file = \"key.pem\""), 2, "client_key", P::NotForThisKind),
        ("the way without a key", add(GENERIC, "authentication = \"private_key_jwt\""), 1, "client_key", P::Missing),
        (
            "a key as text",
            add(GENERIC, "authentication = \"private_key_jwt\"\nclient_key = \"x\""),
            3,
            "client_key",
            P::LiteralSecret,
        ),
        (
            "no key",
            add(GENERIC, "authentication = \"private_key_jwt\"\nclient_key.keychain = \"k\""),
            3,
            "client_key",
            P::ClientKeyUnusable,
        ),
        ("a key of FranceConnect", add(DIRECT, "client_key.file = \"key.pem\""), 2, "client_key", P::NotForThisKind),
        (
            "an audience of nobody",
            add(
                GENERIC,
                "authentication = \"private_key_jwt\"\nclient_key.file = \"key.pem\"\nassertion_audience = \"x\"",
            ),
            4,
            "assertion_audience",
            P::NotOneOf(vec!["token_endpoint", "issuer"]),
        ),
        ("encrypted without a key", add(GENERIC, "userinfo = \"encrypted\""), 1, "encryption", P::Missing),
        (
            "no addresses",
            format!("discovery = false\n{}", GENERIC.split("[e").next().unwrap()),
            1,
            "endpoints",
            P::Missing,
        ),
        ("no userinfo address", without(GENERIC, "userinfo"), 4, "endpoints.userinfo", P::Missing),
        ("their state", add(GENERIC, "authorize.state = \"x\""), 2, "authorize.state", P::ReservedParameter),
        ("their state, disguised", add(GENERIC, "authorize.STATE = \"x\""), 2, "authorize.STATE", P::ReservedParameter),
        (
            "the answer elsewhere",
            add(GENERIC, "authorize.response_mode = \"form_post\""),
            2,
            "authorize.response_mode",
            P::ReservedParameter,
        ),
        ("more than eleven", add(DIRECT, "authorize.max_age = \"0\""), 2, "authorize.max_age", P::ReservedParameter),
        (
            "max_age as a parameter",
            add(GENERIC, "authorize.max_age = \"0\""),
            2,
            "authorize.max_age",
            P::ReservedParameter,
        ),
        (
            "max_age, and no auth_time",
            add(GENERIC, "max_age_s = 0\nauth_time = false"),
            3,
            "auth_time",
            P::WrongType("true, or leave max_age_s out"),
        ),
        ("max_age of FranceConnect", add(DIRECT, "max_age_s = 0"), 2, "max_age_s", P::NotForThisKind),
        (
            "max_age of two days",
            add(GENERIC, "max_age_s = 172800"),
            2,
            "max_age_s",
            P::OutOfRange { least: 0, most: 86_400 },
        ),
        ("a claim of nobody", add(GENERIC, "claims.shoe_size = \"x\""), 2, "claims.shoe_size", P::UnknownKey),
        (
            "proxy with a password",
            add(RELAY, "network.proxy = \"http://a:b@p:1\""),
            2,
            "network.proxy",
            P::NotAnAddress,
        ),
        (
            "no authorities",
            add(RELAY, "network.authorities = \"absent.pem\""),
            2,
            "network.authorities",
            P::FileRefused(FileRefused::Unreadable),
        ),
        ("a relay's secret", add(RELAY, "secret.keychain = \"k\""), 2, "secret", P::NotForThisKind),
    ];
    for (rule, text, line, key, problem) in cases {
        let error = read(&text).expect_err(rule);
        assert_eq!(error, ProviderFileError { line, key: key.to_owned(), problem }, "{rule}");
        assert!(!error.to_string().contains("s3cret"), "{rule}");
    }
}

#[test]
fn a_kind_fills_in_what_is_left_unsaid() {
    let direct = profile(DIRECT);
    assert!(!direct.request.pkce && direct.request.acr_values == ["eidas1"]);
    assert_eq!(direct.userinfo.form, UserinfoForm::Signed { alg: SigningAlg::Es256, encrypted: false });
    assert_eq!((direct.id_token.age, direct.exchange_within.as_secs()), (Age::ByOneClock, 30));

    let plus = profile(PLUS);
    assert_eq!(plus.userinfo.form, UserinfoForm::Signed { alg: SigningAlg::Es256, encrypted: true });
    assert_eq!(plus.back.public.unwrap().return_uri.as_str(), "https://relais.example/retour");

    let generic = profile(GENERIC);
    // A final slash is part of an issuer.
    assert_eq!(generic.issuer, "https://idp.example/");
    assert!(generic.request.pkce && !generic.logs_out && generic.id_token.alg == SigningAlg::Rs256);
    assert!(matches!(generic.level, Level::OneOf(accepted) if accepted.is_empty()));
    assert_eq!((generic.userinfo.form, generic.id_token.age), (UserinfoForm::Json, Age::Any));
}

#[test]
fn when_the_person_signed_in_is_asked_for_and_judged_by_one_number() {
    for (rule, line, asked, age) in [
        ("nothing", "", None, Age::Any),
        ("not wished", "auth_time = false\n", None, Age::Any),
        ("this attempt", "auth_time = true\n", Some("0"), Age::Within(SignedDuration::ZERO)),
        ("an hour", "auth_time = true\nmax_age_s = 3600\n", Some("3600"), Age::Within(SignedDuration::from_hours(1))),
        ("an hour alone", "max_age_s = 3600\n", Some("3600"), Age::Within(SignedDuration::from_hours(1))),
    ] {
        let profile = profile(&format!("{line}{GENERIC}"));
        let sent = profile.request.more.iter().find(|(name, _)| name == "max_age").map(|(_, value)| value.as_str());
        assert_eq!((sent, profile.id_token.age), (asked, age), "{rule}");
    }
    let beside =
        profile(&format!("{GENERIC}[authorize]\nprompt = \"login\"\n").replacen("kind", "max_age_s = 5\nkind", 1));
    let names: Vec<&str> = beside.request.more.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["max_age", "prompt"]);
}

#[test]
fn a_generic_provider_is_none_for_a_check_in() {
    for (text, expected) in [(DIRECT, true), (PLUS, true), (GENERIC, false)] {
        let any = OpenIdProvider::from(profile(text).checked().unwrap());
        assert_eq!(crate::Provider::try_from(any).is_ok(), expected, "{text}");
    }
}
