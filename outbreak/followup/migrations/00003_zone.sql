-- +goose Up
-- Lockdown zones. The list of households may name people, and is sealed.
-- people
create table followup_zone (
	province smallint not null,
	id uuid not null,
	name text not null,
	reason text not null,
	area bigint not null,
	boundary text not null,
	listed bytea,
	households integer not null,
	people integer not null,
	from_day integer not null,
	until_day integer not null,
	state text not null,
	series text not null,
	year smallint not null,
	number integer,
	signed_ms bigint not null,
	signer text not null,
	title text not null,
	lift_year smallint not null,
	lift_number integer,
	lifted integer not null,
	lifted_ms bigint not null,
	lift_reason text not null,
	lifter text not null,
	lift_title text not null,
	version bigint not null,
	created_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create index followup_zone_state on followup_zone (province, state, id);
create index followup_zone_area on followup_zone (province, area, id);
