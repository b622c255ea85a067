// What listeners throw, under the flag by which it is reported and the dispatch goes on.

function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

/** Runs `action` and gives the messages of the error events that came of it. */
async function reported(action) {
  const messages = [];
  const listener = (event) => {
    messages.push(event.message);
    event.preventDefault();
  };
  addEventListener("error", listener);
  try {
    await action();
  } finally {
    removeEventListener("error", listener);
  }
  return messages;
}

const throwing = (text) => () => {
  throw new Error(text);
};

export const aDispatchGoesOn = {
  async test() {
    const target = new EventTarget();
    const log = [];
    target.addEventListener("a", throwing("first"));
    target.addEventListener("a", () => void log.push("second"));
    target.addEventListener("a", throwing("third"));
    const messages = await reported(() => void log.push(target.dispatchEvent(new Event("a"))));
    equal([log, messages], [["second", true], ["Uncaught Error: first", "Uncaught Error: third"]]);
  },
};

export const anOnPropertyIsNoException = {
  async test() {
    const target = new EventTarget();
    const log = [];
    target.ona = throwing("on");
    target.addEventListener("a", () => void log.push("listener"));
    const messages = await reported(() => void target.dispatchEvent(new Event("a")));
    equal([log, messages], [["listener"], ["Uncaught Error: on"]]);
  },
};

export const anObjectThatHandlesIsNoException = {
  async test() {
    const target = new EventTarget();
    target.addEventListener("a", { handleEvent: throwing("object") });
    equal(await reported(() => void target.dispatchEvent(new Event("a"))), ["Uncaught Error: object"]);
  },
};

export const anAbortGoesOn = {
  async test() {
    const controller = new AbortController();
    const log = [];
    controller.signal.onabort = throwing("abort");
    controller.signal.addEventListener("abort", () => void log.push("second"));
    const messages = await reported(() => controller.abort());
    equal([log, messages, controller.signal.aborted], [["second"], ["Uncaught Error: abort"], true]);
  },
};

export const aMessageGoesOn = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    const messages = await reported(async () => {
      port2.onmessage = throwing("message");
      port2.addEventListener("message", ({ data }) => void log.push(data));
      port1.postMessage(1);
      await scheduler.wait(1);
    });
    equal([log, messages], [[1], ["Uncaught Error: message"]]);
  },
};

export const aSocketIsLostAllTheSame = {
  async test() {
    const [one, two] = Object.values(new WebSocketPair());
    one.accept();
    two.accept();
    const log = [];
    const messages = await reported(async () => {
      one.addEventListener("message", throwing("socket"));
      one.addEventListener("message", () => void log.push("second"));
      one.addEventListener("error", (event) => void log.push(event.message));
      two.send("first");
      await scheduler.wait(5);
      two.send("second");
      await scheduler.wait(5);
    });
    equal([log, messages], [["second", "Uncaught Error: socket"], ["Uncaught Error: socket"]]);
  },
};

export const anErrorListenerThatThrowsIsNotToldOfIt = {
  async test() {
    const log = [];
    const first = () => {
      log.push("first");
      throw new Error("in a listener of errors");
    };
    const second = (event) => {
      log.push("second");
      event.preventDefault();
    };
    addEventListener("error", first);
    addEventListener("error", second);
    try {
      reportError(new Error("reported"));
    } finally {
      removeEventListener("error", first);
      removeEventListener("error", second);
    }
    equal(log, ["first", "second"]);
  },
};
