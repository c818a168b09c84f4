-- +goose Up
-- The plan that an officer's release cut short, as JSON, so that it can be taken up
-- again; '': none.
alter table followup_watch add column before_release text not null default '';
