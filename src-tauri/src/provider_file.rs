//! The file of a provider, read from disk, with the secrets it names; what is wrong with it, in French.

use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use comptoir_desk::{Keychain, KeychainError};
use comptoir_franceconnect::{
    Fault, FileRefused, KeychainUnavailable, ProviderFile, ProviderFileError, ProviderFileProblem, Secret, Secrets,
};
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Why a file cannot be used, in French.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) code: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) message: String,
}

/// Reads a provider's file. Performs I/O.
pub(crate) fn load(path: &Path) -> Result<ProviderFile, Unusable> {
    let Ok(text) = fs::read_to_string(path) else {
        let (reference, _) = comptoir_franceconnect::describe("provider-file-invalid");
        let message = "Le fichier du fournisseur ne peut pas être lu. Rien n'a été envoyé. Vérifiez son chemin, ses \
            droits, et qu'il est en UTF-8.";
        return Err(Unusable { code: "provider-file-invalid", reference, message: message.to_owned() });
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let keychain = SystemKeychain::new(Environment::Production.namespace());
    ProviderFile::parse(&text, &Beside { folder, keychain }).map_err(|error| Unusable {
        code: error.code(),
        reference: error.reference(),
        message: french(&error),
    })
}

/// An entry of the keychain that a provider's file may name.
pub(crate) struct SecretEntry {
    keychain: SystemKeychain,
    name: String,
}

impl SecretEntry {
    /// Takes its name as the file writes it; `None` when no file could.
    pub(crate) fn named(entry: &str) -> Option<Self> {
        let usable = !entry.trim().is_empty() && !entry.contains(char::is_control);
        usable.then(|| Self::of(SystemKeychain::new(Environment::Production.namespace()), entry))
    }

    /// A prefix of its own: a file must not be able to name the register's key.
    fn of(keychain: SystemKeychain, entry: &str) -> Self {
        Self { keychain, name: format!("provider:{entry}") }
    }

    fn read(&self) -> Result<Option<comptoir_desk::Secret>, KeychainError> {
        self.keychain.read(&self.name)
    }

    /// Writes it; tells whether there was one before.
    pub(crate) fn write(&self, value: &comptoir_desk::Secret) -> Result<bool, KeychainError> {
        let replaced = self.read()?.is_some();
        self.keychain.write(&self.name, value)?;
        Ok(replaced)
    }

    /// Removes it; tells whether there was one.
    pub(crate) fn remove(&self) -> Result<bool, KeychainError> {
        let was_there = self.read()?.is_some();
        self.keychain.remove(&self.name)?;
        Ok(was_there)
    }
}

/// The keychain, the environment, and the files beside the provider's.
struct Beside {
    folder: PathBuf,
    keychain: SystemKeychain,
}

impl Secrets for Beside {
    fn keychain(&self, entry: &str) -> Result<Option<Secret>, KeychainUnavailable> {
        let found = SecretEntry::of(self.keychain.clone(), entry).read().map_err(|_| KeychainUnavailable)?;
        Ok(found.and_then(|bytes| str::from_utf8(bytes.expose()).ok().map(|text| Secret::new(text.trim().to_owned()))))
    }

    fn environment(&self, name: &str) -> Option<Secret> {
        std::env::var(name).ok().map(|value| Secret::new(value.trim().to_owned()))
    }

    fn private_file(&self, path: &str) -> Result<Secret, FileRefused> {
        let path = self.folder.join(path);
        if !is_private(&path)? {
            return Err(FileRefused::NotPrivate);
        }
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|_| FileRefused::Unreadable)?;
        Ok(Secret::new(text.trim().to_owned()))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, FileRefused> {
        fs::read(self.folder.join(path)).map_err(|_| FileRefused::Unreadable)
    }
}

#[cfg(unix)]
fn is_private(path: &Path) -> Result<bool, FileRefused> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|_| FileRefused::Unreadable)?.permissions().mode();
    Ok(mode.trailing_zeros() >= 6)
}

/// A person's own folders are closed to others by the rights that files inherit there.
#[cfg(not(unix))]
fn is_private(path: &Path) -> Result<bool, FileRefused> {
    fs::metadata(path).map(|_| true).map_err(|_| FileRefused::Unreadable)
}

