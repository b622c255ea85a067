// node:fs: ReadStream and WriteStream.
import assert from "node:assert";
import fs from "node:fs";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The names of a stream's events until it is closed. */
function events(stream, names = ["open", "ready", "data", "end", "finish", "error", "close"]) {
  const seen = [];
  for (const name of names) stream.on(name, () => seen.push(name));
  return new Promise((resolve) => stream.on("close", () => resolve(seen)));
}

/** All that a stream gives, as text. */
async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

export const reading = {
  async test() {
    const stream = fs.createReadStream("/bundle/data.txt");
    assert.ok(stream instanceof fs.ReadStream && stream instanceof Readable);
    assert.deepStrictEqual([stream.path, stream.pending, stream.fd, stream.flags], ["/bundle/data.txt", true, null, "r"]);
    assert.deepStrictEqual([stream.mode, stream.start, stream.end, stream.autoClose], [0o666, 0, Infinity, true]);
    assert.deepStrictEqual(await events(stream), ["open", "ready", "data", "end", "close"]);
    assert.deepStrictEqual([stream.bytesRead, stream.fd], [12, null]);
  },
};

export const ranges = {
  async test() {
    assert.strictEqual(await text(fs.createReadStream("/bundle/data.txt", { start: 6 })), "bundle");
    assert.strictEqual(await text(fs.createReadStream("/bundle/data.txt", { start: 2, end: 5 })), "llo ");
    const sizes = [];
    for await (const chunk of fs.createReadStream("/bundle/data.txt", { highWaterMark: 5 })) sizes.push(chunk.length);
    assert.deepStrictEqual(sizes, [5, 5, 2]);
    fs.writeFileSync("/tmp/large", Buffer.alloc(200000, 1));
    const large = [];
    for await (const chunk of fs.createReadStream("/tmp/large")) large.push(chunk.length);
    assert.deepStrictEqual(large, [65536, 65536, 65536, 3392]);
  },
};

export const encodings = {
  async test() {
    const chunks = [];
    for await (const chunk of fs.createReadStream("/bundle/data.txt", "hex")) chunks.push(chunk);
    assert.strictEqual(chunks.join(""), Buffer.from("hello bundle").toString("hex"));
    const stream = fs.createWriteStream("/tmp/hex", { encoding: "hex" });
    stream.end("4142");
    await events(stream);
    assert.strictEqual(fs.readFileSync("/tmp/hex", "utf8"), "AB");
  },
};

