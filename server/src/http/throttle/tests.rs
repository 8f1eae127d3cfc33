//! Tests of the throttle, with a stopped clock.

use super::{
    counts::KEPT,
    key::{Key, account, address},
    *,
};
use crate::clock::{Clock, SystemClock};
use domain::{Timestamp, time::MINUTE};
use futures::future::BoxFuture;
use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

const ANA: &str = "ana@example.com";

/// A clock that moves only by hand.
#[derive(Default)]
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
    fn id(&self) -> uuid::Uuid {
        SystemClock.id()
    }
    fn secret(&self) -> [u8; 32] {
        SystemClock.secret()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(future::pending())
    }
}

fn throttle() -> (Throttle, Arc<Still>) {
    let clock = Arc::new(Still(AtomicI64::new(1_000 * MINUTE)));
    (Throttle::new(clock.clone(), "secret".to_owned()), clock)
}

#[expect(clippy::unnecessary_wraps, reason = "as callers give it")]
fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

async fn fails(throttle: &Throttle, from: &str, email: &str, device: Option<&str>) -> bool {
    throttle.attempt(ip(from), email, device).await.map(Attempt::failed).is_ok()
}

#[tokio::test]
async fn an_address_fails_ten_times_at_an_account_and_others_go_on() {
    let (throttle, clock) = throttle();
    for _ in 0..10 {
        assert!(fails(&throttle, "10.0.0.1", ANA, None).await);
    }
    let refused = throttle.attempt(ip("10.0.0.1"), " ANA@example.com ", None).await.err();
    assert!(matches!(refused, Some(Error::TooMany { retry_after: 1..=61 })), "however the e-mail is written: {refused:?}");
    assert!(fails(&throttle, "10.0.0.2", ANA, None).await, "the right person, from where they are");
    assert!(fails(&throttle, "10.0.0.1", "ben@example.com", None).await, "someone else in the same house");
    clock.0.fetch_add(MINUTE, Ordering::SeqCst);
    assert!(fails(&throttle, "10.0.0.1", ANA, None).await, "a minute later");
}

#[tokio::test]
async fn a_network_is_one_address() {
    let (throttle, _) = throttle();
    for n in 0..10 {
        assert!(fails(&throttle, &format!("2001:db8:0:1::{n}"), ANA, None).await);
    }
    assert!(!fails(&throttle, "2001:db8:0:1:ffff:1:2:3", ANA, None).await);
    assert!(fails(&throttle, "2001:db8:0:2::1", ANA, None).await);
    for _ in 0..10 {
        assert!(fails(&throttle, "10.0.0.1", ANA, None).await);
    }
    assert!(!fails(&throttle, "::ffff:10.0.0.1", ANA, None).await, "an IPv4 address in IPv6 letters");
}

#[tokio::test]
async fn right_passwords_are_never_counted() {
    let (throttle, _) = throttle();
    for _ in 0..500 {
        throttle.attempt(ip("10.0.0.1"), ANA, None).await.unwrap().forget();
    }
    assert!(throttle.0.strangers.counts().of.is_empty(), "nothing is left of them");
    // 20 concurrent tries: the 11th waits for an outcome and is not refused.
    let tries = (0..20).map(|_| {
        let throttle = throttle.clone();
        tokio::spawn(async move {
            let attempt = throttle.attempt(ip("10.0.0.1"), ANA, None).await?;
            tokio::task::yield_now().await;
            attempt.forget();
            Ok::<_, Error>(())
        })
    });
    for tried in futures::future::join_all(tries).await {
        tried.unwrap().unwrap();
    }
}

#[tokio::test]
async fn many_at_once_are_not_more_than_are_left() {
    let (throttle, _) = throttle();
    let tries = (0..50).map(|_| fails(&throttle, "10.0.0.1", ANA, None));
    assert_eq!(futures::future::join_all(tries).await.into_iter().filter(|tried| *tried).count(), 10);
    let dropped = throttle.attempt(ip("10.0.0.2"), ANA, None).await.unwrap();
    drop(dropped);
    assert_eq!(throttle.0.strangers.counts().of[&Key::Both(address(ip("10.0.0.2")), account(ANA))].failed, 1, "who hangs up failed");
}

