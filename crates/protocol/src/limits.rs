//! Every limit of lopata in one place: unit in the name, reason in the comment, relations asserted.

/// Bytes that may be in flight on one stream: sent by the writer, not yet taken by the consumer.
///
/// Large enough that a bulk transfer wakes each side once per several chunks, small enough that a hundred
/// stalled downloads cost tens of megabytes at most.
pub const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// Bytes of the largest single chunk frame; a longer write is split.
pub const STREAM_CHUNK_BYTES_MAX: u32 = 64 * 1024;

/// Consumed bytes after which the receiver grants credit again.
///
/// Granting at every chunk would wake the sender once per chunk; a quarter of the window keeps it busy.
pub const STREAM_CREDIT_BATCH_BYTES: u32 = 64 * 1024;

/// Bytes of a body that travels inside its message instead of as a stream.
pub const BODY_INLINE_BYTES_MAX: u32 = 64 * 1024;

/// Events that may wait in one guest's inbox; past it the server answers 503 at once.
///
/// Bounds the memory of a worker that has stopped taking requests.
pub const INBOX_EVENTS_MAX: usize = 10_000;

/// Messages that a guest takes from its inbox before it polls its event loop again.
pub const INBOX_BATCH_MAX: usize = 64;

/// Active timers per worker. Source: production's text for exceeding it.
pub const TIMERS_ACTIVE_MAX: usize = 10_000;

/// Subrequests of one top-level event, however many threads it crosses, unless the configuration's
/// `limits.subrequests` says otherwise (paid plan of production).
pub const SUBREQUESTS_MAX: u32 = 1000;

/// Bytes of a JS RPC message (32 MiB). Source: production's "limited to 32MiB".
pub const RPC_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Properties in the path of one JS RPC call. Source: workerd's limit on pipelined property paths.
pub const RPC_PATH_MAX: usize = 64;

/// Bytes of a WebSocket message (32 MiB). Source: production's limit.
pub const WEBSOCKET_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes that one end of a WebSocket may have under way before it stops to take what comes the other way.
///
/// So an echo to a client that does not read stops to read from it, and TCP stops the client.
pub const WEBSOCKET_WINDOW_BYTES: usize = 1024 * 1024;

/// Bytes under way on one way of a WebSocket past which it fails: a script that sends without ever looking, to
/// somebody who does not read. Room for a few messages of the largest size.
pub const WEBSOCKET_QUEUE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// What a message takes of the two limits above beside its bytes, so that empty ones are bounded too.
pub const WEBSOCKET_FRAME_COST_BYTES: usize = 64;

/// Messages of WebSockets that a guest dispatches before it polls its event loop and looks into its inbox again.
pub const WEBSOCKET_BATCH_MAX: usize = 128;

/// Messages of one WebSocket that are dispatched before others get their turn.
pub const WEBSOCKET_TURN_MAX: usize = 32;

/// Bytes of the reason of a close. Source: RFC 6455, a control frame has 125 bytes of which two are the code.
pub const WEBSOCKET_REASON_BYTES_MAX: usize = 123;

/// Bytes of a WebSocket's attachment. Source: production's limit.
pub const WEBSOCKET_ATTACHMENT_BYTES_MAX: usize = 16 * 1024;

/// Hibernating WebSockets of one object. Source: workerd's `ACTIVE_CONNECTION_LIMIT`.
pub const OBJECT_SOCKETS_MAX: usize = 32 * 1024;

/// Different tags of one hibernating WebSocket. Source: production's limit.
pub const SOCKET_TAGS_MAX: usize = 10;

/// Bytes of a tag in UTF-8; the error text calls them characters. Source: production's limit.
pub const SOCKET_TAG_BYTES_MAX: usize = 256;

/// Bytes of the request or the response of an automatic response. Source: production's limit.
pub const AUTO_RESPONSE_BYTES_MAX: usize = 2048;

/// Milliseconds that a handler of hibernating WebSockets may be given (a week). Source: production's limit.
pub const SOCKET_EVENT_TIMEOUT_MS_MAX: u32 = 604_800_000;

/// Milliseconds that the other side of a connection has to answer a close before the connection is ended.
pub const WEBSOCKET_CLOSE_TIMEOUT_MS: u64 = 30_000;

/// Redirects that one `fetch` follows. Source: workerd's `fetch` implementation.
pub const FETCH_REDIRECTS_MAX: u32 = 20;

