// node:child_process: everything can be named, nothing starts.
import assert from "node:assert";
import * as childProcess from "node:child_process";
import { EventEmitter } from "node:events";

const NAMES = "ChildProcess _forkChild exec execFile execFileSync execSync fork spawn spawnSync".split(" ");

/** What production throws for what it does not have. */
function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(childProcess).sort(), [...NAMES, "default"].sort());
    assert.deepStrictEqual(Object.keys(childProcess.default), NAMES);
    for (const name of NAMES) assert.strictEqual(childProcess.default[name], childProcess[name]);
  },
};

export const nothingStarts = {
  test() {
    assert.throws(() => childProcess.spawn("ls"), missing("child_process.spawn"));
    assert.throws(() => childProcess.spawnSync("ls"), missing("child_process.spawnSync"));
    assert.throws(() => childProcess.exec("ls"), missing("child_process.exec"));
    assert.throws(() => childProcess.exec("ls", null, () => {}), missing("child_process.exec"));
    assert.throws(() => childProcess.execSync("ls"), missing("child_process.execSync"));
    assert.throws(() => childProcess.execFile("ls"), missing("child_process.execFile"));
    assert.throws(() => childProcess.execFileSync("ls"), missing("child_process.execFileSync"));
    assert.throws(() => childProcess.fork("./x.js"), missing("child_process.fork"));
    assert.throws(() => childProcess.fork("./x.js", { silent: true }), missing("child_process.fork"));
    assert.throws(() => childProcess._forkChild(), missing("child_process._forkChild"));
  },
};

export const argumentsAreCheckedFirst = {
  test() {
    const type = { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" };
    assert.throws(() => childProcess.exec(1), {
      ...type,
      message: 'The "command" argument must be of type string. Received type number (1)',
    });
    assert.throws(() => childProcess.exec("ls", 1), {
      ...type,
      message: 'The "options" argument must be of type object. Received type number (1)',
    });
    assert.throws(() => childProcess.exec("ls", {}, 1), {
      ...type,
      message: 'The "callback" argument must be of type function. Received type number (1)',
    });
    // Unlike in Node, a callback in the place of options is none.
    assert.throws(() => childProcess.exec("ls", () => {}), type);
    assert.throws(() => childProcess.fork("./x.js", 1), {
      ...type,
      message: 'The "args" argument must be an instance of Array. Received type number (1)',
    });
    assert.throws(() => childProcess.fork("./x.js", [], 1), type);
    assert.throws(() => childProcess.spawnSync(), type);
  },
};

export const aChildIsAnEmitter = {
  test() {
    const { ChildProcess } = childProcess;
    assert.throws(() => new ChildProcess(), missing("child_process.ChildProcess"));
    assert.throws(() => ChildProcess(), TypeError);
    assert.strictEqual(Object.getPrototypeOf(ChildProcess), EventEmitter);
    assert.strictEqual(ChildProcess.prototype.kill(), false);
    assert.strictEqual(ChildProcess.prototype.send({}), false);
    assert.strictEqual(ChildProcess.prototype.ref(), undefined);
  },
};
