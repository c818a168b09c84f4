-- +goose Up
-- What tracing counts a case by, as its facts say it, and what came of tracing it.
-- people
create table contact_case (
	province smallint not null,
	id uuid not null,
	version bigint not null,
	person uuid,
	classification text not null,
	area bigint not null,
	onset integer not null,
	specimen integer not null,
	confirmed integer not null,
	reported integer not null,
	outcome_on integer not null,
	due smallint not null,
	rule text not null,
	to_ms bigint not null,
	found bigint not null,
	stored bigint not null,
	traced_ms bigint not null,
	primary key (province, id)
);

create index contact_case_due on contact_case (province, due, id);
create index contact_case_to on contact_case (province, to_ms, id);
create index contact_case_person on contact_case (province, person);

-- Somebody exposed, once per human being.
-- people
create table contact_contact (
	province smallint not null,
	id uuid not null,
	person uuid not null,
	degree smallint not null,
	status text not null,
	reason text not null,
	was text not null,
	decided smallint not null,
	became uuid,
	area bigint not null,
	priority bigint not null,
	kind text not null,
	first_ms bigint not null,
	last_ms bigint not null,
	rule text not null,
	case_id uuid not null,
	held bigint not null,
	called_ms bigint not null,
	follow text not null,
	follow_until integer not null,
	released_ms bigint not null,
	version bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index contact_contact_person on contact_contact (province, person);
create index contact_contact_list on contact_contact (province, status, priority, id);
create index contact_contact_all on contact_contact (province, priority, id);
create index contact_contact_area on contact_contact (province, area, status, priority, id);
create index contact_contact_became on contact_contact (province, became);
create index contact_contact_released on contact_contact (province, released_ms, id);

-- Where, when and how certainly a contact was exposed to a case, or by way of an F1.
-- people
create table contact_exposure (
	province smallint not null,
	id uuid not null,
	contact uuid not null,
	case_id uuid not null,
	via uuid,
	locus uuid,
	kind text not null,
	area bigint not null,
	from_ms bigint not null,
	to_ms bigint not null,
	minutes integer not null,
	certainty text not null,
	origin text not null,
	held smallint not null,
	rule text not null,
	noted_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create index contact_exposure_contact on contact_exposure (province, contact, from_ms);
create index contact_exposure_case on contact_exposure (province, case_id, from_ms);
create index contact_exposure_area on contact_exposure (province, area, contact);
