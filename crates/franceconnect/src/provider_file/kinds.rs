//! The kinds of providers, and what they have in common.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use ring::rand::SystemRandom;
use url::{Host, Url};

use super::generic::Generic;
use super::written::{At, Read, Written};
use super::{ProviderFileProblem as Problem, Secrets};
use crate::acr::AcrValue;
use crate::authentication::{ClientAuthentication, DeskCredential};
use crate::client_key::ClientKey;
use crate::discover::{self, DESK_CLIENT_ID, DiscoverError};
use crate::http_client::{HttpClient, Network, Proxy};
use crate::jwe::{DecryptionKey, DecryptionKeys};
use crate::loopback::ReturnAddress;
use crate::open_id_provider::OpenIdProvider;
use crate::profile::{Profile, Public, UserinfoForm};
use crate::provider::{DirectProfile, ProfileError, Provider, SigningAlg};
use crate::secret::Secret;

/// Every key of the file, whichever kinds it is for.
pub(super) const KEYS: &[&str] = &[
    "kind",
    "issuer",
    "discovery",
    "client_id",
    "authentication",
    "secret",
    "encryption",
    "client_key",
    "assertion_audience",
    "pkce",
    "scopes",
    "acr_values",
    "acr_required",
    "auth_time",
    "max_age_s",
    "id_token_alg",
    "userinfo",
    "userinfo_alg",
    "bearer",
    "issuer_in_return",
    "clock_tolerance_s",
    "sign_in_within_s",
    "exchange_within_s",
    "return_address",
    "end_address",
    "listen_return",
    "listen_end",
    "endpoints",
    "authorize",
    "claims",
    "network",
];

/// Parameters that the program sets itself, or that would undo what it checks.
const RESERVED: &[&str] = &[
    "client_id",
    "client_secret",
    "response_type",
    "response_mode",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "acr_values",
    "max_age",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "id_token_hint",
    "registration",
];

/// What FranceConnect takes beside them: of its eleven, `prompt` is never sent (franceconnect.md §1.5).
const OF_FRANCECONNECT: &[&str] = &["claims", "idp_hint", "ui_locales"];

/// Our names for claims, which a generic provider may call otherwise.
const CLAIMS: &[&str] = &[
    "family_name",
    "given_name",
    "given_name_array",
    "preferred_username",
    "birthdate",
    "gender",
    "birthplace",
    "birthcountry",
];

pub(super) const ALGORITHMS: &[(&str, SigningAlg)] = &[
    ("ES256", SigningAlg::Es256),
    ("RS256", SigningAlg::Rs256),
    ("PS256", SigningAlg::Ps256),
    ("HS256", SigningAlg::Hs256),
];

const LEVELS: &[(&str, AcrValue)] =
    &[("eidas1", AcrValue::Eidas1), ("eidas2", AcrValue::Eidas2), ("eidas3", AcrValue::Eidas3)];

#[derive(Clone, Copy)]
enum KindWord {
    FranceConnect(AcrValue),
    Relay,
    Generic,
}

const KINDS: &[(&str, KindWord)] = &[
    ("franceconnect", KindWord::FranceConnect(AcrValue::Eidas1)),
    ("franceconnect-plus", KindWord::FranceConnect(AcrValue::Eidas2)),
    ("relay", KindWord::Relay),
    ("generic", KindWord::Generic),
];

/// A provider, as far as the file alone can say.
pub(super) enum Described {
    /// Its addresses are known; its metadata is a check, where one is wished.
    Known { profile: Box<Profile>, checked: bool },
    /// A relay: its metadata says the rest.
    Relay { issuer: Url, client_id: String, required: Option<AcrValue>, common: Common },
    /// Its metadata says the addresses.
    Discovered(Box<Generic>),
}

impl Described {
    pub(super) async fn connect(self, http: &HttpClient) -> Result<OpenIdProvider, DiscoverError> {
        let profile = match self {
            Self::Known { profile, checked } => {
                if checked {
                    discover::check(http, &profile).await?;
                }
                *profile
            }
            Self::Relay { issuer, client_id, required, common } => {
                let credential = DeskCredential { client_id, key: None };
                let mut relay = discover::relay_profile(http, issuer, &credential).await?;
                relay.required_acr = required.unwrap_or(relay.required_acr);
                let mut profile = Provider::relay_profile(relay)?;
                common.settle(&mut profile);
                profile
            }
            Self::Discovered(generic) => generic.discover(http).await?,
        };
        Ok(profile.checked()?.into())
    }
}