#[tokio::test]
async fn a_known_device_gets_in_whatever_others_do() {
    let (throttle, _) = throttle();
    let device = throttle.device(ANA);
    for n in 0..300 {
        fails(&throttle, &format!("10.0.{}.1", n % 200), ANA, None).await;
        fails(&throttle, "10.1.0.1", &format!("a{n}@example.com"), None).await;
    }
    assert!(!fails(&throttle, "10.1.0.1", ANA, None).await, "an address that tried everyone");
    assert!(fails(&throttle, "10.2.0.1", ANA, None).await, "a new address has one try");
    assert!(!fails(&throttle, "10.2.0.1", ANA, None).await, "and no second");
    for _ in 0..10 {
        assert!(fails(&throttle, "10.1.0.1", ANA, Some(&device)).await);
    }
    assert!(!fails(&throttle, "10.1.0.1", ANA, Some(&device)).await, "ten tries it has itself");
    let other = throttle.device("ben@example.com");
    let mut forged = throttle.device(ANA);
    forged.replace_range(..1, if forged.starts_with('A') { "B" } else { "A" });
    let foreign = Throttle::new(Arc::new(SystemClock), "another".to_owned()).device(ANA);
    for unknown in ["", "x", &"A".repeat(64), &"A".repeat(100_000), &other, &forged, &foreign] {
        assert!(!fails(&throttle, "10.2.0.1", ANA, Some(unknown)).await, "{}", &unknown[..unknown.len().min(80)]);
    }
}

#[tokio::test]
async fn all_devices_of_one_account_have_tries_together() {
    let (throttle, clock) = throttle();
    let mut tried = 0;
    for _ in 0..150 {
        let device = throttle.device(ANA);
        for _ in 0..10 {
            tried += u32::from(fails(&throttle, "10.0.0.1", ANA, Some(&device)).await);
        }
    }
    assert_eq!(tried, 30);
    let other = throttle.device("ben@example.com");
    assert!(fails(&throttle, "10.0.0.1", "ben@example.com", Some(&other)).await, "others are not held up");
    clock.0.fetch_add(MINUTE, Ordering::SeqCst);
    assert!(fails(&throttle, "10.0.0.1", ANA, Some(&throttle.device(ANA))).await, "a minute later");
}

#[tokio::test]
async fn what_strangers_send_is_bounded() {
    let (throttle, clock) = throttle();
    let long = "x".repeat(1_900_000);
    for n in 0..20_000_u32 {
        let from = IpAddr::from(n.to_be_bytes());
        let tried = throttle.attempt(Some(from), if n == 0 { &long } else { ANA }, None).await.map(Attempt::failed);
        clock.0.fetch_add(1, Ordering::SeqCst);
        assert!(tried.is_ok());
    }
    for n in 20_000..60_000_u32 {
        drop(throttle.attempt(Some(IpAddr::from(n.to_be_bytes())), ANA, None).await);
    }
    assert!(throttle.0.strangers.counts().of.len() <= KEPT);
    assert!(!fails(&throttle, "10.0.0.1", "ben@example.com", None).await, "full");
    let device = throttle.device("ben@example.com");
    assert!(fails(&throttle, "10.0.0.1", "ben@example.com", Some(&device)).await, "a known device is counted elsewhere");
    clock.0.fetch_add(MINUTE, Ordering::SeqCst);
    assert!(fails(&throttle, "10.0.0.1", "ben@example.com", None).await);
    assert!(throttle.0.strangers.counts().of.len() <= 3, "old counts are forgotten");
}

#[tokio::test]
async fn an_address_may_follow_ten_wrong_links_a_minute() {
    let (throttle, clock) = throttle();
    for _ in 0..10 {
        throttle.link(ip("10.0.0.1")).await.unwrap().failed();
    }
    assert!(throttle.link(ip("10.0.0.1")).await.is_err());
    assert!(fails(&throttle, "10.0.0.1", ANA, None).await, "signing in is another matter");
    throttle.link(ip("10.0.0.2")).await.unwrap().forget();
    clock.0.fetch_add(MINUTE, Ordering::SeqCst);
    assert!(throttle.link(ip("10.0.0.1")).await.is_ok());
}
