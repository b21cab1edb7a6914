//! Versions, production, ledger.

use std::collections::HashSet;

use tidewheel_domain::model_version::{LedgerEvent, Stage};
use tidewheel_registry::{Promotion, RegistryError};

use crate::fixtures::{PROJECT, at, by, metrics, turn, version};
use crate::harness::Store;

pub(crate) async fn versions_are_numbered_from_one_and_a_run_registers_once(store: &Store) {
    let registry = &store.registry;
    assert_eq!(registry.production_version(PROJECT).await.expect("reads"), None);
    assert_eq!(version(registry, 1).await.version, 1);
    assert_eq!(version(registry, 2).await.version, 2);
    let again = version(registry, 1).await;
    assert_eq!((again.version, again.stage), (1, Stage::None));
    assert_eq!(again.metrics, metrics(0.7));
    assert_eq!(again.tags["batch"], "1");
    assert_eq!(registry.model_versions(PROJECT).await.expect("reads").len(), 2);
    let of_run = registry.model_version_of_run(PROJECT, &again.run_id).await.expect("reads");
    assert_eq!(of_run.map(|version| version.version), Some(1));
    assert_eq!(registry.model_version(PROJECT, 3).await.expect("reads"), None);
}

pub(crate) async fn promotion_archives_the_former_and_writes_the_ledger(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    version(registry, 1).await;
    version(registry, 2).await;
    registry.promote(PROJECT, 1, by("first"), at(1)).await.expect("promoted");
    let promotion = Promotion { turn: Some(&turn.run_id), ..by("better by 3 %") };
    let second = registry.promote(PROJECT, 2, promotion, at(2)).await.expect("promoted");
    assert_eq!((second.stage, second.aliases), (Stage::Production, vec!["production".to_owned()]));
    let first = registry.model_version(PROJECT, 1).await.expect("reads").expect("is there");
    assert_eq!((first.stage, first.aliases.len()), (Stage::Archived, 0));
    assert_eq!(registry.production_version(PROJECT).await.expect("reads").map(|one| one.version), Some(2));
    let noted = registry.turn(&turn.run_id).await.expect("reads").expect("is there");
    assert_eq!((noted.promoted, noted.model_version), (true, Some(2)));

    // Promoted again, nothing further is written.
    registry.promote(PROJECT, 2, by("again"), at(3)).await.expect("is in production");
    let ledger = registry.ledger(PROJECT).await.expect("reads");
    let lines: Vec<_> = ledger.iter().map(|line| (line.event, line.version, line.from_version)).collect();
    assert_eq!(
        lines,
        [(LedgerEvent::Promote, 1, None), (LedgerEvent::Archive, 1, None), (LedgerEvent::Promote, 2, Some(1)),]
    );
    assert_eq!((ledger[2].who.as_str(), ledger[2].reason.as_str(), ledger[2].at), ("test", "better by 3 %", at(2)));

    assert!(matches!(registry.promote(PROJECT, 9, by(""), at(4)).await, Err(RegistryError::NotFound { .. })));
    assert!(matches!(registry.promote("nothing", 1, by(""), at(4)).await, Err(RegistryError::NotFound { .. })));
    assert_eq!(registry.ledger(PROJECT).await.expect("reads").len(), 3, "a failed promotion leaves nothing");
}

pub(crate) async fn a_rejected_version_keeps_the_reason(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    version(registry, 1).await;
    version(registry, 2).await;
    registry.promote(PROJECT, 1, by("first"), at(1)).await.expect("promoted");
    let rejection = Promotion { turn: Some(&turn.run_id), ..by("loss +2 % against v1") };
    for _ in 0..2 {
        let rejected = registry.reject(PROJECT, 2, rejection, at(2)).await.expect("noted");
        assert_eq!(rejected.rejected_by.as_deref(), Some("loss +2 % against v1"));
        assert_eq!(rejected.stage, Stage::None);
    }
    let noted = registry.turn(&turn.run_id).await.expect("reads").expect("is there");
    assert_eq!((noted.promoted, noted.model_version), (false, Some(2)));
    assert_eq!(noted.rejected_by.as_deref(), Some("loss +2 % against v1"));
    let ledger = registry.ledger(PROJECT).await.expect("reads");
    assert_eq!(ledger.iter().filter(|line| line.event == LedgerEvent::Reject).count(), 1);
    assert!(registry.reject(PROJECT, 1, by("x"), at(3)).await.is_err(), "it is in production");
    // A person may overrule it.
    let promoted = registry.promote(PROJECT, 2, by("I know better"), at(4)).await.expect("promoted");
    assert_eq!(promoted.rejected_by, None);
}

