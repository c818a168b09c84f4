-- +goose Up
create index phone_identity_person on phone_identity (province, person);
