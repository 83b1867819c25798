-- The same tables and columns as migrations/sqlite/0016_history.sql; a test compares them.

-- What happened, whatever it happened to, the newest first. Moments rise, so that new entries stand together at its end. Every entry of the
-- trail is put into it once: of ten million that takes some seconds, in which nothing else is written.
create index trail_moment on trail (at, instance, sequence);
