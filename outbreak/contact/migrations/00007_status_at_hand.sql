-- +goose Up
-- Of a degree or a kind, those of a status are picked in the index itself: thousands
-- that were confirmed lie above them, and each was read.
drop index contact_contact_degree;
drop index contact_contact_kind;
create index contact_contact_degree on contact_contact (province, degree, priority, id, status);
create index contact_contact_kind on contact_contact (province, kind, priority, id, status);
