//! What happened, where more is known of it than the table of messages can say.

use super::{Failure, is_stranger};
use crate::port_holder::{self, PortHolder};
use comptoir_franceconnect::{BindError, ExchangeError, ExchangeFault};

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let failure = Self::of(&error);
        match error {
            BindError::PortTaken(port) => failure.because(taken(port, port_holder::find(port).as_ref())),
            BindError::PortReserved(port) => failure
                .because(format!("Le système réserve le port {port}, où FranceConnect doit renvoyer le navigateur.")),
            BindError::UnderWay(_) | BindError::Unavailable(_) | BindError::Blocked | BindError::AddressUnusable => {
                failure
            }
        }
    }
}

fn taken(port: u16, holder: Option<&PortHolder>) -> String {
    let holder = match holder {
        Some(PortHolder::Program(name)) => format!("Le programme « {name} »"),
        Some(PortHolder::AnotherAccount) => "Un programme d'un autre compte de cet ordinateur".to_owned(),
        None => "Un autre programme".to_owned(),
    };
    format!("{holder} occupe le port {port}, où FranceConnect doit renvoyer le navigateur.")
}

impl From<&ExchangeError> for Failure {
    fn from(error: &ExchangeError) -> Self {
        if is_stranger(&error.fault) {
            return Self::DESK_REFUSED;
        }
        let failure = Self::of(error);
        let happened = failure.account().happened;
        if let ExchangeFault::ClockWrong(seconds) = error.fault {
            return failure.because(clock(seconds));
        }
        if let ExchangeFault::TokenRefused { support: Some(support), .. }
        | ExchangeFault::ClientRefused { support: Some(support), .. } = &error.fault
        {
            let happened = happened.trim_end_matches('.');
            return failure.because(format!("{happened} (code de FranceConnect : {support})."));
        }
        failure
    }
}

fn clock(slow_by: i64) -> String {
    let way = if slow_by > 0 { "retarde" } else { "avance" };
    format!(
        "L'horloge de cet ordinateur {way} de {} : les contrôles de FranceConnect échouent.",
        span(slow_by.unsigned_abs())
    )
}

fn span(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} secondes"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} heures", seconds / 3_600),
        _ => format!("{} jours", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comptoir_franceconnect::Party;
    use std::net::TcpListener;

    fn happened(error: BindError) -> String {
        Failure::from(error).account().happened
    }

    #[test]
    fn a_port_that_is_not_to_be_had_says_why() {
        for (rule, holder, expected) in [
            (
                "a program",
                Some(PortHolder::Program("nginx".to_owned())),
                "Le programme « nginx » occupe le port 17890,",
            ),
            (
                "another account",
                Some(PortHolder::AnotherAccount),
                "Un programme d'un autre compte de cet ordinateur occupe le port 17890,",
            ),
            ("nobody tells", None, "Un autre programme occupe le port 17890,"),
        ] {
            assert!(taken(17_890, holder.as_ref()).starts_with(expected), "{rule}");
        }
        let reserved = Failure::from(BindError::PortReserved(17_890));
        assert!(
            reserved.message().contains("17890")
                && reserved.message().contains("netsh interface ipv4 show excludedportrange protocol=tcp"),
            "P02"
        );
        assert!(happened(BindError::UnderWay(17_890)).contains("déjà en cours"), "P03");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(happened(BindError::PortTaken(port)).contains(&port.to_string()), "P01");
    }

    #[test]
    fn a_refused_exchange_says_what_support_asks_for() {
        let support = Some("Y049E20B".to_owned());
        for (rule, fault, expected) in [
            ("slow by minutes", ExchangeFault::ClockWrong(312), "retarde de 5 minutes"),
            ("fast by seconds", ExchangeFault::ClockWrong(-95), "avance de 95 secondes"),
            ("another time zone", ExchangeFault::ClockWrong(7_200), "retarde de 2 heures"),
            ("a flat battery", ExchangeFault::ClockWrong(-86_400 * 400), "avance de 400 jours"),
            (
                "a code of FranceConnect's",
                ExchangeFault::TokenRefused { party: Party::FranceConnect, support },
                "servi (code de FranceConnect : Y049E20B).",
            ),
            ("no code", ExchangeFault::TokenRefused { party: Party::Relay, support: None }, "déjà servi."),
        ] {
            let happened = Failure::from(&ExchangeError { fault, owed_logout: None }).account().happened;
            assert!(happened.contains(expected), "{rule}: {happened}");
        }
    }
}
