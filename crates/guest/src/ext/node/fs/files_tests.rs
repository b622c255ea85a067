//! The calls on files, without an isolate.

#![allow(clippy::unwrap_used)]

use std::rc::Rc;

use bytes::Bytes;
use lopata_protocol::limits;
use proptest::prelude::*;

use super::super::error::Thrown;
use super::super::path::FilePath;
use super::super::tree::{Directory, File, Kind, Node, Read};
use super::{CopyFlags, Files, OpenFlags};

const EVENT: u32 = 1;
const COPY: CopyFlags = CopyFlags { dereference: false, recursive: true, force: true, error_on_exist: false };

fn files() -> Files {
    let module = Node::File(File::fixed(Bytes::from_static(b"module")));
    Files::new(Directory::fixed([("worker.js".to_string(), module)]))
}

fn path(text: &str) -> FilePath {
    FilePath::new(text).expect("a path")
}

fn text_of(files: &mut Files, at: &str) -> Result<String, Thrown> {
    let file = files.whole(EVENT, &path(at), "readAll")?;
    Ok(file.with_bytes(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

fn write(files: &mut Files, at: &str, text: &str) -> Result<usize, Thrown> {
    files.write_all(EVENT, &path(at), text.as_bytes(), false, false)
}

fn names(files: &mut Files, at: &str) -> Vec<String> {
    let entries = files.list(EVENT, &path(at), false).expect("a directory");
    entries.into_iter().map(|(name, ..)| name).collect()
}

/// Code, text, path.
fn words<T: std::fmt::Debug>(called: Result<T, Thrown>) -> (Option<&'static str>, String, Option<String>) {
    let thrown = called.expect_err("it is refused");
    (thrown.code, thrown.message, thrown.path)
}

#[test]
fn the_three_roots() {
    let mut files = files();
    assert_eq!(names(&mut files, "/"), ["bundle", "tmp", "dev"]);
    assert_eq!(names(&mut files, "/dev"), ["null", "zero", "full", "random"]);
    assert_eq!(text_of(&mut files, "/bundle/worker.js").unwrap(), "module");
    let refused = (Some("EPERM"), "operation not permitted".to_string(), None);
    assert_eq!(words(write(&mut files, "/bundle/worker.js", "x")), refused);
    assert_eq!(words(write(&mut files, "/new", "x")), refused);
    assert_eq!(files.directory(EVENT), "/bundle");
}

#[test]
fn each_event_has_a_tmp_of_its_own() {
    let mut files = files();
    let (one, other) = (files.open_view(), files.open_view());
    files.write_all(one, &path("/tmp/a"), b"1", false, false).unwrap();
    assert!(files.stat(other, &path("/tmp/a"), true).unwrap().is_none());
    let flags = OpenFlags { read: true, ..OpenFlags::default() };
    let fd = files.open(one, &path("/tmp/a"), flags).unwrap();
    files.close_view(one);
    let mut buffer = [0; 4];
    assert_eq!(files.read(fd, &mut buffer, None).unwrap(), Read::Bytes(1), "what is open outlives its event");
    assert!(files.stat(one, &path("/tmp/a"), true).unwrap().is_none());
}

#[test]
fn a_removed_entry_gives_its_place_to_the_last() {
    let mut files = files();
    for name in ["a", "b", "c", "d"] {
        write(&mut files, &format!("/tmp/{name}"), name).unwrap();
    }
    files.unlink(EVENT, &path("/tmp/b")).unwrap();
    assert_eq!(names(&mut files, "/tmp"), ["a", "d", "c"]);
    assert_eq!(text_of(&mut files, "/tmp/d").unwrap(), "d");
}

#[test]
fn links_that_lead_to_each_other() {
    let mut files = files();
    files.link(EVENT, &path("/tmp/a"), &path("/tmp/b"), true).unwrap();
    files.link(EVENT, &path("/tmp/b"), &path("/tmp/a"), true).unwrap();
    let refused = (Some("ELOOP"), "symlink depth exceeded".to_string(), None);
    assert_eq!(words(text_of(&mut files, "/tmp/a")), refused);
    assert_eq!(words(files.stat(EVENT, &path("/tmp/a"), true)), refused);
    assert_eq!(files.stat(EVENT, &path("/tmp/a"), false).unwrap().unwrap().kind, Kind::Link);
    assert_eq!(files.read_link(EVENT, &path("/tmp/a"), true).unwrap(), "/tmp/b");
    files.remove(EVENT, &path("/tmp/a"), false, false).unwrap();
}

#[test]
fn a_descriptor_keeps_its_place() {
    let mut files = files();
    let flags = OpenFlags { read: true, write: true, ..OpenFlags::default() };
    let fd = files.open(EVENT, &path("/tmp/deep/er/f"), flags).unwrap();
    files.write(fd, b"hello", None).unwrap();
    files.write(fd, b" world", None).unwrap();
    files.write(fd, b"J", Some(0.0)).unwrap();
    let mut buffer = [0; 5];
    files.read(fd, &mut buffer, Some(0.0)).unwrap();
    assert_eq!(&buffer, b"Jello");
    assert_eq!(files.read(fd, &mut buffer, None).unwrap(), Read::Bytes(0));
    files.unlink(EVENT, &path("/tmp/deep/er/f")).unwrap();
    assert_eq!(files.stat_open(fd).unwrap().size, 11);
    files.close(fd);
    assert_eq!(words(files.stat_open(fd)).0, Some("EBADF"));
}

#[test]
fn what_the_files_take_is_given_back() {
    let mut files = files();
    let half = limits::FILES_BYTES_MAX / 2 - 4096;
    let large = vec![0; half.min(limits::FILE_BYTES_MAX)];
    files.write_all(EVENT, &path("/tmp/a"), &large, false, false).unwrap();
    files.write_all(EVENT, &path("/tmp/b"), &large, false, false).unwrap();
    let refused = files.write_all(EVENT, &path("/tmp/c"), &large, false, false);
    assert_eq!(words(refused).0, Some("ENOSPC"));
    files.unlink(EVENT, &path("/tmp/a")).unwrap();
    files.write_all(EVENT, &path("/tmp/c"), &large, false, false).unwrap();
    files.close_view(EVENT);
    files.write_all(2, &path("/tmp/a"), &large, false, false).unwrap();
    files.write_all(2, &path("/tmp/b"), &large, false, false).unwrap();
}

#[test]
fn trees_grow_no_deeper_than_a_stack() {
    let mut files = files();
    let deep = format!("/tmp/t{}", "/a".repeat(46));
    files.make_directory(EVENT, &path(&deep), true).unwrap();
    let mut refused = false;
    for round in 0..1000 {
        let to = format!("/tmp/u{round}{}", "/a".repeat(46));
        let from = if round == 0 { "/tmp/t".to_string() } else { format!("/tmp/u{}", round - 1) };
        if files.copy(EVENT, &path(&from), &path(&to), COPY).is_err() {
            refused = true;
            break;
        }
    }
    assert!(refused);
}

#[derive(Clone, Debug)]
enum Call {
    Write(usize, usize),
    Append(usize, usize),
    Unlink(usize),
    MakeDirectory(usize),
    Remove(usize),
    Link(usize, usize, bool),
    Copy(usize, usize),
    CopyTree(usize, usize),
    Rename(usize, usize),
    List(usize),
}

const PLACES: [&str; 8] =
    ["/tmp/a", "/tmp/b", "/tmp/c/d", "/tmp/c", "/tmp/c/d/e", "/tmp", "/bundle/worker.js", "/dev/null"];

fn call() -> impl Strategy<Value = Call> {
    let place = || 0..PLACES.len();
    prop_oneof![
        (place(), 0..64usize).prop_map(|(at, size)| Call::Write(at, size)),
        (place(), 0..64usize).prop_map(|(at, size)| Call::Append(at, size)),
        place().prop_map(Call::Unlink),
        place().prop_map(Call::MakeDirectory),
        place().prop_map(Call::Remove),
        (place(), place(), any::<bool>()).prop_map(|(at, to, symbolic)| Call::Link(at, to, symbolic)),
        (place(), place()).prop_map(|(from, to)| Call::Copy(from, to)),
        (place(), place()).prop_map(|(from, to)| Call::CopyTree(from, to)),
        (place(), place()).prop_map(|(from, to)| Call::Rename(from, to)),
        place().prop_map(Call::List),
    ]
}

fn apply(files: &mut Files, call: &Call) {
    let place = |index: usize| path(PLACES[index]);
    let _ = match *call {
        Call::Write(at, size) => files.write_all(EVENT, &place(at), &vec![1; size], false, false).map(drop),
        Call::Append(at, size) => files.write_all(EVENT, &place(at), &vec![2; size], true, false).map(drop),
        Call::Unlink(at) => files.unlink(EVENT, &place(at)),
        Call::MakeDirectory(at) => files.make_directory(EVENT, &place(at), true).map(drop),
        Call::Remove(at) => files.remove(EVENT, &place(at), true, false),
        Call::Link(at, to, symbolic) => files.link(EVENT, &place(at), &place(to), symbolic),
        Call::Copy(from, to) => files.rename_or_copy(EVENT, &place(from), &place(to), true),
        Call::CopyTree(from, to) => files.copy(EVENT, &place(from), &place(to), COPY),
        Call::Rename(from, to) => files.rename_or_copy(EVENT, &place(from), &place(to), false),
        Call::List(at) => files.list(EVENT, &place(at), true).map(drop),
    };
}

proptest! {
    /// Whatever is called: the roots stay, the modules stay as they are, and all that was taken is given back.
    #[test]
    fn any_calls(calls in prop::collection::vec(call(), 0..60)) {
        let mut files = files();
        let account = files.account.clone();
        for call in &calls {
            apply(&mut files, call);
        }
        prop_assert_eq!(names(&mut files, "/"), ["bundle", "tmp", "dev"]);
        prop_assert_eq!(text_of(&mut files, "/bundle/worker.js").unwrap(), "module");
        prop_assert_eq!(names(&mut files, "/dev").len(), 4);
        files.close_view(EVENT);
        drop(files);
        prop_assert_eq!(account.taken(), 0);
    }

    /// Reading a whole file gives what its writes came to.
    #[test]
    fn writes_come_back(writes in prop::collection::vec((0..200usize, prop::collection::vec(any::<u8>(), 0..50)), 0..20)) {
        let mut files = files();
        let flags = OpenFlags { read: true, write: true, ..OpenFlags::default() };
        let fd = files.open(EVENT, &path("/tmp/f"), flags).unwrap();
        let mut expected: Vec<u8> = Vec::new();
        for (at, data) in &writes {
            files.write(fd, data, Some(*at as f64)).unwrap();
            if expected.len() < at + data.len() {
                expected.resize(at + data.len(), 0);
            }
            expected[*at..at + data.len()].copy_from_slice(data);
        }
        let file: Rc<File> = files.whole_open(fd).unwrap();
        prop_assert_eq!(file.with_bytes(<[u8]>::to_vec), expected);
    }
}