export const optionsOfReading = {
  test() {
    const wrong = (options, expected) => assert.throws(() => fs.createReadStream("/x", options), expected);
    wrong({ start: 5, end: 2 }, { message: 'The value of "start" is out of range. It must be <= "end" (here: 2). Received 5' });
    wrong({ start: "5" }, { message: "The \"options.start\" property must be of type number. Received type string ('5')" });
    wrong({ encoding: "zz" }, { code: "ERR_INVALID_ARG_VALUE" });
    wrong(5, { message: 'The "options" argument must be of type object. Received type number (5)' });
    wrong({ fd: "x" }, { code: "ERR_INVALID_ARG_TYPE" });
    wrong({ fs: { open: 1 } }, { message: /^The "options\.fs\.open" property must be of type function/ });
    wrong({ signal: 1 }, { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.createReadStream({}), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.ReadStream.prototype.autoClose, {
      code: "ERR_INVALID_THIS",
      message: 'Value of "this" must be of type ReadStream',
    });
    assert.ok(fs.ReadStream("/x") instanceof fs.ReadStream, "without new");
  },
};

export const readingADescriptor = {
  async test() {
    const fd = fs.openSync("/bundle/data.txt");
    assert.deepStrictEqual(await events(fs.createReadStream("", { fd })), ["data", "end", "close"]);
    assert.throws(() => fs.fstatSync(fd), { code: "EBADF" });
    const kept = fs.openSync("/bundle/data.txt");
    assert.strictEqual(await text(fs.createReadStream("", { fd: kept, autoClose: false })), "hello bundle");
    assert.strictEqual(fs.fstatSync(kept).size, 12);
  },
};

export const readingWhatIsNotThere = {
  async test() {
    const stream = fs.createReadStream("/bundle/nope");
    const [error, seen] = await Promise.all([
      new Promise((resolve) => stream.on("error", resolve)),
      events(stream, ["open", "close"]),
    ]);
    assert.deepStrictEqual([error.code, error.syscall, seen], ["EPERM", "open", ["close"]]);
  },
};

export const stoppingToRead = {
  async test() {
    const abort = new AbortController();
    const stream = fs.createReadStream("/bundle/data.txt", { signal: abort.signal });
    const failure = new Promise((resolve) => stream.on("error", resolve));
    abort.abort();
    assert.strictEqual((await failure).name, "AbortError");
    const destroyed = fs.createReadStream("/bundle/data.txt");
    const mine = new Error("mine");
    const other = new Promise((resolve) => destroyed.on("error", resolve));
    destroyed.destroy(mine);
    assert.strictEqual(await other, mine);
    const closed = fs.createReadStream("/bundle/data.txt");
    const error = await new Promise((resolve) => closed.close(resolve));
    assert.strictEqual(error.code, "ERR_STREAM_PREMATURE_CLOSE");
  },
};

export const callsOfOnesOwn = {
  async test() {
    const log = [];
    const own = {
      open(...args) {
        log.push(`open ${args[0]}`);
        args.at(-1)(null, 77);
      },
      read(fd, buffer, offset, length, position, done) {
        log.push(`read ${fd} ${position}`);
        buffer[0] = 65;
        done(null, position < 2 ? 1 : 0, buffer);
      },
      close(fd, done) {
        log.push(`close ${fd}`);
        done();
      },
    };
    assert.strictEqual(await text(fs.createReadStream("/q", { fs: own })), "AA");
    assert.deepStrictEqual(log, ["open /q", "read 77 0", "read 77 1", "read 77 2", "close 77"]);
  },
};

export const writing = {
  async test() {
    const stream = fs.createWriteStream("/tmp/w");
    assert.ok(stream instanceof fs.WriteStream && stream instanceof Writable);
    assert.deepStrictEqual([stream.path, stream.pending, stream.mode, stream.autoClose], ["/tmp/w", true, 0o666, true]);
    stream.write("abc");
    stream.write(Buffer.from("def"));
    stream.end("!");
    assert.deepStrictEqual(await events(stream), ["open", "ready", "finish", "close"]);
    assert.deepStrictEqual([stream.bytesWritten, stream.fd], [7, null]);
    assert.strictEqual(fs.readFileSync("/tmp/w", "utf8"), "abcdef!");
  },
};

export const writingInTheMiddle = {
  async test() {
    fs.writeFileSync("/tmp/m", "abcdef");
    const stream = fs.createWriteStream("/tmp/m", { flags: "r+", start: 2 });
    stream.end("##");
    await events(stream);
    assert.strictEqual(fs.readFileSync("/tmp/m", "utf8"), "ab##ef");
  },
};

export const writingTogether = {
  async test() {
    const stream = fs.createWriteStream("/tmp/c", { flush: true });
    stream.cork();
    stream.write("a");
    stream.write("b", "utf8");
    stream.write(Buffer.from("c"));
    stream.uncork();
    stream.end();
    await events(stream);
    assert.deepStrictEqual([fs.readFileSync("/tmp/c", "utf8"), stream.bytesWritten], ["abc", 3]);
  },
};

export const closingAWriter = {
  async test() {
    const stream = fs.createWriteStream("/tmp/cl");
    stream.write("a");
    assert.deepStrictEqual(await new Promise((resolve) => stream.close((...args) => resolve(args))), []);
    assert.strictEqual(fs.readFileSync("/tmp/cl", "utf8"), "a");
    const again = await new Promise((resolve) => stream.close((...args) => resolve(args)));
    assert.deepStrictEqual(again, [null]);
    assert.strictEqual(fs.WriteStream.prototype.destroySoon, Writable.prototype.end);
  },
};

export const writingWhatCannotBe = {
  async test() {
    const stream = fs.createWriteStream("/bundle/data.txt");
    stream.write("x");
    const error = await new Promise((resolve) => stream.on("error", resolve));
    assert.strictEqual(error.code, "EPERM");
    const wrong = (options) => assert.throws(() => fs.createWriteStream("/x", options), { name: /Error$/ });
    wrong({ start: -1 });
    wrong({ flush: 1 });
    wrong({ highWaterMark: "z" });
  },
};

export const pipelines = {
  async test() {
    await pipeline(fs.createReadStream("/bundle/data.txt"), fs.createWriteStream("/tmp/p"));
    assert.strictEqual(fs.readFileSync("/tmp/p", "utf8"), "hello bundle");
    const piped = fs.createReadStream("/bundle/data.txt").pipe(fs.createWriteStream("/tmp/q"));
    await events(piped);
    assert.strictEqual(fs.readFileSync("/tmp/q", "utf8"), "hello bundle");
  },
};

export const asABody = {
  async test() {
    const response = new Response(Readable.toWeb(fs.createReadStream("/bundle/data.txt")));
    assert.strictEqual(await response.text(), "hello bundle");
  },
};
