import { m } from "../paraglide/messages.js";
import type { FailureView } from "../host/host";

type Words = { happened: string; kept: string; next: string };

/** The host's own account of a failure; what the screens themselves stumble over has words of theirs. */
export function failureWords(failure: FailureView): Words {
  return {
    happened: failure.happened || m.failure_unexpected(),
    kept: failure.kept || m.failure_kept(),
    next: failure.next || m.failure_any_next(),
  };
}

/** A search the host could not make, said beside the field rather than as a failure. */
export function searchRefusal(failure: FailureView): string | null {
  if (failure.code === "birth-date-unreadable") return m.birth_date_unreadable();
  if (failure.code === "search-too-wide") return m.search_too_wide();
  return null;
}

const ofPages = ["server-error", "temporarily-unavailable", "request-refused", "provider-error"];

/** Whether the person came back from an error page of FranceConnect's, which showed a code. */
export const sawAPage = (failure: FailureView) => ofPages.includes(failure.code);
export const isKeychain = (failure: FailureView) => failure.code.startsWith("keychain-");
export const isHold = (failure: FailureView) => failure.code === "browser-session-may-remain";
