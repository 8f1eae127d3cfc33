//! Memory that requests may take: limits in KiB.

use std::time::Duration;

/// What takes memory. Each kind has its own limits, so that bodies which wait for the right to run cannot keep every request from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    /// Bodies, from their first byte until the request has run.
    Bodies,
    /// Requests that run, with the answer that they make, and answers until they are sent.
    Answers,
}

/// Maximum KiB in one pool; requests that need more wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) each_caller: u32,
    /// The sessions of one account together, or all addresses.
    pub(super) each_group: u32,
    /// All callers of this node together.
    pub(super) all: u32,
    /// While others wait, a body or answer that has not moved on for this long is ended, the one that stalled first before others.
    pub(super) stalled: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// By `Pool`.
    pub(super) pools: [Limit; 2],
    /// KiB that a request takes while it runs: what the largest answers take. Limits how many run at once.
    pub(super) running: u32,
    /// KiB of an answer of unknown length, such as a page that is rendered while it is sent.
    pub(super) streamed: u32,
    /// Maximum waiting requests per caller; more are refused.
    pub(super) waiting: usize,
    /// Maximum time of a body to arrive.
    pub(super) arrival: Duration,
    /// A body or answer that has not moved on for this long is ended, whether others wait or not.
    pub(super) idle: Duration,
}

/// KiB of 1 MiB.
const MIB: u32 = 1024;
/// KiB of a request beside a small body: its head, and its task.
pub(super) const LEAST: u32 = 16;

impl Limits {
    /// A session or key: 24 requests run at once, 48 of one account, 256 of all.
    pub(super) fn signed_in(idle: Duration) -> Self {
        let bodies = Limit { each_caller: 24 * MIB, each_group: 48 * MIB, all: 256 * MIB, stalled: Duration::from_secs(5) };
        // A slow but steady reader moves on in jumps, because the operating system buffers some hundred kB.
        let answers = Limit { each_caller: 72 * MIB, each_group: 144 * MIB, all: 768 * MIB, stalled: Duration::from_secs(10) };
        Self { pools: [bodies, answers], running: 3 * MIB, streamed: MIB, waiting: usize::MAX, arrival: Duration::from_secs(20), idle }
    }

    /// Uploads of a session or key, which go to a file: 6 at once, 12 of one account, 256 of all. They are slow, so they have their own
    /// limits and block no other request.
    pub(super) fn uploads(idle: Duration) -> Self {
        let mut limits = Self::signed_in(idle);
        let uploads = &mut limits.pools[Pool::Answers as usize];
        (uploads.each_caller, uploads.each_group, uploads.stalled) = (6 * limits.running, 12 * limits.running, idle / 2);
        limits
    }

    /// An address without a session; it may be a whole office. 32 requests of one address run at once, 1,024 of all. Bodies and pages are
    /// small, so an honest one is over within moments, and nobody waits for slow ones: without free memory, the slowest is ended at once.
    pub(super) fn strangers(idle: Duration) -> Self {
        let bodies = Limit { each_caller: 4 * MIB, each_group: 64 * MIB, all: 64 * MIB, stalled: Duration::ZERO };
        let answers = Limit { each_caller: 16 * MIB, each_group: 512 * MIB, all: 512 * MIB, stalled: Duration::ZERO };
        Self { pools: [bodies, answers], running: MIB / 2, streamed: MIB / 16, waiting: 200, arrival: Duration::from_secs(5), idle }
    }
}
