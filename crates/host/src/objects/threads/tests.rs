//! Object threads whose code does not start, which no configuration can bring about at will: the worker's own thread
//! runs the same code and would not start either.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use lopata_bridges::{Answered, ReplyReceiver, reply};
use lopata_guest::{CodeCache, EngineOptions, LogBudget, SpawnOptions};
use lopata_protocol::{
    Answer, BUNDLE_ROOT, CacheOutbound, CompatSet, EventOutcome, GenerationId, ModuleDefinition, ModuleKind,
    NamespaceDefinition, ObjectStorage, ServiceId, SpanContext, SpanId, TraceId, WorkerFormat,
};

use super::*;

/// Code that throws the first time it runs and then does not.
struct Flaky {
    starts: AtomicUsize,
    troubles: Mutex<Vec<String>>,
}

impl Keeper for Flaky {
    fn guest(&self, reports: &mpsc::UnboundedSender<GuestReport>) -> io::Result<Arc<GuestHandle>> {
        let options = SpawnOptions {
            snapshot: lopata_snapshot::SNAPSHOT,
            reports: reports.clone(),
            code_cache: CodeCache::default(),
            log_budget: LogBudget::default(),
        };
        lopata_guest::spawn(options).map(Arc::new)
    }

    fn definition(&self) -> (WorkerDefinition, Attachments) {
        let starts = self.starts.fetch_add(1, Ordering::Relaxed);
        let code = match starts {
            0 => "throw new RangeError('not today');",
            _ => "export class Room { fetch() { return new Response('here'); } }",
        };
        let specifier = format!("{BUNDLE_ROOT}worker.js");
        let kind = ModuleKind::JavaScript { code: Arc::from(code), map: None };
        let definition = WorkerDefinition {
            generation: GenerationId::next(),
            name: Arc::from("worker"),
            compatibility_date: "2026-04-01".to_string(),
            compatibility_flags: Vec::new(),
            compat: CompatSet::NONE,
            format: WorkerFormat::Modules,
            entry: specifier.clone(),
            modules: vec![ModuleDefinition { specifier, kind, hash: [starts as u8; 32] }],
            env: Vec::new(),
            outbound: ServiceId::next(),
            cache: CacheOutbound::Nobody,
            extensions: Vec::new(),
            subrequests_max: 50,
            tailed: false,
            cpu_ms_max: 30_000,
            heap_bytes_max: limits::HEAP_BYTES_MAX,
            objects: Vec::new(),
        };
        (definition, Attachments::none())
    }

    fn isolation(&self) -> Isolation {
        Isolation::Class
    }

    fn cpu_ms_max(&self) -> u64 {
        30_000
    }

    fn started(&self) {}

    fn log(&self, _: &LogRecord) {}

    fn ended(&self, _: EventId, _: Vec<SpanRecord>, _: Option<Arc<str>>) {}

    fn trouble(&self, class: &str, trouble: Trouble) {
        let Trouble::Failed(error) = trouble else { panic!("{trouble:?}") };
        self.troubles.lock().push(format!("{class}: {error}"));
    }
}

fn namespace() -> Arc<Namespace> {
    let definition = NamespaceDefinition {
        unique_key: Arc::from("worker-Room"),
        worker: Arc::from("worker"),
        class: Arc::from("Room"),
        storage: ObjectStorage::Memory { sql: true },
        evicts: true,
        ephemeral: false,
    };
    Namespace::new(Arc::new(definition), None)
}

/// Asks an object for something; what it answers a name of nothing with does not matter.
fn ask(namespace: &Arc<Namespace>, id: u8) -> ReplyReceiver {
    let (answering, answer) = reply();
    let parent = SpanContext { trace: TraceId([id; 16]), span: SpanId([1; 8]) };
    let message = ToGuest::Alarm { event: EventId::next(), scheduled_time_ms: 0.0, retry_count: 0, parent };
    namespace.door(ObjectId([id; 32]), None).deliver(Parcel::asking(message, answering)).unwrap();
    answer
}

fn failure(answered: Option<Answered>) -> Option<WireError> {
    match answered?.answer.message {
        Answer::Failed { error, outcome: EventOutcome::Exception } => Some(error),
        _ => None,
    }
}

#[test]
fn a_start_that_fails_answers_what_waited_and_the_next_event_is_another_attempt() {
    lopata_guest::init_with(EngineOptions::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let keeper = Arc::new(Flaky { starts: AtomicUsize::new(0), troubles: Mutex::default() });
        let threads = ObjectThreads::new(keeper.clone());
        let namespace = namespace();
        namespace.set_home(Some(threads.home()));
        let waiting: Vec<_> = (0..20).map(|id| ask(&namespace, id)).collect();
        for answer in waiting {
            let error = failure(answer.await).unwrap();
            assert_eq!(error.to_string(), "RangeError: not today");
        }
        assert_eq!(keeper.starts.load(Ordering::Relaxed), 1, "one start for all that waited");
        assert_eq!(*keeper.troubles.lock(), ["Room: RangeError: not today"]);
        // The next is answered by code that runs, whatever it says.
        let next = ask(&namespace, 1).await;
        assert_ne!(failure(next).map(|error| error.to_string()).as_deref(), Some("RangeError: not today"));
        assert_eq!(keeper.starts.load(Ordering::Relaxed), 2);
        namespace.refuse(lopata_bridges::Unreachable::Gone);
        threads.end();
        threads.over().await;
        assert!(threads.is_over());
        assert_eq!(namespace.leases(), 0);
    });
}
