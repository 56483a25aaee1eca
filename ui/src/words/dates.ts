import { m } from "../paraglide/messages.js";
import type { PatientView } from "../host/host";

const GROUPS = [2, 2, 4];

/** Shapes a birth date as it is typed: JJ/MM/AAAA, slashes added on the way in and never fought on the way out. */
export function maskBirthDate(typed: string, before: string): string {
  const iso = /^\s*(\d{4})-(\d{2})-(\d{2})\s*$/.exec(typed);
  if (iso) return `${iso[3]}/${iso[2]}/${iso[1]}`;
  const groups: string[] = [""];
  for (const character of typed) {
    const last = groups.length - 1;
    const current = groups[last] ?? "";
    const full = current.length === GROUPS[last];
    if (/\d/.test(character)) {
      if (!full) groups[last] = current + character;
      else if (last < 2) groups.push(character);
    } else if (current !== "" && last < 2) {
      groups[last] = current.padStart(2, "0");
      groups.push("");
    }
  }
  const last = groups.length - 1;
  const deleting = typed.length < before.length;
  if (!deleting && last < 2 && groups[last]?.length === 2) groups.push("");
  return groups.join("/");
}

/** Whether every digit of the date is there; what it means is the host's to say. */
export function isWhole(birthDate: string): boolean {
  return /^\d{2}\/\d{2}\/\d{4}$/.test(birthDate);
}

/** Whether the date has a part marked unknown, which is announced and never guessed. */
export function isIncomplete(birthDate: string): boolean {
  return isWhole(birthDate) && /^(00\/|\d{2}\/00\/)/.test(birthDate);
}

/** "mardi 24 novembre" from "2026-11-24". */
export function dayName(today: string): string {
  const day = new Date(`${today}T12:00:00Z`);
  return new Intl.DateTimeFormat("fr-FR", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(day);
}

export function bornOn(person: Pick<PatientView, "birthDate" | "sex">): string {
  const date = person.birthDate;
  if (person.sex === "F") return m.born_f({ date });
  if (person.sex === "M") return m.born_m({ date });
  return m.born_other({ date });
}

export function ageOf(age: number): string {
  if (age < 1) return m.age_months();
  return age === 1 ? m.age_one() : m.age({ age });
}

/** Minutes and seconds, 04:59. */
export function clockOf(seconds: number): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
