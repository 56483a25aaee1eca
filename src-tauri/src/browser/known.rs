//! The browsers that can be given a profile of their own, and how each is asked.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// A browser that Comptoir knows how to ask; in order of preference when none is the system's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Chrome,
    Chromium,
    Edge,
    Brave,
    Firefox,
}

impl Kind {
    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Google Chrome",
            Self::Chromium => "Chromium",
            Self::Edge => "Microsoft Edge",
            Self::Brave => "Brave",
            Self::Firefox => "Firefox",
        }
    }

    /// The browser that a desktop entry, a bundle or a `ProgId` names, as the systems spell them.
    pub(crate) fn named(entry: &str) -> Option<Self> {
        let entry = entry.to_ascii_lowercase();
        let kinds = [
            ("chromium", Self::Chromium),
            ("chrome", Self::Chrome),
            ("edge", Self::Edge),
            ("brave", Self::Brave),
            ("firefox", Self::Firefox),
        ];
        kinds.into_iter().find(|(word, _)| entry.contains(word)).map(|(_, kind)| kind)
    }
}

/// A browser of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) program: PathBuf,
}

/// The default browser when it is one of those found, else the first in order of preference.
pub(super) fn prefer(mut found: Vec<Found>, default: Option<Kind>) -> Option<Found> {
    found.sort_by_key(|one| (Some(one.kind) != default, one.kind));
    found.into_iter().next()
}

/// The arguments that open `address` in the profile at `folder`, and nothing else of the person's.
///
/// A normal window, never `--app`: the patient must be able to check the address bar.
pub(super) fn arguments(kind: Kind, folder: &Path, address: &Url, as_root: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if kind == Kind::Firefox {
        arguments.extend(["--new-instance", "--no-remote", "--profile"].map(OsString::from));
        arguments.push(folder.into());
    } else {
        let mut profile = OsString::from("--user-data-dir=");
        profile.push(folder);
        arguments.push(profile);
        arguments.extend(
            [
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-sync",
                "--disable-extensions",
                // A profile that is thrown away has nothing to encrypt: the keychain is not asked to unlock for it.
                "--password-store=basic",
                "--use-mock-keychain",
                "--new-window",
            ]
            .map(OsString::from),
        );
        if as_root {
            arguments.push("--no-sandbox".into());
        }
    }
    arguments.push(address.as_str().into());
    arguments
}

/// The files of a fresh profile: no greeting, no telemetry, no offer to keep a password.
pub(super) fn settings(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Firefox => ("user.js", FIREFOX),
        Kind::Chrome | Kind::Chromium | Kind::Edge | Kind::Brave => ("Default/Preferences", CHROMIUM),
    }
}

const CHROMIUM: &str = r#"{"credentials_enable_service":false,"profile":{"password_manager_enabled":false},"autofill":{"profile_enabled":false,"credit_card_enabled":false},"translate":{"enabled":false}}"#;

const FIREFOX: &str = r#"user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.policy.firstRunURL", "");
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("signon.rememberSignons", false);
user_pref("extensions.formautofill.addresses.enabled", false);
user_pref("browser.translations.automaticallyPopup", false);
"#;

/// Whether an address may be given to a browser: https, or http on this machine.
pub(super) fn may_open(address: &Url) -> bool {
    match (address.scheme(), address.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(host))) => host.is_loopback(),
        ("http", Some(Host::Ipv6(host))) => host.is_loopback(),
        ("http", Some(Host::Domain(host))) => host == "localhost",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind) -> Found {
        Found { kind, program: PathBuf::from(kind.name()) }
    }

    #[test]
    fn the_systems_default_comes_first_then_the_order_of_preference() {
        let both = || vec![found(Kind::Firefox), found(Kind::Chromium)];
        for (rule, installed, default, expected) in [
            ("the default", both(), Some(Kind::Firefox), Some(Kind::Firefox)),
            ("a default that is not usable", both(), Some(Kind::Edge), Some(Kind::Chromium)),
            ("no default", both(), None, Some(Kind::Chromium)),
            ("nothing", Vec::new(), Some(Kind::Chrome), None),
        ] {
            assert_eq!(prefer(installed, default).map(|one| one.kind), expected, "{rule}");
        }
    }

    #[test]
    fn systems_spell_their_default_browser_in_many_ways() {
        for (entry, kind) in [
            ("chromium.desktop", Some(Kind::Chromium)),
            ("org.chromium.Chromium.desktop", Some(Kind::Chromium)),
            ("google-chrome.desktop", Some(Kind::Chrome)),
            ("ChromeHTML", Some(Kind::Chrome)),
            ("MSEdgeHTM", Some(Kind::Edge)),
            ("microsoft-edge.desktop", Some(Kind::Edge)),
            ("brave-browser.desktop", Some(Kind::Brave)),
            ("firefox-esr.desktop", Some(Kind::Firefox)),
            ("FirefoxURL-308046B0AF4A39CB", Some(Kind::Firefox)),
            ("org.gnome.Epiphany.desktop", None),
            ("", None),
        ] {
            assert_eq!(Kind::named(entry), kind, "{entry}");
        }
    }

    #[test]
    fn each_family_is_asked_for_a_profile_of_its_own_and_a_window_with_an_address_bar() {
        let address = Url::parse("https://fc.example.invalid/authorize?state=a&nonce=b").expect("an address");
        for (kind, as_root, expected) in [
            (
                Kind::Chromium,
                false,
                "--user-data-dir=/p --no-first-run --no-default-browser-check --disable-sync --disable-extensions --password-store=basic --use-mock-keychain --new-window",
            ),
            (
                Kind::Edge,
                true,
                "--user-data-dir=/p --no-first-run --no-default-browser-check --disable-sync --disable-extensions --password-store=basic --use-mock-keychain --new-window --no-sandbox",
            ),
            (Kind::Firefox, true, "--new-instance --no-remote --profile /p"),
        ] {
            let arguments = arguments(kind, Path::new("/p"), &address, as_root);
            let told: Vec<&str> = arguments.iter().filter_map(|one| one.to_str()).collect();
            assert_eq!(told.join(" "), format!("{expected} {address}"), "{kind:?}");
        }
    }

    #[test]
    fn only_https_and_this_machine_are_opened() {
        for (address, expected) in [
            ("https://app.franceconnect.gouv.fr/", true),
            ("http://127.0.0.1:4000/authorize", true),
            ("http://[::1]:4000/", true),
            ("http://localhost/", true),
            ("http://127.0.0.1.example.invalid/", false),
            ("http://192.168.1.1/", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(may_open(&Url::parse(address).expect("an address")), expected, "{address}");
        }
    }
}
