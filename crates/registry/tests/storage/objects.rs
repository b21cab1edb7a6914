//! Files, in a folder and in S3.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use tidewheel_domain::{RunId, RunKind, Sha256};
use tidewheel_registry::{ObjectError, Objects, S3Settings, StoreSettings};

use crate::harness::{server, unique_name};

/// A run of a test's own: the buckets of an S3 server outlive the test.
fn run() -> RunId {
    RunId::derive(&unique_name("run"), RunKind::Training, i64::from(std::process::id()), 0)
}

fn s3_settings(endpoint: &str, objects: String) -> StoreSettings {
    let s3 = S3Settings { endpoint: Some(endpoint.to_owned()), ..S3Settings::default() };
    StoreSettings { s3, ..StoreSettings::new("", objects) }
}

/// What every store does.
async fn keeps_files(objects: &Objects) {
    let batch = Sha256::of(unique_name("batch").as_bytes());
    assert_eq!(objects.get_raw(&batch).await.expect("an answer"), None);
    let rows = Bytes::from(vec![7u8; 1 << 20]);
    for _ in 0..2 {
        objects.put_raw(&batch, rows.clone()).await.expect("kept");
        objects.put_clean(&batch, Bytes::from_static(b"clean")).await.expect("kept");
    }
    assert_eq!(objects.get_raw(&batch).await.expect("an answer"), Some(rows.clone()));
    objects.put_raw(&batch, Bytes::from_static(b"other bytes of the same rows")).await.expect("is kept already");
    assert_eq!(objects.get_raw(&batch).await.expect("an answer"), Some(rows));
    objects.put_clean(&batch, Bytes::from_static(b"cleaner")).await.expect("replaced");
    assert_eq!(objects.get_clean(&batch).await.expect("an answer"), Some(Bytes::from_static(b"cleaner")));

    let run = run();
    let model = Bytes::from_static(b"trees");
    let sha256 = objects.put_artifact(&run, "model/model.ubj", model.clone()).await.expect("kept");
    assert_eq!(sha256, Sha256::of(b"trees"));
    objects.put_artifact(&run, "model/notes/espa\u{f1}ol 1.md", Bytes::new()).await.expect("kept");
    objects.put_artifact(&run, "models.txt", Bytes::from_static(b"x")).await.expect("kept");
    assert_eq!(objects.get_artifact(&run, "model/model.ubj").await.expect("an answer"), Some(model));
    assert_eq!(
        objects.get_artifact(&run, "model/notes/espa\u{f1}ol 1.md").await.expect("an answer"),
        Some(Bytes::new())
    );
    assert_eq!(objects.get_artifact(&run, "model").await.expect("an answer"), None);
    assert_eq!(objects.get_artifact(&run, "models.txt/deeper").await.expect("an answer"), None);
    let paths = |list: Vec<tidewheel_registry::ArtifactInfo>| -> Vec<(String, u64)> {
        list.into_iter().map(|one| (one.path, one.size_bytes)).collect()
    };
    let listed = paths(objects.list_artifacts(&run, "").await.expect("lists"));
    let expected = [("model/model.ubj", 5), ("model/notes/espa\u{f1}ol 1.md", 0), ("models.txt", 1)];
    assert_eq!(listed, expected.map(|(path, size)| (path.to_owned(), size)));
    assert_eq!(paths(objects.list_artifacts(&run, "model").await.expect("lists")).len(), 2);
    assert_eq!(objects.list_artifacts(&run, "nothing").await.expect("lists"), []);
    for path in ["../x", "/etc/passwd", "a//b", "a\\b", ""] {
        assert!(objects.put_artifact(&run, path, Bytes::new()).await.is_err(), "{path}");
        assert!(objects.get_artifact(&run, path).await.is_err(), "{path}");
    }
    objects.delete_artifact(&run, "models.txt").await.expect("removed");
    objects.delete_artifact(&run, "models.txt").await.expect("is no more");
    assert_eq!(objects.get_artifact(&run, "models.txt").await.expect("an answer"), None);
}

#[tokio::test]
async fn a_folder_keeps_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = StoreSettings::new("", folder.path().join("deep/objects").display().to_string());
    keeps_files(&Objects::open(&settings).await.expect("opens")).await;
    let names = std::fs::read_dir(folder.path().join("deep/objects")).expect("lists");
    let mut names: Vec<_> = names.map(|name| name.expect("a name").file_name().into_string().expect("text")).collect();
    names.sort();
    assert_eq!(names, ["data-clean", "data-raw", "mlflow-artifacts"]);
}

