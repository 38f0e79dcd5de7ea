-- The journal. `time` is in nanoseconds since 1970, by which, and then by `id`, entries are in order; an entry
-- about nobody has the subject ''. What the columns say the record says too.
CREATE TABLE journal (
    topic text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    time bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    key text COLLATE "C",
    record bytea NOT NULL,
    PRIMARY KEY (topic, id)
);

CREATE UNIQUE INDEX journal_keys ON journal (topic, key) WHERE key IS NOT NULL;
CREATE INDEX journal_times ON journal (topic, time, id);
CREATE INDEX journal_subjects ON journal (topic, subject, time, id);
