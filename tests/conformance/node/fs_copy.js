// node:fs: cp. workerd passes each of these; run one after the other in one process they end it, as do some copies over what is
// there, for which there is no test.
import assert from "node:assert";
import fs from "node:fs";

function refused(call, code, message, path = undefined) {
  assert.throws(call, { name: "Error", code, message });
  if (path !== undefined) assert.throws(call, { path, syscall: "cp" });
}

const tree = (path) => fs.readdirSync(path, { recursive: true }).sort();

function source() {
  fs.mkdirSync("/tmp/s/b", { recursive: true });
  fs.writeFileSync("/tmp/s/a", "A");
  fs.writeFileSync("/tmp/s/b/c", "C");
  fs.symlinkSync("/tmp/s/a", "/tmp/s/l");
}

export const trees = {
  test() {
    source();
    refused(() => fs.cpSync("/tmp/s", "/tmp/d"), "ERR_FS_EISDIR", "Expected a file but found a directory");
    fs.cpSync("/tmp/s", "/tmp/d", { recursive: true });
    assert.deepStrictEqual(tree("/tmp/d"), ["tmp/d/a", "tmp/d/b", "tmp/d/b/c", "tmp/d/l"]);
    assert.strictEqual(fs.readlinkSync("/tmp/d/l"), "/tmp/s/a");
    fs.writeFileSync("/tmp/d/a", "changed");
    assert.strictEqual(fs.readFileSync("/tmp/s/a", "utf8"), "A");
  },
};

export const modulesAreCopiedToBeWritten = {
  test() {
    fs.cpSync("/bundle", "/tmp/b", { recursive: true });
    assert.deepStrictEqual(fs.readdirSync("/tmp/b"), ["worker", "data.txt", "dir"]);
    fs.writeFileSync("/tmp/b/data.txt", "x");
    assert.strictEqual(fs.readFileSync("/bundle/data.txt", "utf8"), "hello bundle");
  },
};

export const files = {
  test() {
    source();
    fs.cpSync("/tmp/s/a", "/tmp/f");
    assert.strictEqual(fs.readFileSync("/tmp/f", "utf8"), "A");
    fs.cpSync("/tmp/s/a", "/tmp/new/er/f");
    assert.deepStrictEqual(tree("/tmp/new"), ["tmp/new/er", "tmp/new/er/f"]);
    fs.cpSync("/tmp/s/b/c", "/tmp/f", { errorOnExist: true });
    assert.strictEqual(fs.readFileSync("/tmp/f", "utf8"), "C", "force is the default");
    const exists = () => fs.cpSync("/tmp/s/a", "/tmp/f", { errorOnExist: true, force: false });
    refused(exists, "ERR_FS_CP_EEXIST", "File already exists");
  },
};

export const whatDoesNotFit = {
  test() {
    source();
    fs.writeFileSync("/tmp/f", "");
    fs.mkdirSync("/tmp/d");
    const into = "Cannot copy non-directory to directory";
    refused(() => fs.cpSync("/tmp/s/a", "/tmp/d"), "ERR_FS_CP_NON_DIR_TO_DIR", into);
    const over = "Cannot copy directory to non-directory";
    refused(() => fs.cpSync("/tmp/s", "/tmp/f", { recursive: true }), "ERR_FS_CP_DIR_TO_NON_DIR", over);
    refused(() => fs.cpSync("/tmp/s/l", "/tmp/d"), "ENOTDIR", "not a directory");
    refused(() => fs.cpSync("/tmp/s/a", "/tmp/f/x"), "ENOTDIR", "not a directory");
    const missing = "no such file or directory, cp '/tmp/nope'";
    refused(() => fs.cpSync("/tmp/nope", "/tmp/x"), "ENOENT", missing, "/tmp/nope");
    refused(() => fs.cpSync("/tmp/s/a", "/bundle/x"), "EPERM", "operation not permitted");
    const readOnly = "Destination directory is not writable";
    refused(() => fs.cpSync("/tmp/s", "/bundle/dir", { recursive: true }), "EPERM", readOnly);
  },
};

export const itself = {
  test() {
    source();
    const same = { name: "Error", message: "Source and destination paths must not be the same" };
    assert.throws(() => fs.cpSync("/tmp/s", "/tmp/s", { recursive: true }), same);
    assert.throws(() => fs.cpSync("/tmp/s/a", "/tmp/s/./a"), same);
  },
};

export const entriesThatAreThere = {
  test() {
    source();
    fs.mkdirSync("/tmp/d");
    fs.writeFileSync("/tmp/d/a", "old");
    const exists = () => fs.cpSync("/tmp/s", "/tmp/d", { recursive: true, force: false, errorOnExist: true });
    refused(exists, "EEXIST", "Destination already exists: a");
    assert.strictEqual(fs.readFileSync("/tmp/d/a", "utf8"), "old");
  },
};

export const links = {
  test() {
    source();
    fs.cpSync("/tmp/s/l", "/tmp/l");
    assert.strictEqual(fs.readlinkSync("/tmp/l"), "/tmp/s/a");
    fs.cpSync("/tmp/s/l", "/tmp/f", { dereference: true });
    assert.ok(fs.lstatSync("/tmp/f").isFile());
    fs.cpSync("/tmp/s/l", "/tmp/f");
    assert.ok(fs.lstatSync("/tmp/f").isSymbolicLink());
  },
};

export const options = {
  test() {
    const wrong = (options, expected) => assert.throws(() => fs.cpSync("/bundle", "/tmp/x", options), expected);
    wrong({ filter: () => true }, { code: "ERR_UNSUPPORTED_OPERATION" });
    wrong({ filter: 1 }, { code: "ERR_INVALID_ARG_TYPE" });
    wrong({ recursive: 1 }, { code: "ERR_INVALID_ARG_TYPE" });
    wrong({ mode: 4 }, { code: "ERR_INVALID_ARG_VALUE" });
    wrong("x", { code: "ERR_INVALID_ARG_TYPE" });
  },
};
