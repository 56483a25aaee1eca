-- The INS of a record and the numbers it had before, each with its authority: the pair is the key.
CREATE TABLE ins (
    patient   INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
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
    until     TEXT CHECK (until IS NULL OR date(until) IS until)
) STRICT;

-- The collision guard: one person, one record (ins.md §12 row 63).
CREATE UNIQUE INDEX ins_in_force_once ON ins (matricule, oid) WHERE state = 'in-force';
CREATE UNIQUE INDEX ins_held_once ON ins (patient) WHERE state <> 'former';
CREATE INDEX ins_by_pair ON ins (matricule, oid);
CREATE INDEX ins_by_patient ON ins (patient);

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
