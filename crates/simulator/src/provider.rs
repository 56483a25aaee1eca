//! The identity providers a person may choose, all simulated.

use crate::{Client, Platform};

/// What becomes of a person who comes back from a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    French,
    /// Another state's, through the bridge: no civil register here.
    European,
    /// Switched off.
    Disabled,
}

/// A simulated identity provider.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Its identifier at the real platform, claim `idp_id`.
    pub(crate) uid: &'static str,
    /// The level it vouches for.
    pub(crate) level: &'static str,
    /// What the page says beneath its name.
    pub(crate) remark: &'static str,
    pub(crate) kind: Kind,
}

const fn french(id: &'static str, name: &'static str, uid: &'static str, level: &'static str) -> IdentityProvider {
    IdentityProvider { id, name, uid, level, remark: "", kind: Kind::French }
}

const SEPARATE: &str = "moyen d'identification de santé, distinct de FranceConnect";
const EUROPEAN: &str = "compte d'un autre pays européen";
const DISABLED: &str = "toujours désactivé";

/// The low platform's, in order. The real list changes and depends on the client.
static LOW: [IdentityProvider; 11] = [
    french("impots", "impots.gouv.fr", "8dfc4080-c90d-4234-969b-f6c961de3e90", "eidas1"),
    french("ameli", "Ameli", "07e573f2-3312-4bb9-bc48-6fcec737e497", "eidas1"),
    french("la-poste", "L'Identité Numérique La Poste", "7d4455fb-3141-4b12-8a18-718d2cb9b149", "eidas1"),
    french("msa", "MSA", "c8d48186-811f-4c78-85f3-a5cd2ea7bfef", "eidas1"),
    french("france-identite", "France Identité", "0b2d3258-0ef4-42d8-981f-083175368c92", "eidas1"),
    IdentityProvider { remark: SEPARATE, ..french("carte-vitale", "Application carte Vitale", "apcv-low", "eidas1") },
    french("yris", "YRIS", "f5f97e5a-0f73-4ac8-8da7-b1d015cb5a7e", "eidas1"),
    french("trustme", "TrustMe", "84b31772-0510-4d98-8ad8-d179919f7305", "eidas1"),
    french("aidants-connect", "Aidants Connect", "3189d655-0c78-4ff7-9758-f3a3ac36dd7e", "eidas1"),
    IdentityProvider {
        remark: EUROPEAN,
        kind: Kind::European,
        ..french("eidas-bridge", "Identité européenne (eIDAS)", "1f4d6633-d853-43c6-b461-ce54fdc19bff", "eidas1")
    },
    IdentityProvider {
        remark: DISABLED,
        kind: Kind::Disabled,
        ..french("desactive", "Fournisseur désactivé", "disabled-low", "eidas1")
    },
];

/// The high platform's.
static HIGH: [IdentityProvider; 5] = [
    french("la-poste", "L'Identité Numérique La Poste", "87e69e8d-dc70-40c7-9d9f-48a7a33d6dfd", "eidas2"),
    french("france-identite", "France Identité", "eda17ef8-55a2-45b6-bf3f-e2406240949c", "eidas3"),
    IdentityProvider { remark: SEPARATE, ..french("carte-vitale", "Application carte Vitale", "apcv-high", "eidas2") },
    IdentityProvider {
        remark: EUROPEAN,
        kind: Kind::European,
        ..french("eidas-bridge", "Identité européenne (eIDAS)", "8aa849db-8402-4f2e-bad9-7471dd21ff94", "eidas2")
    },
    IdentityProvider {
        remark: DISABLED,
        kind: Kind::Disabled,
        ..french("desactive", "Fournisseur désactivé", "disabled-high", "eidas2")
    },
];

/// Returns a platform's providers, in the order of the page.
pub(crate) fn all(platform: Platform) -> &'static [IdentityProvider] {
    match platform {
        Platform::Low => &LOW,
        Platform::High => &HIGH,
    }
}

/// Returns the providers a client's visitors are shown.
pub(crate) fn shown(platform: Platform, client: &Client) -> impl Iterator<Item = &'static IdentityProvider> {
    all(platform).iter().filter(|provider| client.providers.lets(provider.id))
}

/// Returns the provider with this name, or with this identifier as hints write it.
pub(crate) fn find(platform: Platform, id: &str) -> Option<&'static IdentityProvider> {
    all(platform).iter().find(|provider| provider.id == id || provider.uid == id)
}

impl IdentityProvider {
    /// Returns the claim `amr`: an attribute of the provider's record, not a measurement.
    pub(crate) fn amr(&self, platform: Platform) -> &'static [&'static str] {
        match (self.kind, platform) {
            (Kind::European, _) => &["fc", "eidas"],
            (Kind::French | Kind::Disabled, Platform::Low) => &["fc", "pwd", "mail"],
            (Kind::French | Kind::Disabled, Platform::High) => &["fc", "pop", "pin", "mfa"],
        }
    }
}
