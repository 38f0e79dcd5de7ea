//! The face recognition server: REST API, documentation pages and the web page for testing.
//!
//! [`cli`] is the entry; each file of `routes/` declares the operations of a topic, and a handler there reads
//! as the story of its request.

mod app;
mod audit;
mod auth;
mod background;
mod calibration;
pub mod cli;
mod commands;
mod config;
mod connection;
mod error;
mod error_body;
mod form;
mod hangup;
mod http;
mod inference;
mod limits;
mod metrics;
mod metrics_address;
mod models;
mod no_telemetry;
mod openapi;
mod quality;
mod reload;
mod routes;
mod scores;
mod service;
mod shared_file;
mod snapshots;
mod startup;
mod store_marker;
mod telemetry;
mod tls;
mod toml_line;
mod traces;
mod upload;