pub(super) fn described(file: &Written<'_>, secrets: &dyn Secrets) -> Read<Described> {
    let kind = file.word("kind", KINDS)?.ok_or_else(|| file.missing("kind"))?;
    match kind.value {
        KindWord::FranceConnect(least) => franceconnect(file, secrets, least),
        KindWord::Relay => relay(file),
        KindWord::Generic => Generic::read(file, secrets),
    }
}

fn relay(file: &Written<'_>) -> Read<Described> {
    let issuer = file.address("issuer")?.ok_or_else(|| file.missing("issuer"))?.value;
    // A desk is a public client; one with a key of its own is enrolled, not written down.
    file.word("authentication", &[("none", ())])?;
    Ok(Described::Relay {
        issuer,
        client_id: file.text("client_id")?.map_or_else(|| DESK_CLIENT_ID.to_owned(), |id| id.value),
        required: file.word("acr_required", LEVELS)?.map(|level| level.value),
        common: Common::read(file, &[])?,
    })
}

fn franceconnect(file: &Written<'_>, secrets: &dyn Secrets, least: AcrValue) -> Read<Described> {
    const WAYS: &[(&str, bool)] = &[("client_secret_post", false), ("client_secret_basic", true)];

    let issuer = file.address("issuer")?.ok_or_else(|| file.missing("issuer"))?;
    let secret = secret(file, "secret", secrets)?.ok_or_else(|| file.missing("secret"))?;
    let basic = file.word("authentication", WAYS)?.is_some_and(|way| way.value);
    let required_acr = match file.word("acr_required", LEVELS)? {
        // FranceConnect itself serves eidas1 alone, FranceConnect+ the two others.
        Some(level) if (level.value == AcrValue::Eidas1) != (least == AcrValue::Eidas1) => {
            return Err(level.wrong(Problem::NotForThisKind));
        }
        Some(level) => level.value,
        None => least,
    };
    let back = back(file)?.ok_or_else(|| file.missing("return_address"))?;
    let ReturnAddress::Registered { return_uri, end_uri } = back.listen.clone() else {
        return Err(file.wrong("return_address", Problem::NotAReturnAddress));
    };
    let decryption = decryption(file, secrets)?;
    if required_acr > AcrValue::Eidas1 && decryption.is_none() {
        return Err(file.missing("encryption"));
    }
    let alg = file.word("id_token_alg", ALGORITHMS)?.map_or(SigningAlg::Es256, |alg| alg.value);
    let profile = Provider::direct_profile(DirectProfile {
        issuer: issuer.value.clone(),
        client_id: client_id(file)?,
        client_secret: secret.clone(),
        return_uri,
        end_uri,
        required_acr,
        signing_alg: alg,
        decryption,
        scopes: scopes(file)?.unwrap_or_else(|| DirectProfile::usual_scopes(required_acr)),
    });
    let mut profile = profile.map_err(|error| issuer.wrong(error.into()))?;
    if basic {
        profile.authentication = ClientAuthentication::SecretBasic(secret);
    }
    let encrypted = profile.decryption.is_some();
    profile.userinfo.form = UserinfoForm::Signed { alg: userinfo_alg(file, alg)?, encrypted };
    profile.back.public = back.public;
    Common::read(file, OF_FRANCECONNECT)?.settle(&mut profile);
    Ok(Described::Known { profile: Box::new(profile), checked: discovery(file)? })
}

/// What every kind may say of the request, the time and the return.
pub(super) struct Common {
    more: Vec<(String, String)>,
    issuer_required: Option<bool>,
    skew: Option<SignedDuration>,
    exchange_within: Option<Duration>,
}

