//! Integration tests: one binary that mirrors the method names. Every test runs on SQLite, and on PostgreSQL where
//! `OMEET_TEST_POSTGRES_URL` names a server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod afterwards;
mod architecture;
mod authorization;
mod booking;
mod connections;
mod crowds;
mod demo;
mod documents;
mod feeds;
mod fuzz;
mod governed;
mod hosting;
mod imports;
mod inbox;
mod join;
mod meetings;
mod migrations;
mod occurrences;
mod odoo;
mod reports;
mod supply_chain;
mod support;
mod threats;
mod transport;
