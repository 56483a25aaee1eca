//! Any provider that speaks OpenID Connect. Its word is shown, never compared with a register.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use url::Url;

use super::kinds::{
    ALGORITHMS, Common, Described, back, claim_names, client_id, client_key, decryption, discovery, scopes, secret,
    userinfo_alg,
};
use super::written::{At, Read, Written};
use super::{ProviderFileProblem as Problem, Secrets};
use crate::authentication::{AssertionAudience, ClientAuthentication};
use crate::discover::{self, DiscoverError, Found};
use crate::exchange::Party;
use crate::http_client::HttpClient;
use crate::id_token::{Age, SKEW};
use crate::jwe::DecryptionKeys;
use crate::keys::KeySource;
use crate::loopback::ReturnAddress;
use crate::pinned::Environment;
use crate::profile::{
    Back, Bearer, EXCHANGE_WITHIN, IdTokenRules, Kind, Level, Profile, Request, Userinfo, UserinfoForm,
};
use crate::provider::{Endpoints, SigningAlg};
use crate::secret::Secret;

/// A generic provider, as far as the file alone can say.
pub(in crate::provider_file) struct Generic {
    /// As it is written: a final slash is part of it.
    issuer: String,
    client_id: String,
    authentication: ClientAuthentication,
    mac: Option<Secret>,
    request: Request,
    back: Back,
    id_token: IdTokenRules,
    userinfo: Userinfo,
    accepted: Vec<String>,
    decryption: Option<Arc<DecryptionKeys>>,
    claim_names: BTreeMap<&'static str, String>,
    common: Common,
}

#[derive(Clone, Copy)]
enum Way {
    None,
    Post,
    Basic,
    Key,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Signed,
    Encrypted,
    Json,
    None,
}

const WAYS: &[(&str, Way)] = &[
    ("none", Way::None),
    ("client_secret_post", Way::Post),
    ("client_secret_basic", Way::Basic),
    ("private_key_jwt", Way::Key),
];
const AUDIENCES: &[(&str, AssertionAudience)] =
    &[("token_endpoint", AssertionAudience::TokenEndpoint), ("issuer", AssertionAudience::Issuer)];
const FORMS: &[(&str, Form)] =
    &[("signed", Form::Signed), ("encrypted", Form::Encrypted), ("json", Form::Json), ("none", Form::None)];
const BEARERS: &[(&str, Bearer)] = &[("header", Bearer::Header), ("body", Bearer::Body)];

impl Generic {
    pub(in crate::provider_file) fn read(file: &Written<'_>, secrets: &dyn Secrets) -> Read<Described> {
        let address = file.address("issuer")?.ok_or_else(|| file.missing("issuer"))?;
        let issuer = file.text("issuer")?.map_or_else(|| address.value.to_string(), |text| text.value);
        let secret = secret(file, "secret", secrets)?;
        let needed = || secret.clone().ok_or_else(|| file.missing("secret"));
        let authentication = match file.word("authentication", WAYS)?.map_or(Way::None, |way| way.value) {
            Way::None => ClientAuthentication::None,
            Way::Post => ClientAuthentication::SecretPost(needed()?),
            Way::Basic => ClientAuthentication::SecretBasic(needed()?),
            Way::Key => {
                let key = client_key(file, secrets)?.ok_or_else(|| file.missing("client_key"))?;
                let audience = file.word("assertion_audience", AUDIENCES)?;
                // OpenID Connect Core 1.0 §9 names the token endpoint; newer profiles want the issuer.
                let audience = audience.map_or(AssertionAudience::TokenEndpoint, |audience| audience.value);
                ClientAuthentication::PrivateKeyJwt(key, audience)
            }
        };
        let alg = file.word("id_token_alg", ALGORITHMS)?.map_or(SigningAlg::Rs256, |alg| alg.value);
        let decryption = decryption(file, secrets)?;
        let form = match file.word("userinfo", FORMS)?.map_or(Form::Json, |form| form.value) {
            Form::Encrypted if decryption.is_none() => return Err(file.missing("encryption")),
            form @ (Form::Signed | Form::Encrypted) => {
                UserinfoForm::Signed { alg: userinfo_alg(file, alg)?, encrypted: form == Form::Encrypted }
            }
            Form::Json => UserinfoForm::Json,
            Form::None => UserinfoForm::None,
        };
        let by_mac = |alg: SigningAlg| alg == SigningAlg::Hs256;
        let mac = if by_mac(alg) || matches!(form, UserinfoForm::Signed { alg, .. } if by_mac(alg)) {
            Some(needed()?)
        } else {
            None
        };
        let max_age = max_age(file)?;
        let accepted = file.texts("acr_required")?.map(|levels| levels.value).unwrap_or_default();
        let (listen, public) = back(file)?.map_or((ReturnAddress::Ephemeral, None), |back| (back.listen, back.public));
        let endpoints = endpoints(file)?;
        let checked = discovery(file)?;
        let generic = Self {
            client_id: client_id(file)?,
            authentication,
            mac,
            request: Request {
                scopes: scopes(file)?.unwrap_or_else(|| vec!["profile".to_owned()]),
                acr_values: file.texts("acr_values")?.map_or_else(|| accepted.clone(), |levels| levels.value),
                pkce: file.flag("pkce")?.is_none_or(|flag| flag.value),
                // Without it a provider need not say when the person signed in (OpenID Connect Core 1.0 §2).
                more: max_age.map(|seconds| ("max_age".to_owned(), seconds.to_string())).into_iter().collect(),
            },
            back: Back { listen, public, issuer_required: false },
            id_token: IdTokenRules {
                alg,
                age: max_age.map_or(Age::Any, |seconds| Age::Within(SignedDuration::from_secs(seconds.into()))),
                skew: SKEW,
                other_audiences: true,
            },
            userinfo: Userinfo {
                form,
                bearer: file.word("bearer", BEARERS)?.map_or(Bearer::Header, |bearer| bearer.value),
                complete: false,
            },
            accepted,
            decryption,
            claim_names: claim_names(file)?,
            common: Common::read(file, &[])?,
            issuer,
        };
        match endpoints {
            Some(found) => Ok(Described::Known { profile: Box::new(generic.into_profile(found)), checked }),
            None if checked => Ok(Described::Discovered(Box::new(generic))),
            None => Err(file.missing("endpoints")),
        }
    }

