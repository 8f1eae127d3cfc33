//! The area of settings, sign-in, imports, dashboard and activity log.

#![expect(clippy::unnecessary_wraps, reason = "the error is of the file that the macro loads")]

use crate::{
    accounts::{ApiPage, Join, PersonPage, SetUp, Settings, SignIn},
    activity::ActivityLogPage,
    dashboard::DashboardPage,
    imports::{ImportList, ImportPage, NewImport},
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
    Person,
    Dashboard,
    Activity,
    Imports,
    NewImport,
    Import,
}

#[wasm_split(office, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
pub(super) fn view(page: OfficePages) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        OfficePages::SignIn => SignIn().into_any(),
        OfficePages::SetUp => SetUp().into_any(),
        OfficePages::Join => Join().into_any(),
        OfficePages::Settings => Settings().into_any(),
        OfficePages::Api => ApiPage().into_any(),
        OfficePages::Person => PersonPage().into_any(),
        OfficePages::Dashboard => DashboardPage().into_any(),
        OfficePages::Activity => ActivityLogPage().into_any(),
        OfficePages::Imports => ImportList().into_any(),
        OfficePages::NewImport => NewImport().into_any(),
        OfficePages::Import => ImportPage().into_any(),
    })
}
