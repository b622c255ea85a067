// What an event says of itself, and the constructors of its kinds.

function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(action, name, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}

const dispatched = (event, listener) => {
  const target = new EventTarget();
  target.addEventListener(event.type, listener);
  return target.dispatchEvent(event);
};

export const aTypeIsAnyString = {
  test() {
    equal([new Event("a").type, new Event(1).type, new Event(undefined).type, new Event(null).type], [
      "a",
      "1",
      "undefined",
      "null",
    ]);
  },
};

export const aTypeMustBeGiven = {
  test() {
    throws(
      () => new Event(),
      "TypeError",
      "Failed to construct 'Event': constructor parameter 1 is not of type 'string'.",
    );
  },
};

export const theDictionaryIsAnObjectOrNothing = {
  test() {
    equal(new Event("a", null).bubbles, false);
    equal(new Event("a", undefined).bubbles, false);
    equal(new Event("a", () => {}).bubbles, false);
    throws(
      () => new Event("a", 1),
      "TypeError",
      "Failed to construct 'Event': constructor parameter 2 is not of type 'Init'.",
    );
  },
};

export const membersAreCoerced = {
  test() {
    const event = new Event("a", { bubbles: "yes", cancelable: 0, composed: {} });
    equal([event.bubbles, event.cancelable, event.composed], [true, false, true]);
  },
};

export const beforeADispatchThereIsNoTarget = {
  test() {
    const event = new Event("a");
    equal([event.target, event.currentTarget], [undefined, undefined]);
    equal([event.eventPhase, event.composedPath().length, event.isTrusted, event.timeStamp], [0, 0, false, 0]);
  },
};

export const duringADispatchItIsAtItsTarget = {
  test() {
    const target = new EventTarget();
    let seen;
    target.addEventListener("a", (event) => {
      const [first, ...others] = event.composedPath();
      const { eventPhase, currentTarget } = event;
      seen = [eventPhase, event.target === target, currentTarget === target, others.length, first === target];
    });
    target.dispatchEvent(new Event("a"));
    equal(seen, [2, true, true, 0, true]);
  },
};

export const afterADispatchItKeepsItsTarget = {
  test() {
    const target = new EventTarget();
    const event = new Event("a");
    target.dispatchEvent(event);
    equal([event.target === target, event.currentTarget === target], [true, true]);
    equal([event.eventPhase, event.composedPath().length], [0, 0]);
  },
};

export const phasesAreConstantsOfClassAndPrototype = {
  test() {
    equal([Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE], [0, 1, 2, 3]);
    equal(new Event("a").BUBBLING_PHASE, 3);
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(Event, "AT_TARGET");
    equal([writable, enumerable, configurable], [false, true, true]);
  },
};

export const preventDefaultIsReadOnlyByWhatCanBeCancelled = {
  test() {
    const cancelable = new Event("a", { cancelable: true });
    equal(dispatched(cancelable, (event) => event.preventDefault()), false);
    equal([cancelable.defaultPrevented, cancelable.returnValue], [true, false]);
    const other = new Event("a");
    equal(dispatched(other, (event) => event.preventDefault()), false);
    equal([other.defaultPrevented, other.returnValue], [false, true]);
  },
};

export const preventDefaultBeforeADispatchIsForgotten = {
  test() {
    const event = new Event("a", { cancelable: true });
    event.preventDefault();
    equal(event.defaultPrevented, true);
    equal(new EventTarget().dispatchEvent(event), true);
    equal(event.defaultPrevented, false);
  },
};

export const returningTruePreventsTheDefault = {
  test() {
    const event = new Event("a", { cancelable: true });
    equal(dispatched(event, () => true), false);
    equal(event.defaultPrevented, true);
    equal(dispatched(new Event("a"), () => false), true);
  },
};

export const stopPropagationStopsNoListener = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", (event) => {
      log.push(1);
      event.stopPropagation();
    });
    target.addEventListener("a", () => void log.push(2));
    const event = new Event("a");
    target.dispatchEvent(event);
    equal([log, event.cancelBubble], [[1, 2], true]);
  },
};

