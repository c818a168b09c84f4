-- +goose Up
-- A visit. Its id is made by whoever notes it and rises with time, so that rows
-- are appended; no other index stands here (docs/adr/030-visits.md).
-- people
create table checkin_visit (
	province smallint not null,
	id uuid not null,
	place uuid not null,
	person uuid not null,
	device uuid not null,
	area bigint not null,
	from_ms bigint not null,
	until_ms bigint not null,
	told_ms bigint not null,
	how text not null,
	ended text not null,
	companions smallint not null,
	flags bigint not null,
	primary key (province, id)
) without rowid;

-- Who finds a visit: its person and its place, in buckets of an hour or less,
-- written by the listener in sorted batches.
-- people
create table checkin_trail (
	province smallint not null,
	bucket bigint not null,
	subject uuid not null,
	visit uuid not null,
	primary key (province, bucket, subject, visit)
) without rowid;

create table checkin_bucket (
	province smallint not null,
	bucket bigint not null,
	visits bigint not null,
	primary key (province, bucket)
);

-- Codes of phones that were taken: good once, at one place.
create table checkin_scan (
	province smallint not null,
	step bigint not null,
	handle uuid not null,
	place uuid not null,
	primary key (province, step, handle)
);
