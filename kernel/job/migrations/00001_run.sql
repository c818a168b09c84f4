-- +goose Up
create table job_run (
	province smallint not null,
	name text not null,
	key text not null,
	payload text not null,
	state text not null,
	run_ms bigint not null,
	try bigint not null default 0,
	node uuid,
	why text not null default '',
	primary key (province, name, key)
);

create index job_run_due on job_run (province, name, state, run_ms);
