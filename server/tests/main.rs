//! Tests through the services and over HTTP, each on both databases.

#![expect(clippy::pedantic, reason = "tests are read as stories")]

#[macro_use]
mod common;

mod access;
mod accounts;
mod activity;
mod api_bulk;
mod api_campaigns;
mod api_leads;
mod areas;
mod bulk;
mod campaigns;
mod dashboard;
mod demo;
mod feeds;
mod floors;
mod http;
mod imports;
mod kandid;
mod leads;
mod leads_artisan;
mod limits;
mod lists;
mod live;
mod migrations;
mod open_house;
mod openapi;
mod passing;
mod read_only;
mod refusals;
mod restore;
mod roles;
mod rooms;
mod rules;
mod setup;
mod statements;
mod stopped_nodes;
mod store;
mod text;
mod timeline;
mod views;
mod words;
