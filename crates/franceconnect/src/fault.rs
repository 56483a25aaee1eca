//! What every failure of this crate can say about itself.

/// A failure that another layer may show: a stable code, a short reference for support, and whether
/// trying again may help.
pub trait Fault: std::error::Error {
    /// Returns the stable code, in kebab case; callers branch on it.
    fn code(&self) -> &'static str;

    /// Returns the support reference.
    fn reference(&self) -> &'static str {
        describe(self.code()).0
    }

    /// Returns whether a new attempt may succeed without anybody changing anything.
    fn retry(&self) -> bool {
        describe(self.code()).1
    }
}

/// Returns the support reference of a code, and whether trying again may help.
#[must_use]
pub fn describe(code: &str) -> (&'static str, bool) {
    TABLE
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or(("FC-00", false), |&(_, reference, retry)| (reference, retry))
}

/// Returns every code of this crate.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(code, ..)| *code)
}

/// Code, reference, retry. A reference is never given to another code.
const TABLE: &[(&str, &str, bool)] = &[
    ("port-taken", "FC-01", true),
    ("sign-in-under-way", "FC-53", true),
    ("port-reserved", "FC-02", false),
    ("loopback-unavailable", "FC-03", false),
    ("loopback-blocked", "FC-04", false),
    ("listener-stopped", "FC-05", true),
    ("randomness-unavailable", "FC-06", false),
    ("http-unavailable", "FC-07", false),
    ("address-insecure", "FC-08", false),
    ("profile-invalid", "FC-09", false),
    ("provider-file-invalid", "FC-51", false),
    ("not-franceconnect", "FC-52", false),
    ("network-down", "FC-54", true),
    ("relay-unreachable", "FC-10", true),
    ("franceconnect-unreachable", "FC-11", true),
    ("exchange-timed-out", "FC-12", true),
    ("relay-gone", "FC-16", false),
    ("page-instead", "FC-17", true),
    ("certificate-refused", "FC-18", false),
    ("provider-unreachable", "FC-19", true),
    ("metadata-invalid", "FC-13", false),
    ("issuer-differs", "FC-14", false),
    ("franceconnect-unknown", "FC-15", false),
    ("token-refused", "FC-20", true),
    ("client-refused", "FC-21", false),
    ("answer-malformed", "FC-22", false),
    ("id-token-invalid", "FC-23", false),
    ("userinfo-refused", "FC-24", true),
    ("userinfo-invalid", "FC-25", false),
    ("state-signature-missing", "FC-26", false),
    ("state-signature-invalid", "FC-27", false),
    ("state-evidence-unbound", "FC-28", false),
    ("keys-unavailable", "FC-29", true),
    ("token-undecryptable", "FC-34", false),
    ("clock-wrong", "FC-30", false),
    ("level-too-low", "FC-31", true),
    ("session-reused", "FC-32", true),
    ("subject-differs", "FC-33", false),
    ("access-denied", "FC-40", true),
    ("server-error", "FC-41", true),
    ("temporarily-unavailable", "FC-42", true),
    ("scope-refused", "FC-43", false),
    ("level-refused", "FC-44", false),
    ("hint-refused", "FC-45", false),
    ("request-refused", "FC-46", false),
    ("response-type-refused", "FC-47", false),
    ("client-unauthorised", "FC-48", false),
    ("provider-error", "FC-49", true),
    ("session-replayed", "FC-50", true),
    ("enrolment-not-offered", "FC-60", false),
    ("enrolment-refused", "FC-61", false),
    ("enrolment-limited", "FC-62", true),
    ("phone-not-offered", "FC-63", false),
    ("relay-limited", "FC-64", true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_references_are_unique() {
        for (at, (code, reference, _)) in TABLE.iter().enumerate() {
            let rest = &TABLE[at + 1..];
            assert!(rest.iter().all(|(other, ..)| other != code), "{code} twice");
            assert!(rest.iter().all(|(_, other, _)| other != reference), "{reference} twice");
        }
        assert_eq!(describe("no such code"), ("FC-00", false));
    }
}
