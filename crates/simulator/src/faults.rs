//! What misbehaves at this moment: for everybody, and for fictitious persons of their own.

use std::collections::BTreeMap;

use crate::{Fault, citizens};

/// Why a fault cannot be one person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonFaultError {
    /// No fictitious person has this login.
    #[error("no fictitious person has this login")]
    UnknownPerson,
    /// The keys are asked for on nobody's behalf.
    #[error("this fault concerns no person: the keys are asked for on nobody's behalf")]
    Nobodys,
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    everybodys: Option<Fault>,
    /// By login.
    persons: BTreeMap<&'static str, Fault>,
}

impl Faults {
    pub(crate) fn everybodys(&self) -> Option<Fault> {
        self.everybodys
    }

    /// Returns each person who has a fault, and which.
    pub(crate) fn persons(&self) -> impl Iterator<Item = (&'static str, Fault)> {
        self.persons.iter().map(|(login, fault)| (*login, *fault))
    }

    /// Returns the fault in force for a request about this person, or about nobody in particular.
    pub(crate) fn of(&self, login: Option<&str>) -> Option<Fault> {
        login.and_then(|login| self.persons.get(login)).copied().or(self.everybodys)
    }

    pub(crate) fn set(&mut self, fault: Option<Fault>) {
        self.everybodys = fault;
    }

    /// Sets one person's fault; without one, the person fares as everybody does.
    pub(crate) fn set_of(&mut self, login: &str, fault: Option<Fault>) -> Result<(), PersonFaultError> {
        let login = citizens::by_login(login).ok_or(PersonFaultError::UnknownPerson)?.login;
        if fault.is_some_and(Fault::is_nobodys) {
            return Err(PersonFaultError::Nobodys);
        }
        match fault {
            Some(fault) => self.persons.insert(login, fault),
            None => self.persons.remove(login),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_fault_comes_before_everybodys() {
        let (own, all) = (Fault::WrongNonce, Fault::TokenCut);
        let mut faults = Faults::default();
        faults.set_of("test", Some(own)).unwrap();
        assert_eq!([faults.of(Some("test")), faults.of(Some("ordinaire")), faults.of(None)], [Some(own), None, None]);
        faults.set(Some(all));
        let of = |faults: &Faults| [faults.of(Some("test")), faults.of(Some("ordinaire")), faults.of(None)];
        assert_eq!(of(&faults), [Some(own), Some(all), Some(all)]);
        faults.set_of("test", None).unwrap();
        assert_eq!(of(&faults), [Some(all); 3]);
    }

    #[test]
    fn a_fault_is_a_known_persons_or_everybodys() {
        let mut faults = Faults::default();
        for (rule, login, fault, expected) in [
            ("a stranger", "personne", Fault::WrongNonce, Err(PersonFaultError::UnknownPerson)),
            ("the keys fail", "test", Fault::JwksError500, Err(PersonFaultError::Nobodys)),
            ("a page for keys", "test", Fault::JwksHtml, Err(PersonFaultError::Nobodys)),
            ("a person", "nom_composé", Fault::JweDir, Ok(())),
        ] {
            assert_eq!(faults.set_of(login, Some(fault)), expected, "{rule}");
        }
        assert_eq!(faults.persons().collect::<Vec<_>>(), [("nom_composé", Fault::JweDir)]);
    }
}
