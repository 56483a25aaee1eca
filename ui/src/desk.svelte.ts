import { untrack } from "svelte";
import { m } from "./paraglide/messages.js";
import {
  failureOf,
  type Action,
  type ArrivalView,
  type CheckInChanged,
  type DeskView,
  type FailureView,
  type Host,
  type NoticeView,
  type PageCodeView,
  type PatientView,
  type PictureView,
  type SearchForm,
  type SearchView,
  type VerdictView,
  type Way,
} from "./host/host";
import { failureWords, isHold, searchRefusal } from "./words/failure";
import { spokenName } from "./words/traits";
import { isWhole } from "./words/dates";
import { noticeText, sentenceOf } from "./words/verdict";

/** Who a check-in is about: an arrival, a record, both, or someone neither expected nor known. */
export type Subject = { arrival: number | null; record: string | null; name: string };

/** Where the receptionist is; Escape goes back one of these. */
export type Level = "reception" | "results" | "patient" | "check-in" | "hold" | "verdict" | "failure";

/** What the underway check-in has reported so far. */
export type Progress = {
  way: Way;
  /** What a patient's phone is shown. */
  code: { userCode: string; address: string; picture: PictureView | null } | null;
  owed: boolean;
  purpose: "sign-in" | "sign-out" | null;
  opened: boolean | null;
  url: string;
  endsAt: number | null;
  acr: string | null;
  compared: boolean;
  signedOut: boolean | null;
  abandoning: boolean;
  /** What may keep the browser from coming back. */
  noticed: NoticeView[];
};

const untouched: Progress = {
  way: "computer",
  code: null,
  owed: false,
  purpose: null,
  opened: null,
  url: "",
  endsAt: null,
  acr: null,
  compared: false,
  signedOut: null,
  abandoning: false,
  noticed: [],
};

const emptyForm: SearchForm = { birthDate: "", name: "", givenName: "" };

/** The state of the window: which screen, which person, what was said. It decides nothing about identities. */
export class Desk {
  view = $state<DeskView | null>(null);
  openingFailure = $state<FailureView | null>(null);
  opening = $state(false);

  arrivals = $state.raw<ArrivalView[]>([]);
  selected = $state<number | null>(null);
  level = $state<Level>("reception");
  subject = $state.raw<Subject | null>(null);
  /** The record shown in the panel, once read. */
  patient = $state.raw<PatientView | null>(null);

  form = $state<SearchForm>({ ...emptyForm });
  results = $state.raw<SearchView | null>(null);
  searching = $state(false);
  searchProblem = $state<{ text: string; field: "birth-date" | "name" } | null>(null);

  progress = $state<Progress>({ ...untouched });
  verdict = $state.raw<VerdictView | null>(null);
  failure = $state.raw<FailureView | null>(null);
  deciding = $state(false);
  /** The codes of FranceConnect's own pages, and whether they are on screen. */
  pageCodes = $state.raw<PageCodeView[]>([]);
  helping = $state(false);
  /** What "Réessayer" does on the failure shown; what Escape goes back to. */
  retry: (() => void) | null = null;
  #failedFrom: Level = "reception";

  /** Said once on screen after a decision. */
  notice = $state<{ text: string; tone: "ok" | "stop" } | null>(null);
  /** Read aloud by a screen reader. */
  spoken = $state("");
  /** Raised when the focus must go to the list of arrivals, or to the results; lowered by the list that took it. */
  focusArrivals = $state(false);
  focusResults = $state(false);

