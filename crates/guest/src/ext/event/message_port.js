// MessageChannel and its two ports, which are always of one isolate.
//
//   pending --(a listener, or start)--> started --(the last listener leaves)--> pending      any --(close)--> closed
//
// A message is cloned when it is posted. It is delivered in a microtask of its own; a port that is pending keeps it.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypePush,
  ObjectDefineProperty,
  PromisePrototypeThen,
  PromiseResolve,
  TypeError,
  Error,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const event_ = core.loadExtScript("ext:deno_web/02_event.js");
const { copy } = core.loadExtScript("ext:lopata/clone/clone.js");
const { defineEventHandler, dispatch, Event, EventTarget, MessageEvent, onListenersChanged, reportException } = event_;

const key = { __proto__: null };
const POST = "Failed to execute 'postMessage' on 'MessagePort'";

const PENDING = 0;
const STARTED = 1;
const CLOSED = 2;

class MessagePort extends EventTarget {
  #state = PENDING;
  /** What waits for the port to be started. */
  #waiting = [];
  /** The other port; null once closed. */
  #other = null;

  constructor(secret) {
    if (secret !== key) throw new TypeError("Illegal constructor");
    super();
    onListenersChanged(this, "message", (count) => {
      if (count > 0) this.#start();
      else if (this.#state === STARTED) this.#state = PENDING;
    });
  }

  static #of(self) {
    if (typeof self !== "object" || self === null || !(#other in self)) throw webidl.illegalInvocation();
    return self;
  }

  static entangle(one, two) {
    one.#other = two;
    two.#other = one;
  }

  postMessage(data, options = undefined) {
    const port = MessagePort.#of(this);
    refuseTransfer(options);
    if (core.isSharedArrayBuffer(data)) {
      throw new TypeError("SharedArrayBuffer is unsupported with MessagePort");
    }
    const cloned = copy(data);
    port.#other?.#deliver(cloned);
  }

  start() {
    MessagePort.#of(this).#start();
  }

  close() {
    MessagePort.#of(this).#close();
  }

  #deliver(data) {
    if (this.#state === PENDING) ArrayPrototypePush(this.#waiting, data);
    else if (this.#state === STARTED) soon(() => this.#dispatch(data));
  }

  #start() {
    if (this.#state !== PENDING) return;
    this.#state = STARTED;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    soon(() => {
      for (let i = 0; i < waiting.length; i++) this.#dispatch(waiting[i]);
    });
  }

  /** The other end is told first. */
  #close() {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    const other = this.#other;
    this.#other = null;
    other?.#close();
    dispatch(this, new Event("close"));
  }

  /** A listener that throws gets what it has thrown as another message; if it throws again, that is reported. */
  #dispatch(data) {
    try {
      dispatch(this, message(this, data));
    } catch (error) {
      dispatch(this, message(this, error));
    }
  }
}

function message(source, data) {
  const event = new MessageEvent("message", { source });
  event.data = data;
  event.origin = null;
  return event;
}
const { entangle } = MessagePort;
delete MessagePort.entangle;
webidl.configureInterface(MessagePort);
defineEventHandler(MessagePort.prototype, "message");

function soon(step) {
  PromisePrototypeThen(PromisePrototypeThen(PromiseResolve(undefined), step), undefined, reportException);
}

/** Source: workerd's texts. */
function refuseTransfer(options) {
  if (options === undefined || options === null) return;
  if (typeof options !== "object" && typeof options !== "function") {
    throw webidl.badArgument(POST, 2, "Array or PostMessageOptions");
  }
  const list = ArrayIsArray(options) ? options : options.transfer;
  if (list === undefined) return;
  if (!ArrayIsArray(list)) throw webidl.mismatch(POST, "'transfer' of 'PostMessageOptions'", "Array");
  if (list.length > 0) throw new Error("Transfer list is not supported");
}

class MessageChannel {
  constructor() {
    const ports = [new MessagePort(key), new MessagePort(key)];
    entangle(ports[0], ports[1]);
    for (const [name, value] of [["port2", ports[1]], ["port1", ports[0]]]) {
      ObjectDefineProperty(this, name, { __proto__: null, value, enumerable: true, configurable: true });
    }
  }
}
webidl.configureInterface(MessageChannel);

return { MessageChannel, MessagePort };
})();
