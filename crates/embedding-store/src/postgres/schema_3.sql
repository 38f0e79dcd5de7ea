-- The version of an event: `life` tells events of one name apart, `version` grows with each append and each deletion of
-- a sample; that of a user is the event's when the user's samples were last changed. By it an append is refused that was
-- decided on another state. The defaults are for servers of the version before, which name neither column.
ALTER TABLE events ADD COLUMN life bigint NOT NULL DEFAULT 0, ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN version bigint NOT NULL DEFAULT 0;

CREATE INDEX users_versions ON users (event, version);
