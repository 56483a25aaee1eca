//! Encrypted tokens of the high platform, opened by a foreign library.

use axum::Router;
use axum::routing::get;
use comptoir_simulator::{Algorithm, Client, Encryption, Fault, KeyAgreement};
use josekit::jwe::{self, JweDecrypter};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::bench::{BACK, Bench, Browser, EXIT, NONCE, SECRET, names, part};

/// A client's own keys: published here, opened here.
struct Own {
    encryption: Encryption,
    private: Jwk,
}

impl Own {
    async fn publish(agreement: KeyAgreement) -> Self {
        let (mut public, mut private) = match agreement {
            KeyAgreement::EcdhEs => {
                let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
                (pair.to_jwk_public_key(), pair.to_jwk_private_key())
            }
            KeyAgreement::RsaOaep | KeyAgreement::RsaOaep256 => {
                let pair = RsaKeyPair::generate(2048).unwrap();
                (pair.to_jwk_public_key(), pair.to_jwk_private_key())
            }
        };
        public.set_key_id("relais-enc");
        public.set_key_use("enc");
        private.set_key_id("relais-enc");
        let mut signing = EcKeyPair::generate(EcCurve::P256).unwrap().to_jwk_public_key();
        signing.set_key_use("sig");
        let document = json!({ "keys": [signing.as_ref(), public.as_ref()] }).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_uri = Url::parse(&format!("http://{}/cles", listener.local_addr().unwrap())).unwrap();
        let router = Router::new().route("/cles", get(move || async move { document }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { encryption: Encryption { agreement, jwks_uri }, private }
    }

    fn open(&self, token: &str) -> Option<String> {
        let ecdh;
        let rsa;
        let decrypter: &dyn JweDecrypter = match self.encryption.agreement {
            KeyAgreement::EcdhEs => {
                ecdh = jwe::ECDH_ES.decrypter_from_jwk(&self.private).unwrap();
                &ecdh
            }
            KeyAgreement::RsaOaep => {
                rsa = jwe::RSA_OAEP.decrypter_from_jwk(&self.private).unwrap();
                &rsa
            }
            KeyAgreement::RsaOaep256 => {
                rsa = jwe::RSA_OAEP_256.decrypter_from_jwk(&self.private).unwrap();
                &rsa
            }
        };
        let (content, _) = jwe::deserialize_compact(token, decrypter).ok()?;
        Some(String::from_utf8(content).unwrap())
    }
}

fn client(encryption: Encryption) -> Client {
    let client = Client::new("scelle", SECRET, "Relais", vec![BACK.to_owned()], vec![EXIT.to_owned()]);
    Client { encryption: Some(encryption), ..client }
}

const ASKED: &[(&str, &str)] =
    &[("client_id", "scelle"), ("acr_values", "eidas2"), ("scope", "openid rnipp_identite_pivot")];

#[tokio::test]
async fn a_token_is_a_signed_one_in_an_envelope_for_the_client() {
    let bench = Bench::high().await;
    for (agreement, alg, members) in [
        (KeyAgreement::EcdhEs, "ECDH-ES", "alg aud cty enc epk iss kid"),
        (KeyAgreement::RsaOaep, "RSA-OAEP", "alg aud cty enc iss kid"),
        (KeyAgreement::RsaOaep256, "RSA-OAEP-256", "alg aud cty enc iss kid"),
    ] {
        let own = Own::publish(agreement).await;
        bench.simulator.register(client(own.encryption.clone()));
        let browser = Browser::new(&bench);
        let code = browser.code_by("la-poste", "étranger_présumé_né_jour", ASKED).await;
        let (status, token) = bench.token_of("scelle", &code, &[]).await;
        assert_eq!(status, 200, "{alg}");
        let id_token = token["id_token"].as_str().unwrap();
        let userinfo = bench.userinfo(&token["access_token"]).await.text().await.unwrap();
        for envelope in [id_token, &userinfo] {
            let header = part(envelope, 0);
            assert_eq!(names(&header), members, "{alg}");
            let issuer = bench.simulator.issuer().as_str();
            for (name, value) in [
                ("alg", alg),
                ("enc", "A256GCM"),
                ("cty", "JWT"),
                ("kid", "relais-enc"),
                ("aud", "scelle"),
                ("iss", issuer),
            ] {
                assert_eq!(header[name], value, "{alg}");
            }
        }
        let inner = own.open(id_token).expect("the client's own key opens it");
        assert_eq!(names(&part(&inner, 0)), "alg kid");
        assert_eq!(part(&inner, 0)["kid"], "pkcs11:hsm");
        let claims = bench.verified(&inner, Algorithm::Es256).await.expect("a good signature");
        assert_eq!(names(&claims), "acr aud auth_time exp iat iss nonce sub");
        assert_eq!((&claims["acr"], &claims["nonce"]), (&json!("eidas2"), &json!(NONCE)));
        let person = bench.verified(&own.open(&userinfo).unwrap(), Algorithm::Es256).await.unwrap();
        assert_eq!(person["sub"], claims["sub"]);
        assert_eq!((&person["birthdate"], &person["rnipp_birthdate"]), (&json!("1992-11-00"), &json!("1992-11-01")));
        assert!(!person.contains_key("given_name_array"));

        // §15.37: the envelope is no hint, the signed token in it is.
        for (hint, status) in [(id_token, 400), (inner.as_str(), 200)] {
            let end = bench.at(&format!("/session/end?id_token_hint={hint}"));
            assert_eq!(browser.get(&end).await.status, status, "{alg}");
        }
    }
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_an_error_of_the_client() {
    let bench = Bench::high().await;
    let own = Own::publish(KeyAgreement::EcdhEs).await;
    let elsewhere = |path: &str| own.encryption.jwks_uri.join(path).unwrap();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Url::parse(&format!("http://{}/cles", listener.local_addr().unwrap())).unwrap()
    };
    for (rule, agreement, jwks_uri) in [
        ("nobody listens", KeyAgreement::EcdhEs, closed),
        ("nothing there", KeyAgreement::EcdhEs, elsewhere("/rien")),
        ("no such key", KeyAgreement::RsaOaep256, elsewhere("/cles")),
        ("not on this machine", KeyAgreement::EcdhEs, Url::parse("http://keys.example.invalid/").unwrap()),
    ] {
        bench.simulator.register(client(Encryption { agreement, jwks_uri }));
        let code = Browser::new(&bench).code_by("la-poste", "test", ASKED).await;
        let (status, body) = bench.token_of("scelle", &code, &[]).await;
        assert_eq!((status.as_u16(), &body["error"]), (400, &json!("invalid_client_metadata")), "{rule}");
        assert!(body["error_uri"].as_str().unwrap().contains("code=Y044D511&id="), "{rule}");
    }
}

#[tokio::test]
async fn an_envelope_may_be_wrong() {
    let bench = Bench::high().await;
    for agreement in [KeyAgreement::EcdhEs, KeyAgreement::RsaOaep256] {
        let own = Own::publish(agreement).await;
        bench.simulator.register(client(own.encryption.clone()));
        for (fault, alg, opens, signed) in [
            (None, None, true, true),
            (Some(Fault::JweOtherKey), None, false, false),
            (Some(Fault::JweDir), Some("dir"), false, false),
            (Some(Fault::JweRsa15), Some("RSA1_5"), false, false),
            (Some(Fault::JweInnerUnsigned), None, true, false),
        ] {
            bench.simulator.set_fault(fault);
            let code = Browser::new(&bench).code_by("la-poste", "test", ASKED).await;
            let (_, token): (_, Value) = bench.token_of("scelle", &code, &[]).await;
            let id_token = token["id_token"].as_str().unwrap();
            let header = part(id_token, 0);
            let right = if agreement == KeyAgreement::EcdhEs { "ECDH-ES" } else { "RSA-OAEP-256" };
            assert_eq!(header["alg"], alg.unwrap_or(right), "{fault:?}");
            let inner = own.open(id_token);
            assert_eq!(inner.is_some(), opens, "{fault:?} {agreement:?}");
            if let Some(inner) = inner {
                assert_eq!(bench.verified(&inner, Algorithm::Es256).await.is_some(), signed, "{fault:?}");
            }
        }
    }
}
