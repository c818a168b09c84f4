-- +goose Up
-- What the public sees hangs on epimap_announced, epimap_batch and epimap_pending; version is that of the row's last change.
create table epimap_version (
	province smallint not null,
	version bigint not null,
	at_ms bigint not null,
	primary key (province)
);

create table epimap_announced (
	province smallint not null,
	area bigint not null,
	day integer not null,
	rest boolean not null,
	cases integer not null,
	source text not null,
	at_ms bigint not null,
	version bigint not null,
	primary key (province, area, day, rest)
);

create index epimap_announced_version on epimap_announced (province, version);

create table epimap_batch (
	province smallint not null,
	area bigint not null,
	day integer not null,
	cases integer not null,
	version bigint not null,
	primary key (province, area, day)
);

create index epimap_batch_version on epimap_batch (province, version);

create table epimap_pending (
	province smallint not null,
	area bigint not null,
	since integer not null,
	again integer not null,
	version bigint not null,
	primary key (province, area)
);

create index epimap_pending_version on epimap_pending (province, version);

-- Private: the true counts that no announcement covers yet.
create table epimap_recorded (
	province smallint not null,
	area bigint not null,
	day integer not null,
	cases integer not null,
	released integer not null,
	primary key (province, area, day)
);

create table epimap_horizon (
	province smallint not null,
	area bigint not null,
	ground boolean not null,
	day integer not null,
	primary key (province, area, ground)
);

create table epimap_visit (
	province smallint not null,
	day integer not null,
	n bigint not null,
	primary key (province, day)
);
