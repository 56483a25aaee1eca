//! The subcommands: the same program without a window, for integrators, scripts and tests.
//!
//! Exit codes, for good: 0 verdict reached (or the command did its work), 1 fault (or rows of an import were rejected),
//! 2 usage, 3 the person refused, abandoned or has no usable identity, 4 not allowed by policy, 130/143 interrupted.

mod check_in;
mod demo_provider;
mod doctor;
mod export;
mod import;
mod lines;
mod register;
mod verify;

use clap::{Args, Parser, Subcommand};
use lines::{Lines, failed};
use std::path::PathBuf;
use std::process::ExitCode;
use url::Url;

/// Comptoir : l'identité du patient vérifiée à l'accueil. Sans sous-commande, ouvre la fenêtre.
#[derive(Debug, Parser)]
#[command(name = "comptoir", version, disable_help_subcommand = true)]
pub(crate) struct Comptoir {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Vérifie l'identité d'un patient et la compare au registre.
    CheckIn(CheckInArgs),
    /// Démarre le FranceConnect simulé et le relais, jusqu'à interruption.
    DemoProvider(DemoProviderArgs),
    /// Examine ce dont le poste a besoin ; chaque ligne dit l'état et le remède.
    Doctor(DoctorArgs),
    /// Importe les patients d'un fichier CSV ; ce qui est rejeté va dans un fichier à corriger.
    Import(ImportArgs),
    /// Exporte les patients en CSV, avec le matricule INS des seules identités qualifiées.
    Export(ExportArgs),
    /// Compare des identités au registre : une ligne JSON par identité, une ligne JSON par réponse.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct CheckInArgs {
    #[command(flatten)]
    provider: ProviderArgs,
    /// Registre neuf et vide, clé en mémoire : rien n'est gardé à la fin.
    #[arg(long)]
    session_only: bool,
    /// Date de naissance du dossier à ouvrir d'abord.
    #[arg(long, value_name = "AAAA-MM-JJ", requires = "name")]
    birth_date: Option<String>,
    /// Début du nom (de naissance ou utilisé) du dossier à ouvrir d'abord.
    #[arg(long, value_name = "DEBUT", requires = "birth_date")]
    name: Option<String>,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
    /// N'ouvre pas de navigateur : affiche l'adresse et attend.
    #[arg(long)]
    no_browser: bool,
    /// Le navigateur a été fermé depuis la dernière vérification interrompue.
    #[arg(long)]
    browser_closed: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct ProviderArgs {
    /// Démonstration : FranceConnect simulé, patients fictifs.
    #[arg(long)]
    demo: bool,
    /// Adresse (issuer) du relais de l'organisation.
    #[arg(long, value_name = "ISSUER")]
    relay: Option<Url>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoProviderArgs {
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Une vérification JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

/// The register that a subcommand works on.
#[derive(Debug, Args)]
struct RegisterArgs {
    /// Fichier du registre ; sans lui, celui de ce poste.
    #[arg(long, value_name = "FICHIER")]
    register: Option<PathBuf>,
    /// Variable d'environnement qui contient la clé du registre (64 chiffres hexadécimaux), là où il
    /// n'y a pas de trousseau.
    #[arg(long, value_name = "NOM")]
    key_env: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Identités à comparer, en JSON Lines ; sans lui, ou « - », l'entrée standard.
    #[arg(value_name = "IDENTITES")]
    input: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Correspondance entre nos colonnes et les titres du fichier, en TOML ; sans elle, proposée d'après les titres.
    #[arg(long, value_name = "TOML")]
    mapping: Option<PathBuf>,
    /// Enregistre la correspondance proposée dans ce fichier, et s'arrête là.
    #[arg(long, value_name = "TOML", conflicts_with_all = ["mapping", "dry_run", "rejects"])]
    save_mapping: Option<PathBuf>,
    /// Dit ce que l'import ferait, et ne change rien.
    #[arg(long, conflicts_with = "rejects")]
    dry_run: bool,
    /// Fichier des lignes rejetées ; sans lui, à côté du fichier importé.
    #[arg(long, value_name = "CSV")]
    rejects: Option<PathBuf>,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
    /// Fichier à importer, en CSV.
    #[arg(value_name = "CSV")]
    input: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Fichier à écrire ; sans lui, la sortie standard.
    #[arg(long, value_name = "CSV")]
    output: Option<PathBuf>,
    /// Remplace le fichier s'il existe.
    #[arg(long, requires = "output")]
    force: bool,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long, requires = "output")]
    json: bool,
}

/// How a subcommand ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done,
    Fault,
    Usage,
    NoIdentity,
    Interrupted,
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Fault => 1,
            Exit::Usage => 2,
            Exit::NoIdentity => 3,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

/// Runs a subcommand to its exit code.
pub(crate) async fn run(command: Command) -> ExitCode {
    match command {
        Command::CheckIn(args) => check_in::run(args).await,
        Command::DemoProvider(args) => demo_provider::run(&args).await,
        Command::Doctor(args) => doctor::run(&args).await,
        Command::Import(args) => import::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Verify(args) => verify::run(args).await,
    }
    .into()
}

/// Resolves when the person or the system ends the program.
async fn interruption() -> Exit {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.ok();
        Exit::Interrupted
    }
}
