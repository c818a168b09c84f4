-- +goose Up
create table audit_head (
	province smallint not null,
	seq bigint not null,
	hash bytea not null,
	primary key (province)
);

create table audit_entry (
	province smallint not null,
	seq bigint not null,
	id uuid not null,
	at_ms bigint not null,
	actor uuid,
	actor_kind text not null,
	act text not null,
	object_kind text not null,
	object_id text not null,
	area bigint not null,
	purpose text not null,
	detail text not null,
	hash bytea not null,
	primary key (province, seq)
);

create index audit_entry_actor on audit_entry (province, actor, seq);
create index audit_entry_object on audit_entry (province, object_kind, object_id, seq);
create index audit_entry_act on audit_entry (province, act, seq);
