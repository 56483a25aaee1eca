import type { PageCodeView } from "../host/host";

/** The code as FranceConnect writes it, however it was read aloud and typed: without its Y, with spaces, O for zero. */
export function codeOf(typed: string): string {
  const letters = typed.toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return letters.startsWith("Y") ? letters : `Y${letters}`;
}

/** What the code typed so far may still be. */
export function possible(codes: PageCodeView[], typed: string): PageCodeView[] {
  const begun = codeOf(typed);
  return codes.filter((each) => each.codes.some((code) => code.startsWith(begun)));
}
