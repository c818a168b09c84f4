-- +goose Up
create table peer_presence (
	province smallint not null,
	n bigint not null,
	person bigint not null,
	locus bigint not null,
	begun bigint not null,
	ended bigint not null,
	primary key (province, n)
);
-- +goose StatementBegin
create table peer_locus (
	province smallint not null,
	locus bigint not null,
	least bigint not null,
	primary key (province, locus)
);
-- +goose StatementEnd
