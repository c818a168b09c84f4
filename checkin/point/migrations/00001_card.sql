-- +goose Up
-- The printed cards of people. A card's token is not kept: it is derived from
-- the card's id by the master key, and found by its hash. Cards that were issued
-- together are one batch.
-- people
create table point_card (
	province smallint not null,
	id uuid not null,
	number integer not null,
	token_hash bytea not null,
	person uuid not null,
	area bigint not null,
	batch uuid not null,
	issued integer not null,
	issued_ms bigint not null,
	withdrawn_ms bigint not null,
	actor text not null,
	primary key (province, id)
);

create unique index point_card_number on point_card (province, number);
create unique index point_card_token on point_card (province, token_hash);
create index point_card_person on point_card (province, person, issued_ms);
create index point_card_batch on point_card (province, batch, id);
