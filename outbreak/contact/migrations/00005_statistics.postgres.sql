-- +goose Up
-- A tenth of all contacts had to change before their statistics were made anew: the
-- first thousands that are confirmed were nobody to the planner.
alter table contact_contact set (autovacuum_analyze_scale_factor = 0.01);
