//! What the receptionist does with a verdict, recorded with its evidence.

use crate::desk::Desk;
use crate::verdict::{Outcome, Verdict};
use comptoir_identity::{Standing, Stated, creatable};
use comptoir_register::{ActKind, ArrivalId, ArrivalState, NewPatient, ReadError, RecordId, WriteError};
use thiserror::Error;

/// A decision on a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This record is the person's. Nothing strict is changed in it.
    Confirm(RecordId),
    /// Nobody in the register: a record is made from FranceConnect's traits, *identité provisoire*.
    Create,
    /// The identity document decides, at the desk.
    Paper,
}

/// Why a decision is not recorded.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The verdict does not offer this decision.
    #[error("the verdict does not offer this decision")]
    NotOffered,
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Verdict {
    /// Whether a record may be created from this verdict: nobody in the register could be the person,
    /// and FranceConnect states every trait that a record requires (DMN INS 11), the birth date beyond
    /// doubt.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.outcome == Outcome::Unknown
            && !self.candidates.iter().any(|one| one.plausible)
            && self
                .identity
                .as_ref()
                .is_some_and(|identity| creatable(identity.traits()) && !identity.date_possibly_partial())
    }
}

/// Records a decision: the arrival, the record it is about, the journal line. Performs I/O.
///
/// # Errors
/// [`DecideError::NotOffered`] when the verdict does not allow it: a discordant record can never be
/// confirmed from here.
pub fn decide(
    desk: &Desk,
    verdict: &Verdict,
    decision: Decision,
    arrival: Option<ArrivalId>,
) -> Result<Option<RecordId>, DecideError> {
    let evidence = [
        ("outcome", verdict.outcome.code()),
        ("acr", verdict.acr.map_or("", comptoir_franceconnect::AcrValue::as_str)),
    ];
    match decision {
        Decision::Confirm(record) if verdict.may_confirm(record) => {
            let act = desk.act(ActKind::IdentityConfirmed).about(None, &evidence);
            desk.register.conclude(arrival, ArrivalState::Confirmed, Some(record), &act)?;
            Ok(Some(record))
        }
        Decision::Create if verdict.may_create() => {
            let identity = verdict.identity.as_ref().ok_or(DecideError::NotOffered)?;
            let mut traits = identity.traits().clone();
            // The name in use is a proposal of FranceConnect, never filled without the person (EXI ID 08).
            traits.usage_name = Stated::Absent;
            let new = NewPatient { traits, standing: Standing::PROVISIONAL, external_id: None };
            let act = desk.act(ActKind::PatientCreated).about(None, &evidence);
            let record = desk.register.insert_arrived(&new, arrival, &act)?;
            Ok(Some(record))
        }
        Decision::Paper => {
            let record = verdict.best().filter(|best| best.opened).map(|best| best.patient.id);
            let act = desk.act(ActKind::PaperPath).about(None, &evidence);
            desk.register.conclude(arrival, ArrivalState::Paper, record, &act)?;
            Ok(record)
        }
        Decision::Confirm(_) | Decision::Create => Err(DecideError::NotOffered),
    }
}

