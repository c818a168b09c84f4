-- +goose Up
-- A page of one classification walks its own index: of one that few cases have, it read everybody's.
create index outbreak_case_classified on outbreak_case (province, classification, reported, id, area, stay, source);