fn french(error: &ProviderFileError) -> String {
    use ProviderFileProblem as P;
    let remedy = match &error.problem {
        P::Syntax => "ce n'est pas du TOML à partir d'ici : corrigez la ligne".to_owned(),
        P::UnknownKey => "cette clé n'existe pas : retirez-la ou corrigez-la".to_owned(),
        P::NotForThisKind => "cette clé ne s'applique pas à ce genre de fournisseur : retirez-la".to_owned(),
        P::Missing => "cette clé est nécessaire : ajoutez-la".to_owned(),
        P::WrongType(expected) => format!("valeur d'une autre forme que celle attendue ({expected}) : corrigez-la"),
        P::NotOneOf(words) => format!("écrivez l'un de : {}", words.join(", ")),
        P::OutOfRange { least, most } => format!("écrivez un nombre de {least} à {most}"),
        P::NotAnAddress => {
            "il faut une adresse https, ou de cet ordinateur, sans mot de passe ni fragment : corrigez-la".to_owned()
        }
        P::NotAReturnAddress => {
            "il faut « ephemeral », ou une adresse http sur 127.0.0.1 avec son port, ou une adresse https avec \
             listen_return et listen_end : corrigez-la"
                .to_owned()
        }
        P::LiteralSecret => {
            "aucun secret ne s'écrit dans ce fichier : retirez-le, changez-le s'il a été lu par d'autres, et nommez une \
             entrée du trousseau, une variable d'environnement ou un fichier"
                .to_owned()
        }
        P::SecretMissing => "il n'y a pas de secret à l'endroit nommé : déposez-le".to_owned(),
        P::KeychainUnavailable => "le trousseau ne répond pas : déverrouillez-le".to_owned(),
        P::KeyUnusable => "ce n'est pas une clé privée RSA ou P-256 en PEM (PKCS#8) : remplacez-la".to_owned(),
        P::ClientKeyUnusable => "ce n'est pas une clé privée P-256 en PEM (PKCS#8) : remplacez-la".to_owned(),
        P::FileRefused(FileRefused::Unreadable) => {
            "le fichier nommé ne peut pas être lu : vérifiez son chemin et ses droits".to_owned()
        }
        P::FileRefused(FileRefused::NotPrivate) => {
            "d'autres que vous peuvent lire le fichier nommé : fermez-le aux autres (chmod 600)".to_owned()
        }
        P::ReservedParameter => {
            "Comptoir fixe lui-même ce paramètre, ou FranceConnect le refuse : retirez-le".to_owned()
        }
        P::Profile(_) => {
            "ce n'est pas un FranceConnect connu, ou une adresse n'est pas sûre : corrigez issuer".to_owned()
        }
    };
    format!(
        "Fichier du fournisseur, ligne {}, clé « {} » : {remedy}. Rien n'a été envoyé. Les clés sont décrites dans \
         docs/provider.md.",
        error.line, error.key
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "kind = \"generic\"\nissuer = \"https://idp.example\"\nclient_id = \"c\"\n\
        authentication = \"client_secret_post\"\nsecret.file = \"secret.txt\"\n";

    #[test]
    fn what_is_wrong_is_said_in_french_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("idp.toml");
        for (text, place, word) in [
            ("kind = 1", "ligne 1, clé « kind »", "autre forme"),
            ("kind = \"generic\"\nsecret = \"s3cret\"\nissuer = \"https://x\"", "ligne 2, clé « secret »", "trousseau"),
            (FILE, "ligne 5, clé « secret.file »", "ne peut pas être lu"),
        ] {
            fs::write(&file, text).expect("written");
            let message = load(&file).expect_err("unusable").message;
            assert!(message.contains(place) && message.contains(word), "{message}");
            assert!(!message.contains("s3cret"));
        }
        assert_eq!(load(&folder.path().join("absent.toml")).expect_err("absent").reference, "FC-51");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_taken_from_a_file_of_one_reader_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, secret) = (folder.path().join("idp.toml"), folder.path().join("secret.txt"));
        fs::write(&file, FILE).expect("written");
        fs::write(&secret, "s3cret\n").expect("written");
        for (mode, taken) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("rights");
            assert_eq!(load(&file).is_ok(), taken, "{mode:o}");
        }
    }
}
