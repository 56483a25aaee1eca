import { m } from "../paraglide/messages.js";
import type { FailureView } from "../host/host";

type Words = { what: string; next: string };

const known: Record<string, () => Words> = {
  "port-taken": () => ({ what: m.failure_port_taken(), next: m.failure_port_taken_next() }),
  "relay-unreachable": () => ({ what: m.failure_relay_unreachable(), next: m.failure_relay_unreachable_next() }),
  "clock-wrong": () => ({ what: m.failure_clock_wrong(), next: m.failure_clock_wrong_next() }),
  "level-too-low": () => ({ what: m.failure_level_too_low(), next: m.failure_level_too_low_next() }),
  "session-reused": () => ({ what: m.failure_session_reused(), next: m.failure_session_reused_next() }),
  "token-refused": () => ({ what: m.failure_answer_refused(), next: m.failure_answer_refused_next() }),
  "id-token-invalid": () => ({ what: m.failure_answer_refused(), next: m.failure_answer_refused_next() }),
  "state-signature-missing": () => ({ what: m.failure_answer_refused(), next: m.failure_answer_refused_next() }),
  unexpected: () => ({ what: m.failure_unexpected(), next: m.failure_any_next() }),
};

/** What happened and what to do next; a code without words of its own shows the host's message. */
export function failureWords(failure: FailureView): Words {
  return known[failure.code]?.() ?? { what: failure.message || m.failure_unexpected(), next: m.failure_any_next() };
}

/** A search the host could not make, said beside the field rather than as a failure. */
export function searchRefusal(failure: FailureView): string | null {
  if (failure.code === "birth-date-unreadable") return m.birth_date_unreadable();
  if (failure.code === "search-too-wide") return m.search_too_wide();
  return null;
}

export const isKeychain = (failure: FailureView) => failure.code.startsWith("keychain-");
export const isHold = (failure: FailureView) => failure.code === "browser-session-may-remain";
