-- +goose Up
-- people
create table person_block (
	province smallint not null,
	kind smallint not null,
	key bigint not null,
	person uuid not null,
	primary key (province, kind, key, person)
);

-- people
create table person_merge (
	province smallint not null,
	gone uuid not null,
	kept uuid not null,
	score_tenths bigint not null,
	key_wrapped bytea,
	sealed bytea,
	merged_ms bigint not null,
	undone_ms bigint not null,
	primary key (province, gone)
);

create index person_merge_kept on person_merge (province, kept);

-- people
create table person_review (
	province smallint not null,
	a uuid not null,
	b uuid not null,
	score_tenths bigint not null,
	state text not null,
	filed_ms bigint not null,
	decided_ms bigint not null,
	primary key (province, a, b)
);

create index person_review_b on person_review (province, b);
create index person_review_state on person_review (province, state, a, b);

-- people
create table person_distinct (
	province smallint not null,
	a uuid not null,
	b uuid not null,
	said_ms bigint not null,
	primary key (province, a, b)
);

create index person_distinct_b on person_distinct (province, b);

create table person_slot (
	province smallint not null,
	slot smallint not null,
	n bigint not null,
	primary key (province, slot)
);