impl Common {
    /// `allowed` are the parameters that this kind takes; with none named, all that are not reserved.
    pub(super) fn read(file: &Written<'_>, allowed: &[&str]) -> Read<Self> {
        let mut more = Vec::new();
        if let Some(authorize) = file.table("authorize")? {
            for name in authorize.keys() {
                let value = authorize.text(&name)?.ok_or_else(|| authorize.missing(&name))?;
                let ours = RESERVED.contains(&name.to_ascii_lowercase().as_str());
                if ours || !(allowed.is_empty() || allowed.contains(&name.as_str())) {
                    return Err(value.wrong(Problem::ReservedParameter));
                }
                more.push((name, value.value));
            }
        }
        let seconds =
            |key: &str, range| -> Read<Option<u32>> { Ok(file.number(key, range)?.map(|seconds| seconds.value)) };
        Ok(Self {
            more,
            issuer_required: file.flag("issuer_in_return")?.map(|flag| flag.value),
            skew: seconds("clock_tolerance_s", 0..=60)?.map(|seconds| SignedDuration::from_secs(seconds.into())),
            exchange_within: seconds("exchange_within_s", 5..=60)?.map(|seconds| Duration::from_secs(seconds.into())),
        })
    }

    pub(super) fn settle(self, profile: &mut Profile) {
        profile.request.more.extend(self.more);
        profile.back.issuer_required = self.issuer_required.unwrap_or(profile.back.issuer_required);
        profile.id_token.skew = self.skew.unwrap_or(profile.id_token.skew);
        profile.exchange_within = self.exchange_within.unwrap_or(profile.exchange_within);
    }
}

/// Where the browser comes back to, and where the desk listens for it.
pub(super) struct WrittenBack {
    pub(super) listen: ReturnAddress,
    pub(super) public: Option<Public>,
}

pub(super) fn back(file: &Written<'_>) -> Read<Option<WrittenBack>> {
    let Some(text) = file.text("return_address")? else {
        return Ok(None);
    };
    if text.value == "ephemeral" {
        return Ok(Some(WrittenBack { listen: ReturnAddress::Ephemeral, public: None }));
    }
    let address = |key: &str| file.address(key)?.ok_or_else(|| file.missing(key));
    let (return_uri, end_uri) = (address("return_address")?, address("end_address")?);
    if return_uri.value.scheme() == "https" {
        let listen = registered(&address("listen_return")?, &address("listen_end")?)?;
        if end_uri.value.scheme() != "https" {
            return Err(end_uri.wrong(Problem::NotAReturnAddress));
        }
        let public = Public { return_uri: return_uri.value, end_uri: end_uri.value };
        return Ok(Some(WrittenBack { listen, public: Some(public) }));
    }
    Ok(Some(WrittenBack { listen: registered(&return_uri, &end_uri)?, public: None }))
}

fn registered(return_uri: &At<Url>, end_uri: &At<Url>) -> Read<ReturnAddress> {
    let local = |url: &Url| {
        let here = match url.host() {
            Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv6(_)) | None => false,
        };
        here && url.scheme() == "http" && url.port().is_some() && url.query().is_none()
    };
    let same = |one: &Url, other: &Url| one.host() == other.host() && one.port() == other.port();
    if !local(&return_uri.value) {
        return Err(return_uri.wrong(Problem::NotAReturnAddress));
    }
    let apart = return_uri.value.path() != end_uri.value.path();
    if !local(&end_uri.value) || !same(&return_uri.value, &end_uri.value) || !apart {
        return Err(end_uri.wrong(Problem::NotAReturnAddress));
    }
    Ok(ReturnAddress::Registered { return_uri: return_uri.value.clone(), end_uri: end_uri.value.clone() })
}

pub(super) fn client_id(file: &Written<'_>) -> Read<String> {
    Ok(file.text("client_id")?.ok_or_else(|| file.missing("client_id"))?.value)
}

pub(super) fn scopes(file: &Written<'_>) -> Read<Option<Vec<String>>> {
    // `openid` is asked for in any case.
    Ok(file.texts("scopes")?.map(|scopes| scopes.value.into_iter().filter(|scope| scope != "openid").collect()))
}

pub(super) fn discovery(file: &Written<'_>) -> Read<bool> {
    Ok(file.flag("discovery")?.is_none_or(|flag| flag.value))
}

