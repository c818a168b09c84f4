-- +goose Up
-- One tree instead of two: SQLite keeps a table and its key apart unless told.
create table person_block_new (
	province smallint not null,
	kind smallint not null,
	key bigint not null,
	person uuid not null,
	primary key (province, kind, key, person)
) without rowid;
insert into person_block_new select province, kind, key, person from person_block order by province, kind, key, person;
drop table person_block;
alter table person_block_new rename to person_block;
