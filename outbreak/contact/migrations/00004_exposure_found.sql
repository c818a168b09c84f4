-- +goose Up
-- Whom a list is about stands in the index: a commune's thousand exposures were read
-- one by one, and for one case's SQLite walked the province's in the order of contacts.
drop index contact_exposure_case;
drop index contact_exposure_area;

create index contact_exposure_case on contact_exposure (province, case_id, held, contact);
create index contact_exposure_area on contact_exposure (province, area, held, contact);
