-- A record absorbed by another stays, whole, under the one it was merged into: a merge can be undone.
ALTER TABLE patients ADD COLUMN merged_into INTEGER REFERENCES patients (id) CHECK (merged_into IS NOT id);

-- The letters of the birth name alone (DMN INS 9): what a beginning of a name is looked up by.
ALTER TABLE patients ADD COLUMN name_key TEXT NOT NULL DEFAULT '' CHECK (name_key NOT GLOB '*[^A-Z]*');

-- When a record last changed, in the register's own count; 0 for a record never changed. Readers that keep
-- the register in memory ask for what is newer than what they have.
ALTER TABLE patients ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

UPDATE patients SET name_key = search_key(birth_name);

CREATE INDEX patients_by_name ON patients (name_key, completed_date);
CREATE INDEX patients_by_revision ON patients (revision) WHERE revision > 0;
CREATE INDEX patients_by_merge ON patients (merged_into) WHERE merged_into IS NOT NULL;

-- One line. `epoch` moves when records disappear: what is kept in memory is then read anew.
CREATE TABLE state (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL,
    epoch    INTEGER NOT NULL
) STRICT;
INSERT INTO state (only, revision, epoch) VALUES (1, 0, 0);

CREATE TRIGGER patients_change_counts AFTER UPDATE ON patients WHEN NEW.revision IS OLD.revision
BEGIN
    UPDATE state SET revision = revision + 1;
    UPDATE patients SET revision = (SELECT revision FROM state) WHERE id = NEW.id;
END;

CREATE TRIGGER patients_deletion_counts AFTER DELETE ON patients
BEGIN UPDATE state SET epoch = epoch + 1; END;

-- The date is searched as completed; the raw one is found by that too.
DROP INDEX patients_by_birth_date;

-- Beginnings are searched within a date, or by name_key: the rows of words cost more than they found.
DROP TABLE name_keys;

-- The numbers of a record, in the order received: 0 is the one held, the others former ones.
CREATE TABLE ins_numbers (
    patient   INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    number    INTEGER NOT NULL CHECK (number >= 0),
    -- In force; invalidated, which is hidden and kept (DMN INS 32); or a former one (EXI REC 08).
    state     TEXT NOT NULL CHECK (state IN ('in-force', 'hidden', 'former')),
    -- The key is kept as received: INSi itself answers some that are wrong.
    matricule TEXT NOT NULL CHECK (length(matricule) = 15
        AND substr(matricule, 1, 6) NOT GLOB '*[^0-9]*' AND substr(matricule, 8) NOT GLOB '*[^0-9]*'
        AND (substr(matricule, 7, 1) GLOB '[0-9]' OR substr(matricule, 6, 2) IN ('2A', '2B'))),
    oid       TEXT NOT NULL CHECK (oid IN ('1.2.250.1.213.1.4.8', '1.2.250.1.213.1.4.9',
        '1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11')),
    -- AAAA-MM-JJ as INSi gave them; the end may precede the beginning.
    since     TEXT CHECK (since IS NULL OR date(since) IS since),
    until     TEXT CHECK (until IS NULL OR date(until) IS until),
    PRIMARY KEY (patient, number),
    CHECK ((number = 0) = (state <> 'former'))
) STRICT, WITHOUT ROWID;

INSERT INTO ins_numbers
SELECT patient,
       iif(state = 'former', row_number() OVER (PARTITION BY patient, state = 'former' ORDER BY rowid), 0),
       state, matricule, oid, since, until
FROM ins;

DROP TRIGGER doubt_only_without_ins_in_force;
DROP TABLE ins;
ALTER TABLE ins_numbers RENAME TO ins;

-- The collision guard: one person, one record (ins.md §12 row 63). In force, the pair stands alone.
CREATE UNIQUE INDEX ins_by_pair ON ins (matricule, oid, iif(state = 'in-force', 0, patient), iif(state = 'in-force', 0, number));

-- EXI SI 09: a doubtful or fictitious identity has no INS in force.
CREATE TRIGGER ins_not_in_force_when_doubtful BEFORE INSERT ON ins
WHEN NEW.state = 'in-force'
    AND (SELECT attributes FROM patients WHERE id = NEW.patient) NOT IN ('none', 'homonym')
BEGIN SELECT RAISE(ABORT, 'a doubtful or fictitious identity has no INS in force'); END;

CREATE TRIGGER ins_not_put_in_force_when_doubtful BEFORE UPDATE ON ins
WHEN NEW.state = 'in-force'
    AND (SELECT attributes FROM patients WHERE id = NEW.patient) NOT IN ('none', 'homonym')
BEGIN SELECT RAISE(ABORT, 'a doubtful or fictitious identity has no INS in force'); END;

CREATE TRIGGER doubt_only_without_ins_in_force BEFORE UPDATE OF attributes ON patients
WHEN NEW.attributes NOT IN ('none', 'homonym')
    AND EXISTS (SELECT 1 FROM ins WHERE patient = NEW.id AND state = 'in-force')
BEGIN SELECT RAISE(ABORT, 'the INS is invalidated before an identity is doubtful or fictitious'); END;

-- What was shown to prove who somebody is (DMN INS 18), kept as long as the site's rule says.
CREATE TABLE proofs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    patient    INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    at         TEXT NOT NULL,
    author     TEXT NOT NULL CHECK (author <> ''),
    situation  TEXT NOT NULL CHECK (situation IN ('ordinary', 'minor-with-parent', 'minor-with-guardian',
        'foreign-minor', 'minor-in-care', 'care-home-admission', 'unable-to-obtain')),
    -- The written reason of the one exception that needs it (ins.md §12 row 87).
    reason     TEXT CHECK (reason <> ''),
    -- Moves no status; counts with other pieces, in the special cases of RNIV §3.3.3; counts alone.
    degree     TEXT NOT NULL CHECK (degree IN ('recorded', 'supporting', 'high')),
    CHECK ((situation = 'unable-to-obtain') = (reason IS NOT NULL))
) STRICT;
CREATE INDEX proofs_by_patient ON proofs (patient, at);
CREATE INDEX proofs_by_time ON proofs (at);

