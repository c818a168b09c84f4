-- +goose Up
-- The imported boundaries: one row per unit, its polygons as GeoJSON coordinates.
create table area_boundary (
	province smallint not null,
	code bigint not null,
	level text not null,
	edition smallint not null,
	polygons text not null,
	source text not null,
	primary key (province, code)
);

create index area_boundary_level on area_boundary (province, edition, level, code);

-- Rises with every import, so that whoever holds shapes knows that they are old.
create table area_boundary_version (
	province smallint not null,
	edition smallint not null,
	level text not null,
	version bigint not null,
	at_ms bigint not null,
	primary key (province, edition, level)
);
