// Responses that a server's handler writes, as the client gets them.
import assert from "node:assert";
import http from "node:http";
import { handleAsNodeRequest } from "cloudflare:node";

let last = 40000;

/** The response that a handler makes. */
async function respond(handler, init, options = {}) {
  const port = ++last;
  const server = http.createServer(options, handler).listen(port);
  try {
    return await handleAsNodeRequest(port, new Request("http://h.example/", init));
  } finally {
    server.close();
  }
}

const textOf = async (handler, init) => (await respond(handler, init)).text();
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

export const oneChunk = {
  async test() {
    const response = await respond((_, answer) => answer.end("hi"));
    assert.strictEqual(response.status, 200);
    assert.deepStrictEqual([...response.headers], [["connection", "keep-alive"], ["content-length", "2"]]);
    assert.strictEqual(await response.text(), "hi");
  },
};

export const severalChunks = {
  async test() {
    const response = await respond((_, answer) => {
      assert.strictEqual(answer.write("a"), true);
      answer.write(Buffer.from("b"));
      answer.write(new Uint8Array([99]));
      answer.end("d");
    });
    assert.deepStrictEqual([...response.headers], [["connection", "keep-alive"], ["transfer-encoding", "chunked"]]);
    assert.strictEqual(await response.text(), "abcd");
  },
};

export const noChunk = {
  async test() {
    const response = await respond((_, answer) => answer.end());
    assert.strictEqual(response.headers.get("content-length"), "0");
    assert.strictEqual(await response.text(), "");
  },
};

export const encodings = {
  async test() {
    const response = await respond((_, answer) => {
      answer.write("6869", "hex");
      answer.write("IQ==", "base64");
      answer.write("\u00e9", "latin1");
      answer.end("\u00e9");
    });
    assert.deepStrictEqual([...new Uint8Array(await response.arrayBuffer())], [0x68, 0x69, 0x21, 0xe9, 0xc3, 0xa9]);
  },
};

export const aFirstChunkOfBytes = {
  async test() {
    assert.strictEqual(await textOf((_, answer) => answer.end(Buffer.from("bytes"))), "bytes");
  },
};

export const statusBySetting = {
  async test() {
    const response = await respond((_, answer) => {
      answer.statusCode = 404;
      answer.statusMessage = "Nope";
      answer.end();
    });
    assert.deepStrictEqual([response.status, response.statusText], [404, "Nope"]);
  },
};

export const statusByHead = {
  async test() {
    const response = await respond((_, answer) => {
      assert.strictEqual(answer.writeHead(201, "Made", { "X-A": "b", list: ["1", "2"] }), answer);
      assert.deepStrictEqual([answer.statusCode, answer.statusMessage], [201, "Made"]);
      answer.end("x");
    });
    assert.deepStrictEqual([response.status, response.statusText], [201, "Made"]);
    assert.strictEqual(response.headers.get("x-a"), "b");
    assert.strictEqual(response.headers.get("list"), "1, 2");
  },
};

export const headersAsLists = {
  async test() {
    const flat = await respond((_, answer) => answer.writeHead(200, ["x-a", "1", "x-a", "2", "X-B", "3"]).end());
    assert.deepStrictEqual([flat.headers.get("x-a"), flat.headers.get("x-b")], ["1, 2", "3"]);
    const pairs = await respond((_, answer) => answer.writeHead(200, [["x-a", "1"], ["x-a", "2"]]).end());
    assert.strictEqual(pairs.headers.get("x-a"), "1, 2");
  },
};

export const theHeadOverridesWhatWasSet = {
  async test() {
    const response = await respond((_, answer) => {
      answer.setHeader("x-a", "0");
      answer.setHeader("x-b", "0");
      answer.setHeader("x-c", "0");
      answer.writeHead(200, { "X-A": "1", "x-n": 0, "x-m": null }).end();
    });
    assert.strictEqual(response.headers.get("x-a"), "1");
    assert.strictEqual(response.headers.get("x-b"), "0");
    assert.strictEqual(response.headers.has("x-n"), false);
    const list = await respond((_, answer) => {
      answer.setHeader("x-a", "0");
      answer.writeHead(200, ["x-a", "1", "x-a", "2"]).end();
    });
    assert.strictEqual(list.headers.get("x-a"), "1, 2");
  },
};

