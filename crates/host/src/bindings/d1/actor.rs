//! The threads that carry out one database's calls.
//!
//! One thread leads: it takes calls from the queue, in their order, and carries each out itself, so that a call costs
//! no more than the way there and back. A statement that runs for long is found out by the watcher that SQLite asks:
//! the thread then passes the lead to another one and goes on with its statement, and the calls behind it go on beside
//! it.
//!
//! ```text
//!             takes a call                     a statement takes long
//!   leading ───────────────► carrying out ───────────────────────────► carrying out, not leading
//!      ▲                          │                                            │ done
//!      └──────────────────────────┘ done                                       ▼
//!      ▲───────────────────────────────────── nobody leads ──────────────── waiting ──► ended, after a while
//! ```
//!
//! Invariants
//! - One thread leads at most, and one connection writes. Writes that meet another one queue behind it, in their order.
//! - What a caller wrote and awaited, its next call sees.
//! - A statement that only reads is interrupted when nobody waits for it; one that writes only when it has run for long
//!   by then. The end of the process waits for no statement that never ends.
//! - The store is opened by the first call. A store that cannot be opened fails that call with the reason; the next one
//!   tries again.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lopata_bridges::{CallReceiver, D1Service, Responder, calls};
use lopata_protocol::d1::{D1Answer, D1Call, D1Error, D1ExportOptions, D1Statement};
use lopata_storage::d1::D1Opener;
use lopata_storage::sql::{Access, Watcher};
use lopata_storage::{D1Store, StoreError};
use parking_lot::{Condvar, Mutex};

use crate::bindings::actors::{Actor, Alive};

type Answer = Result<D1Answer, D1Error>;

/// A statement that has run for this long no longer keeps the calls behind it waiting.
const LONG: Duration = Duration::from_millis(5);

/// A statement that writes, and that nobody waits for any more, is interrupted once it has run for this long.
const ABANDONED_WRITE_MAX: Duration = Duration::from_secs(1);

/// Threads of one database, and so the most statements that run at once: only when there are as many long ones does
/// another call have to wait. All but one end when there is nothing to do.
const THREADS_MAX: usize = 64;

/// How long a thread waits for the lead before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// Connections for reading that are kept while nobody uses them.
const IDLE_READERS_MAX: usize = 2;

/// Starts the actor of a database under the persist root `root`. Once it is wanted to end, what only reads is
/// interrupted.
pub fn spawn(root: PathBuf, id: String) -> io::Result<Actor<D1Service>> {
    let (service, receiver) = calls();
    let (actor, alive) = Actor::new(service);
    let open = Box::new(move || D1Store::open(&root, &id));
    let crew = Arc::new(Crew { receiver, open, state: Mutex::default(), lead: Condvar::new() });
    crew.state.lock().led = true;
    Crew::spawn(&crew, alive)?;
    Ok(actor)
}

/// A call that is being carried out, and its caller.
struct Task {
    call: D1Call,
    responder: Responder<Answer>,
}

/// What the threads of a database share.
struct Crew {
    receiver: CallReceiver<D1Call, Answer>,
    open: Box<dyn Fn() -> Result<D1Store, StoreError> + Send + Sync>,
    state: Mutex<State>,
    /// Told when nobody leads any more, and when there are no more calls.
    lead: Condvar,
}

#[derive(Default)]
struct State {
    /// True while a thread leads.
    led: bool,
    /// Threads that wait for the lead.
    waiting: usize,
    threads: usize,
    /// True when nobody can call any more.
    closed: bool,
    /// Makes readers. Non-null once the store is open.
    opener: Option<D1Opener>,
    writer: Writer,
    readers: Vec<D1Store>,
    /// Writes that wait for the writer.
    writes: VecDeque<Task>,
}

#[derive(Default)]
enum Writer {
    #[default]
    NotOpen,
    Free(Box<D1Store>),
    Busy,
}

/// The statement that this thread runs.
struct Running {
    crew: Arc<Crew>,
    alive: Alive,
    started: Instant,
    access: Access,
    responder: Responder<Answer>,
    /// True while this thread leads.
    leads: bool,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Asked by SQLite from time to time; true interrupts the statement.
fn watcher() -> Watcher {
    Arc::new(|| RUNNING.with_borrow_mut(|running| running.as_mut().is_some_and(Running::look)))
}

impl Running {
    fn look(&mut self) -> bool {
        let elapsed = self.started.elapsed();
        if self.leads && elapsed >= LONG {
            self.leads = false;
            Crew::pass_on(&self.crew, &self.alive);
        }
        let abandoned = self.responder.is_closed() || self.alive.is_closing();
        abandoned && (self.access == Access::Read || elapsed >= ABANDONED_WRITE_MAX)
    }
}

impl Crew {
    /// Starts a thread, which leads.
    fn spawn(crew: &Arc<Self>, alive: Alive) -> io::Result<()> {
        let shared = Arc::clone(crew);
        crew.state.lock().threads += 1;
        let spawned = thread::Builder::new().name("lopata-d1".to_string()).spawn(move || serve(&shared, &alive));
        if spawned.is_err() {
            crew.state.lock().threads -= 1;
        }
        spawned.map(drop)
    }

