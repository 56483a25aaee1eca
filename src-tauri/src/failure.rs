//! Failures as people read them: a code, a French message that says what happened, what was kept and
//! what to do next, and a reference for support.

mod precise;

use crate::configuration::ConfigurationError;
use crate::window::present::unbroken;
use crate::window::views::FailureView;
use comptoir_desk::{
    BrowserError, CheckInError, DecideError, EnrolDeskError, FindRelayError, KeychainError, OpenRegisterError,
    RekeyRegisterError,
};
use comptoir_franceconnect::{DeviceError, ExchangeFault, Fault, Party};
use comptoir_register::{
    BackupError, DistinguishError, ExportError, ImportError, MappingError, MergeError, ReadError, RestoreError,
    SourceError, UndoMergeError, WithdrawError, WriteError,
};

/// A failure on its way to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What programs branch on.
    pub(crate) code: &'static str,
    /// What support asks for.
    pub(crate) reference: &'static str,
    /// Whether the same act may succeed later.
    pub(crate) retry: bool,
    /// What happened, where more is known of it than the table says.
    happened: Option<String>,
}

/// A failure in three parts, in French.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// What happened.
    pub(crate) happened: String,
    /// What was kept.
    pub(crate) kept: &'static str,
    /// What to do next.
    pub(crate) next: &'static str,
}

impl Failure {
    pub(crate) const fn new(code: &'static str, reference: &'static str, retry: bool) -> Self {
        Self { code, reference, retry, happened: None }
    }

    fn because(self, happened: String) -> Self {
        Self { happened: Some(happened), ..self }
    }

    /// A search without a birth date that can be read.
    pub(crate) const BIRTH_DATE: Self = Self::new("birth-date-unreadable", "DK-01", false);
    /// An act that needs the desk open.
    pub(crate) const NOT_OPEN: Self = Self::new("desk-not-open", "DK-02", true);
    /// A record that is not in the register.
    pub(crate) const NO_RECORD: Self = Self::new("record-unknown", "DK-03", false);
    /// A decision on a verdict that is no longer there.
    pub(crate) const NO_VERDICT: Self = Self::new("verdict-gone", "DK-04", false);
    /// A demonstration that could not be started.
    pub(crate) const DEMONSTRATION: Self = Self::new("demonstration-not-started", "DK-05", true);
    /// A demonstration whose ports are another program's.
    pub(crate) const DEMONSTRATION_PORT: Self = Self::new("demonstration-port-taken", "DK-09", true);
    /// A data folder that cannot be used.
    pub(crate) const FOLDER: Self = Self::new("data-folder-unusable", "DK-06", true);
    /// A check-in taken over by a second start.
    pub(crate) const REPLACED: Self = Self::new("check-in-replaced", "DK-07", false);
    /// An address that could not be copied, or is no longer there.
    pub(crate) const NO_ADDRESS: Self = Self::new("address-not-copied", "DK-08", true);

    /// A relay of fictitious persons for a practice's register, or the reverse.
    pub(crate) const OTHER_ENVIRONMENT: Self = Self::new("relay-of-another-environment", "CF-04", false);

    /// A relay that knows its desks, and not this one.
    pub(crate) const NOT_ENROLLED: Self = Self::new("desk-not-enrolled", "PO-01", false);
    /// A relay that knows this desk no more.
    pub(crate) const DESK_REFUSED: Self = Self::new("desk-refused", "PO-02", false);

    /// An act that stopped half-way.
    pub(crate) const INTERRUPTED: Self = Self::new("interrupted", "CL-01", true);
    /// A file to be handed over that could not be written.
    pub(crate) const OUTPUT: Self = Self::new("output-not-written", "CL-06", true);
    /// Identities to compare that stopped being readable half-way.
    pub(crate) const INPUT: Self = Self::new("input-unreadable", "CL-03", true);

    /// A mapping that could not be read.
    pub(crate) const MAPPING_FILE: Self = Self::new("mapping-unreadable", "CS-07", false);
    /// A mapping that could not be saved.
    pub(crate) const MAPPING_NOT_SAVED: Self = Self::new("mapping-not-saved", "CS-18", false);

    /// What happened, what was kept, what to do next: the first sentence of the message, the second, the others.
    pub(crate) fn account(&self) -> Account {
        let message = MESSAGES.iter().find(|(code, _)| *code == self.code).map_or(OTHER, |(_, message)| message);
        let mut sentences = message.split_inclusive(". ");
        let (happened, kept) = (sentences.next().unwrap_or_default(), sentences.next().unwrap_or_default());
        let next = message.get(happened.len() + kept.len()..).unwrap_or_default();
        let happened = self.happened.clone().unwrap_or_else(|| happened.trim_end().to_owned());
        Account { happened, kept: kept.trim_end(), next }
    }

    /// The same in one text.
    pub(crate) fn message(&self) -> String {
        let Account { happened, kept, next } = self.account();
        format!("{happened} {kept} {next}")
    }
}

const OTHER: &str = "L'opération n'a pas abouti. Le registre n'a pas été modifié. Réessayez ; \
    si cela se répète, donnez la référence ci-dessous au support.";

