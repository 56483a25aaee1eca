//! The register of the demonstration: fictitious patients that meet every outcome and every kind of
//! difference with the persons of the simulated FranceConnect.

use crate::arrivals::NewArrival;
use crate::journal::{Act, ActKind};
use crate::patient::NewPatient;
use crate::{ReadError, Register, WriteError};
use comptoir_identity::{
    Attributes, BirthDate, BirthName, GivenName, GivenNames, InsRecord, PlaceCode, Sex, Standing, Stated, Traits,
    UsageName,
};
use jiff::Timestamp;
use thiserror::Error;

/// Why the demonstration could not be filled.
#[derive(Debug, Error)]
pub enum FillError {
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A line of the demonstration breaks a rule of its own traits.
    #[error("line {0} of the demonstration breaks a rule")]
    Line(usize),
}

/// `birth name | first given name | list | AAAA-MM-JJ | sex | place | name in use | given name in use | standing`.
///
/// An empty part is absent. Standing: P, R, V, Q for the four statuses, then h (homonym), d (doubtful).
#[rustfmt::skip]
const PATIENTS: &[&str] = &[
    // Concordant, with accents and case on one side only.
    "DUBOIS|ANGELA|ANGELA CLAIRE LOUISE|1962-08-24|F|75107|||Q",
    "DUBINORE|JOELLE|JOELLE FRANCOISE|1992-08-15|F|75117|||V",
    "DURANTEAEUOOEAEOEAE|JULIEEAEUOOEAEOEAE|JULIEEAEUOOEAEOEAE|1972-06-14|F|2B002|||P",
    "SEGUIN|HENRY|HENRY|1955-06-19|M|99139|||P",
    "AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN|BERTRAND|BERTRAND CYRIL|2000-03-01|M|75119|||P",
    "HUCHE|ANNE-LAURE|ANNE-LAURE|1945-09-30|F|31555|||Q",
    "HOCHON|VALENTIN|VALENTIN EMMANUEL|1955-01-01|M|69674|||P",
    "REVEIL|TITOUAN|TITOUAN|1998-06-18|M|98729|||P",
    "FLEURY|FABIEN|FABIEN|1972-06-14|M|98611|||P",
    "PAYETTANE|MARIE-REINE|MARIE-REINE|1983-05-14|F|97411|||V",
    "ORDINAIRE|PAUL|PAUL|1990-02-28|M|21231|||P",
    "PROD'HOMME|CORALIE|CORALIE|1987-07-05|F|30189|||R",
    "MARTIN|VINCENT|VINCENT GUILLAUME|1963-12-05|M|99352|||P",
    "GODIN|ERMENGARDI|ERMENGARDI|1985-09-05|F|99350|||P",
    // Explained: hyphen, space, apostrophe, particle.
    "TROIS DUPRE|MELISSANDRE|MELISSANDRE|1981-07-27|F|13012|||P",
    "CHAPELLE|DAMIEN|DAMIEN|2002-02-01|M|39068|||P",
    "D ARGENT ROCHER|NOEMIE|NOEMIE|1996-12-02|F|34172|||P",
    "DE-LA-ROSERAIE|ELISABETH|ELISABETH ANNE|1937-11-11|F|37261|||P",
    "FERREOL-SOUCHET|GABIN|GABIN|2004-08-08|M|59350|||P",
    // Explained: a list cut short, a compound given name cut or written another way.
    "QUEMENEUR|YANN|YANN|1964-07-21|M|29232|||P",
    "DUBIGNOT|JEAN|JEAN|1943-06-15|M|75109|||P",
    "MATIN|MAELLIS|MAELLIS|1990-07-13|F|75056|||P",
    // Explained: name in use, arrondissement, Corsica before 1976, dates partly unknown.
    "LAPRISE|SABER|SABER|1946-08-17|M|99131|||P",
    "CHEVAL|MARPHISA|MARPHISA|1982-02-24|F|99134|CHEVALLIER||P",
    "TESSANDIER|MARIUS|MARIUS|1958-09-27|M|69123|||P",
    "BROSSE|MARIO|MARIO|1981-02-03|M|20004|MARIO||Ph",
    "BROSSE|LUIGI|LUIGI|1981-02-03|M|2B050|LUIGI||Ph",
    "TARGE|JEAN|JEAN|1992-00-00|M|99217|||P",
    "FLEURET|JEAN|JEAN|1992-11-00|M|99217|||P",
    "BENSALINE|AICHA|AICHA|1948-00-00|F|99352|||P",
    // Explained: a trait missing on one side.
    "LAFORGE|CAMILLE|CAMILLE|1954-08-07|F|75119|||P",
    "CHAMPION|ALICE|ALICE JULIETTE|2009-05-02||44109|||P",
    "LIVRE|JULIEN|JULIEN BERNARD PIERRE|1984-01-23|M|99999|||P",
    // Discordant: name in use stored as birth name, day and month exchanged, digits exchanged; but the last
    // one is Explained: born in a commune that has been merged since. Records keep their numbers.
    "DUBOIS|PIERRE|PIERRE|1969-03-17|M|95277|||P",
    "LEMOINIER|HELENE|HELENE MARIE|1971-02-18|F|49007|||P",
    "CORSE|CLEMENT|CLEMENT|1991-12-02|M|2A115|||P",
    "POSTEUR|ALAIN|ALAIN|2015-06-02|M|75113|||P",
    "ACNUSER|SARAH|SARAH SOPHIE|1986-05-21|F|75012|ACNTEST||P",
    "DUCRETTAZ|EMILIEN|EMILIEN JOSEPH|1949-03-30|M|74010|||P",
    // Twin: only one of the two sisters is registered.
    "MARCHANDIN|LOUISE|LOUISE JEANNE|1988-04-12|F|35238|||V",
    // Homonyms: same names, another year. Several: the same person recorded twice.
    "GARNAUDIN|SOPHIE|SOPHIE|1975-06-03|F|44109|||Vh",
    "GARNAUDIN|SOPHIE|SOPHIE|1976-06-03|F|44109|||Ph",
    "CASA|MILA|MILA|1986-01-01|F|99127|||P",
    "CASA|MILA|MILA|1986-01-01|F|99127|||P",
    // Others, so that a birth date does not always find one person.
    "ROUVEYROL|AGATHE|AGATHE MARIE|1962-08-24|F|12202|||V",
    "PICHEREAU|LUC|LUC|1981-07-27|M|44109|||P",
    "ESTRADIER|NOA|NOA LILOU|1981-02-03|F|66136|||P",
    "VANDERSTEENE|MAARTEN|MAARTEN|1955-06-19|M|99131|||P",
    "LE GOFFIC|SOIZIC|SOIZIC|1945-09-30|F|29151|||Q",
    "SAUVEPLANE|THEO|THEO|1992-08-15|M|48095|||P",
    "DOUTEVILLE|ALBAN|ALBAN|1977-11-30|M|80021|||Pd",
    "CENT UN|YVONNE|YVONNE|1983-06-01|F|59350|||P",
];

