-- +goose Up
-- people
create table person_person (
	province smallint not null,
	id uuid not null,
	area bigint not null,
	key_wrapped bytea,
	sealed bytea,
	name_index bytea,
	phone_index bytea,
	created_ms bigint not null,
	changed_ms bigint not null,
	erased_ms bigint not null,
	primary key (province, id)
);

create index person_person_name on person_person (province, name_index);
create index person_person_phone on person_person (province, phone_index);

-- people
create table person_paper (
	province smallint not null,
	person uuid not null,
	number_index bytea not null,
	primary key (province, person, number_index)
);

create index person_paper_number on person_paper (province, number_index);
