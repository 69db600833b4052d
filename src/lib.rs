//! omeet makes meetings joinable: a JSON-RPC service beside an ERP.
//!
//! Folders are capabilities; layers are file names inside them. A module uses only what stands left of it:
//!
//! ```text
//! kernel <- config, traces, db, egress, rpc, web, jobs <- audit, events, custom_fields, mail <- tenancy, rooms, providers <- meetings
//!        <- join, attendance, recordings, hosting, calendar, notifications <- webhooks, booking <- connections, odoo, reports <- admin <- app
//! ```
//!
//! [`app`] is the one file that knows them all: start reading there.

#![deny(unsafe_code)]

pub mod admin;
pub mod app;
pub mod attendance;
pub mod audit;
pub mod booking;
pub mod bootstrap;
pub mod calendar;
pub mod cli;
pub mod config;
pub mod connections;
pub mod custom_fields;
pub mod db;
pub mod demo;
pub mod egress;
pub mod events;
pub mod hosting;
pub mod imports;
pub mod jobs;
pub mod join;
pub mod kernel;
pub mod lifecycle;
pub mod listener;
pub mod mail;
pub mod master_key;
pub mod meetings;
pub mod notifications;
pub mod odoo;
pub mod operations;
pub mod providers;
pub mod recordings;
pub mod reports;
#[cfg(target_os = "linux")]
mod resident;
pub mod rooms;
pub mod rpc;
pub mod server_info;
pub mod site;
pub mod stand_ins;
pub mod telemetry;
pub mod tenancy;
pub mod traces;
pub mod web;
pub mod webhooks;