  readonly host: Host;
  #turn = 0;
  #search = 0;
  #read = 0;
  #searchSoon: ReturnType<typeof setTimeout> | undefined;
  #readSoon: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  get busy(): boolean {
    return this.level === "check-in";
  }

  get selectedArrival(): ArrivalView | null {
    return this.arrivals.find((arrival) => arrival.arrival === this.selected) ?? null;
  }

  say(text: string): void {
    // The same text twice would not be read again. Untracked: an effect that speaks does not depend on what was said.
    this.spoken = text === untrack(() => this.spoken) ? `${text}\u00a0` : text;
  }

  async open(sessionOnly: boolean): Promise<void> {
    this.opening = true;
    this.openingFailure = null;
    try {
      const view = await this.host.openDesk({ sessionOnly });
      this.arrivals = await this.host.arrivals();
      this.view = view;
      const first = this.arrivals.find((arrival) => arrival.state === "expected") ?? this.arrivals[0];
      if (first) this.select(first.arrival);
      this.focusArrivals = true;
    } catch (thrown) {
      this.openingFailure = failureOf(thrown);
    } finally {
      this.opening = false;
    }
  }

  // Arrivals and records

  select(arrival: number): void {
    if (this.busy) return this.say(m.busy());
    this.selected = arrival;
    this.level = "reception";
    const chosen = this.selectedArrival;
    if (!chosen) return;
    this.subject = { arrival, record: chosen.record, name: chosen.displayName };
    if (this.patient?.record === chosen.record) return;
    this.patient = null;
    clearTimeout(this.#readSoon);
    const record = chosen.record;
    // Passing over a line with the arrows is not opening a record: each opening is journalled.
    if (record !== null) this.#readSoon = setTimeout(() => void this.#readRecord(record), 200);
  }

  async #readRecord(record: string): Promise<void> {
    const read = ++this.#read;
    try {
      const patient = await this.host.patient(record);
      if (read === this.#read && this.subject?.record === record) this.patient = patient;
    } catch (thrown) {
      if (read === this.#read && this.subject?.record === record) {
        this.#fail(failureOf(thrown), () => {
          this.level = "reception";
          void this.#readRecord(record);
        });
      }
    }
  }

  nextExpected(): void {
    if (this.busy) return this.say(m.busy());
    const from = this.arrivals.findIndex((arrival) => arrival.arrival === this.selected);
    const inOrder = [...this.arrivals.slice(from + 1), ...this.arrivals.slice(0, from + 1)];
    const next = inOrder.find((arrival) => arrival.state === "expected");
    if (!next) return this.say(m.all_seen());
    this.notice = null;
    this.select(next.arrival);
    this.focusArrivals = true;
  }

  // Search

  typed(): void {
    clearTimeout(this.#searchSoon);
    this.searchProblem = null;
    // A complete date is an intent to search; a name alone waits for Enter.
    if (isWhole(this.form.birthDate)) this.#searchSoon = setTimeout(() => void this.search(false), 350);
  }

  async search(takeFocus: boolean): Promise<void> {
    if (this.busy) return this.say(m.busy());
    clearTimeout(this.#searchSoon);
    if (Object.values(this.form).every((field) => field.trim() === "")) return;
    const search = ++this.#search;
    this.searching = true;
    this.searchProblem = null;
    try {
      const results = await this.host.search({ ...this.form });
      if (search !== this.#search || this.busy) return;
      this.results = results;
      this.level = "results";
      const count = results.patients.length;
      this.say(
        count === 0 ? m.results_none_title() : count === 1 ? m.results_count_one() : m.results_count({ count }),
      );
      if (takeFocus && count > 0) this.focusResults = true;
    } catch (thrown) {
      if (search !== this.#search) return;
      const failure = failureOf(thrown);
      const text = searchRefusal(failure);
      if (text === null) return this.#fail(failure, () => void this.search(true));
      this.searchProblem = { text, field: failure.code === "birth-date-unreadable" ? "birth-date" : "name" };
    } finally {
      if (search === this.#search) this.searching = false;
    }
  }

  openPatient(patient: PatientView): void {
    const expected = this.arrivals.find((arrival) => arrival.record === patient.record && arrival.state === "expected");
    this.subject = {
      arrival: expected?.arrival ?? null,
      record: patient.record,
      name: spokenName(patient),
    };
    if (expected) this.selected = expected.arrival;
    this.patient = patient;
    this.level = "patient";
  }

  clearSearch(): void {
    clearTimeout(this.#searchSoon);
    this.#search += 1;
    this.form = { ...emptyForm };
    this.results = null;
    this.searching = false;
    this.searchProblem = null;
  }

  // Check-in

  startWithout(): Promise<void> {
    return this.start({ arrival: null, record: null, name: "" });
  }

  async start(subject: Subject | null = this.subject, browserClosed = false, way: Way = "computer"): Promise<void> {
    if (subject === null) return;
    const turn = ++this.#turn;
    clearTimeout(this.#searchSoon);
    this.notice = null;
    this.subject = subject;
    this.progress = { ...untouched, way };
    this.verdict = null;
    this.failure = null;
    this.level = "check-in";
    this.say(way === "phone" ? m.phone_title() : m.checkin_title());
    const form = { arrival: subject.arrival, record: subject.record, browserClosed, way };
    try {
      const verdict = await this.host.startCheckIn(form, (change) => {
        if (turn === this.#turn) this.#changed(change);
      });
      if (turn !== this.#turn) return;
      this.verdict = verdict;
      this.level = "verdict";
      const sentence = sentenceOf(verdict);
      this.say([sentence.title, ...sentence.reasons].join(". "));
    } catch (thrown) {
      if (turn !== this.#turn) return;
      const failure = failureOf(thrown);
      if (isHold(failure)) {
        this.failure = failure;
        this.level = "hold";
      } else this.#fail(failure, () => void this.start(subject, false, way));
    }
  }

  #changed(change: CheckInChanged): void {
    const progress = this.progress;
    switch (change.step) {
      case "open-browser":
        progress.purpose = change.purpose;
        progress.opened = change.opened;
        progress.url = change.url;
        progress.endsAt = null;
        if (change.purpose === "sign-out") progress.owed = true;
        if (!change.opened) this.say(`${m.step_browser_failed()}. ${m.step_browser_failed_text()}`);
        break;
      case "show-code":
        progress.code = { userCode: change.userCode, address: change.address, picture: change.picture };
        break;
      case "waiting":
        progress.endsAt = Date.now() + change.deadlineSeconds * 1000;
        break;
      case "noticed":
        progress.noticed = [...progress.noticed, change.notice];
        this.say(noticeText(change.notice));
        break;
      case "identity":
        progress.acr = change.acr;
        progress.endsAt = null;
        this.say(m.step_identity());
        break;
      case "compared":
        progress.compared = true;
        break;
      case "signed-out":
        // An owed sign-out comes before the patient's own; only the latter closes this check-in.
        if (progress.purpose === "sign-out" && progress.acr === null) {
          progress.purpose = null;
          progress.opened = null;
          progress.url = "";
          progress.endsAt = null;
          break;
        }
        progress.signedOut = change.confirmed;
        this.say(change.confirmed ? m.step_signed_out() : m.session_false_text());
        if (!change.confirmed && this.level !== "check-in" && this.level !== "verdict") {
          this.notice = { text: `${m.step_not_signed_out()}. ${m.session_false_text()}`, tone: "stop" };
        }
        break;
    }
  }

  async abandon(): Promise<void> {
    if (this.progress.abandoning) return;
    this.progress.abandoning = true;
    this.say(m.abandoning());
    try {
      await this.host.cancelCheckIn();
    } catch (thrown) {
      this.#turn += 1;
      this.#fail(failureOf(thrown));
    }
  }

  /** Runs one of the small requests of the host (copy, reopen, information); true when it was done. */
  async ask(request: () => Promise<void>): Promise<boolean> {
    try {
      await request();
      return true;
    } catch (thrown) {
      const failure = failureOf(thrown);
      const words = failureWords(failure);
      this.notice = { text: `${words.happened} ${words.next} ${m.reference(failure)}`, tone: "stop" };
      return false;
    }
  }

  async help(): Promise<void> {
    const known = this.pageCodes.length > 0;
    this.helping = known || (await this.ask(async () => void (this.pageCodes = await this.host.pageCodes())));
  }

  // Decisions

  async decide(decision: Action, record: string | null, name: string): Promise<void> {
    const verdict = this.verdict;
    if (verdict === null || this.deciding) return;
    this.deciding = true;
    try {
      const decided = await this.host.decide({ verdict: verdict.verdict, decision, record });
      this.#decided(decided.arrivals, decision, name);
    } catch (thrown) {
      this.#fail(failureOf(thrown), () => void this.decide(decision, record, name));
    } finally {
      this.deciding = false;
    }
  }

  async paper(): Promise<void> {
    const subject = this.subject;
    if (subject === null || this.deciding) return;
    this.deciding = true;
    try {
      const arrivals = await this.host.goPaper({ arrival: subject.arrival, record: subject.record });
      this.#decided(arrivals, "paper", subject.name);
    } catch (thrown) {
      this.#fail(failureOf(thrown), () => void this.paper());
    } finally {
      this.deciding = false;
    }
  }

  #decided(arrivals: ArrivalView[], decision: Action, name: string): void {
    this.arrivals = arrivals;
    this.clearSearch();
    this.toReception();
    const text = { confirm: m.decided_confirm, create: m.decided_create, paper: m.decided_paper }[decision]({ name });
    const left = arrivals.some((arrival) => arrival.state === "expected");
    const notice = `${text} ${left ? m.next_patient() : m.all_seen()}`;
    const remains = this.progress.signedOut === false ? ` ${m.step_not_signed_out()}. ${m.session_false_text()}` : "";
    this.notice = { text: notice + remains, tone: remains === "" ? "ok" : "stop" };
    this.say(notice + remains);
  }

  #fail(failure: FailureView, retry: (() => void) | null = null): void {
    // A verdict or a list of results is still there after a failure; a check-in that failed is not.
    this.#failedFrom = this.level === "check-in" || this.level === "failure" ? "reception" : this.level;
    this.failure = failure;
    this.retry = retry;
    this.level = "failure";
  }

  // Going back

  back(): void {
    switch (this.level) {
      case "check-in":
        void this.abandon();
        return;
      case "patient":
        this.level = this.results === null ? "reception" : "results";
        if (this.results !== null) this.focusResults = true;
        else this.toReception();
        return;
      case "reception":
      case "results":
        this.clearSearch();
        this.notice = null;
        this.toReception();
        return;
      case "failure":
        this.failure = null;
        this.level = this.#failedFrom;
        if (this.level === "reception") this.toReception();
        else if (this.level === "results") this.focusResults = true;
        return;
      case "hold":
      case "verdict":
        this.toReception();
        return;
    }
  }

  toReception(): void {
    this.failure = null;
    this.verdict = null;
    this.level = "reception";
    const selected = this.selected ?? this.arrivals[0]?.arrival ?? null;
    if (selected !== null) this.select(selected);
    this.focusArrivals = true;
  }
}
