-- +goose Up
-- What a list asks of exposures stands in the index: a commune's thousand were read
-- one by one, and for one case's SQLite walked the province's in the order of contacts.
-- The three together: with an area's alone SQLite, which does not count, would walk an
-- area for every contact of a list.
drop index contact_exposure_case;
drop index contact_exposure_area;
drop index contact_exposure_contact;

create index contact_exposure_case on contact_exposure (province, case_id, held, contact);
create index contact_exposure_area on contact_exposure (province, area, held, contact);
create index contact_exposure_contact on contact_exposure (province, contact, held, area);
