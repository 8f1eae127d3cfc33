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
mod audience;
mod bulk;
mod campaigns;
mod dashboard;
mod demo;
mod exports;
mod feeds;
mod fields;
mod floors;
mod http;
mod imports;
mod ingest;
mod kandid;
mod leads;
mod leads_artisan;
mod limits;
mod lists;
mod live;
mod migrations;
mod mini_crm;
mod nested_segments;
mod open_house;
mod openapi;
mod orders;
mod passing;
mod read_only;
mod refusals;
mod restore;
mod roles;
mod rooms;
mod rules;
mod segment_pages;
mod segments;
mod setup;
mod statements;
mod stopped_nodes;
mod store;
mod tags;
mod text;
mod timeline;
mod views;
mod words;
mod workspace;
mod xenocrm;