export const stopImmediatePropagationStopsTheRest = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", (event) => {
      log.push(1);
      event.stopImmediatePropagation();
    });
    target.addEventListener("a", () => void log.push(2));
    const event = new Event("a");
    target.dispatchEvent(event);
    // It holds for the event, not for the dispatch.
    target.dispatchEvent(event);
    equal([log, event.cancelBubble], [[1], false]);
  },
};

export const cancelBubbleCanBeWritten = {
  test() {
    const event = new Event("a");
    event.cancelBubble = true;
    equal(event.cancelBubble, true);
    event.cancelBubble = false;
    equal(event.cancelBubble, false);
  },
};

export const returnValueCannotBeWritten = {
  test() {
    const event = new Event("a", { cancelable: true });
    let error;
    try {
      event.returnValue = false;
    } catch (caught) {
      error = caught;
    }
    equal([error instanceof TypeError, event.defaultPrevented], [true, false]);
  },
};

export const anEventCanBeExtended = {
  test() {
    class Mine extends Event {
      extra = 1;
      constructor() {
        super("mine", { cancelable: true });
      }
    }
    const event = new Mine();
    let seen;
    dispatched(event, (e) => void (seen = [e === event, e.extra, e.type, e.cancelable]));
    equal(seen, [true, 1, "mine", true]);
  },
};

export const gettersNeedAnEvent = {
  test() {
    const text = "Illegal invocation: function called with incorrect `this` reference. See " +
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";
    throws(() => Event.prototype.preventDefault.call({}), "TypeError", text);
    throws(() => Event.prototype.composedPath.call(new EventTarget()), "TypeError", text);
  },
};

export const aCustomEventHasADetail = {
  test() {
    equal(new CustomEvent("a").detail, undefined);
    equal(new CustomEvent("a", { detail: null }).detail, null);
    equal(new CustomEvent("a", { detail: 5 }).detail, 5);
    equal(new CustomEvent("a", { detail: 0 }).detail, 0);
    equal(new CustomEvent("a", { detail: 1, cancelable: true }).cancelable, true);
    equal(new CustomEvent("a") instanceof Event, true);
    throws(
      () => new CustomEvent(),
      "TypeError",
      "Failed to construct 'CustomEvent': constructor parameter 1 is not of type 'string'.",
    );
  },
};

export const anErrorEventHasDefaults = {
  test() {
    const { message, filename, lineno, colno, error } = new ErrorEvent("error");
    equal([message, filename, lineno, colno, error], ["", "", 0, 0, undefined]);
    const full = new ErrorEvent("error", { message: "m", filename: "f", lineno: 1, colno: 2, error: "e" });
    equal([full.message, full.filename, full.lineno, full.colno, full.error], ["m", "f", 1, 2, "e"]);
    equal(new ErrorEvent("error", { lineno: "nothing" }).lineno, 0);
  },
};

export const aCloseEventHasOwnProperties = {
  test() {
    const event = new CloseEvent("close", { code: 1000, reason: "r", wasClean: true });
    equal([event.code, event.reason, event.wasClean], [1000, "r", true]);
    const none = new CloseEvent("close");
    equal([none.code, none.reason, none.wasClean], [0, "", false]);
    equal(Object.hasOwn(event, "code"), true);
  },
};

export const aMessageEventHasItsData = {
  test() {
    const event = new MessageEvent("message", { data: { a: 1 }, lastEventId: "7" });
    equal([event.data, event.lastEventId, event.source, event.ports], [{ a: 1 }, "7", null, []]);
    equal(Object.hasOwn(event, "data"), true);
  },
};

export const someEventsAreOnlyTheRuntimes = {
  test() {
    for (const Class of [ExtendableEvent, FetchEvent, ScheduledEvent, TailEvent, PromiseRejectionEvent]) {
      throws(() => new Class("a"), "TypeError", "Illegal constructor");
      equal(Class.prototype instanceof Event, true);
    }
    equal(FetchEvent.prototype instanceof ExtendableEvent, true);
  },
};
