//! The journal's codes in the words of a reception desk.

use comptoir_register::ActKind;

/// What was done.
pub(super) fn act(kind: ActKind) -> &'static str {
    match kind {
        ActKind::SearchMade => "Recherche",
        ActKind::RecordViewed => "Dossier consulté",
        ActKind::CheckInConcluded => "Vérification d'identité terminée",
        ActKind::IdentityConfirmed => "Identité confirmée",
        ActKind::PatientCreated => "Dossier créé",
        ActKind::PaperPath => "Pièce d'identité à l'accueil",
        ActKind::SessionClosed => "Session FranceConnect fermée",
        ActKind::SessionNotClosed => "Fermeture de la session FranceConnect non constatée",
        ActKind::LogoutWrittenOff => "Déconnexion due abandonnée",
        ActKind::BrowserHeld => "Connexion retenue : une session peut rester dans le navigateur",
        ActKind::BrowserReleased => "Navigateur fermé",
        ActKind::BatchVerified => "Comparaison d'identités par lot",
        ActKind::DemonstrationFilled => "Démonstration remplie",
        ActKind::RecordChanged => "Dossier modifié",
        ActKind::StatusChanged => "Statut abaissé",
        ActKind::TraitsAdopted => "Traits de l'INS repris",
        ActKind::AttributeSet => "Attribut posé",
        ActKind::AttributeRemoved => "Attribut retiré",
        ActKind::ProofRecorded => "Justificatif enregistré",
        ActKind::PatientsImported => "Dossiers importés",
        ActKind::RegisterExported => "Dossiers exportés",
        ActKind::RecordsMerged => "Dossiers fusionnés",
        ActKind::MergeUndone => "Fusion annulée",
        ActKind::PeopleDistinguished => "Dossiers déclarés de deux personnes différentes",
        ActKind::DistinctionWithdrawn => "Déclaration de deux personnes différentes retirée",
        ActKind::PayloadsErased => "Traits du journal effacés (durée de conservation)",
        ActKind::ProofsPurged => "Justificatifs effacés (durée de conservation)",
        ActKind::ArrivalsPurged => "Arrivées effacées (durée de conservation)",
        ActKind::SiteRuleSet => "Règle du site fixée",
        ActKind::BackupMade => "Sauvegarde faite",
        ActKind::RegisterRestored => "Registre restauré",
        ActKind::JournalExported => "Journal exporté",
        ActKind::RegisterRekeyed => "Clé du registre changée",
        ActKind::RecoveryKeyShown => "Clé de secours affichée",
        ActKind::DuplicatesSearched => "Recherche des doublons",
    }
}

/// The name of a strict trait.
pub(super) fn of_trait(name: &str) -> &str {
    match name {
        "birth_name" => "nom de naissance",
        "first_given_name" => "premier prénom de naissance",
        "given_names" => "prénoms de naissance",
        "birth_date" => "date de naissance",
        "sex" => "sexe",
        "birth_place" => "lieu de naissance",
        "ins" => "matricule INS",
        "former_ins" => "anciens matricules INS",
        other => other,
    }
}

/// One piece of evidence; what has no words here is given as it was written.
pub(super) fn precision(name: &str, value: &str) -> String {
    let name = match name {
        "outcome" => "résultat",
        "acr" => "niveau de garantie",
        "rule" => "règle",
        "status-before" => "statut avant",
        "status-after" => "statut après",
        "attributes-before" => "attributs avant",
        "attributes-after" => "attributs après",
        "ins" => "INS",
        "ins-of-other" => "INS de l'autre dossier",
        "proof" => "justificatif",
        "devices" => "présenté",
        "complementary" => "traits complémentaires modifiés",
        "reason" => "motif",
        "count" => "nombre",
        "before" => "avant",
        "after" => "après",
        "days" => "jours",
        "since" => "du",
        "until" => "au",
        other => other,
    };
    let words: Vec<&str> = value.split(' ').map(word).collect();
    format!("{name} : {}", words.join(" + "))
}

