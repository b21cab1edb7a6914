//! One holder at a time.

use tidewheel_registry::{Acquire, Holder, Registry};

use crate::fixtures::{PROJECT, at};
use crate::harness::Store;

fn holder(number: i64) -> Holder {
    Holder { host: "here".to_owned(), pid: number, lock_path: format!("/run/{number}"), token: format!("t{number}") }
}

async fn acquired(registry: &Registry, number: i64, second: i64) -> bool {
    let answer = registry.acquire_lease(PROJECT, &holder(number), 10_000, at(second)).await.expect("an answer");
    matches!(answer, Acquire::Acquired(_))
}

pub(crate) async fn fifty_acquirers_one_holder(store: &Store) {
    // Half of them through a registry, hence connections, of their own, as another process would have.
    let other = Registry::open(&store.settings).await.expect("opens a second time");
    for round in 0..5 {
        // From round to round the lease has expired.
        let second = round * 20;
        let acquirers: Vec<_> = (0..50)
            .map(|number| {
                let registry = if number % 2 == 0 { store.registry.clone() } else { other.clone() };
                tokio::spawn(async move { acquired(&registry, round * 50 + number, second).await })
            })
            .collect();
        let mut holders = 0;
        for acquirer in acquirers {
            holders += usize::from(acquirer.await.expect("no panic"));
        }
        assert_eq!(holders, 1, "round {round}");
    }
    other.close().await;
}

pub(crate) async fn a_lease_is_renewed_released_and_taken_over(store: &Store) {
    let registry = &store.registry;
    assert!(acquired(registry, 1, 0).await);
    assert!(acquired(registry, 1, 1).await, "its holder may ask again");
    let lease = registry.lease(PROJECT).await.expect("reads").expect("is held");
    assert_eq!((lease.acquired_at, lease.expires_at), (at(0), at(11)));
    let held = registry.acquire_lease(PROJECT, &holder(2), 10_000, at(10)).await.expect("an answer");
    assert_eq!(held, Acquire::HeldBy(lease), "the answer says who holds it");
    assert!(registry.renew_lease(PROJECT, "t1", 10_000, at(10)).await.expect("renewed"));
    assert!(!acquired(registry, 2, 15).await);
    assert!(acquired(registry, 2, 20).await, "at its end it is free");
    assert!(!registry.renew_lease(PROJECT, "t1", 10_000, at(21)).await.expect("an answer"), "it has lost it");
    registry.release_lease(PROJECT, "t1").await.expect("nothing happens");
    assert!(!acquired(registry, 3, 22).await);
    registry.release_lease(PROJECT, "t2").await.expect("released");
    assert!(acquired(registry, 3, 22).await);
    let answer = registry.acquire_lease("another project", &holder(4), 1000, at(22)).await.expect("an answer");
    assert!(matches!(answer, Acquire::Acquired(_)));
}

pub(crate) async fn only_the_dead_holder_seen_is_broken(store: &Store) {
    let registry = &store.registry;
    assert!(acquired(registry, 1, 0).await);
    let dead = registry.lease(PROJECT).await.expect("reads").expect("is held");
    assert!(registry.break_dead_lease(&dead).await.expect("broken"));
    assert!(acquired(registry, 2, 1).await);
    assert!(!registry.break_dead_lease(&dead).await.expect("an answer"), "it has moved on");
    assert!(!acquired(registry, 3, 2).await);
}
