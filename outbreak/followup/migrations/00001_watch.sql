-- +goose Up
-- The follow-up of one contact, or the isolation of one case. Its days stand in
-- dates, as JSON; due_from and due_until are the days on which a check is due.
-- people
create table followup_watch (
	province smallint not null,
	id uuid not null,
	person uuid not null,
	case_id uuid,
	whom text not null,
	area bigint not null,
	disease text not null,
	protected smallint not null,
	place text not null,
	decided integer not null,
	last_exposure integer not null,
	dates text not null,
	from_day integer not null,
	until_day integer not null,
	proposed text not null,
	proposed_until integer not null,
	state text not null,
	rank smallint not null,
	due_from integer not null,
	due_until integer not null,
	checked integer not null,
	checked_ms bigint not null,
	heard_ms bigint not null,
	link_hash bytea,
	link_sealed bytea,
	closed_ms bigint not null,
	dies_ms bigint not null,
	fact_version bigint not null,
	version bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index followup_watch_link on followup_watch (province, link_hash);
create index followup_watch_due on followup_watch (province, rank, checked, id);
create index followup_watch_area on followup_watch (province, area, rank, checked, id);
create index followup_watch_person on followup_watch (province, person);
create index followup_watch_case on followup_watch (province, case_id);
create index followup_watch_heard on followup_watch (province, state, heard_ms);
create index followup_watch_until on followup_watch (province, state, until_day);
create index followup_watch_dies on followup_watch (province, dies_ms);

-- What happened to a watch, in order; the reason is an officer's.
-- people
create table followup_step (
	province smallint not null,
	watch uuid not null,
	version bigint not null,
	act text not null,
	reason text not null,
	from_day integer not null,
	until_day integer not null,
	was_until integer not null,
	at_ms bigint not null,
	actor text not null,
	primary key (province, watch, version)
);

-- One check of one day from one source. A check that was undone keeps its row, so
-- that its retry is told from a new one.
-- people
create table followup_check (
	province smallint not null,
	id uuid not null,
	watch uuid not null,
	day integer not null,
	source text not null,
	answered smallint not null,
	temperature smallint not null,
	symptoms text not null,
	note bytea,
	at_ms bigint not null,
	undone_ms bigint not null,
	was_state text not null,
	was_checked integer not null,
	was_checked_ms bigint not null,
	was_heard_ms bigint not null,
	version bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index followup_check_day on followup_check (province, watch, day, source, answered, undone_ms);

-- How many checks of a day are due and done in an area; kept with the rows that
-- it counts, so that no page counts people.
create table followup_day (
	province smallint not null,
	area bigint not null,
	day integer not null,
	due bigint not null,
	done bigint not null,
	ill bigint not null,
	primary key (province, area, day)
);

create index followup_day_day on followup_day (province, day, area);
