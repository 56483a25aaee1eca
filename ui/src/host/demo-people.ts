import type {
  ArrivalView,
  CandidateView,
  IdentityView,
  PatientView,
  Segment,
  Trait,
  TraitView,
  VerdictView,
} from "./host";

// Every person below is fictitious. The verdicts are written down, not computed: the screens must show any verdict
// they are given, and nothing in the screens compares identities.

type Known = Partial<PatientView> & Pick<PatientView, "record" | "birthName" | "firstGivenName" | "birthDate" | "sex">;

function ageOn24November2026(birthDate: string): number {
  const [day = 0, month = 0, year = 0] = birthDate.split("/").map(Number);
  return 2026 - year - (month > 11 || (month === 11 && day > 24) ? 1 : 0);
}

export function patient(known: Known): PatientView {
  return {
    givenNames: known.firstGivenName,
    age: ageOn24November2026(known.birthDate),
    birthPlace: null,
    usageName: null,
    usageGivenName: null,
    status: "provisional",
    attributes: [],
    ...known,
  };
}

const plain = (text: string | null): Segment[] => (text === null || text === "" ? [] : [{ text, differs: false }]);

/** Cuts "TROIS[ ]DUPRE" into segments: what stands between brackets differs. */
export function marked(text: string): Segment[] {
  return text
    .split(/[[\]]/)
    .map((part, index) => ({ text: part, differs: index % 2 === 1 }))
    .filter((segment) => segment.text !== "");
}

const values = (person: PatientView): [Trait, string | null][] => [
  ["birth-name", person.birthName],
  ["first-given-name", person.firstGivenName],
  ["given-names", person.givenNames],
  ["birth-date", person.birthDate],
  ["sex", person.sex],
  ["birth-place", person.birthPlace ? `${person.birthPlace.code} ${person.birthPlace.label ?? ""}`.trim() : null],
  ["usage-name", person.usageName],
];

export type Difference = Partial<Omit<TraitView, "trait" | "register" | "franceconnect">> & { register?: string; franceconnect?: string };

/** The comparison of a record with an identity equal to it but for the differences given. */
export function compared(person: PatientView, differences: Partial<Record<Trait, Difference>> = {}, opened = true): CandidateView {
  const concordance = values(person).map(([trait, value]): TraitView => {
    const given = differences[trait];
    return {
      trait,
      register: given?.register === undefined ? plain(value) : marked(given.register),
      franceconnect: given?.franceconnect === undefined ? plain(value) : marked(given.franceconnect),
      finding: given?.finding ?? "equal",
      reasons: given?.reasons ?? [],
      hint: given?.hint ?? null,
    };
  });
  return { patient: person, opened, concordance };
}

export function identity(person: PatientView, other: Partial<IdentityView> = {}): IdentityView {
  const { birthName, firstGivenName, givenNames, birthDate, sex, birthPlace, usageName } = person;
  return { birthName, firstGivenName, givenNames, birthDate, sex, birthPlace, usageName, ...other };
}

const place = (code: string, label: string | null) => ({ code, label });