/// Milliseconds a draining generation has before its isolate is terminated.
pub const DRAIN_GRACE_MS: u64 = 10_000;

/// Milliseconds that module evaluation may take before the start counts as failed.
pub const STARTUP_TIMEOUT_MS: u64 = 30_000;

/// Milliseconds that a `lopata.config` of code may take. It can wait for nothing, so this is only JavaScript.
pub const CONFIG_EVALUATION_MS_MAX: u64 = 5_000;

/// Milliseconds without a return to the event loop, while events wait, after which a fresh generation
/// relieves a stalled one.
pub const STALL_RELIEF_MS: u64 = 500;

/// Milliseconds of uninterrupted JavaScript after which the watchdog ends a generation, unless the
/// configuration's `limits.cpu_ms` says otherwise. Production's default CPU limit is 30 s.
pub const CPU_WATCHDOG_MS: u64 = 30_000;

/// Milliseconds of a pause: after two of them in which nothing happened, a guest with events that are not over looks
/// whether anything can still wake those.
pub const HUNG_CHECK_MS: u64 = 25;

/// Milliseconds that one turn of a guest may last beyond its CPU limit by the clock on the wall, on a machine that
/// gives it little of the CPU or in a system call that does not come back.
pub const TURN_WALL_MARGIN_MS: u64 = 60_000;

/// Bytes of JavaScript heap per isolate. Production allows 128 MB.
pub const HEAP_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes a heap at its limit is given on top, so that termination can unwind.
///
/// A script is interrupted between its steps, and one step (filling an array, joining strings) may allocate
/// hundreds of megabytes. Without that room V8 gives up on the whole process.
pub const HEAP_HEADROOM_BYTES: usize = 512 * 1024 * 1024;

/// Bytes of ArrayBuffers per isolate. Production counts them into its 128 MB; here they have their own bound,
/// with room for a worker that holds one body of the largest KV value in several forms.
pub const ARRAY_BUFFER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes of one file of `node:fs`. Source: production's limit for blobs, which is the one for files.
pub const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes of all files of `node:fs` that an isolate has written and can still reach. Production counts them into its
/// 128 MB; here they have a bound of their own, with room for two of the largest.
pub const FILES_BYTES_MAX: usize = 2 * FILE_BYTES_MAX + 1024 * 1024;

/// Spans that wait in memory for the next write of the trace store; older ones are dropped first.
pub const TRACE_BUFFER_SPANS_MAX: usize = 4096;

/// Spans kept on disk.
pub const TRACE_STORE_SPANS_MAX: usize = 50_000;

/// Milliseconds after which a stored span is dropped.
pub const TRACE_STORE_AGE_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// Spans kept of one event; what comes after is counted. A loop of calls must not fill memory.
pub const TRACE_EVENT_SPANS_MAX: usize = 512;

/// Bytes of names, attributes and log lines kept in the spans of one event, roughly.
pub const TRACE_EVENT_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a span's name; a longer one is cut. Source: workerd's `MAX_USER_OPERATION_NAME_BYTES`.
pub const SPAN_NAME_BYTES_MAX: usize = 64;

/// Bytes of the attributes that user code sets on one span. Source: workerd's `MAX_SPAN_BYTES`.
pub const SPAN_DATA_BYTES_MAX: usize = 64 * 1024;

/// Bytes of logs, exceptions and request metadata in one tail item. Source: workerd's `MAX_TRACE_BYTES` and its
/// sentence "More than 256KB of data".
pub const TAIL_ITEM_BYTES_MAX: usize = 256 * 1024;

/// Bytes of a KV key. Source: production's "exceeds key length limit of 512".
pub const KV_KEY_BYTES_MAX: usize = 512;

/// Bytes of a KV value (25 MiB).
pub const KV_VALUE_BYTES_MAX: usize = 25 * 1024 * 1024;

/// Bytes of a KV key's metadata, as JSON.
pub const KV_METADATA_BYTES_MAX: usize = 1024;

/// Keys per page of a KV list.
pub const KV_LIST_KEYS_MAX: u32 = 1000;

/// Keys of one bulk get.
pub const KV_BULK_KEYS_MAX: usize = 100;

/// Seconds: the shortest expiration of a KV key.
pub const KV_TTL_SECONDS_MIN: u64 = 60;

/// Bytes of an R2 key. Source: R2's limits.
pub const R2_KEY_BYTES_MAX: usize = 1024;