    pub(in crate::provider_file) async fn discover(self, http: &HttpClient) -> Result<Profile, DiscoverError> {
        let metadata = discover::metadata(http, &self.issuer).await.map_err(of_no_relay)?;
        metadata.agrees(&self.authentication, self.request.pkce, self.id_token.alg)?;
        let found = metadata.endpoints(self.userinfo.form != UserinfoForm::None)?;
        Ok(self.into_profile(found))
    }

    fn into_profile(self, found: Found) -> Profile {
        let mut back = self.back;
        back.issuer_required = found.states_issuer;
        let mut profile = Profile {
            keys: KeySource::new(found.endpoints.jwks.clone(), self.mac).lenient(),
            issuer: self.issuer,
            client_id: self.client_id,
            party: Party::Provider,
            // Nobody asks: see `OpenIdProvider`.
            environment: Environment::Production,
            endpoints: found.endpoints,
            device_authorization: None,
            knows_desks: false,
            logs_out: found.logs_out,
            authentication: self.authentication,
            request: self.request,
            back,
            id_token: self.id_token,
            decryption: self.decryption,
            level: Level::OneOf(self.accepted),
            userinfo: self.userinfo,
            exchange_within: EXCHANGE_WITHIN,
            claim_names: self.claim_names,
            kind: Kind::Generic,
        };
        self.common.settle(&mut profile);
        profile
    }
}

/// Reads how many seconds ago the person may have signed in, where that is asked for and judged.
fn max_age(file: &Written<'_>) -> Read<Option<u32>> {
    let wished = file.flag("auth_time")?;
    match (file.number("max_age_s", 0..=86_400)?, wished) {
        (Some(seconds), Some(At { value: true, .. }) | None) => Ok(Some(seconds.value)),
        (Some(_), Some(wished)) => Err(wished.wrong(Problem::WrongType("true, or leave max_age_s out"))),
        (None, Some(At { value: true, .. })) => Ok(Some(0)),
        (None, Some(_) | None) => Ok(None),
    }
}

/// What would be said of a relay, said of another provider.
fn of_no_relay(error: DiscoverError) -> DiscoverError {
    match error {
        DiscoverError::Unreachable => DiscoverError::ProviderUnreachable,
        DiscoverError::Gone => DiscoverError::MetadataInvalid("there is none at this address"),
        DiscoverError::ProviderUnreachable
        | DiscoverError::Offline
        | DiscoverError::Withheld
        | DiscoverError::Page
        | DiscoverError::Untrusted
        | DiscoverError::MetadataInvalid(_)
        | DiscoverError::IssuerDiffers
        | DiscoverError::Profile(_) => error,
    }
}

/// Reads the addresses, where the file says them.
fn endpoints(file: &Written<'_>) -> Read<Option<Found>> {
    let Some(written) = file.table("endpoints")? else {
        return Ok(None);
    };
    let needed = |key: &str| -> Read<Url> { Ok(written.address(key)?.ok_or_else(|| written.missing(key))?.value) };
    let (authorization, token, jwks) = (needed("authorization")?, needed("token")?, needed("jwks")?);
    let userinfo = match written.address("userinfo")? {
        Some(address) => address.value,
        None if matches!(file.word("userinfo", FORMS)?, Some(form) if form.value == Form::None) => token.clone(),
        None => return Err(written.missing("userinfo")),
    };
    let end_session = written.address("end_session")?.map(|address| address.value);
    written.finish(&[])?;
    Ok(Some(Found {
        logs_out: end_session.is_some(),
        states_issuer: false,
        endpoints: Endpoints {
            end_session: end_session.unwrap_or_else(|| authorization.clone()),
            authorization,
            token,
            userinfo,
            jwks,
        },
    }))
}