pub(crate) async fn rollback_goes_further_back_each_time(store: &Store) {
    let registry = &store.registry;
    for number in 1..=4 {
        version(registry, number).await;
    }
    for number in 1..=3 {
        registry.promote(PROJECT, number, by("up"), at(number)).await.expect("promoted");
    }
    assert_eq!(registry.rollback_target(PROJECT, None).await.expect("there is one"), 2);
    let present = |version: tidewheel_domain::model_version::ModelVersion| version.version;
    assert_eq!(registry.rollback(PROJECT, None, by("down"), at(10)).await.map(present).expect("back"), 2);
    assert_eq!(registry.rollback(PROJECT, None, by("down"), at(11)).await.map(present).expect("back"), 1);
    let error = registry.rollback(PROJECT, None, by("down"), at(12)).await.expect_err("nothing before it");
    assert!(error.to_string().contains("no earlier production version"), "{error}");
    assert_eq!(registry.rollback(PROJECT, Some(3), by("there"), at(13)).await.map(present).expect("back"), 3);
    let error = registry.rollback(PROJECT, Some(4), by("x"), at(14)).await.expect_err("never in production");
    assert!(error.to_string().contains("never in production"), "{error}");
    assert!(registry.rollback(PROJECT, Some(9), by("x"), at(14)).await.is_err());
    let stages: Vec<_> =
        registry.model_versions(PROJECT).await.expect("reads").iter().map(|version| version.stage).collect();
    assert_eq!(stages, [Stage::Archived, Stage::Archived, Stage::Production, Stage::None]);
    let ledger = registry.ledger(PROJECT).await.expect("reads");
    let last = ledger.last().expect("has lines");
    assert_eq!((last.event, last.version, last.from_version), (LedgerEvent::Rollback, 3, Some(1)));
}

pub(crate) async fn the_marker_changes_with_every_change_of_production(store: &Store) {
    let registry = &store.registry;
    let mut seen = vec![registry.production_marker(PROJECT).await.expect("reads")];
    assert_eq!(seen, [0]);
    version(registry, 1).await;
    version(registry, 2).await;
    for step in 0..4 {
        match step {
            0 => drop(registry.promote(PROJECT, 1, by("a"), at(1)).await.expect("promoted")),
            1 => drop(registry.promote(PROJECT, 2, by("b"), at(2)).await.expect("promoted")),
            2 => drop(registry.rollback(PROJECT, None, by("c"), at(3)).await.expect("back")),
            _ => registry.set_alias(PROJECT, "shadow", 2, at(4)).await.expect("set"),
        }
        seen.push(registry.production_marker(PROJECT).await.expect("reads"));
    }
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 5, "{seen:?}");
    let before = seen[4];
    registry.reject(PROJECT, 2, by("worse"), at(5)).await.expect("noted");
    assert_eq!(registry.production_marker(PROJECT).await.expect("reads"), before);
}

pub(crate) async fn the_ledger_cannot_be_changed(store: &Store) {
    let registry = &store.registry;
    version(registry, 1).await;
    registry.promote(PROJECT, 1, by("first"), at(1)).await.expect("promoted");
    for sql in ["UPDATE ledger SET reason = 'x'", "DELETE FROM ledger"] {
        let error = store.raw(sql).await.expect_err("the database refuses");
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    store.raw("DELETE FROM registered_models").await.expect("a model can go");
    assert_eq!(registry.ledger(PROJECT).await.expect("reads").len(), 1, "its ledger stays");
}

pub(crate) async fn many_at_once_get_distinct_versions(store: &Store) {
    let makers: Vec<_> = (1..=20)
        .map(|number| {
            let registry = store.registry.clone();
            tokio::spawn(async move { version(&registry, number).await.version })
        })
        .collect();
    let mut numbers = Vec::new();
    for maker in makers {
        numbers.push(maker.await.expect("no panic"));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

pub(crate) async fn aliases_are_moved_and_removed(store: &Store) {
    let registry = &store.registry;
    version(registry, 1).await;
    version(registry, 2).await;
    registry.promote(PROJECT, 1, by("first"), at(1)).await.expect("promoted");
    registry.set_alias(PROJECT, "challenger", 1, at(2)).await.expect("set");
    let aliases = |versions: Vec<tidewheel_domain::model_version::ModelVersion>| {
        versions.into_iter().map(|version| version.aliases.join(" ")).collect::<Vec<_>>()
    };
    let listed = aliases(registry.model_versions(PROJECT).await.expect("reads"));
    assert_eq!(listed, ["challenger production", ""]);
    registry.set_alias(PROJECT, "challenger", 2, at(3)).await.expect("moved");
    let listed = aliases(registry.model_versions(PROJECT).await.expect("reads"));
    assert_eq!(listed, ["production", "challenger"]);
    registry.delete_alias(PROJECT, "challenger", at(4)).await.expect("removed");
    registry.delete_alias(PROJECT, "challenger", at(4)).await.expect("is no more");
    for (alias, number) in [("production", 2), ("", 1), ("a b", 1), ("latest", 1), ("x", 9)] {
        assert!(registry.set_alias(PROJECT, alias, number, at(5)).await.is_err(), "{alias}");
    }
}
