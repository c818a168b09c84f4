-- +goose Up
-- Few contacts became cases or were released: the others need not stand in these
-- indexes, which every new contact was written into.
drop index contact_contact_became;
drop index contact_contact_released;
create index contact_contact_became on contact_contact (province, became) where became is not null;
create index contact_contact_released on contact_contact (province, released_ms, id) where released_ms > 0;
