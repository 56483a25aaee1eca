//! The wire types between the window and the shell: `View` out, `Form` in, `Changed` for events.
//!
//! Everything is already formatted for the eye or named by a code; the screens decide nothing.

use serde::{Deserialize, Serialize};
use specta::Type;

/// How the desk is opened.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenForm {
    /// A new empty register and a key in memory, chosen by a person.
    pub(crate) session_only: bool,
}

/// The desk once opened.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeskView {
    pub(crate) environment: EnvironmentView,
    pub(crate) session_only: bool,
    /// AAAA-MM-JJ.
    pub(crate) today: String,
    /// The OS account, author of the journal's lines.
    pub(crate) author: String,
    pub(crate) version: String,
    pub(crate) records: u32,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EnvironmentView {
    Demonstration,
    Production,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ArrivalState {
    Expected,
    Confirmed,
    Created,
    Paper,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ArrivalNote {
    Homonym,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArrivalView {
    pub(crate) arrival: u32,
    /// HH:MM.
    pub(crate) time: String,
    /// Birth name, then first given name.
    pub(crate) display_name: String,
    /// JJ/MM/AAAA, 00 for unknown parts.
    pub(crate) birth_date: String,
    pub(crate) record: Option<String>,
    pub(crate) state: ArrivalState,
    pub(crate) note: Option<ArrivalNote>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaceView {
    pub(crate) code: String,
    pub(crate) label: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
pub(crate) enum SexView {
    F,
    M,
    I,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StatusView {
    Provisional,
    Retrieved,
    Validated,
    Qualified,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttributeView {
    Doubtful,
    Fictitious,
    Homonym,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PatientView {
    pub(crate) record: String,
    pub(crate) birth_name: String,
    pub(crate) first_given_name: String,
    pub(crate) given_names: String,
    /// JJ/MM/AAAA, 00 for unknown parts.
    pub(crate) birth_date: String,
    pub(crate) age: Option<u16>,
    pub(crate) sex: Option<SexView>,
    pub(crate) birth_place: Option<PlaceView>,
    pub(crate) usage_name: Option<String>,
    pub(crate) usage_given_name: Option<String>,
    pub(crate) status: StatusView,
    pub(crate) attributes: Vec<AttributeView>,
}

/// The three search fields, as typed.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchForm {
    pub(crate) birth_date: String,
    pub(crate) name: String,
    pub(crate) given_name: String,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchView {
    pub(crate) patients: Vec<PatientView>,
    pub(crate) more: bool,
}

#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckInForm {
    pub(crate) arrival: Option<u32>,
    pub(crate) record: Option<String>,
    /// The receptionist has closed the browser and says so.
    pub(crate) browser_closed: bool,
    pub(crate) way: WayForm,
}

/// Where the patient signs in.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
#[serde(rename = "Way")]
pub(crate) enum WayForm {
    Computer,
    Phone,
}

/// A QR code: the dark modules as a path of SVG, in a square of so many units, quiet zone included.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct PictureView {
    pub(crate) width: u32,
    pub(crate) path: String,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PurposeView {
    SignIn,
    SignOut,
}

/// Something that may keep the browser from coming back.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NoticeView {
    HttpsWanted,
    Slept,
}

/// A step of the check-in, while it runs.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "step", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum CheckInChanged {
    OpenBrowser { url: String, purpose: PurposeView, opened: bool },
    ShowCode { user_code: String, address: String, picture: Option<PictureView> },
    Waiting { deadline_seconds: u32 },
    Noticed { notice: NoticeView },
    Identity { acr: String },
    Compared,
    SignedOut { confirmed: bool },
}

#[derive(Debug, Clone, Copy, Serialize, Type, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[serde(rename = "Outcome")]
pub(crate) enum OutcomeView {
    Concordant,
    Explained,
    Discordant,
    Several,
    Unknown,
    UnusableIdentity,
    Refused,
    Abandoned,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
#[serde(rename = "Trait")]
pub(crate) enum TraitName {
    BirthName,
    FirstGivenName,
    GivenNames,
    BirthDate,
    Sex,
    BirthPlace,
    UsageName,
    UsageGivenName,
    Ins,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
#[serde(rename = "Finding")]
pub(crate) enum FindingView {
    Equal,
    Explained,
    Conflict,
    Absent,
}

/// A run of characters that is the same on both sides, or is not.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct Segment {
    pub(crate) text: String,
    pub(crate) differs: bool,
}

#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct TraitView {
    #[serde(rename = "trait")]
    pub(crate) name: TraitName,
    pub(crate) register: Vec<Segment>,
    pub(crate) franceconnect: Vec<Segment>,
    pub(crate) finding: FindingView,
    /// Codes, worded by the screens.
    pub(crate) reasons: Vec<String>,
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityView {
    pub(crate) birth_name: String,
    pub(crate) first_given_name: String,
    pub(crate) given_names: String,
    pub(crate) birth_date: String,
    pub(crate) sex: Option<SexView>,
    pub(crate) birth_place: Option<PlaceView>,
    pub(crate) usage_name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct CandidateView {
    pub(crate) patient: PatientView,
    /// The record that the receptionist had opened.
    pub(crate) opened: bool,
    pub(crate) concordance: Vec<TraitView>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    Confirm,
    Create,
    Paper,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LinkView {
    Safe,
    Confirm,
    Several,
    None,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerdictView {
    pub(crate) verdict: u32,
    pub(crate) arrival: Option<u32>,
    pub(crate) outcome: OutcomeView,
    pub(crate) acr: Option<String>,
    /// HH:MM.
    pub(crate) checked_at: String,
    pub(crate) identity: Option<IdentityView>,
    /// Best first.
    pub(crate) candidates: Vec<CandidateView>,
    pub(crate) twin: bool,
    pub(crate) link: LinkView,
    pub(crate) missing: Vec<TraitName>,
    /// The first is the primary one.
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug, Clone, Deserialize, Type)]
pub(crate) struct DecisionForm {
    pub(crate) verdict: u32,
    pub(crate) decision: Action,
    pub(crate) record: Option<String>,
}

#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct DecidedView {
    pub(crate) arrivals: Vec<ArrivalView>,
    pub(crate) record: Option<String>,
}

/// The paper path, chosen before any check-in.
#[derive(Debug, Clone, Deserialize, Type)]
pub(crate) struct PaperForm {
    pub(crate) arrival: Option<u32>,
    pub(crate) record: Option<String>,
}

/// Codes that FranceConnect shows on its own pages and that mean the same at a desk.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct PageCodeView {
    pub(crate) codes: Vec<String>,
    /// What happened, in French.
    pub(crate) cause: String,
    /// What to do next.
    pub(crate) next: String,
}

/// A failure as it crosses to the window.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct FailureView {
    /// What the screens branch on.
    pub(crate) code: String,
    /// What happened, in French.
    pub(crate) happened: String,
    /// What was kept.
    pub(crate) kept: String,
    /// What to do next.
    pub(crate) next: String,
    pub(crate) retry: bool,
    /// A short support reference (`FC-07`, `REG-03`).
    pub(crate) reference: String,
}
