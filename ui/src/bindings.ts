// The wire types and commands. Written by tauri-specta; do not edit by hand.
import { invoke as __TAURI_INVOKE, Channel } from "@tauri-apps/api/core";

export const commands = {
  openDesk: (form: OpenForm) => __TAURI_INVOKE<DeskView>("open_desk", { form }),
  arrivals: () => __TAURI_INVOKE<ArrivalView[]>("arrivals"),
  patient: (record: string) => __TAURI_INVOKE<PatientView>("patient", { record }),
  search: (form: SearchForm) => __TAURI_INVOKE<SearchView>("search", { form }),
  startCheckIn: (form: CheckInForm, changed: Channel<CheckInChanged>) =>
    __TAURI_INVOKE<VerdictView>("start_check_in", { form, changed }),
  cancelCheckIn: () => __TAURI_INVOKE<null>("cancel_check_in"),
  copySignInAddress: () => __TAURI_INVOKE<null>("copy_sign_in_address"),
  reopenBrowser: () => __TAURI_INVOKE<null>("reopen_browser"),
  openFranceconnectInformation: () => __TAURI_INVOKE<null>("open_franceconnect_information"),
  decide: (form: DecisionForm) => __TAURI_INVOKE<DecidedView>("decide", { form }),
  goPaper: (form: PaperForm) => __TAURI_INVOKE<ArrivalView[]>("go_paper", { form }),
};

export type FailureView = { code: string; message: string; retry: boolean; reference: string };
export type OpenForm = { sessionOnly: boolean };
export type DeskView = { environment: "demonstration" | "production"; sessionOnly: boolean; today: string /* AAAA-MM-JJ */; author: string /* OS account */; version: string; records: number };
export type ArrivalState = "expected" | "confirmed" | "created" | "paper";
export type ArrivalView = { arrival: number; time: string /* HH:MM */; displayName: string /* "TROIS DUPRE Melissandre" */; birthDate: string /* JJ/MM/AAAA, 00 for unknown parts */; record: string | null; state: ArrivalState; note: "twin" | "homonym" | null };
export type PlaceView = { code: string; label: string | null };
export type PatientView = { record: string; birthName: string; firstGivenName: string; givenNames: string; birthDate: string; age: number | null; sex: "F" | "M" | "I" | null; birthPlace: PlaceView | null; usageName: string | null; usageGivenName: string | null; status: "provisional" | "retrieved" | "validated" | "qualified"; attributes: ("doubtful" | "fictitious" | "homonym")[] };
export type SearchForm = { birthDate: string /* as typed */; name: string; givenName: string };
export type SearchView = { patients: PatientView[]; more: boolean };
export type CheckInForm = { arrival: number | null; record: string | null; browserClosed: boolean };
export type CheckInChanged =
  | { step: "open-browser"; url: string; purpose: "sign-in" | "sign-out"; opened: boolean }
  | { step: "waiting"; deadlineSeconds: number }
  | { step: "identity" ; acr: string }
  | { step: "compared" }
  | { step: "signed-out"; confirmed: boolean };
export type Outcome = "concordant" | "explained" | "discordant" | "several" | "unknown" | "unusable-identity" | "refused" | "abandoned";
export type Trait = "birth-name" | "first-given-name" | "given-names" | "birth-date" | "sex" | "birth-place" | "usage-name" | "usage-given-name";
export type Finding = "equal" | "explained" | "conflict" | "absent";
export type Segment = { text: string; differs: boolean };
/** reasons: "case" "accent" "typography" (notes on equal); "hyphen" "given-names-prefix" "compound-cut" "arrondissement" "former-commune" "presumed-date" "usage-name-added" "usage-name-different" (explained); "missing-in-register" "missing-in-franceconnect" "unrepresentable" (absent); "different" (conflict).
 *  hint (conflict): "usage-name-as-birth-name" "day-month-swapped" "digits-transposed" "joined-words" "given-names-order" | null */
export type TraitView = { trait: Trait; register: Segment[]; franceconnect: Segment[]; finding: Finding; reasons: string[]; hint: string | null };
export type IdentityView = { birthName: string; firstGivenName: string; givenNames: string; birthDate: string; sex: "F" | "M" | "I" | null; birthPlace: PlaceView | null; usageName: string | null };
export type CandidateView = { patient: PatientView; opened: boolean /* the record the receptionist had opened */; concordance: TraitView[] };
export type Action = "confirm" | "create" | "paper";
export type VerdictView = { verdict: number; arrival: number | null; outcome: Outcome; acr: string | null; checkedAt: string /* HH:MM */; identity: IdentityView | null; candidates: CandidateView[] /* best first */; twin: boolean; link: "safe" | "confirm" | "several" | "none"; missing: Trait[]; actions: Action[] /* first is the primary one */ };
export type DecisionForm = { verdict: number; decision: Action; record: string | null };
export type DecidedView = { arrivals: ArrivalView[]; record: string | null };
export type PaperForm = { arrival: number | null; record: string | null };