export const people = {
  huche: patient({ record: "local:1", birthName: "HUCHE", firstGivenName: "ANNE-LAURE", birthDate: "30/09/1945", sex: "F", birthPlace: place("31555", "Toulouse"), status: "qualified" }),
  mario: patient({ record: "local:2", birthName: "BROSSE", firstGivenName: "MARIO", birthDate: "03/02/1981", sex: "M", birthPlace: place("2A004", "Ajaccio"), attributes: ["homonym"] }),
  dupre: patient({ record: "local:3", birthName: "TROIS DUPRE", firstGivenName: "MELISSANDRE", birthDate: "27/07/1981", sex: "F", birthPlace: place("13012", "Beaurecueil") }),
  seguin: patient({ record: "local:4", birthName: "SEGUIN", firstGivenName: "HENRY", birthDate: "19/06/1955", sex: "M", birthPlace: place("99139", "Portugal"), status: "validated" }),
  chapelle: patient({ record: "local:5", birthName: "CHAPELLE", firstGivenName: "DAMIEN", birthDate: "01/02/2002", sex: "M", birthPlace: place("39068", "Bletterans") }),
  targe: patient({ record: "local:6", birthName: "TARGE", firstGivenName: "JEAN", birthDate: "31/12/1992", sex: "M", birthPlace: place("99217", null) }),
  dubois: patient({ record: "local:7", birthName: "DUBOIS", firstGivenName: "PIERRE", birthDate: "17/03/1969", sex: "M", birthPlace: place("95277", "Gonesse") }),
  casa: patient({ record: "local:8", birthName: "CASA", firstGivenName: "MILA", birthDate: "01/01/1986", sex: "F", birthPlace: place("75115", "Paris 15e"), attributes: ["homonym"] }),
  casaMarried: patient({ record: "local:9", birthName: "CASA", firstGivenName: "MILA", givenNames: "MILA ROSE", birthDate: "01/01/1986", sex: "F", birthPlace: place("75115", "Paris 15e"), usageName: "LEROUX" }),
  fleuret: patient({ record: "local:10", birthName: "FLEURET", firstGivenName: "JEAN", birthDate: "00/11/1992", sex: "M", status: "provisional", attributes: ["doubtful"] }),
  mercier: patient({ record: "local:11", birthName: "MARTIN", firstGivenName: "VINCENT", givenNames: "VINCENT GUILLAUME", birthDate: "05/12/1963", sex: "M", birthPlace: place("99352", "Algérie") }),
  dubignot: patient({ record: "local:12", birthName: "DUBIGNOT", firstGivenName: "JEAN", givenNames: "JEAN PHILIPPE ARNAUD", birthDate: "15/06/1943", sex: "M", birthPlace: place("75109", "Paris 9e") }),
  laforge: patient({ record: "local:13", birthName: "LAFORGE", firstGivenName: "CAMILLE", birthDate: "07/08/1954", sex: "I", birthPlace: place("75119", "Paris 19e"), status: "retrieved" }),
  livre: patient({ record: "local:14", birthName: "LIVRE", firstGivenName: "JULIEN", givenNames: "JULIEN BERNARD PIERRE", birthDate: "23/01/1984", sex: "M", birthPlace: place("99127", "Italie") }),
  fleury: patient({ record: "local:15", birthName: "FLEURY", firstGivenName: "FABIEN", birthDate: "14/06/1972", sex: "M", birthPlace: place("98611", "Alo") }),
  reveil: patient({ record: "local:16", birthName: "REVEIL", firstGivenName: "TITOUAN", birthDate: "18/06/1998", sex: "M", birthPlace: place("98729", "Moorea-Maiao") }),
  luigi: patient({ record: "", birthName: "BROSSE", firstGivenName: "LUIGI", birthDate: "03/02/1981", sex: "M", birthPlace: place("2A004", "Ajaccio") }),
  posteur: patient({ record: "", birthName: "POSTEUR", firstGivenName: "ALAIN", birthDate: "20/06/2015", sex: "M", birthPlace: place("75113", "Paris 13e") }),
};

export const register: PatientView[] = Object.values(people).filter((person) => person.record !== "");

type Told = Omit<VerdictView, "verdict" | "arrival" | "checkedAt" | "acr">;
const told = (verdict: Partial<Told> & Pick<Told, "outcome" | "actions">): Told => ({
  identity: null,
  candidates: [],
  twin: false,
  link: "none",
  missing: [],
  ...verdict,
});

const dupre = compared(people.dupre, {
  "birth-name": { register: "TROIS[ ]DUPRE", franceconnect: "TROIS[-]DUPRE", finding: "explained", reasons: ["hyphen"] },
  "given-names": { franceconnect: "MELISSANDRE[ JULIETTE]", finding: "explained", reasons: ["given-names-prefix"] },
});

/** One expected arrival and what its check-in comes to. */
export type Expected = Omit<ArrivalView, "arrival" | "record"> & {
  person: PatientView;
  verdict: Told;
  /** What is out of the ordinary on the way to the verdict. */
  event?: "stays" | "not-opened" | "hold" | "unreachable" | "owed" | "unconfirmed" | "late-sign-out" | "unknown-failure";
};

const line = (time: string, displayName: string, person: PatientView, verdict: Told, rest: Partial<Expected> = {}): Expected => ({
  time,
  displayName,
  birthDate: person.birthDate,
  state: "expected",
  note: null,
  person,
  verdict,
  ...rest,
});

const concordant = (person: PatientView, differences = {}) =>
  told({ outcome: "concordant", link: "safe", identity: identity(person), candidates: [compared(person, differences)], actions: ["confirm", "paper"] });

