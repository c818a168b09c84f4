-- +goose Up
-- people
create table outbreak_case (
	province smallint not null,
	id uuid not null,
	number text,
	import_key bytea,
	person uuid,
	sex text not null,
	birth_year smallint not null,
	classification text not null,
	area bigint not null,
	stay bigint not null,
	source text not null,
	onset integer not null,
	specimen integer not null,
	confirmed_on integer not null,
	reported integer not null,
	outcome text not null,
	outcome_on integer not null,
	version bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index outbreak_case_number on outbreak_case (province, number);
create unique index outbreak_case_import on outbreak_case (province, import_key);
create index outbreak_case_reported on outbreak_case (province, reported, id);
create index outbreak_case_area on outbreak_case (province, area, reported, id);
create index outbreak_case_stay on outbreak_case (province, stay, reported, id);
create index outbreak_case_person on outbreak_case (province, person);

-- What the authority has announced: one row per act.
create table outbreak_announcement (
	province smallint not null,
	id uuid not null,
	kind text not null,
	source text not null,
	digest bytea,
	ground bigint not null,
	through integer not null,
	rows_in bigint not null,
	cases_in bigint not null,
	actor text not null,
	at_ms bigint not null,
	primary key (province, id)
);

create index outbreak_announcement_at on outbreak_announcement (province, at_ms);

-- The announced number of new cases of an area on a day. rest 1: only those
-- whose unit below is not known.
create table outbreak_count (
	province smallint not null,
	area bigint not null,
	day integer not null,
	rest smallint not null,
	cases bigint not null,
	announcement uuid not null,
	primary key (province, area, day, rest)
);

create index outbreak_count_day on outbreak_count (province, day);

-- Rows of published lists that name no area for certain: they wait for a person.
create table outbreak_held (
	province smallint not null,
	day integer not null,
	listed text not null,
	cases bigint not null,
	verdict text not null,
	why text not null,
	announcement uuid not null,
	primary key (province, day, listed)
);
