-- +goose Up
-- Cases that were not imported under a key of their own need no place in its index.
drop index outbreak_case_import;
create unique index outbreak_case_import on outbreak_case (province, import_key) where import_key is not null;
