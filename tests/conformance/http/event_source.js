// EventSource: parsing of event streams, connecting again, and the errors of both.
import assert from "node:assert";

const throws = (fn, name, message) => assert.throws(fn, { name, message });

/** Answers the next requests. */
let handler;
export default {
  fetch(request) {
    return handler(request);
  },
};

const source = (text) => EventSource.from(new Response(text).body);
const stream = (text, init = {}) => new Response(text, { headers: { "content-type": "text/event-stream" }, ...init });

/** Everything that is dispatched until the first error. */
function read(events, ...types) {
  return new Promise((resolve) => {
    const seen = [];
    for (const type of ["message", ...types]) {
      events.addEventListener(type, (event) => seen.push([event.type, event.data, event.lastEventId]));
    }
    events.addEventListener("error", () => resolve(seen));
  });
}

const failure = (events) =>
  new Promise((resolve) => {
    events.onerror = ({ error }) => resolve([error.name, error.message, events.readyState]);
  });

export const fieldsOfEvents = {
  async test() {
    const seen = await read(source(": comment\n\ndata: a\ndata:b\nid: 7\nevent: named\n\ndata:  x\n\nunknown: y\n\n"), "named");
    assert.deepStrictEqual(seen, [["named", "a\nb", "7"], ["message", " x", "7"]]);
  },
};

export const eventsWithoutData = {
  async test() {
    assert.deepStrictEqual(await read(source("event: named\n\ndata\n\ndata:\n\nid: 1\n\ndata: x\n\n"), "named"), [["message", "x", "1"]]);
  },
};

export const theLastEventIsDropped = {
  async test() {
    assert.deepStrictEqual(await read(source("data: a\n\ndata: b\n")), [["message", "a", ""]]);
  },
};

export const endsOfLines = {
  async test() {
    const seen = await read(source("data: a\r\rdata: b\r\n\r\ndata: c\n\n"));
    assert.deepStrictEqual(seen.map((event) => event[1]), ["a", "b", "c"]);
  },
};

export const byteOrderMark = {
  async test() {
    assert.deepStrictEqual(await read(source("\ufeffdata: a\n\n")), [["message", "a", ""]]);
  },
};

export const piecesOfLines = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const seen = read(EventSource.from(readable));
    const writer = writable.getWriter();
    for (const piece of ["da", "ta: \u00e9", "\n", "\ndata: b\n\n"]) await writer.write(new TextEncoder().encode(piece));
    await writer.close();
    assert.deepStrictEqual((await seen).map((event) => event[1]), ["\u00e9", "b"]);
  },
};

export const theStreamOpensAndEnds = {
  async test() {
    const events = source("");
    const states = [events.readyState];
    assert.deepStrictEqual([events.url, events.withCredentials], ["", false]);
    events.onopen = () => states.push(events.readyState);
    const failed = failure(events);
    assert.deepStrictEqual(await failed, ["Error", "The server disconnected.", EventSource.CLOSED]);
  },
};

export const streamsThatCannotBeRead = {
  async test() {
    assert.throws(() => EventSource.from({}), { name: "TypeError" });
    const locked = new Response("x").body;
    locked.getReader();
    throws(() => EventSource.from(locked), "TypeError", "This ReadableStream is locked.");
    const disturbed = new Response("x").body;
    const reader = disturbed.getReader();
    await reader.read();
    reader.releaseLock();
    throws(() => EventSource.from(disturbed), "TypeError", "This ReadableStream has already been read from.");
  },
};

export const constructorArguments = {
  test() {
    throws(() => new EventSource("zz"), "SyntaxError", "Cannot open an EventSource to 'zz'. The URL is invalid.");
    throws(
      () => new EventSource("http://x/", { withCredentials: true }),
      "NotSupportedError",
      "The init.withCredentials option is not supported. It must be false or undefined.",
    );
  },
};

export const constants = {
  test() {
    assert.deepStrictEqual([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED], [0, 1, 2]);
    assert.strictEqual(EventSource.prototype.CLOSED, 2);
  },
};

export const closes = {
  test() {
    const events = source("data: a\n\n");
    events.close();
    events.close();
    assert.strictEqual(events.readyState, EventSource.CLOSED);
  },
};

export const isDisposable = {
  test() {
    const events = source("data: a\n\n");
    events[Symbol.dispose]();
    assert.strictEqual(events.readyState, EventSource.CLOSED);
  },
};

export const connectsAgain = {
  async test(controller, env) {
    const asked = [];
    handler = (request) => {
      asked.push([request.headers.get("accept"), request.headers.get("cache-control"), request.headers.get("last-event-id")]);
      return stream("data: hi\nid: 5\nretry: 1\n\n");
    };
    const events = new EventSource("http://self/events", { fetcher: env.SELF });
    const seen = await new Promise((resolve) => {
      const found = [];
      events.onmessage = ({ data, lastEventId, origin }) => {
        found.push([data, lastEventId, origin]);
        if (found.length === 2) resolve(found);
      };
    });
    events.close();
    assert.deepStrictEqual(seen, [["hi", "5", "http://self"], ["hi", "5", "http://self"]]);
    assert.deepStrictEqual(asked, [["text/event-stream", "no-cache", null], ["text/event-stream", "no-cache", "5"]]);
  },
};

export const responsesThatAreNone = {
  async test(controller, env) {
    const cases = [
      [() => new Response("x", { status: 404 }), "The response status code was 404."],
      [() => new Response("x"), "The content type 'text/plain;charset=UTF-8' is invalid."],
      [() => new Response(new Uint8Array(1)), "No content type header was present in the response."],
    ];
    for (const [answer, message] of cases) {
      handler = answer;
      const failed = await failure(new EventSource("http://self/", { fetcher: env.SELF }));
      assert.deepStrictEqual(failed, ["AbortError", message, EventSource.CLOSED]);
    }
  },
};

export const redirectsMoveTheUrl = {
  async test(controller, env) {
    handler = (request) => request.url.endsWith("/a") ? Response.redirect("http://other/b") : stream("data: x\n\n");
    const events = new EventSource("http://self/a", { fetcher: env.SELF });
    assert.strictEqual(events.url, "http://self/a");
    const origin = await new Promise((resolve) => (events.onmessage = (event) => resolve(event.origin)));
    assert.deepStrictEqual([origin, events.url], ["http://other", "http://other/b"]);
    events.close();
  },
};
