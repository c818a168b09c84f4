-- +goose Up
-- When a wrong visit was withdrawn; 0: it stands. The row stays as long as it would
-- have: a phone that tells it again is answered, and it can be restored.
alter table checkin_visit add column withdrawn_ms bigint not null default 0;