export const expected: Expected[] = [
  line("09:00", "HUCHE Anne-Laure", people.huche, concordant(people.huche), { state: "confirmed" }),
  line("09:10", "BROSSE Mario", people.mario, concordant(people.mario), { note: "homonym" }),
  line(
    "09:20",
    "TROIS DUPRE Melissandre",
    people.dupre,
    told({ outcome: "explained", link: "safe", identity: identity(people.dupre, { birthName: "TROIS-DUPRE" }), candidates: [dupre], actions: ["confirm", "paper"] }),
    { event: "late-sign-out" },
  ),
  line("09:30", "SEGUIN Henry", people.seguin, concordant(people.seguin, { "birth-name": { franceconnect: "S[É]GUIN", register: "S[E]GUIN", reasons: ["accent"] } }), { event: "unconfirmed" }),
  line(
    "09:40",
    "CHAPELLE Damien",
    people.chapelle,
    told({
      outcome: "discordant",
      identity: identity(people.chapelle, { birthName: "CHAP'ELLE" }),
      candidates: [
        compared(people.chapelle, {
          "birth-name": { franceconnect: "CHAP[']ELLE", finding: "conflict", reasons: ["different"], hint: "joined-words" },
        }),
      ],
      actions: ["paper", "create"],
    }),
  ),
  line(
    "09:50",
    "TARGE Jean",
    people.targe,
    told({
      outcome: "explained",
      link: "confirm",
      identity: identity(people.targe, { birthDate: "00/00/1992" }),
      candidates: [
        compared(people.targe, {
          "birth-date": { register: "[31/12/]1992", franceconnect: "[00/00/]1992", finding: "explained", reasons: ["presumed-date"] },
        }),
        compared(
          people.fleuret,
          {
            "birth-name": { register: "[FLEURET]", franceconnect: "[TARGE]", finding: "conflict", reasons: ["different"] },
            "birth-date": { register: "00/[11]/1992", franceconnect: "00/[00]/1992", finding: "explained", reasons: ["presumed-date"] },
            "birth-place": { franceconnect: "99217", finding: "absent", reasons: ["missing-in-register"] },
          },
          false,
        ),
      ],
      actions: ["confirm", "paper", "create"],
    }),
  ),
  line(
    "10:00",
    "DUBOIS Pierre",
    people.dubois,
    told({
      outcome: "discordant",
      identity: identity(people.dubois, { birthName: "MERCIER", usageName: "DUBOIS" }),
      candidates: [
        compared(people.dubois, {
          "birth-name": { register: "[DUBOIS]", franceconnect: "[MERCIER]", finding: "conflict", reasons: ["different"], hint: "usage-name-as-birth-name" },
          "birth-date": { register: "17/0[3]/1969", franceconnect: "17/0[8]/1969", finding: "conflict", reasons: ["different"] },
          "usage-name": { franceconnect: "[DUBOIS]", finding: "explained", reasons: ["usage-name-added"] },
        }),
      ],
      actions: ["paper", "confirm", "create"], // the screen must not offer to confirm a discordant identity, whatever it is sent
    }),
  ),
  line(
    "10:10",
    "CASA Mila",
    people.casa,
    told({
      outcome: "several",
      link: "several",
      identity: identity(people.casa),
      candidates: [
        compared(people.casa),
        compared(
          people.casaMarried,
          {
            "given-names": { register: "MILA[ ROSE]", franceconnect: "MILA", finding: "explained", reasons: ["given-names-prefix"] },
            "usage-name": { register: "[LEROUX]", franceconnect: "", finding: "explained", reasons: ["usage-name-added"] },
          },
          false,
        ),
      ],
      actions: ["confirm", "paper", "create"],
    }),
    { note: "homonym" },
  ),
  line("10:20", "POSTEUR Alain", people.posteur, told({ outcome: "unknown", identity: identity(people.posteur), actions: ["create", "paper"] })),
  line("10:30", "BROSSE Luigi", people.luigi, told({ outcome: "unknown", twin: true, identity: identity(people.luigi), actions: ["create", "paper"] }), { note: "homonym" }),
  line(
    "10:40",
    "MARTIN Vincent",
    people.mercier,
    told({
      outcome: "unusable-identity",
      identity: identity(people.mercier, { firstGivenName: "", givenNames: "", birthPlace: place("99352", null) }),
      missing: ["first-given-name", "given-names"],
      actions: ["paper"],
    }),
  ),
  line("10:50", "DUBIGNOT Jean", people.dubignot, told({ outcome: "refused", actions: ["paper"] })),
  line("11:00", "LAFORGE Camille", people.laforge, told({ outcome: "abandoned", actions: ["paper"] }), { event: "stays" }),
  line("11:10", "LIVRE Julien", people.livre, concordant(people.livre), { event: "hold" }),
  line("11:20", "FLEURY Fabien", people.fleury, concordant(people.fleury), { event: "unreachable" }),
  line("11:30", "REVEIL Titouan", people.reveil, concordant(people.reveil), { event: "owed" }),
  line("11:40", "GODIN Ermengardi", patient({ record: "", birthName: "GODIN", firstGivenName: "ERMENGARDI", birthDate: "05/09/1985", sex: "F" }), told({ outcome: "abandoned", actions: ["paper"] }), { event: "not-opened" }),
  line("11:50", "DOE Jo", patient({ record: "", birthName: "DOE", firstGivenName: "JO", birthDate: "01/01/2000", sex: "I" }), told({ outcome: "abandoned", actions: ["paper"] }), { event: "unknown-failure" }),
];
