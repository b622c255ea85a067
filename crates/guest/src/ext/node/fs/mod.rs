//! Ops of `node:fs`: the virtual files of a worker, and nothing of the machine's.
//!
//! The tree, the descriptors and the calls on them are plain Rust ([`files`], [`tree`], [`copy`]) that knows no V8. The
//! scripts beside this check arguments and give results Node's shape. Each op answers with a pair: what it comes to, and
//! what is to be thrown.
//!
//! Invariant: made when a worker first asks for a file. Until then an isolate has none of this.

mod bundle;
mod copy;
mod error;
mod files;
mod listing;
mod path;
mod tree;
mod web;

use std::rc::Rc;

use deno_core::{OpState, op2};

use crate::loader::WorkerLoader;
use error::Thrown;
use files::{Called, CopyFlags, Files, OpenFlags};
use listing::Entry;
use path::FilePath;
use tree::{File, Kind, Read, Stat};
pub use web::*;

/// What an op comes to, or what is thrown.
type Reply<T> = (Option<T>, Option<Thrown>);

/// What is known of a node as scripts get it: kind, size, milliseconds, writable, device.
type StatReply = (u32, f64, f64, bool, bool);

/// The isolate's files. The file that is about to be read whole waits here for its buffer.
struct State {
    files: Files,
    whole: Option<Rc<File>>,
}

fn reply<T>(called: Called<T>) -> Reply<T> {
    match called {
        Ok(value) => (Some(value), None),
        Err(thrown) => (None, Some(thrown)),
    }
}

fn state_of(state: &mut OpState) -> &mut State {
    if !state.has::<State>() {
        let loader = state.borrow::<Rc<WorkerLoader>>().clone();
        let files = Files::new(bundle::directory(&loader.modules()));
        state.put(State { files, whole: None });
    }
    state.borrow_mut::<State>()
}

fn stat_reply(stat: Stat) -> StatReply {
    let kind = match stat.kind {
        Kind::File => 1,
        Kind::Directory => 2,
        Kind::Link => 3,
    };
    (kind, stat.size as f64, stat.modified_ms, stat.writable, stat.device)
}

/// A position as scripts give it: negative for none.
fn position(position: f64) -> Option<f64> {
    (position >= 0.0).then_some(position)
}

/// A view for an event that begins to look at files.
#[op2(fast)]
pub fn op_vfs_open_view(state: &mut OpState) -> u32 {
    state_of(state).files.open_view()
}

/// The event of a view is over.
#[op2(fast)]
pub fn op_vfs_close_view(state: &mut OpState, view: u32) {
    state_of(state).files.close_view(view);
}

/// The working directory.
#[op2]
#[string]
pub fn op_vfs_cwd(state: &mut OpState, view: u32) -> String {
    state_of(state).files.directory(view)
}

/// Changes the working directory.
#[op2]
#[serde]
pub fn op_vfs_chdir(state: &mut OpState, view: u32, #[string] path: &str) -> Reply<()> {
    reply(state_of(state).files.change_directory(view, path))
}

/// What is known of a path; null and no error where nothing is.
#[op2]
#[serde]
pub fn op_vfs_stat(state: &mut OpState, view: u32, #[string] path: &str, follow: bool) -> Reply<StatReply> {
    let stat = FilePath::new(path).and_then(|path| state_of(state).files.stat(view, &path, follow));
    match stat {
        Ok(stat) => (stat.map(stat_reply), None),
        Err(thrown) => (None, Some(thrown)),
    }
}

/// What is known of a descriptor.
#[op2]
#[serde]
pub fn op_vfs_fstat(state: &mut OpState, fd: i32) -> Reply<StatReply> {
    reply(state_of(state).files.stat_open(fd).map(stat_reply))
}

/// Says when a path was changed.
#[op2]
#[serde]
pub fn op_vfs_touch(state: &mut OpState, view: u32, #[string] path: &str, follow: bool, ms: f64) -> Reply<()> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.touch(view, &path, follow, ms)))
}

/// Says when a descriptor was changed.
#[op2]
#[serde]
pub fn op_vfs_ftouch(state: &mut OpState, fd: i32, ms: f64) -> Reply<()> {
    reply(state_of(state).files.touch_open(fd, ms))
}

/// Cuts a path off.
#[op2]
#[serde]
pub fn op_vfs_truncate(state: &mut OpState, view: u32, #[string] path: &str, size: u32) -> Reply<()> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.truncate(view, &path, size as usize)))
}

/// Cuts a descriptor off.
#[op2]
#[serde]
pub fn op_vfs_ftruncate(state: &mut OpState, fd: i32, size: u32) -> Reply<()> {
    reply(state_of(state).files.truncate_open(fd, size as usize))
}

/// Where a path leads.
#[op2]
#[serde]
pub fn op_vfs_readlink(state: &mut OpState, view: u32, #[string] path: &str, only_link: bool) -> Reply<String> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.read_link(view, &path, only_link)))
}

/// Makes a link.
#[op2]
#[serde]
pub fn op_vfs_link(
    state: &mut OpState,
    view: u32,
    #[string] at: &str,
    #[string] target: &str,
    symbolic: bool,
) -> Reply<()> {
    let paths = FilePath::new(at).and_then(|at| Ok((at, FilePath::new(target)?)));
    reply(paths.and_then(|(at, target)| state_of(state).files.link(view, &at, &target, symbolic)))
}

/// Removes a file or a link.
#[op2]
#[serde]
pub fn op_vfs_unlink(state: &mut OpState, view: u32, #[string] path: &str) -> Reply<()> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.unlink(view, &path)))
}

