//! omeet makes meetings joinable: a JSON-RPC service beside an ERP.
//!
//! Folders are capabilities; layers are file names inside them. A module uses only what stands left of it:
//!
//! ```text
//! kernel <- config, db, rpc, web, jobs <- audit, events, custom_fields <- tenancy, providers <- meetings <- join <- app
//! ```
//!

pub mod audit;
pub mod config;
pub mod custom_fields;
pub mod db;
pub mod events;
pub mod jobs;
pub mod join;
pub mod kernel;
pub mod listener;
pub mod meetings;
pub mod providers;
pub mod rpc;
pub mod tenancy;
pub mod web;
