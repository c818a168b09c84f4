-- +goose Up
alter table outbreak_case add column investigation text not null default 'pending';

-- A page of a list walks back from the last report; what it filters by stands in the index, so that an officer of an
-- area with few cases does not read everybody's.
drop index outbreak_case_reported;
create index outbreak_case_listed on outbreak_case (province, reported, id, area, stay, classification, source);

-- What a case has several of: symptoms, tests, hospital stays, exposures as told.
-- They are read with their case and never searched: the body is JSON.
-- people
create table outbreak_part (
	province smallint not null,
	id uuid not null,
	of_case uuid not null,
	kind text not null,
	body text not null,
	removed smallint not null,
	version bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create index outbreak_part_case on outbreak_part (province, of_case, id);

-- The history of a classification: one row per change, by the version it made.
-- people
create table outbreak_judgement (
	province smallint not null,
	of_case uuid not null,
	version bigint not null,
	was text not null,
	now text not null,
	rule text not null,
	why text not null,
	actor text not null,
	at_ms bigint not null,
	primary key (province, of_case, version)
);

-- How the columns of somebody's lists are read, under a name.
create table outbreak_template (
	province smallint not null,
	id uuid not null,
	name text not null,
	body text not null,
	version bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index outbreak_template_name on outbreak_template (province, name);

-- A list between its sending and its import, sealed; nobody but its sender opens it.
-- people
create table outbreak_upload (
	province smallint not null,
	id uuid not null,
	name text not null,
	sealed bytea not null,
	actor text not null,
	at_ms bigint not null,
	primary key (province, id)
);

create index outbreak_upload_at on outbreak_upload (province, at_ms);
