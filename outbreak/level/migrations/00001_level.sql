-- +goose Up
-- What the rule needs to know of an area beside its cases, as somebody entered it:
-- shares in hundredths of a percent, -1 not known; capacity -1 not known, 0 unmet, 1 met.
create table level_standing (
	province smallint not null,
	area bigint not null,
	as_of integer not null,
	population bigint not null,
	one_dose integer not null,
	full_older integer not null,
	capacity smallint not null,
	source text not null,
	actor text not null,
	at_ms bigint not null,
	primary key (province, area)
);

-- One row per act of the committee. undone_ms 0: it stands.
create table level_decision (
	province smallint not null,
	id uuid not null,
	area bigint not null,
	level smallint not null,
	proposed smallint not null,
	from_day integer not null,
	reason text not null,
	rule text not null,
	actor text not null,
	at_ms bigint not null,
	undone_ms bigint not null,
	undone_by text not null,
	primary key (province, id)
);

create index level_decision_area on level_decision (province, area, from_day, at_ms);