export const cookiesStayApart = {
  async test() {
    const response = await respond((_, answer) => {
      answer.setHeader("Set-Cookie", ["a=1", "b=2; Path=/"]);
      answer.end();
    });
    assert.deepStrictEqual(response.headers.getSetCookie(), ["a=1", "b=2; Path=/"]);
  },
};

export const theOtherSpelling = {
  async test() {
    const response = await respond((_, answer) => { answer.writeHeader(202, { a: "b" }); answer.end(); });
    assert.deepStrictEqual([response.status, response.headers.get("a")], [202, "b"]);
  },
};

export const withoutABody = {
  async test() {
    for (const status of [204, 304]) {
      const response = await respond((_, answer) => answer.writeHead(status).end("ignored"));
      assert.strictEqual(response.status, status);
      assert.strictEqual(response.body, null);
      assert.deepStrictEqual([...response.headers], [["connection", "keep-alive"]]);
    }
  },
};

export const aLengthThatIsGiven = {
  async test() {
    const exact = await respond((_, answer) => { answer.setHeader("Content-Length", 3); answer.end("abc"); });
    assert.strictEqual(exact.headers.get("content-length"), "3");
    assert.strictEqual(exact.headers.has("transfer-encoding"), false);
    assert.strictEqual(await exact.text(), "abc");
  },
};

export const moreThanTheLengthIsCut = {
  async test() {
    assert.strictEqual(await textOf((_, answer) => {
      answer.setHeader("content-length", "3");
      answer.write("ab");
      answer.write("cd");
      answer.end("ef");
    }), "abc");
  },
};

export const laterChunks = {
  async test() {
    const response = await respond(async (_, answer) => {
      answer.write("one ");
      await tick();
      answer.write("two ");
      await tick();
      answer.end("three");
    });
    assert.strictEqual(await response.text(), "one two three");
  },
};

export const headersGoFirst = {
  async test() {
    let finish;
    const response = await respond((_, answer) => {
      answer.setHeader("x-a", "1");
      answer.flushHeaders();
      assert.strictEqual(answer.headersSent, true);
      finish = () => answer.end("late");
    });
    assert.strictEqual(response.headers.get("x-a"), "1");
    finish();
    assert.strictEqual(await response.text(), "late");
  },
};

export const aHandlerThatAnswersLater = {
  async test() {
    assert.strictEqual(await textOf((_, answer) => { setTimeout(() => answer.end("late"), 2); }), "late");
  },
};

export const corking = {
  async test() {
    assert.strictEqual(await textOf((_, answer) => {
      answer.cork();
      answer.write("a");
      answer.write("b");
      assert.strictEqual(answer.writableCorked, 1);
      assert.ok(answer.writableLength > 2);
      answer.uncork();
      answer.end("c");
    }), "abc");
  },
};

export const eventsAndCallbacks = {
  async test() {
    const events = [];
    const response = await respond((_, answer) => {
      for (const name of ["close", "prefinish", "finish"]) answer.on(name, () => events.push(name));
      answer.end("b", () => events.push("ended"));
      assert.deepStrictEqual(
        [answer.finished, answer.writableEnded, answer.headersSent, answer.closed], [true, true, true, true]);
    });
    await response.text();
    assert.deepStrictEqual(events, ["close", "prefinish", "finish", "ended"]);
  },
};

export const callbacksOfWrites = {
  async test() {
    const events = [];
    const response = await respond((_, answer) => {
      for (const name of ["prefinish", "finish"]) answer.on(name, () => events.push(name));
      answer.write("a", () => events.push("written"));
      answer.end("b", () => events.push("ended"));
    });
    await response.text();
    assert.deepStrictEqual(events, ["prefinish", "written", "finish", "ended"]);
  },
};

export const writingAfterTheEnd = {
  async test() {
    let seen;
    const response = await respond((_, answer) => {
      seen = new Promise((resolve) => answer.on("error", resolve));
      answer.end("a");
      assert.strictEqual(answer.write("b"), false);
    });
    assert.strictEqual(await response.text(), "a");
    const error = await seen;
    assert.deepStrictEqual([error.code, error.message], ["ERR_STREAM_WRITE_AFTER_END", "write after end"]);
  },
};

