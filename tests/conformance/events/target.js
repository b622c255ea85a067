// Listeners: how they come, how they go, and how they are called.

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

const ADD = "Failed to execute 'addEventListener' on 'EventTarget'";
const REMOVE = "Failed to execute 'removeEventListener' on 'EventTarget'";

export const listenersAreCalledInTheirOrder = {
  test() {
    const target = new EventTarget();
    const log = [];
    for (const i of [1, 2, 3]) target.addEventListener("a", () => void log.push(i));
    equal(target.dispatchEvent(new Event("a")), true);
    target.dispatchEvent(new Event("b"));
    equal(log, [1, 2, 3]);
  },
};

export const aListenerIsAddedOnce = {
  test() {
    const target = new EventTarget();
    const log = [];
    const listener = () => void log.push(1);
    target.addEventListener("a", listener);
    target.addEventListener("a", listener, { once: true });
    target.dispatchEvent(new Event("a"));
    target.dispatchEvent(new Event("a"));
    equal(log, [1, 1]);
  },
};

export const onceIsOnce = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", () => void log.push(1), { once: true });
    target.dispatchEvent(new Event("a"));
    target.dispatchEvent(new Event("a"));
    equal(log, [1]);
  },
};

export const onceCanAddItselfAgain = {
  test() {
    const target = new EventTarget();
    const log = [];
    const listener = () => {
      log.push(log.length);
      if (log.length < 2) target.addEventListener("a", listener, { once: true });
    };
    target.addEventListener("a", listener, { once: true });
    for (let i = 0; i < 4; i++) target.dispatchEvent(new Event("a"));
    equal(log, [0, 1]);
  },
};

export const anObjectMayHandleEvents = {
  test() {
    const target = new EventTarget();
    let self;
    const handler = {
      handleEvent() {
        self = this;
      },
    };
    target.addEventListener("a", handler);
    target.dispatchEvent(new Event("a"));
    equal(self === handler, true);
    target.removeEventListener("a", handler);
    self = undefined;
    target.dispatchEvent(new Event("a"));
    equal(self, undefined);
  },
};

export const anObjectMustBeAbleTo = {
  test() {
    throws(
      () => new EventTarget().addEventListener("a", {}),
      "TypeError",
      "Incorrect type for the 'handleEvent' field on 'HandlerObject': the provided value is not of type 'function'.",
    );
  },
};

export const nullIsNoListener = {
  test() {
    const target = new EventTarget();
    target.addEventListener("a", null);
    target.addEventListener("a", undefined);
    target.removeEventListener("a", null);
    equal(target.dispatchEvent(new Event("a")), true);
  },
};

export const argumentsMustBeThere = {
  test() {
    const target = new EventTarget();
    throws(() => target.addEventListener(), "TypeError", `${ADD}: parameter 1 is not of type 'string'.`);
    throws(
      () => target.addEventListener("a"),
      "TypeError",
      `${ADD}: parameter 2 is not of type 'function or HandlerObject'.`,
    );
    throws(() => target.removeEventListener(), "TypeError", `${REMOVE}: parameter 1 is not of type 'string'.`);
    throws(() => target.removeEventListener("a"), "TypeError", `${REMOVE}: parameter 2 is not of type 'Object'.`);
    throws(
      () => target.dispatchEvent(),
      "TypeError",
      "Failed to execute 'dispatchEvent' on 'EventTarget': parameter 1 is not of type 'Event'.",
    );
    throws(
      () => target.dispatchEvent({ type: "a" }),
      "TypeError",
      "Failed to execute 'dispatchEvent' on 'EventTarget': parameter 1 is not of type 'Event'.",
    );
  },
};

export const whatIsNoFunctionIsRefused = {
  test() {
    const add = () => new EventTarget().addEventListener("a", 1);
    // Of old, it counted as null.
    if (!Cloudflare.compatibilityFlags.dont_substitute_null_on_type_error) return add();
    throws(add, "TypeError", `${ADD}: parameter 2 is not of type 'function or HandlerObject'.`);
  },
};

export const thereIsNoCapture = {
  test() {
    const target = new EventTarget();
    throws(
      () => target.addEventListener("a", () => {}, true),
      "TypeError",
      "addEventListener(): useCapture must be false.",
    );
    throws(
      () => target.addEventListener("a", () => {}, { capture: true }),
      "TypeError",
      "addEventListener(): options.capture must be false.",
    );
    throws(
      () => target.removeEventListener("a", () => {}, true),
      "TypeError",
      "removeEventListener(): useCapture must be false.",
    );
    throws(
      () => target.removeEventListener("a", () => {}, { capture: 1 }),
      "TypeError",
      "removeEventListener(): options.capture must be false.",
    );
    target.addEventListener("a", () => {}, false);
  },
};

export const thereIsNoPassive = {
  test() {
    throws(
      () => new EventTarget().addEventListener("a", () => {}, { passive: true }),
      "TypeError",
      "addEventListener(): options.passive must be false.",
    );
  },
};

export const aSignalTakesAListenerAway = {
  test() {
    const target = new EventTarget();
    const controller = new AbortController();
    const log = [];
    target.addEventListener("a", () => void log.push(1), { signal: controller.signal });
    target.dispatchEvent(new Event("a"));
    controller.abort();
    target.dispatchEvent(new Event("a"));
    equal(log, [1]);
  },
};

