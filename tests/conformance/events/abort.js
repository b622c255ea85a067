// AbortController and AbortSignal.


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

async function rejects(action, name, message) {
  let thrown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}

export const anAbortHasAReason = {
  test() {
    const controller = new AbortController();
    equal([controller.signal.aborted, controller.signal.reason], [false, undefined]);
    controller.abort();
    const { reason } = controller.signal;
    equal([reason.name, reason.message, reason.code, reason instanceof DOMException], [
      "AbortError",
      "The operation was aborted",
      20,
      true,
    ]);
  },
};

export const theFirstReasonCounts = {
  test() {
    const controller = new AbortController();
    controller.abort("first");
    controller.abort("second");
    equal(controller.signal.reason, "first");
  },
};

export const onlyUndefinedIsNoReason = {
  test() {
    for (const reason of [null, 0, false, ""]) {
      const controller = new AbortController();
      controller.abort(reason);
      equal([controller.signal.reason, controller.signal.aborted], [reason, true]);
      equal(AbortSignal.abort(reason).reason, reason);
    }
    equal(AbortSignal.abort(undefined).reason.name, "AbortError");
  },
};

export const theSignalIsAlwaysTheSame = {
  test() {
    const controller = new AbortController();
    equal(controller.signal === controller.signal, true);
    equal(controller.signal instanceof EventTarget, true);
  },
};

export const throwIfAbortedThrowsTheReason = {
  test() {
    const controller = new AbortController();
    equal(controller.signal.throwIfAborted(), undefined);
    controller.abort(new RangeError("why"));
    throws(() => controller.signal.throwIfAborted(), "RangeError", "why");
    throws(() => AbortSignal.abort().throwIfAborted(), "AbortError", "The operation was aborted");
  },
};

export const theEventIsTheRuntimes = {
  test() {
    const controller = new AbortController();
    let seen;
    controller.signal.addEventListener("abort", (event) => {
      seen = [event.type, event.isTrusted, event.target === controller.signal, controller.signal.aborted];
    });
    controller.abort();
    equal(seen, ["abort", true, true, true]);
  },
};

export const aHandlerTakesItsTurnWhereItWasSet = {
  test() {
    const controller = new AbortController();
    const log = [];
    controller.signal.addEventListener("abort", () => void log.push("first"));
    controller.signal.onabort = () => void log.push("handler");
    controller.signal.addEventListener("abort", () => void log.push("last"));
    controller.abort();
    equal(log, ["first", "handler", "last"]);
  },
};

export const onabortTakesObjectsAndFunctions = {
  test() {
    const { signal } = new AbortController();
    equal(signal.onabort, null);
    const handler = () => {};
    signal.onabort = handler;
    equal(signal.onabort === handler, true);
    signal.onabort = 5;
    equal(signal.onabort, null);
    signal.onabort = {};
    equal(typeof signal.onabort, "object");
    signal.onabort = undefined;
    equal(signal.onabort, null);
  },
};

export const aHandlerThatIsGoneIsNotCalled = {
  test() {
    const controller = new AbortController();
    const log = [];
    controller.signal.onabort = () => void log.push("gone");
    controller.signal.onabort = null;
    controller.abort();
    equal(log, []);
  },
};

export const anAbortIsToldOnce = {
  test() {
    const controller = new AbortController();
    let count = 0;
    controller.signal.addEventListener("abort", () => void count++);
    controller.abort();
    controller.abort();
    equal(count, 1);
  },
};

export const whatAListenerThrowsComesOutOfAbort = {
  test() {
    const controller = new AbortController();
    controller.signal.onabort = () => {
      throw new RangeError("thrown");
    };
    throws(() => controller.abort(), "RangeError", "thrown");
    equal(controller.signal.aborted, true);
  },
};

export const signalsAreNotMadeByHand = {
  test() {
    throws(() => new AbortSignal(), "TypeError", "Illegal constructor");
  },
};

export const anyFollowsTheFirst = {
  test() {
    const [one, two] = [new AbortController(), new AbortController()];
    const signal = AbortSignal.any([one.signal, two.signal]);
    const log = [];
    signal.onabort = () => void log.push("any");
    two.abort("two");
    one.abort("one");
    equal([log, signal.reason], [["any"], "two"]);
  },
};

export const anyOfAbortedSignalsIsAborted = {
  test() {
    equal(AbortSignal.any([AbortSignal.abort("one"), AbortSignal.abort("two")]).reason, "one");
    equal(AbortSignal.any([]).aborted, false);
  },
};

export const anyTakesAnArrayOfSignals = {
  test() {
    const prefix = "Failed to execute 'any' on 'AbortSignal'";
    throws(() => AbortSignal.any(), "TypeError", `${prefix}: parameter 1 is not of type 'Array'.`);
    throws(() => AbortSignal.any(new Set()), "TypeError", `${prefix}: parameter 1 is not of type 'Array'.`);
    throws(
      () => AbortSignal.any([new AbortController().signal, 1]),
      "TypeError",
      "Incorrect type for array element 1: the provided value is not of type 'AbortSignal'.",
    );
  },
};

export const thoseWhoDependAreToldAfterTheSource = {
  test() {
    const controller = new AbortController();
    const first = AbortSignal.any([controller.signal]);
    const second = AbortSignal.any([first]);
    const log = [];
    second.onabort = () => void log.push("second");
    first.onabort = () => void log.push("first");
    controller.signal.addEventListener("abort", () => void log.push("source"));
    controller.abort();
    equal(log, ["source", "first", "second"]);
  },
};

export const aTimeoutIsAnError = {
  async test() {
    const signal = AbortSignal.timeout(1);
    equal(signal.aborted, false);
    await new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    const { name, message, code } = signal.reason;
    equal([name, message, code], ["TimeoutError", "The operation was aborted due to timeout", 23]);
  },
};

export const aTimeoutNeedsANumber = {
  test() {
    throws(
      () => AbortSignal.timeout(),
      "TypeError",
      "Failed to execute 'timeout' on 'AbortSignal': parameter 1 is not of type 'number'.",
    );
  },
};

export const schedulerWaitIsAborted = {
  async test() {
    await rejects(
      () => scheduler.wait(60_000, { signal: AbortSignal.abort() }),
      "AbortError",
      "The operation was aborted",
    );
    const controller = new AbortController();
    const waiting = scheduler.wait(60_000, { signal: controller.signal });
    controller.abort(new TypeError("enough"));
    await rejects(() => waiting, "TypeError", "enough");
  },
};

export const aListenerOfAnAbortedSignalIsForgotten = {
  test() {
    const controller = new AbortController();
    let count = 0;
    controller.signal.addEventListener("abort", () => void count++);
    controller.abort();
    controller.signal.dispatchEvent(new Event("abort"));
    equal(count, 1);
  },
};
