-- +goose Up
-- A person's blocks that share a phone, a name or a birth date lie side by side:
-- a newcomer changes half as many pages. All are written anew at the next start,
-- which slot -2 asks for.
insert into person_slot (province, slot, n) select distinct province, -2, 1 from person_person;
delete from person_block;