export const anAbortedSignalAddsNothing = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", () => void log.push(1), { signal: AbortSignal.abort() });
    target.dispatchEvent(new Event("a"));
    equal(log, []);
  },
};

export const aSignalIsASignal = {
  test() {
    const target = new EventTarget();
    target.addEventListener("a", () => {}, { signal: undefined });
    for (const signal of [null, 1, {}]) {
      throws(
        () => target.addEventListener("a", () => {}, { signal }),
        "TypeError",
        "Incorrect type for the 'signal' field on 'AddEventListenerOptions': the provided value is not of type " +
          "'AbortSignal'.",
      );
    }
  },
};

export const whatAListenerThrowsEndsTheDispatch = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", () => {
      log.push(1);
      throw new RangeError("thrown");
    });
    target.addEventListener("a", () => void log.push(2));
    const event = new Event("a");
    throws(() => target.dispatchEvent(event), "RangeError", "thrown");
    equal([log, event.eventPhase], [[1], 0]);
  },
};

export const anEventIsDispatchedOnceAtATime = {
  test() {
    const target = new EventTarget();
    let error;
    target.addEventListener("a", (event) => {
      try {
        target.dispatchEvent(event);
      } catch (caught) {
        error = caught;
      }
    });
    target.dispatchEvent(new Event("a"));
    equal([error.name, error.message, error.code], [
      "InvalidStateError",
      "The event is already being dispatched.",
      11,
    ]);
  },
};

export const anEventCanBeDispatchedAgain = {
  test() {
    const target = new EventTarget();
    let count = 0;
    target.addEventListener("a", () => void count++);
    const event = new Event("a");
    target.dispatchEvent(event);
    target.dispatchEvent(event);
    equal(count, 2);
  },
};

export const listenersAddedMeanwhileWait = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", () => {
      log.push(1);
      target.addEventListener("a", () => void log.push(2), { once: true });
    }, { once: true });
    target.dispatchEvent(new Event("a"));
    equal(log, [1]);
    target.dispatchEvent(new Event("a"));
    equal(log, [1, 2]);
  },
};

export const listenersRemovedMeanwhileAreNotCalled = {
  test() {
    const target = new EventTarget();
    const log = [];
    const second = () => void log.push(2);
    target.addEventListener("a", () => {
      log.push(1);
      target.removeEventListener("a", second);
    });
    target.addEventListener("a", second);
    target.dispatchEvent(new Event("a"));
    equal(log, [1]);
  },
};

export const thisIsTheTarget = {
  test() {
    const target = new EventTarget();
    let self;
    target.addEventListener("a", function () {
      self = this;
    });
    target.dispatchEvent(new Event("a"));
    equal(self === (Cloudflare.compatibilityFlags.set_event_target_this ? target : globalThis), true);
  },
};

export const anOnPropertyIsAHandlerAndTheFirst = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", () => void log.push("listener"));
    target.ona = function () {
      log.push(this === globalThis);
    };
    target.dispatchEvent(new Event("a"));
    equal(log, [true, "listener"]);
  },
};

export const anOnPropertyThatIsNoFunctionIsIgnored = {
  test() {
    const target = new EventTarget();
    target.ona = { handleEvent() {} };
    target.onb = 1;
    equal([target.dispatchEvent(new Event("a")), target.dispatchEvent(new Event("b"))], [true, true]);
  },
};

export const aMethodOfASubclassIsAnOnProperty = {
  test() {
    const log = [];
    class Mine extends EventTarget {
      ona(event) {
        log.push(event.type);
      }
    }
    new Mine().dispatchEvent(new Event("a"));
    equal(log, ["a"]);
  },
};

export const aTargetCanBeExtended = {
  test() {
    class Mine extends EventTarget {
      mark = 1;
    }
    const target = new Mine();
    let seen;
    target.addEventListener("a", (event) => void (seen = event.target.mark));
    target.dispatchEvent(new CustomEvent("a"));
    equal(seen, 1);
  },
};

export const typesAreStrings = {
  test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener(1, () => void log.push(1));
    target.dispatchEvent(new Event("1"));
    equal(log, [1]);
  },
};

export const methodsNeedATarget = {
  test() {
    const text = "Illegal invocation: function called with incorrect `this` reference. See " +
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";
    throws(() => EventTarget.prototype.dispatchEvent.call({}, new Event("a")), "TypeError", text);
    throws(() => EventTarget.prototype.addEventListener.call({}, "a", () => {}), "TypeError", text);
  },
};

export const theGlobalScopeIsATarget = {
  test() {
    const log = [];
    const listener = (event) => void log.push(event.target === globalThis);
    addEventListener("mine", listener);
    dispatchEvent(new Event("mine"));
    globalThis.dispatchEvent(new Event("mine"));
    removeEventListener("mine", listener);
    dispatchEvent(new Event("mine"));
    globalThis.onmine = () => void log.push("on");
    dispatchEvent(new Event("mine"));
    delete globalThis.onmine;
    equal(log, [true, true, "on"]);
  },
};

export const manyListenersAreAllCalled = {
  test() {
    const target = new EventTarget();
    let count = 0;
    for (let i = 0; i < 1000; i++) target.addEventListener("a", () => void count++, { once: i % 2 === 0 });
    target.dispatchEvent(new Event("a"));
    target.dispatchEvent(new Event("a"));
    equal(count, 1500);
  },
};
