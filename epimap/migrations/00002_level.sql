-- +goose Up
-- Epidemic levels as the committee decided them: public acts, whole. level 0: taken back.
create table epimap_level (
	province smallint not null,
	area bigint not null,
	from_day integer not null,
	level smallint not null,
	version bigint not null,
	primary key (province, area, from_day)
);

create index epimap_level_version on epimap_level (province, version);
