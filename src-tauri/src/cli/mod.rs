//! The subcommands: the same program without a window, for integrators, scripts and tests.
//!
//! Exit codes, for good: 0 verdict reached (or the command did its work), 1 fault (or rows of an import were rejected),
//! 2 usage, 3 the person refused, abandoned or has no usable identity, 4 not allowed by policy, 130/143 interrupted.

mod backup;
mod check_in;
mod demo_provider;
mod doctor;
mod duplicates;
mod enrol;
mod export;
mod import;
mod journal;
mod lines;
mod provider;
mod purge;
mod recovery_key;
mod register;
mod restore;
mod secret;
mod sign_in;
mod verify;
mod work;

use clap::{Args, Parser, Subcommand, ValueEnum};
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
    /// Sauvegarde le registre pendant que le poste travaille ; relit la copie avant de lui donner son nom.
    Backup(BackupArgs),
    /// Vérifie l'identité d'un patient et la compare au registre.
    CheckIn(CheckInArgs),
    /// Démarre le FranceConnect simulé et le relais, jusqu'à interruption.
    DemoProvider(DemoProviderArgs),
    /// Examine ce dont le poste a besoin ; chaque ligne dit l'état et le remède.
    Doctor(DoctorArgs),
    /// Cherche dans tout le registre les doublons, les jumeaux et les matricules partagés ; une personne décide.
    Duplicates(DuplicatesArgs),
    /// Inscrit ce poste au relais de l'organisation, avec le code donné par l'informaticien ; une seule fois.
    Enrol(EnrolArgs),
    /// Remet le journal au référent en identitovigilance : une ligne par accès, changement ou décision.
    Journal(JournalArgs),
    /// Efface ce que le site a décidé de ne pas garder plus longtemps ; sans règle, rien.
    Purge(PurgeArgs),
    /// Montre, reprend ou renouvelle la clé de secours du registre.
    RecoveryKey(RecoveryKeyArgs),
    /// Met une sauvegarde à la place du registre, qui est gardé à côté.
    Restore(RestoreArgs),
    /// Range dans le trousseau le secret d'un fournisseur, ou l'en retire ; il est demandé, jamais en argument.
    Secret(SecretArgs),
    /// Fait s'identifier une personne auprès d'un fournisseur, et rien d'autre : ni registre, ni comparaison.
    SignIn(SignInArgs),
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
    /// Ouvre le navigateur habituel du poste au lieu d'un navigateur à profil jetable.
    #[arg(long, conflicts_with = "no_browser")]
    shared_browser: bool,
    /// Le patient s'identifie sur son propre téléphone : affiche un code à scanner, n'ouvre rien sur cet ordinateur.
    #[arg(long, conflicts_with_all = ["no_browser", "shared_browser", "browser_closed"])]
    phone: bool,
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
    /// Fichier TOML qui décrit le fournisseur (docs/provider.md).
    #[arg(long, value_name = "FICHIER")]
    provider: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    #[command(flatten)]
    provider: ProviderArgs,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
    /// N'ouvre pas de navigateur : affiche l'adresse et attend.
    #[arg(long)]
    no_browser: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnrolArgs {
    /// Adresse (issuer) du relais de l'organisation.
    #[arg(long, value_name = "ISSUER")]
    relay: Url,
    /// Code d'inscription ; sans lui, demandé sans être affiché.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Lit le code sur l'entrée standard : il ne reste pas dans l'historique des commandes.
    #[arg(long, conflicts_with = "code")]
    code_stdin: bool,
    /// Nom du poste, tel que l'informaticien le lira ; sans lui, celui de cet ordinateur.
    #[arg(long, value_name = "NOM")]
    name: Option<String>,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoProviderArgs {
    /// Plateforme simulée : low (FranceConnect, eidas1) ou high (FranceConnect+, eidas2 et eidas3, jetons chiffrés).
    #[arg(long, value_name = "PLATEFORME", default_value = "low")]
    platform: PlatformWord,
    /// Graine dont le simulateur tire ses clés, codes et identifiants : la même graine, les mêmes.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Port du relais sur 127.0.0.1 ; le FranceConnect simulé prend le suivant. Sans lui, deux ports libres.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65534))]
    port: Option<u16>,
    /// Le relais ne répond qu'aux postes inscrits ; donne un code pour en inscrire un.
    #[arg(long)]
    enrolled: bool,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PlatformWord {
    Low,
    High,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Une vérification JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
    /// Relit tout le journal du registre et contrôle sa chaîne, et rien d'autre.
    #[arg(long)]
    journal: bool,
    /// Tête du journal notée auparavant (80 chiffres hexadécimaux) : elle doit être dans la chaîne.
    #[arg(long, value_name = "HEXA", requires = "journal")]
    head: Option<String>,
    #[command(flatten)]
    register: RegisterArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Premier jour.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    since: Option<String>,
    /// Dernier jour, compris.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    until: Option<String>,
    /// Un seul dossier : l'identifiant du logiciel métier, ou local:N.
    #[arg(long, value_name = "DOSSIER")]
    record: Option<String>,
    /// Fichier à créer ; sans lui, la sortie standard.
    #[arg(long, value_name = "FICHIER")]
    output: Option<PathBuf>,
    /// Une ligne JSON par ligne du journal, au lieu d'un tableau CSV.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Fixe une durée décidée par le site, et n'efface rien : journal-traits-days, proofs-days ou arrivals-days, en
    /// jours, ou backups-kept ; sans valeur, la retire.
    #[arg(long, value_name = "REGLE=JOURS", conflicts_with = "dry_run")]
    set: Vec<String>,
    /// Dit ce qui serait effacé, et n'efface rien.
    #[arg(long)]
    dry_run: bool,
    /// Le compte rendu en JSON sur la sortie standard.
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
pub(crate) struct DuplicatesArgs {
    #[command(flatten)]
    register: RegisterArgs,
    #[command(flatten)]
    decision: DuplicatesDecision,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

/// What a person decides of a pair; without one, pairs are looked for.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct DuplicatesDecision {
    /// Fusionne le second dossier dans le premier, qui ne change pas ; réversible.
    #[arg(long, num_args = 2, value_names = ["CONSERVE", "FUSIONNE"])]
    merge: Vec<String>,
    /// Annule la fusion de ce dossier.
    #[arg(long, value_name = "FUSIONNE")]
    undo_merge: Option<String>,
    /// Déclare que deux dossiers sont de deux personnes : ils ne seront plus proposés comme doublon.
    #[arg(long, num_args = 2, value_names = ["DOSSIER", "DOSSIER"])]
    tell_apart: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Identités à comparer, en JSON Lines ; sans lui, ou « - », l'entrée standard.
    #[arg(value_name = "IDENTITES")]
    input: Option<PathBuf>,
    /// Accepté comme partout ; les réponses sont toujours en JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Dossier des sauvegardes ; sans lui, « sauvegardes » à côté du registre.
    #[arg(long, value_name = "DOSSIER")]
    to: Option<PathBuf>,
    /// Jours dont la dernière sauvegarde est gardée, en plus de 4 semaines et de 12 mois.
    #[arg(long, value_name = "N", default_value_t = 7)]
    keep: usize,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    register: RegisterArgs,
    /// Sauvegarde à mettre à la place du registre.
    #[arg(value_name = "SAUVEGARDE")]
    backup: PathBuf,
    /// Lit sur l'entrée standard la clé de secours de la sauvegarde, si elle date d'avant un changement de clé.
    #[arg(long)]
    recovery_key: bool,
    /// Ne demande rien : ce qui n'est pas dans la sauvegarde n'est plus dans le registre, qui est gardé à côté.
    #[arg(long)]
    yes: bool,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryKeyArgs {
    #[command(flatten)]
    register: RegisterArgs,
    #[command(flatten)]
    act: RecoveryKeyAct,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct RecoveryKeyAct {
    /// Montre la clé de secours, sur un terminal seulement, pour l'imprimer ou la recopier.
    #[arg(long)]
    show: bool,
    /// Lit la clé de secours sur l'entrée standard et la range dans le trousseau si elle ouvre le registre, ou la
    /// sauvegarde nommée par --register.
    #[arg(long)]
    enter: bool,
    /// Donne au registre une nouvelle clé : l'ancienne clé de secours n'ouvre plus que les anciennes sauvegardes.
    #[arg(long)]
    renew: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    #[command(flatten)]
    act: SecretAct,
    /// Nom de l'entrée, tel que le fichier du fournisseur l'écrit après keychain.
    #[arg(value_name = "ENTREE")]
    entry: String,
    /// Un événement JSON par ligne sur la sortie standard.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SecretAct {
    /// Demande le secret sans l'afficher, ou le lit sur l'entrée standard, et le range dans le trousseau.
    #[arg(long)]
    set: bool,
    /// Retire l'entrée du trousseau.
    #[arg(long)]
    remove: bool,
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
        Command::Backup(args) => backup::run(args).await,
        Command::CheckIn(args) => check_in::run(args).await,
        Command::DemoProvider(args) => demo_provider::run(&args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Duplicates(args) => duplicates::run(args).await,
        Command::Enrol(args) => enrol::run(args).await,
        Command::Journal(args) => journal::run(args).await,
        Command::Purge(args) => purge::run(args).await,
        Command::RecoveryKey(args) => recovery_key::run(args).await,
        Command::Restore(args) => restore::run(args).await,
        Command::Secret(args) => secret::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::SignIn(args) => sign_in::run(args).await,
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
