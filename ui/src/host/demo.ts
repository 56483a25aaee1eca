import { pageCodes } from "./demo-codes";
import { picture } from "./demo-picture";
import { expected, register } from "./demo-people";
import type { ArrivalView, CheckInChanged, DeskView, FailureView, Host, VerdictView } from "./host";

const fold = (text: string) => text.normalize("NFD").replace(/[^A-Za-z]/g, "").toUpperCase();
const refuse = (code: string, reference: string, happened: string, retry = true): FailureView => ({
  code,
  reference,
  happened,
  kept: happened === "" ? "" : "Le registre n'a pas été modifié.",
  next: happened === "" ? "" : "Réessayez dans une minute\u00a0; en attendant, utilisez la pièce d'identité.",
  retry,
});

/**
 * A host in memory for a plain browser: tests and screenshots. Never part of what ships.
 * Settings by address: `keychain=absent`, `environment=production`, `records=none`, `decide=refused`.
 */
export function demoHost(settings: URLSearchParams, asked: string[]): Host {
  let arrivals: ArrivalView[] = expected.map(({ person, verdict: _verdict, event: _event, ...arrival }, index) => ({
    ...arrival,
    arrival: index + 1,
    record: person.record === "" ? null : person.record,
  }));
  if (settings.get("records") === "none") arrivals = [];
  let verdicts = 0;
  let pending: { cancel: () => void } | null = null;
  /** Ends the wait for the phone. */
  let wake = () => {};
  let decideRefused = settings.get("decide") === "refused";
  const decisions = new Map<number, number | null>();

  const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 15));
  const received = (arrival: number | null, state: ArrivalView["state"]) => {
    arrivals = arrivals.map((line) => (line.arrival === arrival ? { ...line, state } : line));
    return arrivals;
  };

  return {
    async openDesk({ sessionOnly }): Promise<DeskView> {
      await nextTurn();
      if (settings.get("keychain") === "absent" && !sessionOnly) throw refuse("keychain-absent", "TRO-01", "");
      if (settings.get("register") === "broken") throw refuse("register-unreadable", "REG-03", "Le fichier du registre ne peut pas être lu.", false);
      return {
        environment: settings.get("environment") === "production" ? "production" : "demonstration",
        sessionOnly,
        today: "2026-11-24",
        author: "accueil1",
        version: "0.1.0",
        records: sessionOnly ? 0 : 19842,
      };
    },

    async arrivals() {
      return arrivals;
    },

    async patient(record) {
      await nextTurn();
      const found = register.find((person) => person.record === record);
      if (!found) throw refuse("record-unknown", "REG-04", "Ce dossier n'est plus au registre.", false);
      return found;
    },

    async search({ birthDate, name, givenName }) {
      await nextTurn();
      if (birthDate !== "" && !/^\d{2}\/\d{2}\/\d{4}$/.test(birthDate)) throw refuse("birth-date-unreadable", "REG-05", "");
      if (birthDate === "" && fold(name).length < 3) throw refuse("search-too-wide", "REG-06", "");
      const starts = (stem: string, ...texts: (string | null)[]) => texts.some((text) => text !== null && fold(text).startsWith(fold(stem)));
      const patients = register.filter(
        (person) =>
          (birthDate === "" || person.birthDate === birthDate) &&
          starts(name, person.birthName, person.usageName) &&
          starts(givenName, person.firstGivenName, person.givenNames),
      );
      return { patients, more: patients.length > 1 };
    },

    async startCheckIn(form, changed): Promise<VerdictView> {
      pending?.cancel();
      // Remembered from the start: giving up may come before there is anything to wait for.
      let givenUp = false;
      let stop = () => {};
      pending = {
        cancel: () => {
          givenUp = true;
          stop();
        },
      };
      await nextTurn();
      const line = expected.find((_, index) => index + 1 === form.arrival) ?? expected.find((each) => each.person.record !== "" && each.person.record === form.record);
      const told = line?.verdict ?? { outcome: "abandoned" as const, identity: null, candidates: [], twin: false, link: "none" as const, missing: [], actions: ["paper" as const] };
      const event = line?.event ?? (line === undefined ? "stays" : undefined);
      if (event === "hold" && !form.browserClosed) throw refuse("browser-session-may-remain", "FC-21", "");
      if (event === "unreachable") throw refuse("relay-unreachable", "FC-10", "Le relais FranceConnect de l'établissement ne répond pas.");
      if (event === "unknown-failure") throw refuse(settings.get("failure") ?? "something-new", "FC-99", "Le relais a répondu d'une façon inconnue de cette version.");

      if (form.way === "phone") {
        const verdict = { ...told, verdict: ++verdicts, arrival: form.arrival, checkedAt: "09:21" };
        decisions.set(verdict.verdict, form.arrival);
        changed({ step: "show-code", userCode: "WDJB-MJHT", address: "https://relais.example/clinique/device", picture: settings.get("picture") === "none" ? null : picture });
        changed({ step: "waiting", deadlineSeconds: 300 });
        if (!givenUp) await new Promise<void>((resolve) => (stop = wake = resolve));
        if (givenUp) return { ...verdict, outcome: "abandoned", acr: null, identity: null, candidates: [], missing: [], actions: ["paper"] };
        changed({ step: "identity", acr: "eidas1" });
        changed({ step: "compared" });
        return { ...verdict, acr: "eidas1" };
      }
      const steps: CheckInChanged[] = [];
      const address = (purpose: string) => `http://127.0.0.1:41234/authorize?client_id=comptoir&purpose=${purpose}&state=fictif`;
      if (event === "owed") {
        steps.push({ step: "open-browser", url: address("sign-out"), purpose: "sign-out", opened: true }, { step: "waiting", deadlineSeconds: 30 });
        if (settings.get("owed") !== "stays") steps.push({ step: "signed-out", confirmed: true });
      }
      if (settings.get("owed") !== "stays") {
        steps.push({ step: "open-browser", url: address("sign-in"), purpose: "sign-in", opened: event !== "not-opened" }, { step: "waiting", deadlineSeconds: 300 });
      }
      const told_ = { ...told, verdict: ++verdicts, arrival: form.arrival, checkedAt: "09:21" };
      decisions.set(told_.verdict, form.arrival);
      if (settings.get("noticed") === "all") {
        steps.push({ step: "noticed", notice: "https-wanted" }, { step: "waiting", deadlineSeconds: 120 }, { step: "noticed", notice: "slept" });
      }
      const stays = event === "stays" || event === "not-opened" || settings.get("owed") === "stays";

      for (const step of steps) {
        changed(step);
        await nextTurn();
      }
      if (stays) {
        if (!givenUp) await new Promise<void>((resolve) => (stop = resolve));
        pending = null;
        return { ...told_, outcome: "abandoned", acr: null, identity: null, candidates: [], missing: [], actions: ["paper"] };
      }
      if (told.outcome === "refused") {
        changed({ step: "signed-out", confirmed: true });
        return { ...told_, acr: null };
      }
      changed({ step: "identity", acr: "eidas1" });
      await nextTurn();
      changed({ step: "compared" });
      const confirmed = event !== "unconfirmed";
      if (event === "late-sign-out") {
        // The session is closed after the verdict is on screen, at a moment the test chooses.
        addEventListener("signed-out", () => changed({ step: "signed-out", confirmed: true }), { once: true });
      } else changed({ step: "signed-out", confirmed });
      return { ...told_, acr: "eidas1" };
    },

    async cancelCheckIn() {
      pending?.cancel();
    },
    async copySignInAddress() {
      asked.push("copy");
    },
    async reopenBrowser() {
      asked.push("reopen");
    },
    async playPhone() {
      asked.push("phone");
      wake();
    },
    async openFranceConnectInformation() {
      asked.push("information");
    },

    async pageCodes() {
      await nextTurn();
      return pageCodes;
    },

    async decide({ verdict, decision, record }) {
      await nextTurn();
      if (decideRefused) {
        decideRefused = false;
        throw refuse("register-busy", "REG-08", "Le registre est occupé par un autre poste.");
      }
      asked.push(`decide ${decision} ${record ?? "-"}`);
      const state = { confirm: "confirmed", create: "created", paper: "paper" } as const;
      return { arrivals: received(decisions.get(verdict) ?? null, state[decision]), record };
    },

    async goPaper({ arrival }) {
      await nextTurn();
      asked.push("paper");
      return received(arrival, "paper");
    },
  };
}
