// The IoContexts of an object: one of its own, and one for each of its events.
//
// Production has one for all events of an object, so that what one event makes (a timer, a stub, a stream) outlives it
// and may be used by another. So what code in an object finds as its context is the object's own, while the event that
// the code works for, to which spans and log lines belong and which lasts until its waitUntils are settled, travels
// beside it.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayPrototypeFilter, ArrayPrototypePush, PromisePrototypeThen, PromiseResolve } = primordials;
const { op_body_cancel, op_body_is_open, op_log_exception, op_object_event_over } = core.ops;
const { IoContext } = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** An event of an object. */
class ObjectEvent extends IoContext {
  /** @param {number} event @param {ObjectContext} keeper */
  constructor(event, keeper) {
    super(event);
    this.keeper = keeper;
    this.gate = keeper.gate;
    keeper.record.events.add(this);
  }

  end() {
    const { event, keeper } = this;
    super.end();
    const { events } = keeper.record;
    if (events.delete(this)) op_object_event_over(event, events.size === 0);
  }
}

/** What all events of an object share. */
class ObjectContext extends IoContext {
  /** @param {number} event under which the object's things are entered */
  constructor(event, record) {
    super(event);
    this.record = record;
    this.gate = record.gate;
    this.readersOnce = 64;
  }

  /** The event that the current code works for, or what is none. */
  get event() {
    return this.current?.event ?? this.own_event;
  }

  set event(event) {
    this.own_event = event;
  }

  /** @returns {ObjectEvent | undefined} the event that the current code works for, unless it is over */
  get current() {
    const of = core.getAsyncContext()?.of;
    return of === undefined || of === this || of.ended || of.keeper !== this ? undefined : of;
  }

  waitUntil(value) {
    const { current } = this;
    if (current !== undefined) {
      current.waitUntil(value);
      return;
    }
    // The event is over, the object is not.
    this.pendingWaitUntil++;
    const done = () => {
      this.pendingWaitUntil--;
    };
    PromisePrototypeThen(PromiseResolve(value), done, (error) => {
      done();
      op_log_exception(0, error);
    });
  }

  cancel(error) {
    this.current?.cancel(error);
  }

  /** In production there is one context for all events, so the object is over. */
  exit(error) {
    const { HOW } = core.loadExtScript("ext:lopata/objects/state.js");
    this.record.break(error, HOW.aborted);
  }

  /** It ends with the object. */
  maybeEnd() {}

  maybeEndSoon() {}

  own(rid) {
    if (this.ended) {
      op_body_cancel(rid, undefined);
      return;
    }
    const readers = this.readers ??= [];
    ArrayPrototypePush(readers, rid);
    if (readers.length < this.readersOnce) return;
    // Those that were read or passed on are not known any more.
    this.readers = ArrayPrototypeFilter(readers, (rid) => op_body_is_open(rid));
    this.readersOnce = 2 * this.readers.length + 64;
  }

  /** Lets go of everything, whatever runs. */
  end() {
    const previous = core.getAsyncContext();
    core.setAsyncContext(undefined);
    try {
      super.end();
    } finally {
      core.setAsyncContext(previous);
    }
  }
}

return { ObjectContext, ObjectEvent };
})();