export const endingTwice = {
  async test() {
    const errors = [];
    const response = await respond((_, answer) => {
      answer.on("error", () => {});
      answer.end("a");
      answer.end((error) => errors.push(error.code));
      answer.end("b", (error) => errors.push(error.code));
    });
    assert.strictEqual(await response.text(), "a");
    assert.deepStrictEqual(errors, ["ERR_STREAM_ALREADY_FINISHED", "ERR_STREAM_WRITE_AFTER_END"]);
  },
};

export const destroyingBeforeTheHead = {
  async test() {
    await assert.rejects(respond((_, answer) => answer.destroy(new Error("gone"))), { message: "gone" });
  },
};

export const destroyingInTheMiddle = {
  async test() {
    const response = await respond((_, answer) => {
      answer.write("a");
      setTimeout(() => answer.destroy(new Error("gone")), 1);
    });
    assert.strictEqual(response.status, 200);
    await assert.rejects(response.text(), { message: "gone" });
  },
};

export const statesOfADestroyedOne = {
  async test() {
    const answer = new http.ServerResponse(new http.IncomingMessage());
    answer.on("error", () => {});
    const mine = new Error("mine");
    assert.strictEqual(answer.destroy(mine), answer);
    assert.strictEqual(answer.destroyed, true);
    assert.strictEqual(answer.errored, mine);
    const error = await new Promise((resolve) => assert.strictEqual(answer.write("x", resolve), false));
    assert.deepStrictEqual([error.code, error.message], ["ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed"]);
  },
};

export const aClientThatLeaves = {
  async test() {
    let answer;
    const response = await respond((_, given) => { answer = given; answer.write("a"); });
    answer.on("error", () => {});
    await response.body.cancel();
    assert.strictEqual(answer.destroyed, true);
  },
};

export const connectionHeaders = {
  async test() {
    const close = await respond((_, answer) => { answer.setHeader("Connection", "close"); answer.end("a"); });
    assert.strictEqual(close.headers.get("connection"), "close");
    const none = await respond((_, answer) => { answer.removeHeader("connection"); answer.end("a"); });
    assert.deepStrictEqual([...none.headers], [["content-length", "1"]]);
    const unframed = await respond((_, answer) => {
      answer.removeHeader("transfer-encoding");
      answer.write("a");
      answer.end("b");
    });
    assert.deepStrictEqual([...unframed.headers], [["connection", "keep-alive"]]);
    assert.strictEqual(await unframed.text(), "ab");
  },
};

export const dates = {
  async test() {
    const none = await respond((_, answer) => answer.end());
    assert.strictEqual(none.headers.has("date"), false);
    const dated = await respond((_, answer) => { answer.sendDate = true; answer.end(); });
    assert.match(dated.headers.get("date"), /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  },
};

export const largeBodies = {
  async test() {
    const response = await respond((_, answer) => {
      for (let n = 0; n < 20; n++) answer.write(Buffer.alloc(10_000, n));
      answer.end();
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.strictEqual(bytes.length, 200_000);
    assert.deepStrictEqual([bytes[9_999], bytes[10_000], bytes[199_999]], [0, 1, 19]);
  },
};

export const tooMuchAtOnce = {
  async test() {
    const response = await respond((_, answer) => {
      assert.strictEqual(answer.writableHighWaterMark, 4);
      answer.end("abcdefgh");
    }, {}, { highWaterMark: 4 });
    assert.strictEqual(await response.text(), "abcdefgh");
  },
};

export const headRequests = {
  async test() {
    const response = await respond((_, answer) => answer.end("body"), { method: "HEAD" });
    assert.strictEqual(response.headers.get("content-length"), "4");
  },
};

export const headersOutsideAscii = {
  async test() {
    const response = await respond((_, answer) => {
      answer.setHeader("x-u", "\u00e9");
      answer.end("\u00e9\u4f60");
    });
    assert.strictEqual(await response.text(), "\u00e9\u4f60");
  },
};

// Who destroys a response that has begun leaves nobody waiting. (In workerd the reader of this one waits for ever.)
export const destroyedBeforeItsEnd = {
  async test() {
    for (const wait of [() => {}, tick]) {
      const response = await respond(async (_, answer) => {
        answer.write("a");
        await wait();
        answer.destroy();
      });
      assert.ok((await response.text()).length <= 1);
    }
  },
};