    /// Gives the lead to a thread that waits, or to a new one. When there can be none, the lead is free for the first
    /// thread that is done.
    fn pass_on(crew: &Arc<Self>, alive: &Alive) {
        let mut state = crew.state.lock();
        if state.waiting == 0 && state.threads < THREADS_MAX {
            drop(state);
            if Self::spawn(crew, alive.clone()).is_ok() {
                return;
            }
            state = crew.state.lock();
        }
        state.led = false;
        drop(state);
        crew.lead.notify_one();
    }

    /// Waits for the lead; false when this thread has nothing more to do.
    fn follow(&self) -> bool {
        let mut state = self.state.lock();
        let deadline = Instant::now() + IDLE;
        state.waiting += 1;
        while state.led && !state.closed {
            if self.lead.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        state.waiting -= 1;
        let leads = !state.led && !state.closed;
        state.led |= leads;
        leads
    }

    fn take_reader(&self) -> Result<D1Store, D1Error> {
        let opener = {
            let mut state = self.state.lock();
            if let Writer::Free(writer) = &state.writer
                && !writer.is_in_place()
            {
                // A state folder that was removed is begun anew.
                (state.writer, state.opener) = (Writer::NotOpen, None);
                state.readers.clear();
            }
            if let Some(reader) = state.readers.pop() {
                return Ok(reader);
            }
            if state.opener.is_none() {
                let mut store = (self.open)().map_err(fault)?;
                store.watch(watcher())?;
                state.opener = Some(store.opener());
                state.writer = Writer::Free(Box::new(store));
            }
            state.opener.clone().expect("it was made above")
        };
        let mut reader = opener.reader().map_err(fault)?;
        reader.watch(watcher())?;
        Ok(reader)
    }

    fn give_reader(&self, reader: D1Store) {
        let mut state = self.state.lock();
        if state.readers.len() < IDLE_READERS_MAX {
            state.readers.push(reader);
        }
    }
}

fn serve(crew: &Arc<Crew>, alive: &Alive) {
    loop {
        // Leads until a statement takes long, or nobody can call any more.
        loop {
            match crew.receiver.recv() {
                Some((call, responder)) => {
                    if !carry_out(crew, alive, Task { call, responder }) {
                        break;
                    }
                }
                None => {
                    let mut state = crew.state.lock();
                    state.closed = true;
                    state.led = false;
                    state.threads -= 1;
                    drop(state);
                    crew.lead.notify_all();
                    return;
                }
            }
        }
        if !crew.follow() {
            crew.state.lock().threads -= 1;
            return;
        }
    }
}

/// Carries out one call; whether this thread leads afterwards.
fn carry_out(crew: &Arc<Crew>, alive: &Alive, task: Task) -> bool {
    let mut reader = match crew.take_reader() {
        Ok(reader) => reader,
        Err(error) => {
            task.responder.send(Err(error));
            return true;
        }
    };
    let access = match &task.call {
        D1Call::Query { statements } => reader.access(statements),
        D1Call::Export { .. } => Ok(Access::Read),
    };
    match access {
        Ok(Access::Read) => {
            let leads = run(crew, alive, task, &mut reader, Access::Read, true);
            crew.give_reader(reader);
            leads
        }
        Ok(Access::Write) => {
            crew.give_reader(reader);
            write(crew, alive, task)
        }
        Err(error) => {
            crew.give_reader(reader);
            task.responder.send(Err(error));
            true
        }
    }
}

/// Carries out a write, or queues it behind the one that runs; then all that have queued meanwhile.
fn write(crew: &Arc<Crew>, alive: &Alive, task: Task) -> bool {
    let mut writer = {
        let mut state = crew.state.lock();
        match std::mem::replace(&mut state.writer, Writer::Busy) {
            Writer::Free(writer) => writer,
            Writer::NotOpen | Writer::Busy => {
                state.writes.push_back(task);
                return true;
            }
        }
    };
    let mut leads = true;
    let mut next = Some(task);
    while let Some(task) = next {
        leads = run(crew, alive, task, &mut writer, Access::Write, leads);
        let mut state = crew.state.lock();
        next = state.writes.pop_front();
        if next.is_none() {
            state.writer = Writer::Free(writer);
            break;
        }
    }
    leads
}

/// Runs a call on a connection and answers it; whether this thread still leads, if it did before.
fn run(
    crew: &Arc<Crew>,
    alive: &Alive,
    Task { call, responder }: Task,
    store: &mut D1Store,
    access: Access,
    leads: bool,
) -> bool {
    let now =
        Running { crew: Arc::clone(crew), alive: alive.clone(), started: Instant::now(), access, responder, leads };
    RUNNING.set(Some(now));
    let answer = match call {
        D1Call::Query { statements } => query(store, &statements),
        D1Call::Export { options } => export(store, &options),
    };
    let now = RUNNING.take().expect("it was set above, and nobody else takes it");
    now.responder.send(answer);
    now.leads
}

fn query(store: &mut D1Store, statements: &[D1Statement]) -> Answer {
    let results = store.query(statements)?;
    Ok(D1Answer::Results { results, bookmark: store.bookmark() })
}

fn export(store: &mut D1Store, options: &D1ExportOptions) -> Answer {
    store.export(options).map(D1Answer::Export)
}

fn fault(error: StoreError) -> D1Error {
    D1Error::new(error.to_string())
}
