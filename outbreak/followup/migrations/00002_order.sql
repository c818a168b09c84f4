-- +goose Up
-- Orders on paper. What they say of somebody is sealed; a signed order is printed
-- from its row, the same bytes each time. Their number is null until they are signed.
-- people
create table followup_order (
	province smallint not null,
	id uuid not null,
	watch uuid not null,
	person uuid,
	area bigint not null,
	kind text not null,
	state text not null,
	series text not null,
	year smallint not null,
	number integer,
	from_day integer not null,
	until_day integer not null,
	content bytea,
	signed_ms bigint not null,
	signer text not null,
	title text not null,
	withdrawn_ms bigint not null,
	reason text not null,
	created_ms bigint not null,
	actor text not null,
	signed_by text not null,
	primary key (province, id)
);

create unique index followup_order_number on followup_order (province, series, year, number);
create index followup_order_watch on followup_order (province, watch, id);
create index followup_order_person on followup_order (province, person);
create index followup_order_state on followup_order (province, state, id);
create index followup_order_area on followup_order (province, area, id);
create index followup_order_signed_by on followup_order (province, signed_by, signed_ms);
create index followup_order_until on followup_order (province, until_day, id);

-- The last number given in a series of a year. It rises in the transaction of the
-- signature, so that there is no gap and no number twice.
create table followup_number (
	province smallint not null,
	series text not null,
	year smallint not null,
	last integer not null,
	primary key (province, series, year)
);
