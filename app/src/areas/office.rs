//! The area of settings, sign-in, orders, imports, exports, segments, dashboard and activity log.

#![expect(clippy::unnecessary_wraps, reason = "the error is of the file that the macro loads")]

use crate::{
    accounts::{ApiPage, Join, PersonPage, SetUp, Settings, SignIn},
    activity::ActivityLogPage,
    dashboard::DashboardPage,
    exports::{ExportList, NewExportPage},
    fields::{FieldListPage, FieldPage},
    imports::{ImportList, ImportPage, NewImport},
    ingest::IngestionPage,
    orders::OrderList,
    segments::{NewSegmentPage, SegmentListPage, SegmentPage},
    tags::{TagListPage, TagPage},
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[derive(Debug, Clone, Copy)]
pub enum OfficePages {
    SignIn,
    SetUp,
    Join,
    Settings,
    Api,
    Ingestion,
    Tags,
    Tag,
    Person,
    Fields,
    Field,
    Dashboard,
    Activity,
    Orders,
    Imports,
    NewImport,
    Import,
    Exports,
    NewExport,
    Segments,
    NewSegment,
    Segment,
}

#[wasm_split(office, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
pub(super) fn view(page: OfficePages) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        OfficePages::SignIn => SignIn().into_any(),
        OfficePages::SetUp => SetUp().into_any(),
        OfficePages::Join => Join().into_any(),
        OfficePages::Settings => Settings().into_any(),
        OfficePages::Api => ApiPage().into_any(),
        OfficePages::Ingestion => IngestionPage().into_any(),
        OfficePages::Tags => TagListPage().into_any(),
        OfficePages::Tag => TagPage().into_any(),
        OfficePages::Person => PersonPage().into_any(),
        OfficePages::Fields => FieldListPage().into_any(),
        OfficePages::Field => FieldPage().into_any(),
        OfficePages::Dashboard => DashboardPage().into_any(),
        OfficePages::Activity => ActivityLogPage().into_any(),
        OfficePages::Orders => OrderList().into_any(),
        OfficePages::Imports => ImportList().into_any(),
        OfficePages::NewImport => NewImport().into_any(),
        OfficePages::Import => ImportPage().into_any(),
        OfficePages::Exports => ExportList().into_any(),
        OfficePages::NewExport => NewExportPage().into_any(),
        OfficePages::Segments => SegmentListPage().into_any(),
        OfficePages::NewSegment => NewSegmentPage().into_any(),
        OfficePages::Segment => SegmentPage().into_any(),
    })
}
