use super::*;

struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = DecryptionKey::generate(comptoir_franceconnect::KeyAgreement::EcdhEs).unwrap();
        for (name, text) in [
            ("seal", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"),
            ("secret", "0123456789abcdef0123456789abcdef\n"),
            ("short", "0123456789abcdef\n"),
            ("empty", "\n"),
            ("key", key.to_pem().expose()),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn read(&self, text: &str) -> Result<Config, ConfigError> {
        let text = text.replace("FOLDER", self.folder.path().to_str().unwrap());
        fs::write(self.folder.path().join("relay.toml"), text).unwrap();
        Config::read(&self.folder.path().join("relay.toml"))
    }
}

const GOOD: &str = r#"
listen = "127.0.0.1:8443"
address = "https://relais.example"
sealing_key = { file = "FOLDER/seal" }

[[establishment]]
name = "Clinique"
issuer = "https://auth.franceconnect.gouv.fr/api/v2"
client_id = "c"
client_secret = { file = "FOLDER/secret" }
desks = { enrolled = "FOLDER/desks.json" }
decryption_keys = [{ file = "FOLDER/key" }]
"#;

#[test]
fn a_configuration_is_put_together_or_says_what_is_wrong() {
    let written = Written::new();
    let second = "[[establishment]]\nname = \"B\"\npath = \"/b\"\nplatform = \"franceconnect\"\nissuer = \"https://oidc.franceconnect.gouv.fr/api/v2\"\nclient_id = \"d\"\nclient_secret = { file = \"FOLDER/secret\" }\ndesks = { public = \"comptoir\" }\n";
    for (rule, from, to, expected) in [
        ("as it should be", "", "", None),
        ("unknown word", "listen =", "lisen =", Some("unknown field `lisen`")),
        ("no TLS", "https://relais", "http://relais", Some("neither https nor on this machine")),
        ("another State", "auth.franceconnect.gouv.fr", "etat.example", Some("none of the known ones")),
        (
            "secret in the file",
            "{ file = \"FOLDER/secret\" }",
            "\"0123456789abcdef0123456789abcdef\"",
            Some("a secret is never in this file"),
        ),
        (
            "secret in two places",
            "{ file = \"FOLDER/secret\" }",
            "{ file = \"x\", environment = \"X\" }",
            Some("either"),
        ),
        (
            "secret nowhere",
            "{ file = \"FOLDER/secret\" }",
            "{ environment = \"COMPTOIR_NO_SUCH_VARIABLE\" }",
            Some("not there"),
        ),
        ("empty secret", "FOLDER/secret", "FOLDER/empty", Some("not there, or is empty")),
        ("short secret", "FOLDER/secret", "FOLDER/short", Some("32 characters")),
        ("short sealing key", "FOLDER/seal", "FOLDER/short", Some("openssl rand -hex 32")),
        (
            "no decryption key",
            "decryption_keys = [{ file = \"FOLDER/key\" }]",
            "",
            Some("no key of the profile decrypts"),
        ),
        ("not a key", "FOLDER/key", "FOLDER/secret", Some("neither an RSA nor a P-256")),
        ("level of the other platform", "client_id", "level = \"eidas1\"\nclient_id", Some("eidas1 at FranceConnect")),
        (
            "desks in no database",
            "desks = { enrolled = \"FOLDER/desks.json\" }",
            "desks = \"postgresql\"",
            Some("say store = { postgresql"),
        ),
        ("everybody a proxy", "sealing_key", "trusted_proxies = [\"::/0\"]\nsealing_key", Some("::/0 is neither")),
        (
            "a limit of none",
            "[[establishment]]",
            "[limits]\nsign_ins_by_desk = 0\n[[establishment]]",
            Some("limits.sign_ins_by_desk: nobody"),
        ),
        (
            "a limit that does not exist",
            "[[establishment]]",
            "[limits]\nsign_in = 5\n[[establishment]]",
            Some("unknown field `sign_in`"),
        ),
        ("a path that is ours", "client_id", "path = \"/health\"\nclient_id", Some("a path begins with /")),
        ("a path with a dot", "client_id", "path = \"/../x\"\nclient_id", Some("a path begins with /")),
        (
            "two, one without a path",
            "[[establishment]]",
            &format!("{second}[[establishment]]"),
            Some("a path begins with /"),
        ),
    ] {
        let text = if from.is_empty() { GOOD.to_owned() } else { GOOD.replacen(from, to, 1) };
        let read = written.read(&text);
        match (read, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(part)) => {
                let said = error.to_string();
                assert!(said.contains(part), "{rule}: {said}");
                assert!(!said.contains("0123456789abcdef0"), "{rule}: a secret is told");
            }
            (Ok(_), Some(_)) => panic!("{rule}: taken"),
            (Err(error), None) => panic!("{rule}: {error}"),
        }
    }
}