pub(super) fn userinfo_alg(file: &Written<'_>, otherwise: SigningAlg) -> Read<SigningAlg> {
    Ok(file.word("userinfo_alg", ALGORITHMS)?.map_or(otherwise, |alg| alg.value))
}

pub(super) fn claim_names(file: &Written<'_>) -> Read<BTreeMap<&'static str, String>> {
    let mut names = BTreeMap::new();
    if let Some(claims) = file.table("claims")? {
        for ours in CLAIMS {
            if let Some(theirs) = claims.text(ours)? {
                names.insert(*ours, theirs.value);
            }
        }
        claims.finish(&[])?;
    }
    Ok(names)
}

/// Reads where a secret is, and has it from there.
pub(super) fn secret(file: &Written<'_>, key: &'static str, secrets: &dyn Secrets) -> Read<Option<Secret>> {
    let Some(place) = file.table(key)? else {
        return Ok(None);
    };
    let found = [place.text("keychain")?, place.text("environment")?, place.text("file")?];
    place.finish(&[])?;
    let [keychain, environment, private] = &found;
    let (at, secret) = match (keychain, environment, private) {
        (Some(entry), None, None) => {
            (entry, secrets.keychain(&entry.value).map_err(|_| entry.wrong(Problem::KeychainUnavailable))?)
        }
        (None, Some(name), None) => (name, secrets.environment(&name.value)),
        (None, None, Some(path)) => {
            let secret = secrets.private_file(&path.value);
            (path, Some(secret.map_err(|refused| path.wrong(Problem::FileRefused(refused)))?))
        }
        (Some(_) | None, _, _) => {
            return Err(file.wrong(key, Problem::WrongType("one of keychain, environment and file")));
        }
    };
    match secret {
        Some(secret) if !secret.expose().is_empty() => Ok(Some(secret)),
        Some(_) | None => Err(at.wrong(Problem::SecretMissing)),
    }
}

pub(super) fn decryption(file: &Written<'_>, secrets: &dyn Secrets) -> Read<Option<Arc<DecryptionKeys>>> {
    let Some(pem) = secret(file, "encryption", secrets)? else {
        return Ok(None);
    };
    let keys = DecryptionKey::from_pem(&pem).and_then(|key| DecryptionKeys::new(vec![key]));
    keys.map(|keys| Some(Arc::new(keys))).map_err(|_| file.wrong("encryption", Problem::KeyUnusable))
}

/// Reads the key by which the client proves itself.
pub(super) fn client_key(file: &Written<'_>, secrets: &dyn Secrets) -> Read<Option<ClientKey>> {
    let Some(pem) = secret(file, "client_key", secrets)? else {
        return Ok(None);
    };
    // What is drawn blinds the reading of the key, and nobody sees it.
    let key = ClientKey::from_pem(&pem, &SystemRandom::new());
    key.map(Some).map_err(|_| file.wrong("client_key", Problem::ClientKeyUnusable))
}

pub(super) fn network(file: &Written<'_>, secrets: &dyn Secrets) -> Read<Network> {
    let mut network = Network::default();
    let Some(written) = file.table("network")? else {
        return Ok(network);
    };
    if let Some(path) = written.text("authorities")? {
        let pem = secrets.file(&path.value).map_err(|refused| path.wrong(Problem::FileRefused(refused)))?;
        network.extra_authorities = Some(pem);
    }
    if let Some(proxy) = written.text("proxy")? {
        network.proxy = match proxy.value.as_str() {
            "system" => Proxy::System,
            "none" => Proxy::None,
            address => {
                let url = Url::parse(address).ok();
                // A password in the file would be a secret in the file.
                let usable = |url: &Url| {
                    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
                };
                Proxy::At(url.filter(usable).ok_or_else(|| proxy.wrong(Problem::NotAnAddress))?)
            }
        };
    }
    written.finish(&[])?;
    Ok(network)
}

impl From<ProfileError> for super::ProviderFileError {
    fn from(error: ProfileError) -> Self {
        Self { line: 1, key: "issuer".to_owned(), problem: error.into() }
    }
}
