-- +goose Up
-- Under which ids the two of an exposure were there (a merge may be undone), and when
-- the visit of each began (it dies of age by that); null and 0: not known.
alter table contact_exposure add column as_person uuid;
alter table contact_exposure add column with_person uuid;
alter table contact_exposure add column as_begun_ms bigint not null default 0;
alter table contact_exposure add column with_begun_ms bigint not null default 0;