#[test]
fn franceconnect_plus_is_the_default_and_two_live_side_by_side() {
    let written = Written::new();
    let one = written.read(GOOD).unwrap();
    let only = one.establishments.first().unwrap();
    assert_eq!((only.upstream.required_acr(), only.issuer.as_str()), (AcrValue::Eidas2, "https://relais.example/"));

    let limited = GOOD.replace("[[establishment]]", "[limits]\ncalls_by_desk = 7\n[[establishment]]");
    let limits = written.read(&limited).unwrap().limits;
    assert_eq!(limits, Limits { calls_by_desk: 7, ..Limits::default() });

    let two = GOOD.replace("name = \"Clinique\"", "name = \"Clinique\"\npath = \"/clinique\"")
        + "\n[[establishment]]\nname = \"B\"\npath = \"/b\"\nplatform = \"franceconnect\"\nissuer = \"https://oidc.franceconnect.gouv.fr/api/v2\"\nclient_id = \"d\"\nclient_secret = { file = \"FOLDER/secret\" }\ndesks = { public = \"comptoir\" }\n";
    let two = written.read(&two).unwrap();
    let issuers: Vec<&str> = two.establishments.iter().map(|one| one.issuer.as_str()).collect();
    assert_eq!(issuers, ["https://relais.example/clinique", "https://relais.example/b"]);
    let again = GOOD.replace("name = \"Clinique\"", "name = \"Clinique\"\npath = \"/b\"")
        + "\n[[establishment]]\nname = \"B\"\npath = \"/b\"\nplatform = \"franceconnect\"\nissuer = \"https://oidc.franceconnect.gouv.fr/api/v2\"\nclient_id = \"d\"\nclient_secret = { file = \"FOLDER/secret\" }\ndesks = { public = \"comptoir\" }\n";
    assert!(matches!(written.read(&again), Err(ConfigError::PathTwice(_))));
}

#[test]
fn desks_are_found_without_the_other_secrets() {
    let written = Written::new();
    let second = "\n[[establishment]]\npath = \"/b\"\nname = \"B\"\nissuer = \"https://oidc.franceconnect.gouv.fr/api/v2\"\nclient_id = \"d\"\nclient_secret = { file = \"/nowhere\" }\ndesks = \"postgresql\"\n";
    let one = GOOD.replace("FOLDER/secret", "/nowhere").replace("FOLDER/seal", "/nowhere");
    let two = one.replace("[[establishment]]\n", "[[establishment]]\npath = \"/a\"\n") + second;
    let database = two.replacen("\n\n[[", "\nstore = { postgresql = { file = \"FOLDER/secret\" } }\n\n[[", 1);
    for (rule, text, establishment, expected) in [
        ("the only one", &one, None, Ok("https://relais.example")),
        ("by its path", &two, Some("/a"), Ok("https://relais.example/a")),
        ("in a database", &database, Some("/b"), Ok("https://relais.example/b")),
        ("not said", &two, None, Err("/a, /b")),
        ("another path", &two, Some("/c"), Err("/a, /b")),
        ("no database", &two, Some("/b"), Err("say store")),
        ("no file", &String::new(), None, Err("missing field")),
    ] {
        written.read(text).ok();
        let read = ConfiguredDesks::read(&written.folder.path().join("relay.toml"), establishment);
        match (read, expected) {
            (Ok(desks), Ok(issuer)) => {
                assert_eq!(desks.issuer, issuer, "{rule}");
                assert_eq!(desks.postgresql.is_some(), matches!(desks.place, DesksPlace::Postgresql), "{rule}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{rule}: {error}"),
            (Ok(_), Err(_)) => panic!("{rule}: taken"),
            (Err(error), Ok(_)) => panic!("{rule}: {error}"),
        }
    }
}
