-- +goose Up
-- The plain rows that `khien bench import` compares itself with. Only a
-- benchmark makes this table, in a database of its own.
create table app_bench_row (
	province smallint not null,
	row bigint not null,
	line text not null,
	primary key (province, row)
);
