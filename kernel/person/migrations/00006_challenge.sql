-- +goose Up
-- people
create table person_challenge (
	province smallint not null,
	id uuid not null,
	person uuid,
	device uuid not null,
	area bigint not null,
	about text not null,
	text_sealed bytea not null,
	filed_ms bigint not null,
	answer_sealed bytea,
	answered_ms bigint not null,
	answered_by text not null,
	primary key (province, id)
);

create index person_challenge_open on person_challenge (province, answered_ms, filed_ms);
create index person_challenge_device on person_challenge (province, device);
create index person_challenge_person on person_challenge (province, person);
