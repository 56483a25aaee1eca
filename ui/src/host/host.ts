import type {
  ArrivalView,
  CheckInChanged,
  CheckInForm,
  DecidedView,
  DecisionForm,
  DeskView,
  FailureView,
  OpenForm,
  PageCodeView,
  PaperForm,
  PatientView,
  SearchForm,
  SearchView,
  VerdictView,
} from "../bindings";

export type * from "../bindings";

/** The one seam between the screens and whatever holds the register and the browser. Every refusal is thrown as a `FailureView`. */
export interface Host {
  openDesk(form: OpenForm): Promise<DeskView>;
  arrivals(): Promise<ArrivalView[]>;
  patient(record: string): Promise<PatientView>;
  search(form: SearchForm): Promise<SearchView>;
  /** `changed` may still be called after the verdict, when the session is closed late. */
  startCheckIn(form: CheckInForm, changed: (change: CheckInChanged) => void): Promise<VerdictView>;
  /** The pending check-in then resolves with the outcome `abandoned`. */
  cancelCheckIn(): Promise<void>;
  copySignInAddress(): Promise<void>;
  reopenBrowser(): Promise<void>;
  /** In demonstration, a browser of this computer stands for the patient's phone. */
  playPhone(): Promise<void>;
  openFranceConnectInformation(): Promise<void>;
  /** The codes that FranceConnect may show on its own pages, of which the application hears nothing. */
  pageCodes(): Promise<PageCodeView[]>;
  decide(form: DecisionForm): Promise<DecidedView>;
  goPaper(form: PaperForm): Promise<ArrivalView[]>;
}

/** Reads whatever was thrown as a failure; what has not the shape of one gets the reference of the screens. */
export function failureOf(thrown: unknown): FailureView {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "reference" in thrown) {
    return thrown as FailureView;
  }
  return { code: "unexpected", happened: "", kept: "", next: "", retry: true, reference: "UI-01" };
}