#[tokio::test]
async fn a_changed_batch_is_noticed_and_healed() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = Objects::open(&StoreSettings::new("", folder.path().display().to_string())).await.expect("opens");
    let batch = Sha256::of(b"x");
    let file = folder.path().join("data-raw").join(format!("{batch}.parquet"));
    objects.put_raw(&batch, Bytes::from_static(b"rows")).await.expect("kept");
    std::fs::write(&file, b"rowz").expect("changes");
    let error = objects.get_raw(&batch).await.expect_err("it was changed");
    assert!(matches!(error, ObjectError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(batch.as_str()), "{error}");
    objects.put_raw(&batch, Bytes::from_static(b"rows")).await.expect("kept again");
    assert_eq!(objects.get_raw(&batch).await.expect("sound"), Some(Bytes::from_static(b"rows")));
    let mut sums = Command::new("sha256sum");
    sums.arg("-c").arg(format!("{batch}.parquet.sha256")).current_dir(folder.path().join("data-raw"));
    if let Ok(output) = sums.output() {
        assert!(output.status.success(), "{output:?}");
    }
}

#[tokio::test]
async fn a_full_folder_is_told_and_nothing_half_written_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = folder.path().join("small");
    std::fs::create_dir(&small).expect("makes");
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&small).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("passed over: a small tmpfs cannot be mounted here");
        return;
    }
    let objects = Objects::open(&StoreSettings::new("", small.display().to_string())).await.expect("opens");
    let error = objects.put_artifact(&run(), "big.bin", Bytes::from(vec![1u8; 1 << 20])).await;
    let left = files_below(&small);
    let unmounted = Command::new("umount").arg(&small).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    let error = error.expect_err("there is no room");
    assert!(matches!(error, ObjectError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("disk") && error.to_string().contains("big.bin"), "{error}");
    assert_eq!(left, 0);
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("lists");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() { files_below(&path) } else { 1 }
        })
        .sum()
}

#[tokio::test]
async fn settings_that_name_no_store_are_refused() {
    for setting in ["", "gs://bucket", "s3://bucket/../x"] {
        let settings = s3_settings("http://127.0.0.1:9", setting.to_owned());
        let mut settings = settings;
        settings.s3.access_key_id = Some("k".to_owned());
        settings.s3.secret_access_key = Some("s".to_owned());
        let error = Objects::open(&settings).await.expect_err("no store");
        assert!(matches!(error, ObjectError::Setting(_)), "{setting}: {error}");
    }
}

#[tokio::test]
async fn s3_that_is_away_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let mut settings = s3_settings(&format!("http://127.0.0.1:{port}"), "s3://".to_owned());
    settings.s3.access_key_id = Some("k".to_owned());
    settings.s3.secret_access_key = Some("topsecret".to_owned());
    let error = Objects::open(&settings).await.expect_err("nobody is there");
    assert!(matches!(error, ObjectError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    assert!(!format!("{error:?} {settings:?}").contains("topsecret"));
}

#[tokio::test]
async fn s3_keeps_files_in_three_buckets_that_it_makes() {
    let Some(endpoint) = server("TIDEWHEEL_TEST_S3") else { return };
    let settings = s3_settings(&endpoint, "s3://".to_owned());
    keeps_files(&Objects::open(&settings).await.expect("opens, makes the buckets")).await;
    keeps_files(&Objects::open(&settings).await.expect("opens, finds the buckets")).await;
}

#[tokio::test]
async fn s3_keeps_files_under_a_prefix_of_one_bucket() {
    let Some(endpoint) = server("TIDEWHEEL_TEST_S3") else { return };
    let bucket = unique_name("bucket").replace('_', "-");
    let settings = s3_settings(&endpoint, format!("s3://{bucket}/team/one/"));
    keeps_files(&Objects::open(&settings).await.expect("opens, makes the bucket")).await;
    // Under another prefix nothing of it is seen.
    let other = s3_settings(&endpoint, format!("s3://{bucket}/team/two"));
    let other = Objects::open(&other).await.expect("opens");
    assert_eq!(other.list_artifacts(&run(), "").await.expect("lists"), []);
    assert_eq!(other.get_artifact(&run(), "model/model.ubj").await.expect("an answer"), None);
}

#[tokio::test]
async fn wrong_s3_keys_are_told_apart() {
    let Some(endpoint) = server("TIDEWHEEL_TEST_S3") else { return };
    let right = std::env::var("AWS_ACCESS_KEY_ID").expect("set with the endpoint");
    for (key, secret, variable) in
        [(right.as_str(), "wrong-secret", "AWS_SECRET_ACCESS_KEY"), ("nobody", "wrong-secret", "AWS_ACCESS_KEY_ID")]
    {
        let mut settings = s3_settings(&endpoint, "s3://".to_owned());
        settings.s3.access_key_id = Some(key.to_owned());
        settings.s3.secret_access_key = Some(secret.to_owned());
        let error = Objects::open(&settings).await.expect_err("refused");
        assert!(matches!(error, ObjectError::AccessDenied { .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("check {variable}")), "{error}");
        assert!(error.to_string().contains(&endpoint) && !error.to_string().contains("wrong-secret"), "{error}");
    }
}
