-- The date as EXI ID 11 completes it, 31/12 for a year alone: what a search compares with, since this
-- is the date that the person's other papers and the other software show. No day that does not exist.
ALTER TABLE patients ADD COLUMN completed_date TEXT GENERATED ALWAYS AS (
    CASE WHEN birth_date LIKE '%-00-00' THEN substr(birth_date, 1, 4) || '-12-31'
         ELSE replace(birth_date, '-00', '-01') END
) VIRTUAL CHECK (completed_date IS NULL OR date(completed_date) IS completed_date);

CREATE INDEX patients_by_completed_date ON patients (completed_date);
