//! Two turns of one project never overlap, and a holder that died is no obstacle.

use tidewheel_pipeline::PipelineError;
use tidewheel_pipeline::lease::LeaseGuard;
use tidewheel_registry::{Registry, StoreSettings};

async fn registry(folder: &std::path::Path) -> Registry {
    let settings = StoreSettings::new(
        folder.join("registry.db").display().to_string(),
        folder.join("objects").display().to_string(),
    );
    Registry::open(&settings).await.expect("opens")
}

#[tokio::test]
async fn a_second_turn_is_refused_while_the_first_one_lives() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = registry(folder.path()).await;
    let first = LeaseGuard::acquire(&registry, "p", folder.path()).await.expect("free");
    let second = LeaseGuard::acquire(&registry, "p", folder.path()).await;
    assert!(matches!(second, Err(PipelineError::Busy(_))), "{second:?}");
    first.release().await.expect("released");
    let third = LeaseGuard::acquire(&registry, "p", folder.path()).await.expect("free again");
    assert!(!third.taken_over);
    third.release().await.expect("released");
}

#[tokio::test]
async fn a_holder_that_died_is_taken_over_from_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = registry(folder.path()).await;
    // Dropped without being released, as a killed process leaves it: the file is free, the row is not.
    drop(LeaseGuard::acquire(&registry, "p", folder.path()).await.expect("free"));
    let next = LeaseGuard::acquire(&registry, "p", folder.path()).await.expect("taken over");
    assert!(next.taken_over, "what the dead one was doing may have been cut off");
    next.release().await.expect("released");
}
