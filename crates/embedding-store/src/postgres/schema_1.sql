-- Names compare byte by byte, which is the order of code points. No foreign keys: what belongs together is
-- kept together by the locks of the store (events: shared by those who add, alone for who removes), while a
-- key to `events` would make all who add write to the one row of their event.
CREATE TABLE events (
    name text COLLATE "C" PRIMARY KEY,
    model text COLLATE "C" NOT NULL,
    record bytea NOT NULL
);

-- `template` is the unit-length mean of the samples, for searches here; null where samples are encrypted.
CREATE TABLE users (
    event text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    record bytea NOT NULL,
    template real[],
    PRIMARY KEY (event, name)
);

CREATE TABLE samples (
    event text COLLATE "C" NOT NULL,
    username text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (event, username, id)
);

-- What the store notes of itself.
CREATE TABLE notes (
    key text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