-- Its pieces: the device's code, whose it is, its last day (ZFD-8); nothing else is read off a document.
CREATE TABLE proof_pieces (
    proof   INTEGER NOT NULL REFERENCES proofs (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL CHECK (number >= 0),
    device  TEXT NOT NULL CHECK (device <> ''),
    holder  TEXT NOT NULL CHECK (holder IN ('patient', 'parent', 'guardian')),
    expires TEXT CHECK (expires IS NULL OR date(expires) IS expires),
    PRIMARY KEY (proof, number)
) STRICT, WITHOUT ROWID;

-- DMN INS 26: what a status was and became, when, by whom and why.
CREATE TABLE status_changes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    patient INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    at      TEXT NOT NULL,
    author  TEXT NOT NULL CHECK (author <> ''),
    cause   TEXT NOT NULL CHECK (cause <> ''),
    before  TEXT CHECK (before IN ('provisional', 'retrieved', 'validated', 'qualified')),
    after   TEXT NOT NULL CHECK (after IN ('provisional', 'retrieved', 'validated', 'qualified'))
) STRICT;
CREATE INDEX status_changes_by_patient ON status_changes (patient, id);

-- DMN INS 31: what may be changed whatever the status.
CREATE TABLE complementary_traits (
    patient INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL CHECK (kind IN ('address', 'postal-code', 'city', 'country', 'phone', 'mobile-phone',
        'mail', 'profession', 'family-physician', 'person-to-contact', 'comment')),
    value   TEXT NOT NULL CHECK (value <> ''),
    PRIMARY KEY (patient, kind)
) STRICT, WITHOUT ROWID;

-- Two records that a person has said are two people: twins, homonyms.
CREATE TABLE distinct_people (
    one    INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    other  INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    at     TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    reason TEXT NOT NULL CHECK (reason IN ('twins', 'homonyms', 'other')),
    PRIMARY KEY (one, other),
    CHECK (one < other)
) STRICT, WITHOUT ROWID;
CREATE INDEX distinct_people_by_other ON distinct_people (other);

CREATE TABLE merges (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kept      INTEGER NOT NULL REFERENCES patients (id),
    absorbed  INTEGER NOT NULL REFERENCES patients (id),
    at        TEXT NOT NULL,
    author    TEXT NOT NULL CHECK (author <> ''),
    undone_at TEXT,
    undone_by TEXT CHECK (undone_by <> ''),
    -- Whether the absorbed record's INS was in force, and was hidden by it.
    ins_hidden INTEGER NOT NULL CHECK (ins_hidden IN (0, 1)),
    CHECK (kept <> absorbed),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX merges_in_force ON merges (absorbed) WHERE undone_at IS NULL;

-- One step leads from any record to the one it was merged into: each merge can be undone by itself.
CREATE TRIGGER merges_are_one_step BEFORE UPDATE OF merged_into ON patients
WHEN NEW.merged_into IS NOT NULL
    AND ((SELECT merged_into FROM patients WHERE id = NEW.merged_into) IS NOT NULL
        OR EXISTS (SELECT 1 FROM patients WHERE merged_into = NEW.id))
BEGIN SELECT RAISE(ABORT, 'a record that absorbed others is not absorbed, and none is absorbed by an absorbed one'); END;

-- What a pass over the register found, to be looked at by a person.
CREATE TABLE suspicions (
    one     INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    other   INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL CHECK (kind IN ('duplicate', 'homonym', 'twins', 'shared-ins')),
    -- Codes of the reasons, separated by spaces.
    reasons TEXT NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one < other)
) STRICT, WITHOUT ROWID;

-- How far long work has come, so that it goes on where it was cut.
CREATE TABLE progress (
    work   TEXT PRIMARY KEY CHECK (work <> ''),
    cursor TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Values that the site decides, each with who decided it and when (EXI ID 19).
CREATE TABLE site_rules (
    name   TEXT PRIMARY KEY CHECK (name <> ''),
    value  TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The strict traits before and after a change, apart from the evidence of its line: retention erases them
-- and the evidence stays. Their hash is part of what the line's own hash is made of.
ALTER TABLE journal ADD COLUMN traits TEXT;
ALTER TABLE journal ADD COLUMN traits_hash BLOB
    CHECK (iif(traits_hash IS NULL, traits IS NULL, length(traits_hash) = 32));
CREATE INDEX journal_with_traits ON journal (at) WHERE traits IS NOT NULL;

DROP TRIGGER journal_is_never_changed;
CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
WHEN NEW.sequence IS NOT OLD.sequence OR NEW.at IS NOT OLD.at OR NEW.author IS NOT OLD.author
  OR NEW.kind IS NOT OLD.kind OR NEW.payload_hash IS NOT OLD.payload_hash
  OR NEW.traits_hash IS NOT OLD.traits_hash OR NEW.previous IS NOT OLD.previous OR NEW.hash IS NOT OLD.hash
  OR (NEW.payload IS NOT OLD.payload AND NEW.payload IS NOT NULL)
  OR (NEW.traits IS NOT OLD.traits AND NEW.traits IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- INSERT OR REPLACE takes lines away without any deletion that a trigger sees.
CREATE TRIGGER journal_only_grows BEFORE INSERT ON journal
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