/// `HH:MM | name as booked | birth date | record's line in [`PATIENTS`], from 1, or nothing`.
#[rustfmt::skip]
const ARRIVALS: &[&str] = &[
    "09:00|HUCHE Anne-Laure|1945-09-30|6",
    "09:10|BROSSE Mario|1981-02-03|26",
    "09:20|TROIS-DUPRE Melissandre|1981-07-27|15",
    "09:30|SEGUIN Henry|1955-06-19|4",
    "09:40|CHAP'ELLE Damien|2002-02-01|16",
    "09:50|TARGE Jean|1992-00-00|28",
    "10:00|DUBOIS Angela|1962-08-24|1",
    "10:10|DUBOIS Pierre|1969-03-17|34",
    "10:20|MARCHANDIN Lucie|1988-04-12|",
    "10:30|VOLANGES Philomène|1979-10-09|",
    "10:40|GARNAUDIN Sophie|1975-06-03|41",
    "10:50|LAFORGE Camille|1954-08-07|31",
];

/// Fills an empty register with the demonstration's patients, and the day with its arrivals. Does
/// nothing where they already are. Performs I/O.
///
/// # Errors
/// See [`FillError`].
pub fn fill(register: &Register, today: &str, now: Timestamp) -> Result<(), FillError> {
    let act = Act::new(now, "demonstration", ActKind::DemonstrationFilled);
    if register.count()? == 0 {
        let patients = PATIENTS
            .iter()
            .enumerate()
            .map(|(line, text)| parse(text).ok_or(FillError::Line(line + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        register.insert_all(&patients, &act)?;
    }
    if register.arrivals(today)?.is_empty() {
        for (line, text) in ARRIVALS.iter().enumerate() {
            let mut parts = text.split('|');
            let mut next = || parts.next().unwrap_or_default().to_owned();
            let (time, display_name, date, number) = (next(), next(), next(), next());
            let record = register.find_record(&format!("local:{number}"))?;
            let birth_date = BirthDate::parse_iso(&date).map_err(|_| FillError::Line(line + 1))?;
            let new = NewArrival { day: today.to_owned(), time, display_name, birth_date: Some(birth_date), record };
            register.add_arrival(&new)?;
        }
    }
    Ok(())
}

fn parse(line: &str) -> Option<NewPatient> {
    let parts: Vec<&str> = line.split('|').collect();
    let part = |i: usize| parts.get(i).copied().filter(|part| !part.is_empty());
    let standing = part(8)?;
    let (ins, device) = match standing.chars().next()? {
        'P' => (false, false),
        'R' => (true, false),
        'V' => (false, true),
        'Q' => (true, true),
        _ => return None,
    };
    let attributes = match standing.get(1..)? {
        "" => Attributes::None,
        "h" => Attributes::Homonym,
        "d" => Attributes::Doubtful,
        _ => return None,
    };
    Some(NewPatient {
        external_id: None,
        traits: Traits {
            birth_name: Stated::Known(BirthName::parse(part(0)?).ok()?),
            first_given_name: Stated::Known(GivenName::parse(part(1)?).ok()?),
            given_names: Stated::Known(GivenNames::parse(part(2)?).ok()?),
            birth_date: Some(BirthDate::parse_iso(part(3)?).ok()?),
            sex: part(4).and_then(Sex::from_letter),
            birth_place: part(5).map(PlaceCode::parse).transpose().ok()?,
            usage_name: Stated::parse(part(6), UsageName::parse),
            usage_given_name: Stated::parse(part(7), GivenName::parse),
            ins: InsRecord::EMPTY,
        },
        standing: Standing::new(ins, device, attributes).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use comptoir_identity::{Candidate, Link, Outcome, PivotClaims, PivotIdentity, judge};

    const TODAY: &str = "2026-11-24";

    fn filled() -> Register {
        let register = Register::in_memory().expect("a register");
        fill(&register, TODAY, Timestamp::UNIX_EPOCH).expect("filled");
        register
    }

    #[test]
    fn the_demonstration_is_filled_once() {
        let register = filled();
        let count = register.count().expect("read");
        fill(&register, TODAY, Timestamp::UNIX_EPOCH).expect("filled again");
        assert_eq!(register.count().expect("read"), count);
        let arrivals = register.arrivals(TODAY).expect("read");
        assert_eq!(arrivals.len(), ARRIVALS.len());
        for arrival in &arrivals {
            if let Some(patient) = &arrival.patient {
                let name = patient.traits.birth_name.known().expect("a name").spelled();
                let folded = comptoir_identity::search_key(&arrival.display_name);
                let known = comptoir_identity::search_key(name);
                assert!(folded.starts_with(&known), "{} is not {name}", arrival.display_name);
                assert_eq!(arrival.birth_date, patient.traits.birth_date, "{}", arrival.display_name);
            }
        }
        assert!(register.verify_journal().expect("read").is_whole());
    }

    /// The persons of the simulated FranceConnect, as its low platform delivers them.
    #[test]
    fn every_person_of_the_demonstration_meets_the_outcome_it_is_there_for() {
        use Outcome::{Concordant, Discordant, Explained, Several, Unknown, UnusableIdentity};
        let register = filled();
        #[rustfmt::skip]
        let cases = [
            // family name, given names, raw date, gender, place / country, preferred name.
            ("DUBOIS", "Angela,Claire,Louise", "1962-08-24", "female", "75107/99100", "", Concordant, Link::Safe),
            ("DUBINÔRE", "Joëlle,Françoise", "1992-08-15", "female", "75117/99100", "", Concordant, Link::Safe),
            ("DURANTéàèùòœæŒÆ", "JulieéàèùòœæŒÆ", "1972-06-14", "female", "2B002/99100", "", Concordant, Link::Safe),
            ("SÉGUIN", "Henry", "1955-06-19", "male", "/99139", "", Concordant, Link::Safe),
            ("HUCHE", "Anne-Laure", "1945-09-30", "female", "31555/99100", "", Concordant, Link::Safe),
            ("HOCHON", "Valentin,Emmanuel", "1955-01-01", "male", "69674/99100", "", Concordant, Link::Safe),
            ("Fleury", "Fabien", "1972-06-14", "male", "98611/99100", "", Concordant, Link::Safe),
            ("MARTIN", "Vincent,Guillaume", "1963-12-05", "male", "/99352", "", Concordant, Link::Safe),
            ("TROIS-DUPRE", "Melissandre,Juliette", "1981-07-27", "female", "13012/99100", "", Explained, Link::Safe),
            ("CHAP'ELLE", "DAMIEN", "2002-02-01", "male", "39068/99100", "", Explained, Link::Safe),
            ("D'ARGENT-ROCHER", "Noémie", "1996-12-02", "female", "34172/99100", "", Explained, Link::Safe),
            ("DE LA ROSERAIE", "Élisabeth,Anne", "1937-11-11", "female", "37261/99100", "", Explained, Link::Safe),
            ("FERREOL SOUCHET", "Gabin", "2004-08-08", "male", "59350/99100", "", Explained, Link::Safe),
            ("QUEMENEUR", "Yann,Erwan,Marie,Corentin", "1964-07-21", "male", "29232/99100", "", Explained, Link::Safe),
            ("DUBOIS", "Jean Philippe,Pierre,Louis", "1962-08-24", "male", "75107/99100", "", Unknown, Link::None),
            ("MATIN", "Maëllis-Gaëlle,Marie", "1990-07-13", "female", "75056/99100", "NOM D'USAGE", Explained, Link::Confirm),
            ("LAPRISE", "Saber", "1946-08-17", "male", "/99131", "DULIN", Explained, Link::Safe),
            ("CHEVAL", "Marphisa", "1982-02-24", "female", "/99134", "POULAIN", Explained, Link::Safe),
            ("TESSANDIER", "Marius", "1958-09-27", "male", "69383/99100", "", Explained, Link::Confirm),
            ("Brosse", "Mario", "1981-02-03", "male", "2A004/99100", "Mario", Explained, Link::Confirm),
            // Two of 1992 with one given name, sex and country: each stands beside the other.
            ("TARGE", "Jean", "1992-00-00", "male", "/99217", "", Explained, Link::Confirm),
            ("FLEURET", "Jean", "1992-11-00", "male", "/99217", "", Explained, Link::Confirm),
            ("BENSALINE", "Aïcha", "1948-00-00", "female", "/99352", "", Explained, Link::Confirm),
            ("LAFORGE", "Camille", "1954-08-07", "unspecified", "75119/99100", "", Explained, Link::Confirm),
            ("CHAMPION", "Alice,Juliette", "2009-05-02", "female", "44109/99100", "", Explained, Link::Confirm),
            ("MERCIER", "Pierre", "1969-03-17", "male", "95277/99100", "DUBOIS", Discordant, Link::Confirm),
            ("BESNARDEAU", "Hélène,Marie", "1971-02-18", "female", "49007/99100", "LEMOINIER", Discordant, Link::Confirm),
            ("CORSE", "CLEMENT", "1991-02-12", "male", "2A115/99100", "", Discordant, Link::Confirm),
            ("POSTEUR", "Alain", "2015-06-20", "male", "75113/99100", "", Discordant, Link::Confirm),
            ("ACNUSER", "SARAH,SOPHIE", "1968-05-21", "female", "75012/99100", "ACNTEST", Discordant, Link::Confirm),
            ("DUCRETTAZ", "Émilien,Joseph", "1949-03-30", "male", "74011/99100", "", Explained, Link::Confirm),
            ("GARNAUDIN", "Sophie", "1975-06-03", "female", "44109/99100", "", Concordant, Link::Several),
            ("CASA", "MILA", "1986-01-01", "female", "/93100", "", Several, Link::Several),
            ("MARCHANDIN", "Louise,Jeanne", "1988-04-12", "female", "35238/99100", "", Concordant, Link::Safe),
            ("MARCHANDIN", "Lucie,Jeanne", "1988-04-12", "female", "35238/99100", "", Unknown, Link::None),
            ("VOLANGES", "Philomène,Ysaline", "1979-10-09", "female", "29019/99100", "", Unknown, Link::None),
            ("ALGERIE", "Alia", "1963-12-05", "female", "/99352", "", Unknown, Link::None),
            ("ALGER", "Vincent", "1963-12-05", "male", "90900/99100", "", Unknown, Link::None),
            ("AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN", "Bertrand,Cyril", "2000-03-01", "male", "75119/99100", "", Concordant, Link::Safe),
            ("REVEIL", "Titouan", "1998-06-18", "male", "98729/99100", "", Concordant, Link::Safe),
            ("PAYETTANE", "Marie-Reine", "1983-05-14", "female", "97411/99100", "", Concordant, Link::Safe),
            ("ORDINAIRE", "Paul", "1990-02-28", "male", "21231/99100", "", Concordant, Link::Safe),
            ("PROD'HOMME", "CORALIE", "1987-07-05", "female", "30189/99100", "", Concordant, Link::Safe),
            ("GODIN", "Ermengardi", "1985-09-05", "female", "/99350", "", Concordant, Link::Safe),
            ("DUBIGNOT", "Jean,Philippe,Arnaud", "1943-06-15", "male", "75109/99100", "", Explained, Link::Safe),
            ("LIVRE", "Julien,Bernard,Pierre", "1984-01-23", "male", "/99127", "", Explained, Link::Confirm),
            ("Brosse", "Luigi", "1981-02-03", "male", "2B050/99100", "Luigi", Concordant, Link::Safe),
            ("GARNAUDIN", "Sophie", "1976-06-03", "female", "44109/99100", "", Concordant, Link::Several),
            ("CASA", "MILA", "1986-01-01", "female", "/75015", "", Several, Link::Several),
            // An answer without a strict trait, should FranceConnect ever give one (ins.md §12 rows 20, 21).
            ("SANSPRENOM", "", "1980-07-07", "female", "75114/99100", "", UnusableIdentity, Link::None),
            ("", "Pascale", "1980-09-09", "female", "75116/99100", "SEULUSAGE", UnusableIdentity, Link::None),
        ];
        for (family_name, given, date, gender, place, preferred, outcome, link) in cases {
            let array: Vec<String> = given.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let (birthplace, birthcountry) = place.split_once('/').expect("a pair");
            let identity = PivotIdentity::from_claims(&PivotClaims {
                family_name: Some(family_name),
                given_name: Some(&array.join(" ")),
                given_name_array: &array,
                preferred_username: Some(preferred),
                birthdate: Some(&date.replace("-00", "-01")),
                idp_birthdate: Some(date),
                gender: Some(gender),
                birthplace: Some(birthplace),
                birthcountry: Some(birthcountry),
            });
            let patients = register.candidates(&identity).expect("read");
            let judgement = judge(
                &identity,
                patients.iter().map(|patient| Candidate {
                    record: patient.id,
                    traits: &patient.traits,
                    opened: false,
                    told_apart: false,
                }),
            );
            assert_eq!((judgement.outcome, judgement.link), (outcome, link), "{family_name} {given}");
        }
    }
}
