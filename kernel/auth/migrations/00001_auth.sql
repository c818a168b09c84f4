-- +goose Up
create table auth_account (
	province smallint not null,
	id uuid not null,
	login text not null,
	name text not null,
	folded text not null,
	roles text not null,
	area bigint not null,
	state text not null,
	password_hash text not null,
	totp_sealed bytea,
	totp_step bigint not null,
	created_ms bigint not null,
	changed_ms bigint not null,
	signed_in_ms bigint not null,
	primary key (province, id)
);

create unique index auth_account_login on auth_account (province, login);

create table auth_recovery (
	province smallint not null,
	account uuid not null,
	code_hash bytea not null,
	primary key (province, account, code_hash)
);

-- account is null for the link of the first administrator
create table auth_setup (
	province smallint not null,
	token_hash bytea not null,
	account uuid,
	created_ms bigint not null,
	expires_ms bigint not null,
	primary key (province, token_hash)
);

create table auth_session (
	province smallint not null,
	token_hash bytea not null,
	id uuid not null,
	account uuid not null,
	agent text not null,
	created_ms bigint not null,
	seen_ms bigint not null,
	expires_ms bigint not null,
	primary key (province, token_hash)
);

create index auth_session_account on auth_session (province, account);

-- tries are counted by a keyed hash of the login as typed, whether there is such an account or not
create table auth_try (
	province smallint not null,
	login_hash bytea not null,
	failed integer not null,
	until_ms bigint not null,
	tried_ms bigint not null,
	primary key (province, login_hash)
);
