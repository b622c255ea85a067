// Errors that nobody handles, and how the global scope is told of them.


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

async function heard(type, action) {
  const events = [];
  const listener = (event) => {
    events.push(event);
    event.preventDefault();
  };
  addEventListener(type, listener);
  try {
    await action();
    await scheduler.wait(1);
  } finally {
    removeEventListener(type, listener);
  }
  return events;
}

/** The next event of a type. */
const next = (type) =>
  new Promise((resolve) => {
    addEventListener(type, (event) => {
      event.preventDefault();
      resolve(event);
    }, { once: true });
  });

export const reportErrorIsAnErrorEvent = {
  async test() {
    const error = new RangeError("reported");
    const [event] = await heard("error", () => reportError(error));
    equal([event.constructor.name, event.type, event.isTrusted], ["ErrorEvent", "error", true]);
    equal([event.error === error, event.message], [true, "Uncaught RangeError: reported"]);
    equal([event.lineno > 0, event.colno > 0, event.filename !== ""], [true, true, true]);
  },
};

export const anythingCanBeReported = {
  async test() {
    const events = await heard("error", () => {
      reportError("text");
      reportError({ a: 1 });
    });
    equal(events.map((event) => [event.error, event.message]), [
      ["text", "Uncaught text"],
      [{ a: 1 }, "Uncaught #<Object>"],
    ]);
  },
};

export const somethingMustBeReported = {
  test() {
    throws(
      () => reportError(),
      "TypeError",
      "Failed to execute 'reportError' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'Value'.",
    );
  },
};

export const anErrorInAMicrotaskIsReported = {
  async test() {
    const events = await heard("error", () =>
      queueMicrotask(() => {
        throw new Error("in a microtask");
      }));
    equal(events.map((event) => event.message), ["Uncaught Error: in a microtask"]);
  },
};

export const aRejectionIsAnEvent = {
  async test() {
    const reason = new Error("rejected");
    const unhandled = next("unhandledrejection");
    const promise = Promise.reject(reason);
    const event = await unhandled;
    equal([event.constructor.name, event.type], ["PromiseRejectionEvent", "unhandledrejection"]);
    equal([event.reason === reason, event.promise === promise], [true, true]);
    promise.catch(() => {});
  },
};

export const aRejectionThatIsHandledAtOnceIsNone = {
  async test() {
    const events = await heard("unhandledrejection", () => {
      Promise.reject(new Error("handled")).catch(() => {});
    });
    equal(events.length, 0);
  },
};

export const aRejectionThatIsHandledLateIsAnEventToo = {
  async test() {
    const unhandled = next("unhandledrejection");
    const handled = next("rejectionhandled");
    const promise = Promise.reject(new Error("late"));
    await unhandled;
    promise.catch(() => {});
    const event = await handled;
    equal([event.type, event.promise === promise], ["rejectionhandled", true]);
  },
};
