// node:fs: glob.
import assert from "node:assert";
import fs from "node:fs";
import { glob } from "node:fs/promises";
import process from "node:process";

export const namesAndFolders = {
  test() {
    assert.deepStrictEqual(fs.globSync("*"), ["worker", "data.txt", "dir"]);
    assert.deepStrictEqual(fs.globSync("dir/*"), ["dir/sub", "dir/value.json", "dir/common.js"]);
    assert.deepStrictEqual(fs.globSync("./*.txt"), ["data.txt"]);
    assert.deepStrictEqual(fs.globSync("dir/"), ["dir"]);
    assert.deepStrictEqual(fs.globSync("nope"), []);
    assert.deepStrictEqual(fs.globSync(""), []);
    assert.deepStrictEqual(fs.globSync("/bundle/*"), []);
  },
};

export const anyDepth = {
  test() {
    assert.deepStrictEqual(fs.globSync("**"), [
      "worker",
      "data.txt",
      "dir",
      "dir/sub",
      "dir/sub/bytes.bin",
      "dir/value.json",
      "dir/common.js",
    ]);
    assert.deepStrictEqual(fs.globSync("**/*.{bin,js}").sort(), ["dir/common.js", "dir/sub/bytes.bin"]);
    assert.deepStrictEqual(fs.globSync("dir/**/*.bin"), ["dir/sub/bytes.bin"]);
  },
};

export const characters = {
  test() {
    assert.deepStrictEqual(fs.globSync("dat?.txt"), ["data.txt"]);
    assert.deepStrictEqual(fs.globSync("[a-d]*"), ["data.txt", "dir"]);
    assert.deepStrictEqual(fs.globSync("[!d]*"), ["worker"]);
    assert.deepStrictEqual(fs.globSync("{work,wait}er"), ["worker"]);
    assert.deepStrictEqual(fs.globSync("@(worker|dir)"), ["worker", "dir"]);
    assert.deepStrictEqual(fs.globSync("!(worker|dir)"), ["data.txt"]);
    assert.deepStrictEqual(fs.globSync("data+(.txt)"), ["data.txt"]);
  },
};

export const upAndOutOf = {
  test() {
    assert.deepStrictEqual(fs.globSync("dir/../*.txt"), ["data.txt"]);
    assert.deepStrictEqual(fs.globSync("../*"), []);
  },
};

export const severalPatterns = {
  test() {
    assert.deepStrictEqual(fs.globSync(["*.txt", "dir/*.js", "data*"]), ["data.txt", "dir/common.js"]);
    assert.throws(() => fs.globSync([5]), {
      message: 'The "pattern" argument must be of type string. Received type number (5)',
    });
    assert.throws(() => fs.globSync("*", "x"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const whereFrom = {
  test() {
    assert.deepStrictEqual(fs.globSync("*", { cwd: "/bundle/dir/sub" }), ["bytes.bin"]);
    assert.deepStrictEqual(fs.globSync("*", { cwd: new URL("file:///bundle/dir/sub") }), ["bytes.bin"]);
    assert.deepStrictEqual(fs.globSync("*", { cwd: "/nope" }), []);
    process.chdir("/bundle/dir/sub");
    assert.deepStrictEqual(fs.globSync("*"), ["bytes.bin"]);
  },
};

export const withoutSome = {
  test() {
    assert.deepStrictEqual(fs.globSync("*", { exclude: (name) => name === "dir" }), ["worker", "data.txt"]);
    assert.deepStrictEqual(fs.globSync("**", { exclude: ["dir/**"] }), ["worker", "data.txt"]);
  },
};

export const withTypes = {
  test() {
    const found = fs.globSync("dir/*", { withFileTypes: true });
    assert.ok(found[0] instanceof fs.Dirent);
    assert.deepStrictEqual(found.map((entry) => [entry.name, entry.parentPath, entry.isDirectory()]), [
      ["sub", "/bundle/dir", true],
      ["value.json", "/bundle/dir", false],
      ["common.js", "/bundle/dir", false],
    ]);
  },
};

export const asynchronously = {
  async test() {
    assert.deepStrictEqual(await Array.fromAsync(glob("*.txt")), ["data.txt"]);
    const [error, found] = await new Promise((resolve) => fs.glob("*.txt", { cwd: "/bundle" }, (...args) => resolve(args)));
    assert.deepStrictEqual([error, found], [null, ["data.txt"]]);
    assert.throws(() => fs.glob("*"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};
