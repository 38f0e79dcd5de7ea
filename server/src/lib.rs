//! The face recognition server: REST API, documentation pages and the web page for testing.
//!
//! [`cli`] is the entry; `routes.rs` is the table of paths, and a handler there reads as the story of its
//! request.

mod access;
mod audit;
mod calibration;
pub mod cli;
mod commands;
mod config;
mod error;
mod error_body;
mod follow;
mod hex;
mod http;
mod inference;
mod models;
mod openapi;
mod quality;
mod routes;
mod service;
mod startup;
mod telemetry;
mod tls;
mod upkeep;
mod upload;
