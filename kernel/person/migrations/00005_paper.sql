-- +goose Up
-- A paper is found by its block since the registry; person match blocks and
-- look-ups need no second index.
drop table person_paper;