/// Bytes of an object that is written at once, or of a part: 5 GiB less 5 MiB. Source: R2's limits.
pub const R2_VALUE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;

/// Bytes of an object's custom metadata, names and values, as R2 counts them.
pub const R2_METADATA_BYTES_MAX: usize = 2048;

/// Bytes of every part but the last. Source: R2's limits.
pub const R2_PART_BYTES_MIN: u64 = 5 * 1024 * 1024;

/// Objects and prefixes per page of an R2 list.
pub const R2_LIST_KEYS_MAX: usize = 1000;

/// The same when metadata is included.
pub const R2_LIST_KEYS_WITH_METADATA_MAX: usize = 100;

/// Bytes of an R2 body that travels inside its message instead of as a stream: one read of a file and one copy are
/// cheaper than a stream up to about here, and a few of them at a time fit any memory.
pub const R2_INLINE_BYTES_MAX: u64 = 1024 * 1024;

/// Seconds: the shortest `cacheTtl` of a KV read.
pub const KV_CACHE_TTL_SECONDS_MIN: u64 = 30;

/// Bytes of the name of a cache, which must be less. Source: workerd's `MAX_CACHE_NAME_LENGTH`.
pub const CACHE_NAME_BYTES_MAX: usize = 1024;

/// Bytes of the bodies of one cache together (1 GiB). What was used the longest time ago goes first.
pub const CACHE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes of the body of one cached response (512 MiB), as in production; a larger one is not stored.
pub const CACHE_BODY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Caches whose databases are open at once; the one used the longest time ago is closed for another.
pub const CACHES_OPEN_MAX: usize = 32;

/// Milliseconds after which an object that nobody calls leaves the memory. Source: production's documentation.
pub const OBJECT_IDLE_MS: u64 = 10_000;

/// The same for an object that has set timers: longer than the longest time after which production lets go of one.
pub const OBJECT_IDLE_WITH_TIMERS_MS: u64 = 70_000;

/// Stores of objects that one guest has open at once; each is three descriptors and some memory. The one that was not
/// used for the longest time is closed for another.
pub const OBJECT_STORES_OPEN_MAX: usize = 256;

/// Milliseconds that a critical section of an object may take before the object is reset. Source: production's limit.
pub const OBJECT_SECTION_MS_MAX: u64 = 30_000;

/// How long the handler of an alarm may take, in milliseconds. Source: production's limit.
pub const ALARM_MS_MAX: u64 = 15 * 60 * 1000;

const _: () = assert!(CACHE_BODY_BYTES_MAX <= CACHE_BYTES_MAX, "one response fits its cache");
const _: () = assert!(STREAM_CHUNK_BYTES_MAX <= STREAM_WINDOW_BYTES, "a full chunk must fit the window");
const _: () = assert!(
    STREAM_CREDIT_BATCH_BYTES + STREAM_CHUNK_BYTES_MAX <= STREAM_WINDOW_BYTES,
    "a sender that waits for room for one chunk must not wait for a credit that is being held back"
);
const _: () = assert!(BODY_INLINE_BYTES_MAX <= STREAM_WINDOW_BYTES, "inline bodies are the small ones");
const _: () = assert!(
    WEBSOCKET_WINDOW_BYTES < WEBSOCKET_QUEUE_BYTES_MAX && 2 * WEBSOCKET_MESSAGE_BYTES_MAX < WEBSOCKET_QUEUE_BYTES_MAX,
    "a socket is slowed down long before it fails, and the largest message passes"
);
const _: () = assert!(STALL_RELIEF_MS < CPU_WATCHDOG_MS, "relief comes before the end");

/// Bytes of a name that an object learns from whoever calls it. Source: production's limit.
pub const OBJECT_NAME_BYTES_MAX: usize = 1_024;

/// Bytes of a key in the storage of an object whose class has no SQL. Source: production's own.
pub const OBJECT_KEY_BYTES_MAX: usize = 2_048;

/// Bytes of a value in such a storage, as production's texts say it.
pub const OBJECT_VALUE_BYTES_MAX: usize = 128 * 1024;

/// Bytes more that production lets pass, for what a clone has around its contents.
pub const OBJECT_VALUE_SLACK_BYTES: usize = 34;

/// Keys of one call on such a storage.
pub const OBJECT_KEYS_MAX: usize = 128;
