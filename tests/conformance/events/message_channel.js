// MessageChannel and MessagePort.


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

const settled = () => scheduler.wait(1);

export const aMessageIsCloned = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const sent = { a: [1, new Date(5)] };
    const event = await new Promise((resolve) => {
      port2.onmessage = resolve;
      port1.postMessage(sent);
    });
    equal([event.type, event.isTrusted, event.data !== sent], ["message", true, true]);
    equal([event.data.a[1].getTime(), event.ports], [5, []]);
  },
};

export const portsAreTheSameAlways = {
  test() {
    const channel = new MessageChannel();
    equal([channel.port1 === channel.port1, channel.port1 === channel.port2], [true, false]);
    equal([channel.port1 instanceof EventTarget, channel.port1.onmessage], [true, null]);
    throws(() => new MessagePort(), "TypeError", "Illegal constructor");
  },
};

export const aMessageComesInAMicrotask = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    port2.onmessage = (event) => void log.push(event.data);
    port1.postMessage("message");
    log.push("now");
    await settled();
    equal(log, ["now", "message"]);
  },
};

export const messagesWaitForAListener = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(1);
    port1.postMessage(2);
    await settled();
    const log = [];
    port2.addEventListener("message", (event) => void log.push(event.data));
    await settled();
    equal(log, [1, 2]);
  },
};

export const aStartedPortDoesNotWait = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    port2.start();
    port1.postMessage("lost");
    await settled();
    const log = [];
    port2.onmessage = (event) => void log.push(event.data);
    port1.postMessage("seen");
    await settled();
    equal(log, ["seen"]);
  },
};

export const withoutListenersItWaitsAgain = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    const listener = (event) => void log.push(event.data);
    port2.addEventListener("message", listener);
    port1.postMessage(1);
    await settled();
    port2.removeEventListener("message", listener);
    port1.postMessage(2);
    await settled();
    equal(log, [1]);
    port2.addEventListener("message", listener);
    await settled();
    equal(log, [1, 2]);
  },
};

export const aHandlerCanBeTakenAway = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    const handler = (event) => void log.push(event.data);
    port2.onmessage = handler;
    equal(port2.onmessage === handler, true);
    port2.onmessage = null;
    port1.postMessage(1);
    await settled();
    equal([log, port2.onmessage], [[], null]);
  },
};

export const bothEndsAreClosed = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    port1.addEventListener("close", () => void log.push("one"));
    port2.addEventListener("close", () => void log.push("two"));
    port2.onmessage = () => void log.push("message");
    port1.close();
    log.push("now");
    port1.postMessage("lost");
    port1.close();
    await settled();
    equal(log, ["two", "one", "now"]);
  },
};

export const messagesMustBeCloneable = {
  test() {
    const { port1 } = new MessageChannel();
    throws(() => port1.postMessage(() => {}), "DataCloneError", "() => {} could not be cloned.");
    throws(() => port1.postMessage(Symbol("s")), "DataCloneError", "Symbol(s) could not be cloned.");
  },
};

export const nothingIsTransferred = {
  test() {
    const { port1 } = new MessageChannel();
    const buffer = new ArrayBuffer(1);
    throws(() => port1.postMessage(1, [buffer]), "Error", "Transfer list is not supported");
    throws(() => port1.postMessage(1, { transfer: [buffer] }), "Error", "Transfer list is not supported");
    port1.postMessage(1, []);
    port1.postMessage(1, {});
  },
};

export const sharedMemoryIsRefused = {
  test() {
    throws(
      () => new MessageChannel().port1.postMessage(new SharedArrayBuffer(1)),
      "TypeError",
      "SharedArrayBuffer is unsupported with MessagePort",
    );
  },
};

export const whatAListenerThrowsIsTheNextMessage = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const log = [];
    port2.onmessage = ({ data }) => {
      log.push(`${data}`);
      if (log.length === 1) throw new Error("thrown");
    };
    port1.postMessage("first");
    await settled();
    equal(log, ["first", "Error: thrown"]);
  },
};

export const anErrorCrosses = {
  async test() {
    const { port1, port2 } = new MessageChannel();
    const data = await new Promise((resolve) => {
      port2.onmessage = (event) => resolve(event.data);
      port1.postMessage(new TypeError("sent"));
    });
    equal([data instanceof TypeError, data.message], [true, "sent"]);
  },
};
