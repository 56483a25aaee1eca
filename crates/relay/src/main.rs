//! The relay as a program.
//!
//! `comptoir-relay run --config FILE` answers until SIGTERM; `check` tells what is wrong before anybody notices;
//! `decryption-key` makes a key for FranceConnect+.

mod check;
mod command;
mod run;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use comptoir_franceconnect::{Clock as _, DecryptionKey, KeyAgreement};
use comptoir_relay::{Config, LogForm};
use ring::rand::SystemRandom;

use crate::run::SystemClock;

/// Comptoir's relay: OpenID Provider for desks, confidential client of FranceConnect.
#[derive(Debug, Parser)]
#[command(name = "comptoir-relay", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers desks and browsers until it is told to stop.
    Run {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Tells what is wrong with a configuration, and how to mend it; fails when anything is.
    Check {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Administers the desks: `desk enrol | list | revoke ID --config FILE [--establishment PATH]`.
    Desk {
        /// What to do, and to which.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Makes a private key that decrypts what FranceConnect+ sends, and writes it to the standard output as PEM.
    DecryptionKey {
        /// How FranceConnect+ encrypts for it.
        #[arg(long, value_enum)]
        algorithm: Algorithm,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Algorithm {
    /// On P-256; the shorter key.
    EcdhEs,
    /// RSA of 3072 bits.
    RsaOaep256,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run { config } => run_configured(&config).await,
        Command::Check { config, json } => check::run(&config, json).await,
        Command::Desk { arguments } => administrate(&arguments).await,
        Command::DecryptionKey { algorithm } => make_key(algorithm),
    }
}

async fn run_configured(path: &std::path::Path) -> ExitCode {
    let config = match Config::read(path) {
        Ok(config) => config,
        Err(error) => {
            log(LogForm::Text);
            tracing::error!(%error, "the relay cannot start; comptoir-relay check says more");
            return ExitCode::from(2);
        }
    };
    log(config.log);
    match run::until_stopped(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the relay cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// Does a command on the desks; what it says is for the terminal.
async fn administrate(arguments: &[String]) -> ExitCode {
    let (said, end) = match command::desk(arguments, &SystemRandom::new(), SystemClock.now()).await {
        Ok(said) => (std::io::stdout().write_all(said.as_bytes()), ExitCode::SUCCESS),
        Err(error) => (writeln!(std::io::stderr(), "{error}"), ExitCode::FAILURE),
    };
    if said.is_ok() { end } else { ExitCode::FAILURE }
}

fn log(form: LogForm) {
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO);
    match form {
        LogForm::Text => builder.init(),
        LogForm::Json => builder.json().init(),
    }
}

#[expect(clippy::print_stdout, reason = "the key goes to where the administrator sends it, and nowhere else")]
fn make_key(algorithm: Algorithm) -> ExitCode {
    let agreement = match algorithm {
        Algorithm::EcdhEs => KeyAgreement::EcdhEs,
        Algorithm::RsaOaep256 => KeyAgreement::RsaOaep256,
    };
    match DecryptionKey::generate(agreement) {
        Ok(key) => {
            print!("{}", key.to_pem().expose());
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}
