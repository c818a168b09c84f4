-- +goose Up
create table secret_key (
	province smallint not null,
	key_id text not null,
	primary key (province)
);
