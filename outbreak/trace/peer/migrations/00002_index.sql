-- +goose Up
create index peer_presence_locus on peer_presence (province, locus, begun, ended, person);
create index peer_presence_person on peer_presence (province, person, begun, ended, locus);
