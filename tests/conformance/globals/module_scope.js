// What may be done while the modules are evaluated, outside of any event, and what may not.
import { ok, rejects, strictEqual } from "node:assert";

const REFUSED = {
  name: "Error",
  message: "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a " +
    "timeout, and generating random values are not allowed within global scope. To fix this error, perform this " +
    "operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/",
};

function attempt(what) {
  try {
    return { value: what() };
  } catch (error) {
    return { error };
  }
}

function refused({ error }) {
  strictEqual(error?.name, REFUSED.name);
  strictEqual(error.message, REFUSED.message);
}

function allowed({ error, value }) {
  strictEqual(error, undefined);
  return value;
}

/** A method that returns a promise threw instead at old dates. */
function settled({ error, value }) {
  if (error !== undefined) throw error;
  return value;
}

const tried = {
  setTimeout: attempt(() => setTimeout(() => {}, 1)),
  setInterval: attempt(() => setInterval(() => {}, 1)),
  clearTimeout: attempt(() => clearTimeout(1)),
  clearNothing: attempt(() => clearTimeout(undefined)),
  random: attempt(() => crypto.getRandomValues(new Uint8Array(4))),
  noRandom: attempt(() => crypto.getRandomValues(new Uint8Array(0))),
  uuid: attempt(() => crypto.randomUUID()),
  mathRandom: attempt(() => Math.random()),
  pair: attempt(() => new WebSocketPair()),
  socket: attempt(() => new WebSocket("ws://localhost/")),
  blob: attempt(() => new Blob(["text"])),
  url: attempt(() => new URL("http://localhost/")),
  event: attempt(() => new Event("x")),
  target: attempt(() => new EventTarget()),
  clone: attempt(() => structuredClone({ a: [1] })),
  encoder: attempt(() => new TextEncoder().encode("x")),
  headers: attempt(() => new Headers({ a: "b" })),
  form: attempt(() => new FormData()),
};
const fetched = attempt(() => fetch("http://localhost/"));
const waited = attempt(() => scheduler.wait(1));
const digested = attempt(() => crypto.subtle.digest("SHA-256", new Uint8Array(4)));
// Nobody hears of these before the tests do.
for (const { value } of [fetched, waited, digested]) value?.catch?.(() => {});

let microtask = false;
queueMicrotask(() => {
  microtask = true;
});
await null;
const microtaskRan = microtask;

export const timersAreRefused = {
  test() {
    refused(tried.setTimeout);
    refused(tried.setInterval);
  },
};

export const clearingATimerIsRefused = {
  test() {
    refused(tried.clearTimeout);
    allowed(tried.clearNothing);
  },
};

export const randomValuesAreRefused = {
  test() {
    refused(tried.random);
    refused(tried.noRandom);
    refused(tried.uuid);
  },
};

export const mathRandomIsAllowed = {
  test() {
    const value = allowed(tried.mathRandom);
    ok(value >= 0 && value < 1);
  },
};

export const webSocketsAreRefused = {
  test() {
    refused(tried.pair);
    refused(tried.socket);
  },
};

export const fetchRejects = {
  async test() {
    await rejects(async () => settled(fetched), REFUSED);
  },
};

export const waitingRejects = {
  async test() {
    await rejects(async () => settled(waited), REFUSED);
  },
};

export const digestsAreAllowed = {
  async test() {
    strictEqual((await allowed(digested)).byteLength, 32);
  },
};

export const plainDataIsAllowed = {
  async test() {
    strictEqual(await allowed(tried.blob).text(), "text");
    strictEqual(allowed(tried.url).hostname, "localhost");
    strictEqual(allowed(tried.event).type, "x");
    allowed(tried.target);
    strictEqual(allowed(tried.clone).a[0], 1);
    strictEqual(allowed(tried.encoder)[0], 120);
    strictEqual(allowed(tried.headers).get("a"), "b");
    allowed(tried.form);
  },
};

export const microtasksRun = {
  test() {
    strictEqual(microtaskRan, true);
  },
};

export const anEventMayDoAllOfIt = {
  test() {
    clearTimeout(setTimeout(() => {}, 1));
    strictEqual(crypto.getRandomValues(new Uint8Array(4)).length, 4);
    strictEqual(crypto.randomUUID().length, 36);
    strictEqual(Object.keys(new WebSocketPair()).length, 2);
  },
};