/// Opens a path.
#[op2]
#[serde]
pub fn op_vfs_open(
    state: &mut OpState,
    view: u32,
    #[string] path: &str,
    read: bool,
    write: bool,
    append: bool,
    exclusive: bool,
) -> Reply<i32> {
    let flags = OpenFlags { read, write, append, exclusive };
    reply(FilePath::new(path).and_then(|path| state_of(state).files.open(view, &path, flags)))
}

/// Closes a descriptor.
#[op2(fast)]
pub fn op_vfs_close(state: &mut OpState, fd: i32) {
    state_of(state).files.close(fd);
}

/// Reads into a buffer: how many bytes, and -1 if the buffer is to be filled with random ones.
#[op2]
#[serde]
pub fn op_vfs_read(state: &mut OpState, fd: i32, #[buffer] buffer: &mut [u8], at: f64) -> Reply<f64> {
    reply(state_of(state).files.read(fd, buffer, position(at)).map(|read| match read {
        Read::Bytes(count) => count as f64,
        Read::Random => -1.0,
    }))
}

/// Writes a buffer.
#[op2]
#[serde]
pub fn op_vfs_write(state: &mut OpState, fd: i32, #[buffer] data: &[u8], at: f64) -> Reply<f64> {
    reply(state_of(state).files.write(fd, data, position(at)).map(|count| count as f64))
}

/// How large a path's file is, which the next `op_vfs_take` reads whole.
#[op2]
#[serde]
pub fn op_vfs_size(state: &mut OpState, view: u32, #[string] path: &str, to_open: bool) -> Reply<f64> {
    let state = state_of(state);
    let syscall = if to_open { "open" } else { "readAll" };
    let file = FilePath::new(path).and_then(|path| state.files.whole(view, &path, syscall));
    reply(file.map(|file| wait(state, file)))
}

/// How large a descriptor's file is, which the next `op_vfs_take` reads whole.
#[op2]
#[serde]
pub fn op_vfs_fsize(state: &mut OpState, fd: i32) -> Reply<f64> {
    let state = state_of(state);
    let file = state.files.whole_open(fd);
    reply(file.map(|file| wait(state, file)))
}

fn wait(state: &mut State, file: Rc<File>) -> f64 {
    let size = file.stat().size;
    state.whole = Some(file);
    size as f64
}

/// Reads the file whose size was asked for last.
#[op2(fast)]
pub fn op_vfs_take(state: &mut OpState, #[buffer] buffer: &mut [u8]) {
    if let Some(file) = state_of(state).whole.take() {
        file.with_bytes(|bytes| {
            let count = bytes.len().min(buffer.len());
            buffer[..count].copy_from_slice(&bytes[..count]);
        });
    }
}

/// Makes a path's file what the buffer is, or adds it.
#[op2]
#[serde]
pub fn op_vfs_write_all(
    state: &mut OpState,
    view: u32,
    #[string] path: &str,
    #[buffer] data: &[u8],
    append: bool,
    exclusive: bool,
) -> Reply<f64> {
    let written =
        FilePath::new(path).and_then(|path| state_of(state).files.write_all(view, &path, data, append, exclusive));
    reply(written.map(|count| count as f64))
}

/// Makes a descriptor's file what the buffer is, or adds it.
#[op2]
#[serde]
pub fn op_vfs_fwrite_all(state: &mut OpState, fd: i32, #[buffer] data: &[u8], append: bool) -> Reply<f64> {
    reply(state_of(state).files.write_all_open(fd, data, append).map(|count| count as f64))
}

/// Moves or copies a file.
#[op2]
#[serde]
pub fn op_vfs_rename(
    state: &mut OpState,
    view: u32,
    #[string] from: &str,
    #[string] to: &str,
    copy: bool,
) -> Reply<()> {
    let paths = FilePath::new(from).and_then(|from| Ok((from, FilePath::new(to)?)));
    reply(paths.and_then(|(from, to)| state_of(state).files.rename_or_copy(view, &from, &to, copy)))
}

/// Makes a directory; what is null is undefined to the script.
#[op2]
#[serde]
pub fn op_vfs_mkdir(
    state: &mut OpState,
    view: u32,
    #[string] path: &str,
    recursive: bool,
    temporary: bool,
) -> Reply<String> {
    let files = &mut state_of(state).files;
    let made = FilePath::new(path).and_then(|path| match temporary {
        true => files.make_temporary(view, &path),
        false => files.make_directory(view, &path, recursive),
    });
    match made {
        Ok(made) => (made, None),
        Err(thrown) => (None, Some(thrown)),
    }
}

/// Removes a path.
#[op2]
#[serde]
pub fn op_vfs_rm(
    state: &mut OpState,
    view: u32,
    #[string] path: &str,
    recursive: bool,
    only_directory: bool,
) -> Reply<()> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.remove(view, &path, recursive, only_directory)))
}

/// The entries of a directory.
#[op2]
#[serde]
pub fn op_vfs_readdir(state: &mut OpState, view: u32, #[string] path: &str, recursive: bool) -> Reply<Vec<Entry>> {
    reply(FilePath::new(path).and_then(|path| state_of(state).files.list(view, &path, recursive)))
}

/// Copies a tree.
#[op2]
#[serde]
pub fn op_vfs_cp(
    state: &mut OpState,
    view: u32,
    #[string] from: &str,
    #[string] to: &str,
    dereference: bool,
    recursive: bool,
    force: bool,
    error_on_exist: bool,
) -> Reply<()> {
    let flags = CopyFlags { dereference, recursive, force, error_on_exist };
    let paths = FilePath::new(from).and_then(|from| Ok((from, FilePath::new(to)?)));
    reply(paths.and_then(|(from, to)| state_of(state).files.copy(view, &from, &to, flags)))
}
