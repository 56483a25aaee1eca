//! Files of providers: read or refused with a line of the file, and no secret of theirs in the refusal.
#![no_main]

use comptoir_franceconnect::{FileRefused, KeychainUnavailable, ProviderFile, Secret, Secrets};
use libfuzzer_sys::fuzz_target;

struct Safe;

impl Secrets for Safe {
    fn keychain(&self, _: &str) -> Result<Option<Secret>, KeychainUnavailable> {
        Ok(Some(Secret::new("kept-in-the-keychain".to_owned())))
    }

    fn environment(&self, _: &str) -> Option<Secret> {
        None
    }

    fn private_file(&self, _: &str) -> Result<Secret, FileRefused> {
        Err(FileRefused::Unreadable)
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, FileRefused> {
        Ok(Vec::new())
    }
}

fuzz_target!(|text: &str| {
    if let Err(error) = ProviderFile::parse(text, &Safe) {
        assert!(error.line >= 1 && error.line <= text.lines().count().max(1) + 1);
        assert!(!error.to_string().contains("kept-in-the-keychain"));
    }
});
