// node:fs: calls that answer to a callback.
import assert from "node:assert";
import fs from "node:fs";

/** What a callback gets. */
const called = (name, ...args) => new Promise((resolve) => fs[name](...args, (...answer) => resolve(answer)));

export const answersComeInAMicrotask = {
  async test() {
    const log = [];
    fs.stat("/bundle/data.txt", (error, stats) => log.push([error, stats.size]));
    log.push("now");
    await null;
    assert.deepStrictEqual(log, ["now", [null, 12]]);
  },
};

export const argumentsAreCheckedAtOnce = {
  test() {
    assert.throws(() => fs.stat({}, () => {}), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.readFile("/x", "nope", () => {}), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.open("/x", "zz", () => {}), { code: "ERR_INVALID_ARG_VALUE" });
    const callback = {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "callback" argument must be of type function. Received undefined',
    };
    for (const name of ["stat", "access", "readFile", "unlink"]) {
      assert.throws(() => fs[name]("/x"), callback, name);
    }
    assert.throws(() => fs.rename("/a", "/b"), callback);
    assert.throws(() => fs.mkdir("/x"), {
      message: 'The "options" argument must be of type object. Received undefined',
    });
  },
};

export const failuresAreForTheCallback = {
  async test() {
    const [missing, ...rest] = await called("readFile", "/nope");
    assert.deepStrictEqual([missing.code, missing.syscall, rest], ["ENOENT", "readAll", []]);
    assert.strictEqual((await called("stat", "/nope"))[0].syscall, "stat");
    assert.strictEqual((await called("rmdir", "/tmp/nope"))[0].path, "nope");
    assert.strictEqual((await called("readFile", new URL("http://x/y")))[0].message, "File path must be a file: URL");
  },
};

export const wholeFiles = {
  async test() {
    assert.deepStrictEqual(await called("writeFile", "/tmp/a", "1"), [null, 1]);
    assert.deepStrictEqual(await called("appendFile", "/tmp/a", "23"), [null, 2]);
    assert.deepStrictEqual(await called("readFile", "/tmp/a", "utf8"), [null, "123"]);
    assert.deepStrictEqual(await called("readFile", "/tmp/a"), [null, Buffer.from("123")]);
    assert.deepStrictEqual(await called("truncate", "/tmp/a", 1), [null]);
    assert.deepStrictEqual(await called("copyFile", "/tmp/a", "/tmp/b"), [null]);
    assert.deepStrictEqual(await called("rename", "/tmp/b", "/tmp/c"), [null]);
    assert.deepStrictEqual(await called("cp", "/tmp/c", "/tmp/d"), [null]);
    assert.deepStrictEqual(await called("unlink", "/tmp/d"), [null]);
    assert.deepStrictEqual(await called("access", "/tmp/a"), [null]);
    assert.deepStrictEqual(await called("exists", "/tmp/a"), [true]);
    assert.deepStrictEqual(await called("exists", "/tmp/d"), [false]);
  },
};

export const directoriesAndLinks = {
  async test() {
    assert.deepStrictEqual(await called("mkdir", "/tmp/d"), [null, undefined]);
    assert.deepStrictEqual(await called("mkdir", "/tmp/d/e/f", { recursive: true }), [null, "/tmp/d/e"]);
    assert.deepStrictEqual(await called("readdir", "/tmp/d"), [null, ["e"]]);
    assert.deepStrictEqual(await called("rm", "/tmp/d", { recursive: true }), [null]);
    assert.match((await called("mkdtemp", "/tmp/t-"))[1], /^\/tmp\/t-\d+$/);
    assert.deepStrictEqual(await called("symlink", "/bundle/data.txt", "/tmp/l"), [null]);
    assert.deepStrictEqual(await called("readlink", "/tmp/l"), [null, "/bundle/data.txt"]);
    assert.deepStrictEqual(await called("realpath", "/tmp/l"), [null, "/bundle/data.txt"]);
    assert.deepStrictEqual(await called("link", "/bundle/data.txt", "/tmp/h"), [null]);
    const [error, dir] = await called("opendir", "/bundle");
    assert.strictEqual(error, null);
    assert.strictEqual(dir.readSync().name, "worker");
    assert.deepStrictEqual(await called("glob", "*.txt"), [null, ["data.txt"]]);
  },
};

export const metadata = {
  async test() {
    await called("writeFile", "/tmp/m", "12");
    assert.strictEqual((await called("stat", "/tmp/m"))[1].size, 2);
    assert.strictEqual((await called("lstat", "/tmp/m", { bigint: true }))[1].size, 2n);
    assert.deepStrictEqual(await called("stat", "/tmp/nope", { throwIfNoEntry: false }), [null, undefined]);
    assert.deepStrictEqual(await called("utimes", "/tmp/m", 1, 5), [null]);
    assert.deepStrictEqual(await called("lutimes", "/tmp/m", 1, 5), [null]);
    assert.deepStrictEqual(await called("chmod", "/tmp/m", 1), [null]);
    assert.deepStrictEqual(await called("chown", "/tmp/m", 1, 1), [null]);
    assert.strictEqual((await called("statfs", "/tmp"))[1].files, 0);
    assert.strictEqual((await called("chmod", "/tmp/nope", 1))[0].code, "ENOENT");
  },
};

export const descriptors = {
  async test() {
    const [, fd] = await called("open", "/tmp/o", "w+");
    assert.deepStrictEqual(await called("write", fd, "hello"), [null, 5, Buffer.from("hello")]);
    assert.deepStrictEqual(await called("write", fd, Buffer.from("Jx"), 0, 1, 0), [null, 1, Buffer.from("Jx")]);
    assert.deepStrictEqual(await called("writev", fd, [Buffer.from("!")]), [null, 1, [Buffer.from("!")]]);
    assert.deepStrictEqual(await called("read", fd, Buffer.alloc(4), 0, 4, 0), [null, 4, Buffer.from("Jell")]);
    assert.deepStrictEqual(await called("readv", fd, [Buffer.alloc(2)], 4), [null, 2, [Buffer.from("o!")]]);
    assert.strictEqual((await called("fstat", fd))[1].size, 6);
    for (const [name, ...args] of [["ftruncate", 1], ["futimes", 1, 5], ["fchmod", 1], ["fchown", 1, 1], ["fsync"]]) {
      assert.deepStrictEqual(await called(name, fd, ...args), [null], name);
    }
    assert.deepStrictEqual(await called("fdatasync", fd), [null]);
    assert.deepStrictEqual(await called("close", fd), [null]);
    assert.strictEqual((await called("fstat", fd))[0].code, "EBADF");
  },
};

export const formsOfReading = {
  async test() {
    const fd = fs.openSync("/bundle/data.txt");
    const all = await called("read", fd);
    assert.deepStrictEqual([all[0], all[1], all[2].length], [null, 12, 16384]);
    const named = await called("read", fd, { buffer: Buffer.alloc(5), position: 6 });
    assert.deepStrictEqual([named[1], named[2].toString()], [5, "bundl"]);
    const options = await called("read", fd, Buffer.alloc(5), { position: 0 });
    assert.deepStrictEqual([options[1], options[2].toString()], [5, "hello"]);
    assert.deepStrictEqual(await called("read", fd, Buffer.alloc(0)), [null, 0, Buffer.alloc(0)]);
    assert.throws(() => fs.read(fd, Buffer.alloc(2), 0, 4, 0, () => {}), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.read(fd, "x", () => {}), { code: "ERR_INVALID_ARG_TYPE" });
    assert.strictEqual((await called("read", 9999, Buffer.alloc(1)))[0].code, "EBADF");
  },
};
