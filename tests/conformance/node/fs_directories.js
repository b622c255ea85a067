// node:fs: directories: made, listed, removed, opened.
import assert from "node:assert";
import fs from "node:fs";

function refused(call, code, syscall, message, path = undefined) {
  assert.throws(call, { name: "Error", code, syscall, message });
  if (path !== undefined) assert.throws(call, { path });
}

export const making = {
  test() {
    assert.strictEqual(fs.mkdirSync("/tmp/d"), undefined);
    assert.strictEqual(fs.mkdirSync("/tmp/d"), undefined, "one that is there is no error");
    assert.ok(fs.statSync("/tmp/d").isDirectory());
    fs.mkdirSync("/tmp/e", 0o700);
    fs.mkdirSync("/tmp/f", { mode: "0700" });
    fs.writeFileSync("/tmp/file", "");
    refused(() => fs.mkdirSync("/tmp/file"), "EEXIST", "mkdir", "file already exists");
    refused(() => fs.mkdirSync("/tmp/file/x"), "ENOTDIR", "mkdir", "not a directory");
    refused(() => fs.mkdirSync("/tmp/n/x"), "ENOENT", "mkdir", "no such file or directory, mkdir 'x'", "x");
    refused(() => fs.mkdirSync("/tmp/slash/"), "ENOENT", "mkdir", "no such file or directory");
    assert.throws(() => fs.mkdirSync("/tmp/x", { recursive: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.mkdirSync("/tmp/x", "x"), {
      message: "The \"options\" argument must be of type object. Received type string ('x')",
    });
  },
};

export const makingAllOfThem = {
  test() {
    assert.strictEqual(fs.mkdirSync("/tmp/a/b/c", { recursive: true }), "/tmp/a");
    assert.strictEqual(fs.mkdirSync("/tmp/a/b/c", { recursive: true }), undefined);
    assert.strictEqual(fs.mkdirSync("/tmp/a/b/d", { recursive: true }), undefined);
    assert.strictEqual(fs.mkdirSync("/tmp/a/e/f", { recursive: true }), "/tmp/a/e");
    refused(() => fs.mkdirSync("/bundle/x/y", { recursive: true }), "EPERM", "mkdir", "operation not permitted");
    fs.writeFileSync("/tmp/file", "");
    refused(() => fs.mkdirSync("/tmp/file/x/y", { recursive: true }), "ENOTDIR", "mkdir", "not a directory");
  },
};

export const temporaryOnes = {
  test() {
    const first = fs.mkdtempSync("/tmp/pre-");
    const second = fs.mkdtempSync("/tmp/pre-");
    assert.match(first, /^\/tmp\/pre-\d+$/);
    assert.notStrictEqual(first, second);
    assert.ok(fs.statSync(first).isDirectory());
    refused(() => fs.mkdtempSync("/bundle/x"), "EPERM", "mkdir", "operation not permitted");
    assert.throws(() => fs.mkdtempSync("/tmp/x", "nope"), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.mkdtempSync("/tmp/"), { code: "EINVAL", errno: -22, syscall: "mkdtemp" });
  },
};

export const listing = {
  test() {
    assert.deepStrictEqual(fs.readdirSync("/bundle/dir"), ["sub", "value.json", "common.js"]);
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
    assert.deepStrictEqual(fs.readdirSync("/bundle/dir", "hex")[0], "737562");
    const [buffer] = fs.readdirSync("/bundle/dir", "buffer");
    assert.ok(Buffer.isBuffer(buffer) && buffer.toString() === "sub");
    const text = "no such file or directory, readdir '/nope'";
    refused(() => fs.readdirSync("/nope"), "ENOENT", "readdir", text, "/nope");
    const file = "not a directory, readdir '/bundle/data.txt'";
    refused(() => fs.readdirSync("/bundle/data.txt"), "ENOTDIR", "readdir", file, "/bundle/data.txt");
    assert.throws(() => fs.readdirSync("/tmp", "nope"), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.readdirSync("/tmp", { recursive: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const listingAllOfThem = {
  test() {
    assert.deepStrictEqual(fs.readdirSync("/bundle", { recursive: true }), [
      "bundle/worker",
      "bundle/data.txt",
      "bundle/dir",
      "bundle/dir/sub",
      "bundle/dir/sub/bytes.bin",
      "bundle/dir/value.json",
      "bundle/dir/common.js",
    ]);
  },
};

export const listingThroughLinks = {
  test() {
    fs.mkdirSync("/tmp/d");
    fs.symlinkSync("/bundle/dir", "/tmp/d/link");
    assert.deepStrictEqual(fs.readdirSync("/tmp/d"), ["link"]);
    assert.deepStrictEqual(fs.readdirSync("/tmp/d", { recursive: true }), [
      "tmp/d/link",
      "tmp/d/link/sub",
      "tmp/d/link/sub/bytes.bin",
      "tmp/d/link/value.json",
      "tmp/d/link/common.js",
    ]);
  },
};

export const entries = {
  test() {
    fs.writeFileSync("/tmp/file", "");
    fs.mkdirSync("/tmp/dir");
    fs.symlinkSync("/tmp/file", "/tmp/link");
    const found = fs.readdirSync("/tmp", { withFileTypes: true });
    assert.ok(found[0] instanceof fs.Dirent);
    assert.deepStrictEqual(
      found.map((entry) => [
        entry.name,
        entry.parentPath,
        entry.isFile(),
        entry.isDirectory(),
        entry.isSymbolicLink(),
      ]),
      [
        ["file", "/tmp", true, false, false],
        ["dir", "/tmp", false, true, false],
        ["link", "/tmp", false, false, true],
      ],
    );
    assert.deepStrictEqual(Object.keys(found[0]), ["name", "parentPath"]);
    assert.ok(Buffer.isBuffer(fs.readdirSync("/tmp", { withFileTypes: true, encoding: "buffer" })[0].name));
    const deep = fs.readdirSync("/bundle/dir", { withFileTypes: true, recursive: true });
    assert.deepStrictEqual(deep.slice(0, 2).map((entry) => [entry.name, entry.parentPath]), [
      ["bundle/dir/sub", "/bundle/dir"],
      ["bundle/dir/sub/bytes.bin", "/bundle/dir/sub"],
    ]);
  },
};

export const theLastTakesThePlaceOfOneThatGoes = {
  test() {
    for (const name of "abcd") fs.writeFileSync(`/tmp/${name}`, "");
    fs.unlinkSync("/tmp/b");
    assert.deepStrictEqual(fs.readdirSync("/tmp"), ["a", "d", "c"]);
  },
};

export const removingDirectories = {
  test() {
    fs.mkdirSync("/tmp/a/b", { recursive: true });
    refused(() => fs.rmdirSync("/tmp/a"), "ENOTEMPTY", "rm", "directory not empty, rm 'a'", "a");
    fs.rmdirSync("/tmp/a/b");
    fs.rmdirSync("/tmp/a");
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
    refused(() => fs.rmdirSync("/tmp/a"), "ENOENT", "rm", "no such file or directory, rm 'a'", "a");
    fs.writeFileSync("/tmp/file", "");
    refused(() => fs.rmdirSync("/tmp/file"), "ENOTDIR", "rm", "not a directory");
    fs.mkdirSync("/tmp/c/d", { recursive: true });
    fs.rmdirSync("/tmp/c", { recursive: true });
    assert.ok(!fs.existsSync("/tmp/c"));
  },
};

export const removingAnything = {
  test() {
    fs.writeFileSync("/tmp/file", "");
    fs.rmSync("/tmp/file");
    fs.rmSync("/tmp/file", { force: true });
    fs.mkdirSync("/tmp/a/b", { recursive: true });
    refused(() => fs.rmSync("/tmp/a"), "ENOTEMPTY", "rm", "directory not empty, rm 'a'", "a");
    fs.rmSync("/tmp/a", { recursive: true });
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
    fs.rmSync("/tmp/nothing");
    refused(() => fs.rmSync("/tmp/n/x"), "ENOENT", "rm", "no such file or directory, rm 'x'", "x");
    assert.throws(() => fs.rmSync("/tmp/x", { force: 1 }), {
      message: 'The "options.force" property must be of type boolean. Received type number (1)',
    });
    assert.throws(() => fs.rmSync("/tmp/x", { maxRetries: -1 }), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const openedDirectories = {
  test() {
    const dir = fs.opendirSync("/bundle/dir");
    assert.ok(dir instanceof fs.Dir);
    assert.strictEqual(dir.path, "/bundle/dir");
    const names = [];
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push([entry.name, entry.parentPath]);
    assert.deepStrictEqual(names, [
      ["sub", "/bundle/dir"],
      ["value.json", "/bundle/dir"],
      ["common.js", "/bundle/dir"],
    ]);
    dir.closeSync();
    const closed = { name: "Error", code: "ERR_DIR_CLOSED", message: "Directory is closed" };
    assert.throws(() => dir.readSync(), closed);
    assert.throws(() => dir.closeSync(), closed);
    assert.throws(() => dir.close(), closed);
  },
};

export const openedDirectoriesAsynchronously = {
  async test() {
    const names = [];
    for await (const entry of fs.opendirSync("/bundle")) names.push(entry.name);
    assert.deepStrictEqual(names, ["worker", "data.txt", "dir"]);
    const dir = fs.opendirSync("/bundle");
    assert.strictEqual((await dir.read()).name, "worker");
    const [error, entry] = await new Promise((resolve) => dir.read((...args) => resolve(args)));
    assert.deepStrictEqual([error, entry.name], [null, "data.txt"]);
    assert.deepStrictEqual((await Array.fromAsync(dir.entries())).map((entry) => entry.name), ["dir"]);
    assert.strictEqual(await dir.read(), null);
    assert.strictEqual(await dir.close(), undefined);
    await assert.rejects(dir.read(), { code: "ERR_DIR_CLOSED" });
  },
};

export const directoriesThatCannotBeOpened = {
  test() {
    assert.throws(() => fs.opendirSync("/nope"), { code: "ENOENT", syscall: "readdir" });
    assert.throws(() => fs.opendirSync("/bundle", { encoding: "nope" }), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.opendirSync("/bundle", { bufferSize: -1 }), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => new fs.Dir(), {
      name: "TypeError",
      code: "ERR_MISSING_ARGS",
      message: 'The "handle" argument must be specified',
    });
  },
};
