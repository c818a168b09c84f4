-- +goose Up
-- people
create table phone_device (
	province smallint not null,
	id uuid not null,
	token_hash bytea not null,
	number_index bytea not null,
	number_sealed bytea not null,
	person uuid,
	confirmed boolean not null,
	handle bytea not null,
	secret_sealed bytea not null,
	agent text not null,
	made_ms bigint not null,
	seen_ms bigint not null,
	changed_ms bigint not null,
	withdrawn_ms bigint not null,
	primary key (province, id)
);

create unique index phone_device_handle on phone_device (province, handle);
create index phone_device_number on phone_device (province, number_index);
create index phone_device_person on phone_device (province, person);
create index phone_device_changed on phone_device (province, changed_ms);
create index phone_device_seen on phone_device (province, seen_ms);

-- whom a phone speaks for, as its holder typed it: self is the holder
-- people
create table phone_identity (
	province smallint not null,
	device uuid not null,
	id uuid not null,
	person uuid not null,
	self boolean not null,
	sealed bytea not null,
	made_ms bigint not null,
	primary key (province, device, id)
);

-- the living code of a number, and how many were asked for today; numbers that nobody holds look alike
create table phone_code (
	province smallint not null,
	number_index bytea not null,
	id uuid not null,
	code_hash bytea not null,
	tries integer not null,
	expires_ms bigint not null,
	asked integer not null,
	asked_ms bigint not null,
	day_ms bigint not null,
	primary key (province, number_index)
);

create index phone_code_asked on phone_code (province, asked_ms);

-- people
create table phone_message (
	province smallint not null,
	id uuid not null,
	number_sealed bytea,
	text_sealed bytea,
	state text not null,
	made_ms bigint not null,
	until_ms bigint not null,
	sent_ms bigint not null,
	primary key (province, id)
);

create index phone_message_state on phone_message (province, state, made_ms);