fn word(code: &str) -> &str {
    match code {
        "provisional" => "provisoire",
        "retrieved" => "récupérée",
        "validated" => "validée",
        "qualified" => "qualifiée",
        "none" => "aucun",
        "homonym" => "homonyme",
        "doubtful" => "douteuse",
        "doubtful-homonym" => "douteuse et homonyme",
        "fictitious" => "fictive",
        "put-in-force" => "en vigueur",
        "hidden" => "invalidé, conservé",
        "put-aside" => "à vérifier",
        "unchanged" => "inchangé",
        "recorded" => "enregistré",
        "void" => "ne vaut plus",
        "twins" => "jumeaux",
        "homonyms" => "homonymes",
        "concordant" => "concordante",
        "explained" => "expliquée",
        "discordant" => "discordante",
        "several" => "plusieurs dossiers",
        "unknown" => "inconnue",
        "unusable-identity" => "identité inutilisable",
        "refused" => "refusée",
        "abandoned" => "abandonnée",
        "insi-accepted" => "réponse d'INSi acceptée",
        "vitale-app-read" => "appli carte Vitale lue",
        "device-checked" => "dispositif contrôlé",
        "device-checked-automatically" => "dispositif contrôlé (automatique)",
        "evidence-shown" => "élément présenté",
        "datamatrix-scanned" => "datamatrix lu",
        "strict-trait-changed" => "trait strict modifié",
        "first-given-name-changed" => "premier prénom modifié",
        "complementary-trait-changed" => "trait complémentaire modifié",
        "lowered" => "abaissée",
        "homonym-set" => "homonyme posé",
        "doubtful-set" => "douteuse posé",
        "fictitious-set" => "fictive posé",
        "homonym-removed" => "homonyme retiré",
        "doubtful-removed" => "douteuse retiré",
        "fictitious-removed" => "fictive retiré",
        "passport" => "passeport",
        "identity-card-french" => "carte d'identité française",
        "identity-card-recognised" => "carte d'identité européenne",
        "identity-card-other" => "autre carte d'identité",
        "residence-permit" => "titre de séjour",
        "france-identite" => "France Identité",
        "la-poste-identity" => "L'Identité Numérique La Poste",
        "vitale-app" => "appli carte Vitale",
        "franceconnect-low" => "FranceConnect faible",
        "franceconnect-substantial" => "FranceConnect+ substantiel",
        "franceconnect-high" => "FranceConnect+ élevé",
        "trusted-third-party" => "tiers de confiance",
        "minor-travel-document" => "document de circulation pour étranger mineur",
        "birth-certificate" => "extrait d'acte de naissance",
        "family-record-book" => "livret de famille",
        "vitale-card-with-photo" => "carte Vitale avec photo",
        "vitale-card" => "carte Vitale",
        "court-decision" => "décision de justice",
        "driving-licence" => "permis de conduire",
        "military-card" => "carte militaire",
        "journal-traits-days" => "durée des traits du journal",
        "proofs-days" => "durée des justificatifs",
        "arrivals-days" => "durée des arrivées",
        "backups-kept" => "sauvegardes gardées",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comptoir_identity::{Attribute, Cause, Confirmation, Device};
    use comptoir_register::{SiteRule, cause_code, device_code};
    use std::collections::BTreeSet;

    #[test]
    fn every_act_and_every_code_has_words_of_its_own() {
        let acts: BTreeSet<_> = ActKind::ALL.into_iter().map(act).collect();
        assert_eq!(acts.len(), ActKind::ALL.len());
        let causes = [
            Cause::InsiAccepted,
            Cause::VitaleAppRead,
            Cause::DeviceChecked(Confirmation::ByPerson),
            Cause::DeviceChecked(Confirmation::Automatic),
            Cause::EvidenceShown(Device::VitaleCard),
            Cause::DatamatrixScanned,
            Cause::StrictTraitChanged,
            Cause::FirstGivenNameChanged,
            Cause::ComplementaryTraitChanged,
            Cause::Lowered,
        ];
        let attributes = [Attribute::Homonym, Attribute::Doubtful, Attribute::Fictitious];
        let turned = attributes.into_iter().flat_map(|of| [Cause::AttributeSet(of), Cause::AttributeRemoved(of)]);
        let codes: Vec<&str> = Device::ALL
            .into_iter()
            .map(device_code)
            .chain(causes.into_iter().chain(turned).map(cause_code))
            .chain(SiteRule::ALL.into_iter().map(SiteRule::name))
            .collect();
        for code in codes {
            assert_ne!(word(code), code);
        }
        assert_eq!(precision("devices", "passport court-decision"), "présenté : passeport + décision de justice");
        assert_eq!(precision("x", "y"), "x : y", "what a newer program wrote is given as it is");
    }
}
