// Prints crates/identity/places/communes.tsv, made from the npm package @etalab/decoupage-administratif.
//
// Started by ./x places. The format is said in the table's own header.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const PACKAGE = '@etalab/decoupage-administratif'
const { version } = require(`${PACKAGE}/package.json`)
const communes = require(`${PACKAGE}/data/communes.json`)

const KINDS = {
  'commune-actuelle': 'commune',
  'commune-deleguee': 'delegated',
  'commune-associee': 'associated',
  'arrondissement-municipal': 'arrondissement',
}
const ORDER = Object.values(KINDS)

const whole = (commune) => commune.chefLieu ?? commune.commune ?? ''
const parts = new Map(communes.filter((c) => whole(c) && whole(c) !== c.code).map((c) => [c.code, whole(c)]))
const current = new Map(communes.filter((c) => c.type === 'commune-actuelle').map((c) => [c.code, c.nom]))

const rows = []
for (const commune of communes) {
  const kind = KINDS[commune.type]
  if (!kind) throw new Error(`${commune.code}: the kind ${commune.type} is new`)
  // The seat of a new commune is often a row of its own with the same code: worth a row when it has another name.
  if (kind !== 'commune' && current.get(commune.code) === commune.nom) continue
  const former = []
  for (const code of commune.anciensCodes ?? []) {
    if (current.has(code)) throw new Error(`${code} is at once in force and former`)
    // A former code that is still a row says there what it is part of.
    if (parts.get(code) !== commune.code) former.push(code)
  }
  const columns = [
    commune.code,
    commune.nom,
    kind,
    whole(commune),
    (commune.codesPostaux ?? []).toSorted().join(' '),
    former.toSorted().join(' '),
  ]
  if (columns.some((column) => /[\t\n]/.test(column))) throw new Error(`${commune.code}: a tab in a column`)
  rows.push(columns)
}
rows.sort(([code, , kind], [other, , otherKind]) =>
  code === other ? ORDER.indexOf(kind) - ORDER.indexOf(otherKind) : code < other ? -1 : 1,
)

const header = `# The communes of France and what they are made of: INSEE's Code officiel géographique, La Poste's postal codes.
# Source: npm ${PACKAGE} ${version}. Data under Licence Ouverte / Open Licence (Etalab).
# Made by ./x places: do not edit. One row a line, columns separated by a tab, lists by a space:
# code, name, kind, commune that it is part of, postal codes, former codes (but those of its parts)`

process.stdout.write([header, ...rows.map((columns) => columns.join('\t').trimEnd()), ''].join('\n'))
