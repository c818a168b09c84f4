-- +goose Up
create index contact_contact_degree on contact_contact (province, degree, priority, id);
create index contact_contact_kind on contact_contact (province, kind, priority, id);
