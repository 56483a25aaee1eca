import { m } from "../paraglide/messages.js";
import type { CandidateView, NoticeView, VerdictView } from "../host/host";
import { hintText, numberWord, reasonsOf, traitName, upper } from "./traits";

export type Tone = "ok" | "note" | "stop" | "calm";
export type Sentence = { tone: Tone; icon: string; title: string; reasons: string[] };

const lower = (text: string) => text.charAt(0).toLocaleLowerCase("fr") + text.slice(1);

/** What a record found beside the judged one changes; it is said for every outcome that could lead to a link. */
function besides(verdict: VerdictView): string[] {
  const others = verdict.candidates.length - 1;
  if (others < 0) return [];
  if (others === 0) return [m.others_none()];
  return [others === 1 ? m.others_one() : m.others({ count: numberWord(others) })];
}

function explained(verdict: VerdictView, candidate: CandidateView | undefined): Sentence {
  const traits = candidate?.concordance.filter((view) => view.finding === "explained") ?? [];
  const title =
    traits.length > 1 ? m.verdict_explained({ count: numberWord(traits.length) }) : m.verdict_explained_one();
  const why = traits.map((view) => {
    const reasons = reasonsOf(view);
    return lower(traitName(view.trait)) + (reasons === "" ? "" : ` (${lower(reasons)})`);
  });
  return {
    tone: "note",
    icon: "≈",
    title,
    reasons: [why.length > 0 ? `${upper(why.join(", "))}.` : "", ...besides(verdict)],
  };
}

function discordant(verdict: VerdictView, candidate: CandidateView | undefined): Sentence {
  const traits = candidate?.concordance.filter((view) => view.finding === "conflict") ?? [];
  const first = traits[0];
  const title =
    traits.length === 1 && first
      ? m.verdict_discordant_one({ trait: lower(traitName(first.trait)) })
      : m.verdict_discordant({ count: numberWord(traits.length) });
  const hints = traits.map((view) => hintText(view.hint)).filter((hint) => hint !== null);
  const others = verdict.candidates.length > 1 ? besides(verdict) : [];
  return { tone: "stop", icon: "≠", title, reasons: [...hints, m.verdict_discordant_text(), ...others] };
}

/** The one true sentence of a verdict and the reasons beneath it; the outcome itself was decided elsewhere. */
export function sentenceOf(verdict: VerdictView): Sentence {
  const candidate = verdict.candidates[0];
  switch (verdict.outcome) {
    case "concordant": {
      const noted = candidate?.concordance.some((view) => view.finding === "equal" && view.reasons.length > 0);
      return {
        tone: "ok",
        icon: "=",
        title: m.verdict_concordant(),
        reasons: [noted ? m.verdict_concordant_noted() : m.verdict_concordant_text(), ...besides(verdict)],
      };
    }
    case "explained":
      return explained(verdict, candidate);
    case "discordant":
      return discordant(verdict, candidate);
    case "several":
      return { tone: "note", icon: "?", title: m.verdict_several(), reasons: [m.verdict_several_text()] };
    case "unknown":
      return verdict.twin
        ? { tone: "stop", icon: "!", title: m.verdict_twin(), reasons: [m.verdict_twin_text()] }
        : verdict.candidates.length > 0
          ? { tone: "note", icon: "?", title: m.verdict_unknown(), reasons: [m.verdict_unknown_beside()] }
          : { tone: "calm", icon: "+", title: m.verdict_unknown(), reasons: [m.verdict_unknown_text()] };
    case "unusable-identity": {
      const traits = verdict.missing.map((trait) => lower(traitName(trait))).join(", ");
      const text = traits === "" ? m.verdict_unusable_text_unknown() : m.verdict_unusable_text({ traits });
      return { tone: "calm", icon: "∅", title: m.verdict_unusable(), reasons: [text] };
    }
    case "refused":
      return { tone: "calm", icon: "–", title: m.verdict_refused(), reasons: [m.verdict_refused_text()] };
    case "abandoned":
      return { tone: "calm", icon: "–", title: m.verdict_abandoned(), reasons: [m.verdict_abandoned_text()] };
  }
}

/** What may keep the person's browser from coming back, and what helps. */
export function noticeText(notice: NoticeView): string {
  return { "https-wanted": m.notice_https_wanted, slept: m.notice_slept }[notice]();
}

export function levelWord(acr: string): string {
  const words: Record<string, () => string> = { eidas1: m.level_eidas1, eidas2: m.level_eidas2, eidas3: m.level_eidas3 };
  return words[acr]?.() ?? acr;
}
