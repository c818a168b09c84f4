-- +goose Up
create table place_place (
	province smallint not null,
	id uuid not null,
	number integer not null,
	import_key bytea,
	name text not null,
	folded text not null,
	kind text not null,
	area bigint not null,
	address text not null,
	lat double precision not null,
	lon double precision not null,
	hours text not null,
	stay_minutes integer not null,
	poster_issued integer not null,
	closed boolean not null,
	seen boolean not null,
	origin text not null,
	version bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index place_place_number on place_place (province, number);
create unique index place_place_import on place_place (province, import_key);
create index place_place_folded on place_place (province, folded, id);
create index place_place_area on place_place (province, area, folded, id);

-- Who keeps a place: a proven phone, found by its keyed hash.
-- people
create table place_keeper (
	province smallint not null,
	place uuid not null,
	phone_index bytea not null,
	phone_sealed bytea not null,
	added_ms bigint not null,
	actor text not null,
	primary key (province, place, phone_index)
);

create index place_keeper_phone on place_keeper (province, phone_index, place);
