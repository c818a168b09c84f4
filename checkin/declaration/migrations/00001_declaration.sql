-- +goose Up
-- people
create table declaration_declaration (
	province smallint not null,
	id uuid not null,
	person uuid not null,
	device uuid,
	account uuid,
	kind text not null,
	form integer not null,
	rule integer not null,
	grade text not null,
	area bigint not null,
	made_ms bigint not null,
	until_ms bigint not null,
	changed_ms bigint not null,
	withdrawn_ms bigint not null,
	dies_ms bigint not null,
	version integer not null,
	short text not null,
	key_wrapped bytea not null,
	sealed bytea not null,
	primary key (province, id)
);

create index declaration_declaration_made on declaration_declaration (province, made_ms, id);
create index declaration_declaration_device on declaration_declaration (province, device, made_ms);
create index declaration_declaration_person on declaration_declaration (province, person);
create index declaration_declaration_dies on declaration_declaration (province, dies_ms);
create index declaration_declaration_short on declaration_declaration (province, short);

-- what a declaration said before it was corrected
-- people
create table declaration_past (
	province smallint not null,
	declaration uuid not null,
	version integer not null,
	form integer not null,
	rule integer not null,
	grade text not null,
	changed_ms bigint not null,
	until_ms bigint not null,
	sealed bytea not null,
	primary key (province, declaration, version)
);

-- forms and rules that came after those of the program
create table declaration_definition (
	province smallint not null,
	what text not null,
	version integer not null,
	body text not null,
	actor text not null,
	made_ms bigint not null,
	primary key (province, what, version)
);
