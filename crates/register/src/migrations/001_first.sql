-- Patients: the strict traits as written, the known parts of the date, the two axes of the status.
CREATE TABLE patients (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id      TEXT UNIQUE CHECK (external_id <> ''),
    birth_name       TEXT NOT NULL CHECK (birth_name <> ''),
    first_given_name TEXT NOT NULL CHECK (first_given_name <> ''),
    given_names      TEXT,
    -- AAAA-MM-JJ, 00 for an unknown part.
    birth_date       TEXT CHECK (birth_date GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    sex              TEXT CHECK (sex IN ('F', 'M', 'I')),
    birth_place      TEXT CHECK (length(birth_place) = 5),
    usage_name       TEXT CHECK (usage_name <> ''),
    usage_given_name TEXT CHECK (usage_given_name <> ''),
    ins_retrieved    INTEGER NOT NULL DEFAULT 0 CHECK (ins_retrieved IN (0, 1)),
    device_checked   INTEGER NOT NULL DEFAULT 0 CHECK (device_checked IN (0, 1)),
    attributes       TEXT NOT NULL DEFAULT 'none'
        CHECK (attributes IN ('none', 'homonym', 'doubtful', 'doubtful-homonym', 'fictitious')),
    created_at       TEXT NOT NULL,
    -- EXI SI 09: a doubtful or fictitious identity can only be provisional.
    CHECK (attributes IN ('none', 'homonym') OR (ins_retrieved = 0 AND device_checked = 0))
) STRICT;

CREATE INDEX patients_by_birth_date ON patients (birth_date);

-- The folded beginnings a patient is found by: one row for each word that a name can be begun at.
CREATE TABLE name_keys (
    patient INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL CHECK (kind IN ('name', 'given')),
    key     TEXT NOT NULL CHECK (key <> ''),
    PRIMARY KEY (kind, key, patient)
) STRICT, WITHOUT ROWID;

CREATE INDEX name_keys_by_patient ON name_keys (patient);

CREATE TABLE arrivals (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- AAAA-MM-JJ and HH:MM, local.
    day     TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    time    TEXT NOT NULL CHECK (time GLOB '[0-2][0-9]:[0-5][0-9]'),
    display_name TEXT NOT NULL CHECK (display_name <> ''),
    birth_date   TEXT,
    patient INTEGER REFERENCES patients (id) ON DELETE SET NULL,
    state   TEXT NOT NULL DEFAULT 'expected' CHECK (state IN ('expected', 'confirmed', 'created', 'paper'))
) STRICT;

CREATE INDEX arrivals_by_day ON arrivals (day, time);

-- The journal: append-only, each line chained to the one before by its hash. The payload stands
-- apart from its hash so that retention can erase it without breaking the chain.
CREATE TABLE journal (
    sequence     INTEGER PRIMARY KEY,
    at           TEXT NOT NULL,
    author       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    payload      TEXT,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    previous     BLOB NOT NULL CHECK (length(previous) = 32),
    hash         BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
WHEN NEW.sequence IS NOT OLD.sequence OR NEW.at IS NOT OLD.at OR NEW.author IS NOT OLD.author
  OR NEW.kind IS NOT OLD.kind OR NEW.payload_hash IS NOT OLD.payload_hash
  OR NEW.previous IS NOT OLD.previous OR NEW.hash IS NOT OLD.hash OR NEW.payload IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
