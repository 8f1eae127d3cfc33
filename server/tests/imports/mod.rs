//! Imports end to end through the service: real files, duplicates, undo, cancel, restarts and hostile input.

mod cells;
mod customers;
mod files;
mod orders;
mod quota;
mod runs;
mod servers;

use crate::common::{
    TestDb,
    campaigns::{counts as counts_of, named},
};
use bytes::Bytes;
use domain::{
    Actor, CampaignId, Currency, Error, ImportId, Result, Role,
    campaigns::CampaignAction,
    change::Op,
    fields::NewField,
    imports::{ForeignAmounts, Import, ImportCounts, ImportOptions, ImportStatus, OnDuplicate, Target},
    leads::{Consent, Lead, LeadEdit, LeadPatch, Selection, Stage, TimelineKind},
    rule::CustomKind,
    services::{CampaignService, FieldService, ImportService, LeadService},
};
use futures::StreamExt;
use serde_json::Value as Json;
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    fields::CustomFields,
    imports::Imports,
    leads::{LEAD_COLUMNS, LeadRow, Leads},
    live::Hub,
    store::{Store, sql},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/leads");
const HUBSPOT: &str = "hubspot_contacts.csv";

struct House {
    store: Store,
    imports: Imports,
    folder: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("imports");
        Self { _temporary: Some(temporary), ..Self::open(db, &folder, 10_000).await }
    }

    async fn open(db: &TestDb, folder: &Path, batch_rows: usize) -> Self {
        let store = db.open().await;
        let imports = Imports::new(store.clone(), Hub::start(store.clone()), folder.to_owned()).with_batch_rows(batch_rows);
        Self { store, imports, folder: folder.to_owned(), _temporary: None }
    }

    /// Uploads in small chunks, as from a slow network.
    async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Import> {
        let pieces: Vec<Result<Bytes>> = bytes.chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        self.imports.receive(&Actor::system(), name, futures::stream::iter(pieces)).await
    }

    async fn import(&self, name: &str, bytes: &[u8], options: ImportOptions) -> Import {
        let id = self.upload(name, bytes).await.unwrap().id;
        self.imports.start(&Actor::system(), id, options).await.unwrap();
        self.over(id).await
    }

    /// Waits until the running import or undo is over.
    async fn over(&self, id: ImportId) -> Import {
        let mut feed = self.store.feed();
        let waiting = async {
            loop {
                let import = self.imports.get(&Actor::system(), id).await.unwrap().unwrap().data;
                let ImportCounts { rows, created, updated, duplicates, rejected, .. } = import.counts;
                assert_eq!(created + updated + duplicates + rejected, rows);
                if import.status.is_over() {
                    return import;
                }
                feed.recv().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("an end in time")
    }

    async fn undo(&self, id: ImportId) -> Import {
        self.imports.undo(&Actor::system(), id).await.unwrap();
        self.over(id).await
    }

    async fn leads(&self) -> BTreeMap<String, Lead> {
        let text: &'static str = Box::leak(format!("SELECT {LEAD_COLUMNS} FROM lead").into_boxed_str());
        let rows = self.store.read(move |conn| Box::pin(conn.all::<LeadRow>(sql(text)))).await.unwrap();
        rows.into_iter().map(|row| Lead::try_from(row).unwrap()).map(|lead| (lead.email.clone(), lead)).collect()
    }

    async fn run(&self, text: &'static str) {
        let ran = self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(text)).await })).await;
        assert!(ran.unwrap() > 0, "{text}");
    }

    /// Runs a statement without checking the number of rows.
    async fn run_any(&self, text: &'static str) {
        self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(text)).await })).await.unwrap();
    }

    /// Waits until the import has this status.
    async fn until(&self, id: ImportId, status: ImportStatus) -> Import {
        let waiting = async {
            loop {
                let import = self.imports.get(&Actor::system(), id).await.unwrap().unwrap().data;
                if import.status == status {
                    return import;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("in time")
    }

    async fn errors(&self, id: ImportId) -> String {
        self.csv(id, false).await
    }

    /// The CSV of rejected rows, or of rows imported without their unreadable cells.
    async fn csv(&self, id: ImportId, imported: bool) -> String {
        let (_, pieces) = self.imports.errors_csv(&Actor::system(), id, imported).await.unwrap();
        let pieces: Vec<Result<Bytes>> = pieces.collect().await;
        pieces.into_iter().map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect()
    }
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{DATA}/{name}")).unwrap()
}

fn update() -> ImportOptions {
    ImportOptions { on_duplicate: OnDuplicate::Update, ..ImportOptions::default() }
}

fn counts(import: &Import) -> [i64; 5] {
    let ImportCounts { rows, created, updated, duplicates, rejected, .. } = import.counts;
    [rows, created, updated, duplicates, rejected]
}