/// Records that the identity document decides, before any sign-in. Performs I/O.
///
/// # Errors
/// When the register cannot be written.
pub fn paper_path(desk: &Desk, record: Option<RecordId>, arrival: Option<ArrivalId>) -> Result<(), WriteError> {
    let act = desk.act(ActKind::PaperPath);
    desk.register.conclude(arrival, ArrivalState::Paper, record, &act)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Patience;
    use crate::memory::MemoryKeychain;
    use crate::ports::{Browser, BrowserError, Clock, Opened, Purpose};
    use comptoir_franceconnect::{AcrValue, HttpClient};
    use comptoir_identity::{Candidate, PivotClaims, PivotIdentity, judge};
    use comptoir_register::{Register, demo};
    use jiff::Timestamp;
    use std::sync::Arc;
    use url::Url;

    struct Nothing;

    impl Browser for Nothing {
        fn open(&self, _: &Url, _: Purpose) -> Result<Opened, BrowserError> {
            Ok(Opened::ByHand)
        }
        fn destroy_profiles(&self) -> Result<(), BrowserError> {
            Ok(())
        }
        fn is_remembered(&self) -> bool {
            false
        }
        fn may_hold_a_session(&self) -> bool {
            false
        }
        fn remember_session(&self) -> Result<(), BrowserError> {
            Ok(())
        }
        fn forget_session(&self) -> Result<(), BrowserError> {
            Ok(())
        }
    }

    impl Clock for Nothing {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    const TODAY: &str = "2026-11-24";

    fn desk() -> Desk {
        let register = Register::in_memory().expect("a register");
        demo::fill(&register, TODAY, Timestamp::UNIX_EPOCH).expect("filled");
        Desk {
            register,
            browser: Arc::new(Nothing),
            keychain: Arc::new(MemoryKeychain::default()),
            credentials: Arc::new(MemoryKeychain::default()),
            clock: Arc::new(Nothing),
            http: HttpClient::new().expect("a client"),
            author: "anne".to_owned(),
            patience: Patience::default(),
        }
    }

    fn verdict(desk: &Desk, claims: &PivotClaims<'_>) -> Verdict {
        let identity = PivotIdentity::from_claims(claims);
        let patients = desk.register.candidates(&identity).expect("read");
        let judgement = judge(
            &identity,
            patients.iter().map(|patient| Candidate {
                record: patient.id,
                traits: &patient.traits,
                opened: false,
                told_apart: false,
            }),
        );
        Verdict::judged(judgement, patients, identity, AcrValue::Eidas1, Timestamp::UNIX_EPOCH)
    }

    fn claims(family_name: &'static str, given_name: &'static str, birthdate: &'static str) -> PivotClaims<'static> {
        PivotClaims {
            family_name: Some(family_name),
            given_name: Some(given_name),
            birthdate: Some(birthdate),
            idp_birthdate: Some(birthdate),
            gender: Some("male"),
            birthplace: Some("95277"),
            birthcountry: Some("99100"),
            preferred_username: Some("DUBOIS"),
            ..PivotClaims::default()
        }
    }

    #[test]
    fn only_what_the_verdict_offers_is_recorded() {
        let desk = desk();
        let record = |name: &str| desk.register.find_record(name).expect("read").expect("a record");
        let discordant = verdict(&desk, &claims("MERCIER", "Pierre", "1969-03-17"));
        let unknown = verdict(&desk, &claims("VOLANGES", "Octave", "1979-10-09"));
        let without_sex =
            verdict(&desk, &PivotClaims { gender: Some("unspecified"), ..claims("VOLANGES", "Octave", "1979-10-09") });
        assert_eq!((discordant.outcome, unknown.outcome), (Outcome::Discordant, Outcome::Unknown));
        let before = desk.register.count().expect("read");
        let on_screen = discordant.best().expect("a record").patient.id;
        for (rule, verdict, decision) in [
            ("a discordant record is never confirmed", &discordant, Decision::Confirm(on_screen)),
            ("nor another record than those compared", &discordant, Decision::Confirm(record("local:1"))),
            ("a discordance creates nobody", &discordant, Decision::Create),
            ("nobody is confirmed as unknown", &unknown, Decision::Confirm(record("local:1"))),
            ("DMN INS 11: no record without a sex", &without_sex, Decision::Create),
        ] {
            let refused = decide(&desk, verdict, decision, None);
            assert!(matches!(refused, Err(DecideError::NotOffered)), "{rule}: {refused:?}");
        }
        assert_eq!(desk.register.count().expect("read"), before, "nothing was written");

        let created = decide(&desk, &unknown, Decision::Create, None).expect("created").expect("a record");
        let created = desk.register.patient(created).expect("read").expect("there");
        assert_eq!(created.standing, Standing::PROVISIONAL, "DMN INS 22");
        assert_eq!(created.traits.usage_name, Stated::Absent, "EXI ID 08");
    }

    #[test]
    fn an_arrival_is_settled_with_its_journal_line() {
        let desk = desk();
        let arrival = desk.register.arrivals(TODAY).expect("read").into_iter().find(|one| one.time == "10:10");
        let arrival = arrival.expect("DUBOIS Pierre").id;
        let discordant = verdict(&desk, &claims("MERCIER", "Pierre", "1969-03-17"));
        let lines = desk.register.verify_journal().expect("read").lines;
        decide(&desk, &discordant, Decision::Paper, Some(arrival)).expect("recorded");
        let state = desk.register.arrivals(TODAY).expect("read").into_iter().find(|one| one.id == arrival);
        assert_eq!(state.map(|one| one.state), Some(ArrivalState::Paper));
        let journal = desk.register.verify_journal().expect("read");
        assert_eq!((journal.lines, journal.is_whole()), (lines + 1, true));
    }
}
