-- +goose Up
-- Who infected whom, as it was told: source and target are numbers or ids of
-- cases, or names that no case has yet. removed_ms 0: the link stands.
-- people
create table spread_link (
	province smallint not null,
	id uuid not null,
	source text not null,
	target text not null,
	certainty text not null,
	exposed_on integer not null,
	note text not null,
	actor text not null,
	created_ms bigint not null,
	removed_ms bigint not null,
	removed_by text not null,
	primary key (province, id)
);

create unique index spread_link_pair on spread_link (province, target, source);

-- Rises when cases or links change: so that a node sees what another program on
-- the same database wrote.
create table spread_version (
	province smallint not null,
	cases bigint not null,
	links bigint not null,
	primary key (province)
);
