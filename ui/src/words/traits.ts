import { m } from "../paraglide/messages.js";
import type { ArrivalState, Finding, PatientView, PlaceView, Trait, TraitView } from "../host/host";

const traits: Record<Trait, () => string> = {
  "birth-name": m.trait_birth_name,
  "first-given-name": m.trait_first_given_name,
  "given-names": m.trait_given_names,
  "birth-date": m.trait_birth_date,
  sex: m.trait_sex,
  "birth-place": m.trait_birth_place,
  "usage-name": m.trait_usage_name,
  "usage-given-name": m.trait_usage_given_name,
  ins: m.trait_ins,
};

const findings: Record<Finding, { icon: string; word: () => string }> = {
  equal: { icon: "=", word: m.finding_equal },
  explained: { icon: "≈", word: m.finding_explained },
  conflict: { icon: "≠", word: m.finding_conflict },
  absent: { icon: "∅", word: m.finding_absent },
};

const reasons: Record<string, () => string> = {
  case: m.reason_case,
  accent: m.reason_accent,
  typography: m.reason_typography,
  hyphen: m.reason_hyphen,
  "given-names-prefix": m.reason_given_names_prefix,
  "compound-cut": m.reason_compound_cut,
  arrondissement: m.reason_arrondissement,
  "former-commune": m.reason_former_commune,
  "presumed-date": m.reason_presumed_date,
  "usage-name-added": m.reason_usage_name_added,
  "usage-name-different": m.reason_usage_name_different,
  "former-ins": m.reason_former_ins,
  "missing-in-register": m.reason_missing_in_register,
  "missing-in-franceconnect": m.reason_missing_in_franceconnect,
  unrepresentable: m.reason_unrepresentable,
  different: m.reason_different,
};

const hints: Record<string, () => string> = {
  "usage-name-as-birth-name": m.hint_usage_name_as_birth_name,
  "day-month-swapped": m.hint_day_month_swapped,
  "digits-transposed": m.hint_digits_transposed,
  "joined-words": m.hint_joined_words,
  "given-names-order": m.hint_given_names_order,
  twin: m.hint_twin,
  "provisional-ins": m.hint_provisional_ins,
};

const states: Record<ArrivalState, { icon: string; word: () => string }> = {
  expected: { icon: "○", word: m.arrival_expected },
  confirmed: { icon: "✓", word: m.arrival_confirmed },
  created: { icon: "+", word: m.arrival_created },
  paper: { icon: "▤", word: m.arrival_paper },
};

const statuses: Record<PatientView["status"], () => string> = {
  provisional: m.status_provisional,
  retrieved: m.status_retrieved,
  validated: m.status_validated,
  qualified: m.status_qualified,
};

const attributes: Record<PatientView["attributes"][number], () => string> = {
  doubtful: m.attribute_doubtful,
  fictitious: m.attribute_fictitious,
  homonym: m.attribute_homonym,
};

const numbers: Record<number, () => string> = {
  2: m.count_2,
  3: m.count_3,
  4: m.count_4,
  5: m.count_5,
  6: m.count_6,
  7: m.count_7,
  8: m.count_8,
};

export const upper = (text: string) => text.charAt(0).toLocaleUpperCase("fr") + text.slice(1);
export const traitName = (trait: Trait) => traits[trait]();
export const findingIcon = (finding: Finding) => findings[finding].icon;
export const findingWord = (finding: Finding) => findings[finding].word();
/** A reason this version has no words for is left out rather than shown as a code. */
export const reasonText = (reason: string) => reasons[reason]?.() ?? null;
export const hintText = (hint: string | null) => (hint === null ? null : (hints[hint]?.() ?? null));
export const stateIcon = (state: ArrivalState) => states[state].icon;
export const stateWord = (state: ArrivalState) => states[state].word();
export const statusWord = (status: PatientView["status"]) => statuses[status]();
export const attributeWord = (attribute: PatientView["attributes"][number]) => attributes[attribute]();
export const numberWord = (count: number) => numbers[count]?.() ?? String(count);

/** A person's name as it is said, "TROIS DUPRE Melissandre": for titles only, a compared trait is always shown as it is stored. */
export function spokenName(person: { birthName: string; firstGivenName: string }): string {
  const given = person.firstGivenName.toLocaleLowerCase("fr").replace(/(^|[\s'-])(\p{L})/gu, (_, edge: string, letter: string) => edge + letter.toLocaleUpperCase("fr"));
  return `${person.birthName} ${given}`.trim();
}

export function sexWord(sex: PatientView["sex"]): string | null {
  if (sex === null) return null;
  return { F: m.sex_f, M: m.sex_m, I: m.sex_i }[sex]();
}

export function placeText(place: PlaceView | null): string | null {
  if (place === null) return null;
  return place.label === null ? place.code : m.place_with_label({ code: place.code, label: place.label });
}

/** The reasons of one trait as a sentence fragment, first letter raised; empty when the finding says it all. */
export function reasonsOf(view: TraitView): string {
  const text = view.reasons.map(reasonText).filter((reason) => reason !== null).join(", ");
  return upper(text);
}
