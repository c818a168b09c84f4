-- +goose Up
create table event_head (
	province smallint not null,
	part smallint not null,
	seq bigint not null,
	primary key (province, part)
);

create table event_fact (
	province smallint not null,
	part smallint not null,
	seq bigint not null,
	id uuid not null,
	kind text not null,
	at_ms bigint not null,
	payload text not null,
	primary key (province, part, seq)
);

create table event_cursor (
	province smallint not null,
	listener text not null,
	part smallint not null,
	seq bigint not null,
	primary key (province, listener, part)
);