/// One line a code: a sentence on what happened, one on what was kept, the others on what to do next.
#[rustfmt::skip]
const MESSAGES: &[(&str, &str)] = &[
    ("birth-date-unreadable", "La date de naissance n'est pas lisible. Rien n'a été cherché. Saisissez-la sous la forme JJ/MM/AAAA, avec 00 pour un jour ou un mois inconnu."),
    ("desk-not-open", "Le registre n'est pas encore ouvert. Rien n'a été modifié. Attendez la fin de l'ouverture, puis réessayez."),
    ("record-unknown", "Ce dossier n'existe pas dans le registre. Rien n'a été modifié. Relancez la recherche."),
    ("verdict-gone", "Ce résultat n'est plus à l'écran ou ne permet pas ce geste. Rien n'a été modifié. Relancez la vérification."),
    ("demonstration-not-started", "La démonstration n'a pas pu démarrer : le FranceConnect simulé n'écoute pas sur cet ordinateur. Rien n'a été modifié. Vérifiez qu'aucun logiciel ne bloque 127.0.0.1, puis réessayez."),
    ("demonstration-port-taken", "Le port demandé avec --port, ou le suivant, est déjà pris ou interdit sur cet ordinateur. Rien n'a été démarré. Choisissez-en un autre, ou laissez --port de côté : deux ports libres seront pris."),
    ("data-folder-unusable", "Le dossier de données de Comptoir n'est pas accessible. Rien n'a été modifié. Vérifiez les droits et l'espace disque, puis réessayez."),
    ("check-in-replaced", "Une autre vérification a pris la place de celle-ci. Rien n'a été modifié. Revenez à celle qui est en cours."),
    ("address-not-copied", "L'adresse n'a pas pu être copiée. La vérification continue. Sélectionnez-la à l'écran et copiez-la à la main."),
    ("keychain-absent", "Aucun trousseau de clés ne fonctionne sur cette session : la clé du registre ne peut pas être lue. Le registre est intact. Ouvrez une session avec un trousseau (GNOME Keyring, KWallet, KeePassXC), ou continuez pour cette session seulement."),
    ("keychain-locked", "Le trousseau de clés est verrouillé ou n'a pas répondu. Le registre est intact. Déverrouillez-le puis réessayez, ou continuez pour cette session seulement."),
    ("keychain-refused", "Le trousseau de clés a refusé l'opération. Le registre est intact. Réessayez, ou continuez pour cette session seulement."),
    ("register-key-missing", "Le registre existe, mais sa clé n'est pas dans le trousseau de cette session. Le registre est intact et n'a pas été remplacé. Ouvrez la session de la personne qui l'a créé, ou utilisez la clé de secours."),
    ("register-key-unusable", "L'entrée du trousseau n'est pas une clé de registre. Le registre est intact. Prévenez votre informaticien."),
    ("register-wrong-key", "La clé n'ouvre pas ce registre : il vient d'un autre poste, ou le début du fichier est endommagé. Il n'a pas été modifié. Saisissez la clé de secours (comptoir recovery-key --enter) ; si elle ne l'ouvre pas non plus, restaurez la dernière sauvegarde avec votre informaticien."),
    ("register-damaged", "Le fichier du registre est endommagé. Il n'a pas été modifié. Ne l'effacez pas : restaurez la dernière sauvegarde avec votre informaticien."),
    ("register-truncated", "La fin du fichier du registre manque, ou le fichier est vide. Il n'a pas été modifié. Ne l'effacez pas : restaurez la dernière sauvegarde (comptoir restore) avec votre informaticien."),
    ("register-disk-full", "Le disque du registre est plein ou n'écrit plus. Ce qui était enregistré est conservé. Libérez de la place, puis réessayez ; si cela se répète, faites examiner le disque."),
    ("register-folder-read-only", "Le dossier du registre ne peut pas être écrit. Le registre est intact. Rendez le dossier accessible en écriture à cette session, puis réessayez."),
    ("register-in-use", "Un autre programme garde le registre pour lui seul, ou le registre est encore ouvert. Il n'a pas été modifié. Fermez Comptoir et les outils qui l'utilisent, puis réessayez."),
    ("register-on-network-share", "Le registre est sur un partage réseau : deux ordinateurs ne peuvent pas y écrire sans risque de l'endommager. Il n'a été ni ouvert ni modifié. Placez-le sur un disque de cet ordinateur ; le partage peut recevoir les sauvegardes."),
    ("register-not-copied", "Avant de mettre le registre à jour pour cette version, Comptoir en fait une copie, et elle n'a pas pu être faite. Le registre n'a pas été modifié. Libérez de la place et vérifiez les droits du dossier, puis réessayez."),
    ("register-not-migrated", "Le registre n'a pas pu être mis à jour pour cette version. Il est resté dans l'ancienne et sa copie est à côté de lui. Rouvrez-le avec la version précédente de Comptoir et donnez la référence au support."),
    ("backup-in-memory", "Un registre ouvert pour cette session seulement ne se sauvegarde pas. Rien n'a été modifié. Ouvrez le registre de ce poste, puis recommencez."),
    ("backup-under-way", "Une autre sauvegarde est en cours dans ce dossier. Elle continue, et le registre est intact. Attendez qu'elle soit finie, puis recommencez si besoin."),
    ("backup-name-taken", "Une sauvegarde de cette seconde existe déjà. Elle n'a pas été remplacée. Recommencez."),
    ("backup-folder-unusable", "Le dossier de sauvegarde n'existe pas ou ne peut pas être écrit. Le registre et les sauvegardes précédentes sont intacts. Branchez le disque ou choisissez un autre dossier avec --to, puis recommencez."),
    ("backup-disk-full", "Le disque de sauvegarde est plein. Le registre et les sauvegardes précédentes sont intacts, et rien n'a été laissé de celle-ci. Libérez de la place ou choisissez un autre dossier avec --to, puis recommencez."),
    ("backup-cancelled", "La sauvegarde a été interrompue. Rien n'en a été laissé ; le registre et les sauvegardes précédentes sont intacts. Recommencez quand vous voulez."),
    ("backup-not-whole", "La copie du registre ne se relit pas en entier : le registre est sans doute endommagé. Les sauvegardes précédentes sont intactes. Lancez comptoir doctor et prévenez votre informaticien avant de continuer."),
    ("backup-wrong-key", "La clé n'ouvre pas cette sauvegarde. Le registre n'a pas été modifié. Si elle date d'avant un changement de clé, ajoutez --recovery-key et saisissez la clé de secours de l'époque."),
    ("backup-newer", "Cette sauvegarde vient d'une version plus récente de Comptoir. Le registre n'a pas été modifié. Mettez Comptoir à jour sur ce poste, puis recommencez."),
    ("backup-damaged", "Cette sauvegarde est endommagée. Le registre n'a pas été modifié. Choisissez une autre sauvegarde."),
    ("backup-unreadable", "Cette sauvegarde n'existe pas ou ne peut pas être lue. Le registre n'a pas été modifié. Vérifiez son chemin et ses droits, puis recommencez."),
    ("restore-disk-full", "Le disque du registre n'a pas la place de recevoir la sauvegarde. Le registre n'a pas été modifié. Libérez de la place, puis recommencez."),
    ("restore-folder-unusable", "La sauvegarde n'a pas pu être mise à la place du registre. Le registre n'a pas été perdu. Vérifiez les droits du dossier et qu'aucun programme n'utilise le registre, puis recommencez."),
    ("restore-undone", "La sauvegarde mise en place ne s'ouvrait pas. Le registre d'avant a été remis. Choisissez une autre sauvegarde et donnez la référence au support."),
    ("register-newer", "Ce registre a été ouvert par une version plus récente de Comptoir. Il n'a pas été modifié. Mettez Comptoir à jour sur ce poste."),
    ("register-read-only", "Le registre ne peut pas être écrit : dossier en lecture seule ou disque plein. Rien n'a été modifié. Vérifiez les droits et l'espace disque."),
    ("register-unavailable", "Le registre n'a pas pu être lu ou écrit. Ce qui était enregistré est conservé. Réessayez ; si cela se répète, prévenez votre informaticien."),
    ("randomness", "Le système n'a pas fourni d'aléa pour créer la clé du registre. Rien n'a été créé. Réessayez."),
    ("configuration-missing", "Ce poste a été configuré, mais son fichier de configuration a disparu. Le registre est intact. Remettez le fichier comptoir.toml en place ; la démonstration ne démarre jamais à sa place."),
    ("configuration-unreadable", "Le fichier de configuration ne peut pas être lu. Le registre est intact. Vérifiez ses droits."),
    ("configuration-invalid", "Le fichier de configuration n'est pas valide. Le registre est intact. Il doit contenir une ligne relay = \"https://…\"."),
    ("relay-of-another-environment", "Le relais configuré sert des identités fictives (simulateur ou bac à sable), alors que ce registre est celui du cabinet. Rien n'a été ouvert ni modifié. Corrigez l'adresse du relais avec votre informaticien."),
    ("browser-session-may-remain", "Une session FranceConnect est peut-être restée ouverte dans le navigateur après une vérification interrompue. Aucune donnée n'a été perdue. Fermez toutes les fenêtres du navigateur, puis confirmez-le pour continuer."),
    ("browser-profile-remains", "La fenêtre de navigateur d'une vérification précédente n'a pas pu être fermée. Aucune donnée n'a été perdue. Fermez-la à la main, puis recommencez."),
    ("browser-mark", "Comptoir n'a pas pu noter le début de la vérification sur le disque. Le navigateur n'a pas été ouvert. Vérifiez les droits et l'espace disque du dossier de données."),
    ("port-taken", "Un autre programme occupe le port où FranceConnect doit renvoyer le navigateur. Le navigateur n'a pas été ouvert et le registre n'a pas été modifié. Fermez ce programme, puis réessayez ; si vous ne le connaissez pas, redémarrez l'ordinateur ou prévenez votre informaticien."),
    ("sign-in-under-way", "Une autre vérification est déjà en cours sur cet ordinateur. Elle continue, et le navigateur n'a pas été ouvert une seconde fois. Terminez-la ou abandonnez-la, dans l'autre fenêtre ou l'autre session de Comptoir, puis réessayez."),
    ("port-reserved", "Le système réserve le port où FranceConnect doit renvoyer le navigateur. Le navigateur n'a pas été ouvert et le registre n'a pas été modifié. Prévenez votre informaticien : sous Windows, netsh interface ipv4 show excludedportrange protocol=tcp montre les ports réservés ; en attendant, utilisez la pièce d'identité."),
    ("loopback-unavailable", "Cet ordinateur ne permet pas d'écouter sur 127.0.0.1. Le navigateur n'a pas été ouvert. Prévenez votre informaticien."),
    ("loopback-blocked", "Un antivirus ou un pare-feu empêche Comptoir de recevoir la réponse du navigateur sur 127.0.0.1. Le navigateur n'a pas été ouvert. Prévenez votre informaticien."),
    ("listener-stopped", "L'attente de FranceConnect s'est interrompue. Le registre n'a pas été modifié. Recommencez la vérification."),
    ("randomness-unavailable", "Le système n'a pas fourni d'aléa : la vérification ne peut pas être sûre. Le navigateur n'a pas été ouvert. Réessayez."),
    ("http-unavailable", "Les certificats de ce système ne peuvent pas être lus. Rien n'a été modifié. Prévenez votre informaticien."),
    ("address-insecure", "L'adresse du relais n'est pas en https. Rien ne lui a été envoyé. Corrigez-la avec votre informaticien."),
    ("profile-invalid", "La configuration de FranceConnect n'est pas utilisable. Rien n'a été envoyé. Prévenez votre informaticien."),
    ("network-down", "Le réseau ne répond pas : cet ordinateur n'est plus relié à Internet, ou l'adresse du service n'y existe pas. Rien n'a été envoyé et le registre n'a pas été modifié. Ouvrez une page quelconque dans le navigateur : si elle ne s'affiche pas, vérifiez le câble, le Wi-Fi ou la box ; si elle s'affiche, prévenez votre informaticien ; en attendant, utilisez la pièce d'identité."),
    ("relay-unreachable", "Le relais FranceConnect de l'établissement ne répond pas. Le registre n'a pas été modifié. Réessayez dans une minute ; si cela dure, prévenez votre informaticien ; en attendant, utilisez la pièce d'identité."),
    ("relay-gone", "Il n'y a pas de relais FranceConnect à cette adresse. Le registre n'a pas été modifié. Vérifiez l'adresse avec votre informaticien."),
    ("franceconnect-unreachable", "FranceConnect ne répond pas. Le registre n'a pas été modifié. Réessayez dans quelques minutes ; en attendant, utilisez la pièce d'identité."),
    ("exchange-timed-out", "FranceConnect a mis trop de temps à répondre. Le registre n'a pas été modifié. Recommencez la vérification."),
    ("provider-unreachable", "Le fournisseur d'identité ne répond pas. Rien n'a été gardé ni modifié. Vérifiez l'adresse et la connexion Internet, puis réessayez."),
    ("page-instead", "Une page web a répondu à la place du service attendu : portail captif, filtrage, ou adresse erronée. La réponse a été écartée et rien n'a été modifié. Ouvrez une page quelconque dans le navigateur pour vous connecter au réseau, puis réessayez ; sinon, prévenez votre informaticien."),
    ("certificate-refused", "Le certificat du service n'est pas reconnu : le réseau de l'établissement l'a peut-être remplacé. Rien n'a été envoyé. Demandez à votre informaticien d'ajouter l'autorité de l'établissement à ce système, ou au fichier du fournisseur (network.authorities)."),
    ("provider-file-invalid", "Le fichier du fournisseur n'est pas utilisable. Rien n'a été envoyé. Corrigez-le d'après docs/provider.md."),
    ("not-franceconnect", "Ce fournisseur ne porte pas la signature de FranceConnect : son identité ne prouve rien pour un dossier. Rien n'a été ouvert ni envoyé. Utilisez FranceConnect ou un relais ; pour essayer ce fournisseur seul, utilisez comptoir sign-in."),
    ("metadata-invalid", "Le relais ou le fournisseur d'identité ne se présente pas comme il le doit. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("issuer-differs", "Le service qui répond n'est pas celui qui est configuré. Rien ne lui a été envoyé. Prévenez votre informaticien."),
    ("franceconnect-unknown", "Le relais s'appuie sur un FranceConnect inconnu de Comptoir. Rien ne lui a été envoyé. Prévenez votre informaticien."),
    ("token-refused", "FranceConnect n'a pas remis l'identité : le code a expiré ou a déjà servi. Le registre n'a pas été modifié. Recommencez la vérification."),
    ("client-refused", "Le relais ou FranceConnect ne reconnaît pas ce poste. Le registre n'a pas été modifié. Prévenez votre informaticien ; en attendant, utilisez la pièce d'identité."),
    ("answer-malformed", "La réponse reçue n'est pas lisible. Elle a été écartée et le registre n'a pas été modifié. Recommencez ; si cela se répète, donnez la référence au support."),
    ("keys-unavailable", "Les clés de signature de FranceConnect ne sont pas accessibles : l'identité ne peut pas être contrôlée. Elle a été écartée. Réessayez dans quelques minutes."),
    ("token-undecryptable", "Une réponse chiffrée n'a pas pu être lue avec la clé de ce client. Elle a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et prévenez votre informaticien : la clé de déchiffrement ne correspond plus à celle qui est publiée."),
    ("id-token-invalid", "L'identité reçue n'a pas passé les contrôles de signature. Elle a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et donnez la référence au support."),
    ("userinfo-refused", "FranceConnect n'a pas remis l'identité. Le registre n'a pas été modifié. Recommencez la vérification."),
    ("userinfo-invalid", "L'identité reçue n'a pas passé les contrôles de signature. Elle a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et donnez la référence au support."),
    ("state-signature-missing", "Le relais n'a pas transmis la signature de FranceConnect. L'identité a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et prévenez votre informaticien."),
    ("state-signature-invalid", "La signature de FranceConnect n'est pas valable. L'identité a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et prévenez votre informaticien."),
    ("state-evidence-unbound", "L'identité transmise par le relais n'est pas celle de cette vérification. Elle a été écartée et le registre n'a pas été modifié. Utilisez la pièce d'identité et prévenez votre informaticien."),
    ("subject-differs", "Les réponses reçues ne parlent pas de la même personne. Elles ont été écartées et le registre n'a pas été modifié. Recommencez la vérification."),
    ("session-reused", "Cette identité vient d'une connexion plus ancienne que cette vérification : c'est peut-être celle du patient précédent. Elle a été écartée. Fermez toutes les fenêtres du navigateur, puis recommencez."),
    ("session-replayed", "Le navigateur avait gardé une connexion FranceConnect plus ancienne que cette vérification : c'est peut-être celle du patient précédent. Elle a été fermée et rien n'a été montré. Fermez toutes les fenêtres du navigateur, puis recommencez."),
    ("desk-not-enrolled", "Ce relais ne répond qu'aux postes inscrits, et ce poste ne l'est pas. Rien n'a été ouvert ni modifié. Demandez un code d'inscription à votre informaticien, puis lancez comptoir enrol ; en attendant, utilisez la pièce d'identité."),
    ("desk-refused", "Le relais ne reconnaît pas ce poste : son inscription a été retirée, ou n'est pas la sienne. L'identité n'a pas été reçue et le registre n'a pas été modifié. Demandez un nouveau code d'inscription à votre informaticien, puis lancez comptoir enrol ; en attendant, utilisez la pièce d'identité."),
    ("desk-key-unkeepable", "Le trousseau de cette session ne garde pas la clé du poste : il est absent ou verrouillé, ou il refuse. Le code d'inscription n'a pas été utilisé et rien n'a été modifié. Ouvrez ou déverrouillez le trousseau, puis relancez la même commande avec le même code."),
    ("desk-key-not-kept", "Le relais a inscrit ce poste, mais le trousseau n'a pas gardé sa clé : le code est perdu. Rien d'autre n'a été modifié. Déverrouillez le trousseau, puis recommencez avec un nouveau code ; votre informaticien retirera l'inscription perdue."),
    ("configuration-not-written", "Le poste est inscrit, mais le fichier comptoir.toml n'a pas pu être écrit. La clé est gardée dans le trousseau et le fichier est resté comme il était. Écrivez-y la ligne relay = \"https://…\" avec l'adresse du relais, ou corrigez ses droits ; un nouveau code n'est pas nécessaire."),
    ("enrolment-not-offered", "Ce relais n'inscrit pas de poste. Rien n'a été enregistré. Vérifiez l'adresse du relais avec votre informaticien."),
    ("enrolment-refused", "Le relais a refusé le code d'inscription : il est mal recopié, expiré ou déjà utilisé. L'inscription n'a pas eu lieu et rien n'a été modifié. Vérifiez le code, ou demandez-en un autre à votre informaticien."),
    ("enrolment-limited", "Trop de codes d'inscription ont été essayés. L'inscription n'a pas eu lieu et rien n'a été modifié. Attendez quelques minutes, puis réessayez."),
    ("phone-not-offered", "Ce relais ne propose pas la connexion sur le téléphone du patient. Rien n'a été commencé. Utilisez FranceConnect sur cet ordinateur, ou la pièce d'identité."),
    ("relay-limited", "Trop de vérifications ont été lancées depuis ce poste en peu de temps. Rien n'a été commencé. Attendez une minute, puis recommencez."),
    ("level-too-low", "Le niveau de garantie obtenu est inférieur à celui demandé. L'identité a été écartée. Le patient peut choisir un autre moyen de connexion, ou présenter sa pièce d'identité."),
    ("clock-wrong", "L'horloge de cet ordinateur n'est pas à l'heure : les contrôles de FranceConnect échouent. L'identité a été écartée et le registre n'a pas été modifié. Réglez l'heure automatique du système, puis recommencez."),
    ("access-denied", "La personne a renoncé, ou FranceConnect n'a pas pu l'identifier. Le registre n'a pas été modifié. Recommencez, ou utilisez la pièce d'identité."),
    ("server-error", "FranceConnect a rencontré une erreur. Le registre n'a pas été modifié. Réessayez dans quelques minutes ; en attendant, utilisez la pièce d'identité."),
    ("temporarily-unavailable", "FranceConnect est momentanément indisponible. Le registre n'a pas été modifié. Réessayez dans quelques minutes ; en attendant, utilisez la pièce d'identité."),
    ("scope-refused", "FranceConnect refuse de transmettre un des traits demandés. Le registre n'a pas été modifié. Prévenez votre informaticien : l'habilitation est à compléter."),
    ("level-refused", "FranceConnect ne sert pas le niveau de garantie demandé. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("hint-refused", "FranceConnect refuse le moyen de connexion demandé. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("request-refused", "FranceConnect a refusé la demande. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("response-type-refused", "FranceConnect a refusé la demande. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("client-unauthorised", "FranceConnect n'autorise pas cette demande. Le registre n'a pas été modifié. Prévenez votre informaticien."),
    ("provider-error", "FranceConnect a répondu par une erreur inconnue. Le registre n'a pas été modifié. Recommencez ; si cela se répète, donnez la référence au support."),
    ("browser-not-started", "Aucun navigateur n'a pu être ouvert. Rien n'a été modifié. Copiez l'adresse affichée et ouvrez-la à la main sur cet ordinateur."),
    ("http-client", "Les certificats de ce système ne peuvent pas être lus. Rien n'a été modifié. Prévenez votre informaticien."),
    ("register-refused", "Il manque un trait obligatoire (nom de naissance, premier prénom), ou cet identifiant existe déjà. Rien n'a été enregistré. Corrigez, puis recommencez."),
    ("record-changed-meanwhile", "Ce dossier a été modifié par quelqu'un d'autre pendant que vous y travailliez. Rien n'a été enregistré de votre changement. Rouvrez le dossier, vérifiez-le, puis recommencez."),
    ("not-two-records", "Il faut deux dossiers différents du registre, dont aucun n'a été fusionné. Rien n'a été modifié. Relancez la recherche et choisissez les deux dossiers."),
    ("merge-already-absorbed", "L'un des deux dossiers a déjà été fusionné dans un autre. Rien n'a été modifié. Ouvrez le dossier conservé, ou annulez d'abord la fusion."),
    ("merge-has-absorbed", "Le dossier à fusionner en contient d'autres, déjà fusionnés. Rien n'a été modifié. Annulez d'abord ces fusions, ou choisissez ce dossier comme dossier conservé."),
    ("merge-two-people", "Ces deux dossiers ont été déclarés de deux personnes différentes. Rien n'a été modifié. Si c'était une erreur, retirez d'abord cette déclaration avec le référent en identitovigilance."),
    ("merge-different-ins", "Chacun des deux dossiers a un INS différent : ce sont deux personnes, ou l'un des INS n'est pas le bon. Rien n'a été modifié. Vérifiez les deux identités avec le référent en identitovigilance."),
    ("merge-not-there", "Ce dossier n'a pas été fusionné, ou sa fusion a déjà été annulée. Rien n'a été modifié. Relancez la recherche."),
    ("merge-ins-taken", "L'INS de ce dossier est maintenant celui d'un autre dossier. La fusion n'a pas été annulée et rien n'a été modifié. Invalidez d'abord cet INS dans l'autre dossier avec le référent en identitovigilance."),
    ("distinction-already-said", "Ces deux dossiers sont déjà déclarés de deux personnes différentes. Rien n'a été modifié. Il n'y a rien à faire."),
    ("distinction-not-said", "Ces deux dossiers n'ont pas été déclarés de deux personnes différentes. Rien n'a été modifié. Il n'y a rien à retirer."),
    ("output-not-written", "Le fichier à remettre n'a pas pu être écrit jusqu'au bout, et ce qui en était écrit a été effacé. Le registre est intact. Vérifiez l'espace disque et les droits du dossier, puis recommencez."),
    ("input-unreadable", "La lecture des identités à comparer s'est arrêtée. Les réponses déjà écrites sont bonnes et le registre n'a pas été modifié. Vérifiez le fichier, puis reprenez à la première identité sans réponse."),
    ("source-unreadable", "Le fichier à importer ne peut pas être lu. Rien de nouveau n'a été importé. Vérifiez son chemin et ses droits, puis relancez la même commande : elle reprend où elle s'est arrêtée."),
    ("source-empty", "Le fichier à importer est vide, ou n'a pas de ligne de titres. Rien n'a été importé. Exportez-le de nouveau depuis le logiciel du cabinet."),
    ("source-workbook", "Ce fichier est un classeur de tableur (xlsx, xls ou ods), pas un CSV. Rien n'a été importé. Ouvrez-le dans le tableur, choisissez « Enregistrer sous… CSV UTF-8 », puis importez ce nouveau fichier."),
    ("source-utf16", "Ce fichier est un « texte Unicode » (UTF-16), qui n'est pas pris en charge. Rien n'a été importé. Enregistrez-le en « CSV UTF-8 », puis importez ce nouveau fichier."),
    ("source-not-text", "Ce fichier n'est pas du texte. Rien n'a été importé. Exportez les patients en CSV depuis le logiciel du cabinet."),
    ("source-line-too-long", "Une ligne de ce fichier est plus longue que n'importe quelle ligne de tableau. Rien n'a été importé. Vérifiez qu'il s'agit bien d'un CSV, une ligne par patient."),
    ("mapping-unreadable", "Le fichier de correspondance ne peut pas être lu : il doit être en TOML, avec une table [columns] dont chaque clé est connue et chaque valeur un titre du fichier. Rien n'a été importé. Corrigez-le, ou créez-en un avec --save-mapping."),
    ("mapping-not-saved", "La correspondance n'a pas pu être enregistrée : un fichier de ce nom existe déjà, ou le dossier ne peut pas être écrit. Rien n'a été remplacé ni importé. Choisissez un autre nom pour --save-mapping."),
    ("titles-unknown", "La première ligne du fichier ne contient aucun titre de colonne connu : c'est peut-être déjà un patient, elle n'est donc pas affichée. Rien n'a été importé. Ajoutez une ligne de titres, ou donnez la correspondance avec --mapping."),
    ("title-absent", "La correspondance nomme une colonne que le fichier n'a pas. Rien n'a été importé. Corrigez la correspondance d'après les titres lus."),
    ("title-twice", "Une colonne de la correspondance est deux fois dans le fichier : on ne sait pas laquelle lire. Rien n'a été importé. Renommez l'une des deux dans le fichier."),
    ("columns-required", "Il manque une colonne sans laquelle aucun dossier ne peut être créé : nom de naissance, premier prénom, date de naissance. Rien n'a été importé. Indiquez-la dans un fichier de correspondance (--mapping) ; --save-mapping en propose un."),
    ("rejects-exist", "Un fichier a déjà le nom prévu pour les lignes rejetées. Il n'a pas été remplacé et rien n'a été importé. Déplacez-le, ou choisissez un autre nom avec --rejects."),
    ("rejects-gone", "L'import interrompu avait un fichier de rejets, qui a disparu ou a été raccourci. Rien de nouveau n'a été importé. Remettez ce fichier à sa place, puis relancez la même commande."),
    ("rejects-unwritable", "Le fichier des lignes rejetées ne peut pas être écrit. Ce qui était importé est gardé et aucune ligne n'est perdue. Libérez de l'espace, ou choisissez un autre dossier avec --rejects, puis relancez la même commande."),
    ("import-overtaken", "Un autre programme importe le même fichier en ce moment. Ce qu'il importe est gardé ; cet import-ci s'est arrêté. Attendez la fin de l'autre."),
    ("rehearsal-impossible", "L'essai à blanc n'a pas pu préparer son registre provisoire à côté du registre. Rien n'a été modifié. Vérifiez les droits et l'espace disque du dossier."),
    ("export-exists", "Un fichier porte déjà ce nom. Il n'a pas été remplacé et rien n'a été exporté. Choisissez un autre nom, ou ajoutez --force pour le remplacer."),
    ("export-unwritable", "Le fichier d'export ne peut pas être écrit. Aucun fichier n'a été remplacé ni laissé à moitié. Vérifiez le dossier, ses droits et l'espace disque, puis relancez."),
    ("export-cancelled", "L'export a été interrompu. Aucun fichier n'a été remplacé ni laissé à moitié. Relancez-le quand vous voulez."),
    ("interrupted", "L'opération s'est interrompue. Ce qui était enregistré est conservé. Réessayez."),
];

impl From<KeychainError> for Failure {
    fn from(error: KeychainError) -> Self {
        match error {
            KeychainError::Absent => Self::new("keychain-absent", "KC-01", true),
            KeychainError::Locked => Self::new("keychain-locked", "KC-02", true),
            KeychainError::Refused => Self::new("keychain-refused", "KC-03", true),
        }
    }
}

impl From<BrowserError> for Failure {
    fn from(error: BrowserError) -> Self {
        match error {
            BrowserError::NotStarted => Self::new("browser-not-started", "BR-01", true),
            BrowserError::Mark => Self::new("browser-mark", "BR-02", true),
            BrowserError::ProfileRemains => Self::new("browser-profile-remains", "BR-04", true),
        }
    }
}

impl From<OpenRegisterError> for Failure {
    fn from(error: OpenRegisterError) -> Self {
        match error {
            OpenRegisterError::Keychain(error) => error.into(),
            OpenRegisterError::KeyMissing => Self::new("register-key-missing", "KC-04", true),
            OpenRegisterError::KeyUnusable => Self::new("register-key-unusable", "KC-05", false),
            OpenRegisterError::Randomness => Self::new("randomness", "KC-06", true),
            OpenRegisterError::Open(error) => Self::new(error.code(), error.reference(), error.retry()),
        }
    }
}

impl From<RekeyRegisterError> for Failure {
    fn from(error: RekeyRegisterError) -> Self {
        match error {
            RekeyRegisterError::Open(error) => error.into(),
            RekeyRegisterError::Rekey(error) => Self::new(error.code(), error.reference(), true),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        match error {
            ConfigurationError::Missing => Self::new("configuration-missing", "CF-01", true),
            ConfigurationError::Unreadable(_) => Self::new("configuration-unreadable", "CF-02", true),
            ConfigurationError::Invalid => Self::new("configuration-invalid", "CF-03", true),
            ConfigurationError::NotWritten(_) => Self::new("configuration-not-written", "CF-05", true),
        }
    }
}

impl Failure {
    /// A failure of the sign-in, under its own code.
    pub(crate) fn of(fault: &dyn Fault) -> Self {
        Self::new(fault.code(), fault.reference(), fault.retry())
    }
}

impl From<FindRelayError> for Failure {
    fn from(error: FindRelayError) -> Self {
        match error {
            FindRelayError::Discover(error) => Self::of(&error),
            FindRelayError::NotEnrolled => Self::NOT_ENROLLED,
            FindRelayError::Keychain(error) => error.into(),
        }
    }
}

impl From<EnrolDeskError> for Failure {
    fn from(error: EnrolDeskError) -> Self {
        match error {
            EnrolDeskError::Keychain(_) => Self::new("desk-key-unkeepable", "PO-03", true),
            EnrolDeskError::NotKept(_) => Self::new("desk-key-not-kept", "PO-04", false),
            EnrolDeskError::Enrol(error) => Self::of(&error),
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Exchange(fault) if is_stranger(&fault) => Self::DESK_REFUSED,
            DeviceError::NotOffered | DeviceError::Limited | DeviceError::Randomness(_) | DeviceError::Exchange(_) => {
                Self::of(&error)
            }
        }
    }
}

/// Whether the relay does not know this desk, or knows it no more.
fn is_stranger(fault: &ExchangeFault) -> bool {
    matches!(fault, ExchangeFault::ClientRefused { party: Party::Relay, .. })
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<UndoMergeError> for Failure {
    fn from(error: UndoMergeError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<DistinguishError> for Failure {
    fn from(error: DistinguishError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<WithdrawError> for Failure {
    fn from(error: WithdrawError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Unreadable(_) => Self::new("source-unreadable", "CS-01", true),
            SourceError::Empty => Self::new("source-empty", "CS-02", false),
            SourceError::Workbook => Self::new("source-workbook", "CS-03", false),
            SourceError::Utf16 => Self::new("source-utf16", "CS-04", false),
            SourceError::NotText => Self::new("source-not-text", "CS-05", false),
            SourceError::LineTooLong { .. } => Self::new("source-line-too-long", "CS-06", false),
        }
    }
}

impl From<MappingError> for Failure {
    fn from(error: MappingError) -> Self {
        match error {
            MappingError::Form | MappingError::UnknownKey(_) => Self::MAPPING_FILE,
            MappingError::NoTitles => Self::new("titles-unknown", "CS-08", false),
            MappingError::TitleAbsent(_) => Self::new("title-absent", "CS-09", false),
            MappingError::TitleTwice(_) => Self::new("title-twice", "CS-10", false),
            MappingError::Required(_) => Self::new("columns-required", "CS-11", false),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Mapping(error) => error.into(),
            ImportError::Source(_) => Self::new("source-unreadable", "CS-01", true),
            ImportError::RejectsExist => Self::new("rejects-exist", "CS-12", false),
            ImportError::RejectsGone => Self::new("rejects-gone", "CS-13", true),
            ImportError::Rejects(_) => Self::new("rejects-unwritable", "CS-14", true),
            ImportError::Overtaken => Self::new("import-overtaken", "CS-15", true),
            ImportError::Rehearsal(_) => Self::new("rehearsal-impossible", "CS-16", true),
            ImportError::Read(error) => error.into(),
            ImportError::Write(error) => error.into(),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Exists => Self::new("export-exists", "CS-20", false),
            ExportError::File(_) => Self::new("export-unwritable", "CS-21", true),
            ExportError::Cancelled => Self::new("export-cancelled", "CS-22", true),
            ExportError::Read(error) => error.into(),
            ExportError::Write(error) => error.into(),
        }
    }
}

impl From<DecideError> for Failure {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotOffered => Self::NO_VERDICT,
            DecideError::Read(error) => error.into(),
            DecideError::Write(error) => error.into(),
        }
    }
}

impl From<CheckInError> for Failure {
    fn from(error: CheckInError) -> Self {
        match error {
            CheckInError::SessionMayRemain => Self::new("browser-session-may-remain", "BR-03", true),
            CheckInError::Keychain(error) => error.into(),
            CheckInError::Browser(error) => error.into(),
            CheckInError::Bind(error) => error.into(),
            CheckInError::Begin(error) => Self::of(&error),
            CheckInError::Phone(error) => error.into(),
            CheckInError::Randomness(error) => Self::of(&comptoir_franceconnect::BeginError::from(error)),
            CheckInError::Wait(error) => Self::of(&error),
            CheckInError::Provider(error) => Self::of(&error),
            CheckInError::Exchange(error) => (&error).into(),
            CheckInError::Read(error) => error.into(),
            CheckInError::Write(error) => error.into(),
        }
    }
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        let Account { happened, kept, next } = failure.account();
        Self {
            code: failure.code.to_owned(),
            happened: unbroken(&happened),
            kept: unbroken(kept),
            next: unbroken(next),
            retry: failure.retry,
            reference: failure.reference.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
