//! The phases of a request, and how many requests may be in each.

use std::time::Duration;

/// A request is in one phase at a time. It keeps the permits of a phase until it has those of the next, so that each phase bounds what is
/// in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The body is received.
    Arriving,
    /// The handler works.
    Running,
    /// The response is sent.
    Sending,
}

/// Maximum requests in one phase; more wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) each_caller: usize,
    /// The sessions of one account together, or all addresses.
    pub(super) each_group: usize,
    /// While others wait, a body or response that has not moved on for this long is ended, the one that stalled first before others.
    /// `None`: never.
    pub(super) stalled: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// By `Phase`.
    pub(super) phases: [Limit; 3],
    /// Maximum waiting requests per caller; more are refused.
    pub(super) waiting: usize,
    /// Maximum time of a body to arrive.
    pub(super) arrival: Duration,
}

impl Limits {
    /// A session or key.
    pub(super) const SIGNED_IN: Self = Self {
        phases: [
            Limit { each_caller: 24, each_group: 48, stalled: Some(Duration::from_secs(5)) },
            Limit { each_caller: 24, each_group: 48, stalled: None },
            // A slow but steady reader moves on in jumps, because the operating system buffers some hundred kB.
            Limit { each_caller: 24, each_group: 48, stalled: Some(Duration::from_secs(10)) },
        ],
        waiting: usize::MAX,
        arrival: Duration::from_secs(20),
    };

    /// Uploads of a session or key. They are slow, so they have their own permits and block no other request.
    pub(super) const UPLOADS: Self = {
        let mut limits = Self::SIGNED_IN;
        limits.phases[Phase::Running as usize] = Limit { each_caller: 6, each_group: 12, stalled: None };
        limits
    };

    /// An address without a session; it may be a whole office. Bodies and pages are small, so an honest one is over within moments, and
    /// nobody waits for slow ones: with all permits taken, the slowest is ended at once.
    pub(super) const STRANGERS: Self = Self {
        phases: [
            Limit { each_caller: 256, each_group: 4_096, stalled: Some(Duration::ZERO) },
            Limit { each_caller: 32, each_group: 1_024, stalled: None },
            Limit { each_caller: 256, each_group: 1_024, stalled: Some(Duration::ZERO) },
        ],
        waiting: 200,
        arrival: Duration::from_secs(5),
    };
}
