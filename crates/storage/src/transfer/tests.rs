//! Tests of copying a state: what is copied, replaced and left alone.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::database::{self, Durability};

fn transfer(folder: &Path) -> Transfer {
    Transfer {
        from: folder.join("from/v3"),
        to: folder.join("to/v3"),
        aside: folder.join("to/aside"),
        force: false,
        dry_run: false,
    }
}

/// A database with one value, and its connection, whose log is not checkpointed.
fn made(path: &Path, value: i64) -> Connection {
    let connection = database::open(path, Durability::Process).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS t (x)").unwrap();
    connection.execute("INSERT INTO t VALUES (?1)", [value]).unwrap();
    connection
}

fn values(path: &Path) -> Vec<i64> {
    let connection = database::open(path, Durability::Process).unwrap();
    let mut statement = connection.prepare("SELECT x FROM t").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn outcomes(transfer: &Transfer) -> Vec<(String, Outcome)> {
    let items = transfer.run(&mut |_| ()).unwrap();
    items.into_iter().map(|item| (item.path.display().to_string(), item.outcome)).collect()
}

fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

#[test]
fn what_lies_in_the_log_of_a_running_program_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let transfer = transfer(folder.path());
    let open = made(&transfer.from.join("kv/a.sqlite"), 1);
    fs::create_dir_all(transfer.from.join("kv/ns/blobs")).unwrap();
    fs::write(transfer.from.join("kv/ns/blobs/0a"), "value").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", transfer.from.join("kv/link")).unwrap();
    let before = fs::read(transfer.from.join("kv/a.sqlite")).unwrap();
    let expected = [("kv/a.sqlite".to_string(), Outcome::Copied), ("kv/ns/blobs/0a".to_string(), Outcome::Copied)];
    assert_eq!(outcomes(&Transfer { dry_run: true, ..transfer.clone() }), expected);
    assert!(!transfer.to.exists());
    assert_eq!(outcomes(&transfer), expected);
    assert_eq!(values(&transfer.to.join("kv/a.sqlite")), [1]);
    assert_eq!(fs::read(transfer.to.join("kv/ns/blobs/0a")).unwrap(), b"value");
    assert_eq!(fs::read(transfer.from.join("kv/a.sqlite")).unwrap(), before, "nothing is checkpointed");
    drop(open);
    assert!(outcomes(&transfer).iter().all(|(_, outcome)| *outcome == Outcome::Unchanged));
    assert!(!transfer.aside.exists());
}

#[test]
fn what_is_newer_stays_unless_it_must_go() {
    let folder = tempfile::tempdir().unwrap();
    let transfer = transfer(folder.path());
    drop(made(&transfer.from.join("d1/a.sqlite"), 1));
    drop(made(&transfer.to.join("d1/a.sqlite"), 2));
    age(&transfer.from.join("d1/a.sqlite"));
    let outcome = |transfer: &Transfer| outcomes(transfer).remove(0).1;
    assert_eq!(outcome(&transfer), Outcome::KeptNewer);
    assert_eq!(values(&transfer.to.join("d1/a.sqlite")), [2]);
    // A server that has it open goes on with what was imported.
    let server = database::open(&transfer.to.join("d1/a.sqlite"), Durability::Process).unwrap();
    assert_eq!(outcome(&Transfer { force: true, ..transfer.clone() }), Outcome::Replaced);
    assert_eq!(server.query_row("SELECT x FROM t", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert_eq!(values(&transfer.aside.join("d1/a.sqlite")), [2]);
    drop(server);
    assert_eq!(fs::read_dir(transfer.to.join("d1")).unwrap().count(), 1, "no draft is left");
}

#[test]
fn what_is_older_is_replaced_and_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let transfer = transfer(folder.path());
    drop(made(&transfer.from.join("d1/a.sqlite"), 1));
    drop(made(&transfer.to.join("d1/a.sqlite"), 2));
    age(&transfer.to.join("d1/a.sqlite"));
    assert_eq!(outcomes(&transfer).remove(0).1, Outcome::Replaced);
    assert_eq!(values(&transfer.to.join("d1/a.sqlite")), [1]);
    assert_eq!(values(&transfer.aside.join("d1/a.sqlite")), [2]);
}

#[test]
fn a_file_that_is_no_database_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let transfer = transfer(folder.path());
    drop(made(&transfer.from.join("d1/b.sqlite"), 1));
    fs::write(transfer.from.join("d1/a.sqlite"), "no database ".repeat(500)).unwrap();
    let outcomes = outcomes(&transfer);
    assert!(matches!(&outcomes[0].1, Outcome::Failed(text) if text.contains("not a database")), "{outcomes:?}");
    assert_eq!(outcomes[1].1, Outcome::Copied);
    assert_eq!(fs::read_dir(transfer.to.join("d1")).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_root_is_not_copied_into_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut transfer = transfer(folder.path());
    assert!(matches!(transfer.run(&mut |_| ()), Err(TransferError::NoSource(_))));
    fs::create_dir_all(&transfer.from).unwrap();
    transfer.to = transfer.from.join("../v3");
    assert!(matches!(transfer.run(&mut |_| ()), Err(TransferError::Same { .. })));
    transfer.to = transfer.from.join("deep/v3");
    assert!(matches!(transfer.run(&mut |_| ()), Err(TransferError::Same { .. })));
}

#[test]
fn the_values_of_a_database_that_is_put_aside_are_kept_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let transfer = transfer(folder.path());
    drop(made(&transfer.from.join("kv/store/a.sqlite"), 1));
    let ours = made(&transfer.to.join("kv/store/a.sqlite"), 2);
    ours.execute_batch(
        "CREATE TABLE _mf_entries (key, blob_id); CREATE TABLE _mf_objects (key);
         INSERT INTO _mf_entries VALUES (1, '0a'), (2, '0b'), (3, 'gone'), (4, NULL), (5, '../ns/blobs/0c')",
    )
    .unwrap();
    for (namespace, id) in [("ns", "0a"), ("other", "0b"), ("ns", "0c"), ("third", "0d")] {
        let values = transfer.to.join("kv").join(namespace).join("blobs");
        fs::create_dir_all(&values).unwrap();
        fs::write(values.join(id), id).unwrap();
    }
    assert_eq!(
        outcomes(&Transfer { force: true, ..transfer.clone() }),
        [("kv/store/a.sqlite".into(), Outcome::Replaced)]
    );
    for (value, is_kept) in [("ns/blobs/0a", true), ("other/blobs/0b", true), ("ns/blobs/0c", false), ("third", false)]
    {
        assert_eq!(transfer.aside.join("kv").join(value).exists(), is_kept, "{value}");
    }
    fs::remove_file(transfer.to.join("kv/ns/blobs/0a")).unwrap();
    assert_eq!(fs::read(transfer.aside.join("kv/ns/blobs/0a")).unwrap(), b"0a");
}

/// A program opens the source and writes while it is read as one at rest.
#[test]
fn a_source_that_is_written_meanwhile_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (source, taken) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    drop(made(&source, 1));
    let mut writer = None;
    snapshot_when(&source, &taken, |reader, path| {
        let snapshot = snapshot(reader, path);
        if writer.is_none() {
            writer = Some(made(&source, 2));
        }
        snapshot
    })
    .unwrap();
    assert_eq!(values(&taken), [1, 2]);
}
