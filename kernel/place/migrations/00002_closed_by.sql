-- +goose Up
-- Who closed a place: what an officer closed no keeper opens again.
alter table place_place add column closed_by text not null default '';
