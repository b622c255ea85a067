// node:inspector: nobody debugs itself.
import assert from "node:assert";
import { EventEmitter } from "node:events";
import inspector from "node:inspector";
import promises from "node:inspector/promises";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(inspector), [
      "Session",
      "close",
      "console",
      "open",
      "url",
      "waitForDebugger",
      "Network",
    ]);
    assert.deepStrictEqual(Object.keys(promises).sort(), Object.keys(inspector).sort());
    assert.notStrictEqual(promises.Session, inspector.Session);
  },
};

export const thereAreNoSessions = {
  test() {
    for (const { Session } of [inspector, promises]) {
      assert.strictEqual(Object.getPrototypeOf(Session), EventEmitter);
      assert.throws(() => new Session(), missing("Session"));
      for (const name of ["connect", "connectToMainThread", "disconnect", "post"]) {
        assert.throws(() => Session.prototype[name](), missing(`Session.${name}`));
      }
    }
  },
};

export const theFirstIsInert = {
  test() {
    assert.strictEqual(inspector.url(), undefined);
    assert.strictEqual(inspector.close(), undefined);
    assert.strictEqual(inspector.waitForDebugger(), undefined);
    assert.strictEqual(typeof inspector.open()[Symbol.dispose], "function");
  },
};

export const theSecondThrows = {
  test() {
    for (const name of ["url", "close", "open", "waitForDebugger"]) {
      assert.throws(() => promises[name](), missing(`Inspector.${name}`));
    }
  },
};

export const theConsoleSaysNothing = {
  test() {
    for (const { console } of [inspector, promises]) {
      assert.strictEqual(Object.keys(console).length, 21);
      assert.strictEqual(console.log("never"), undefined);
      assert.strictEqual(console.log.name, "noop");
    }
  },
};

export const network = {
  test() {
    for (const { Network } of [inspector, promises]) {
      assert.strictEqual(Object.keys(Network).length, 9);
      for (const name of Object.keys(Network)) assert.throws(() => Network[name]({}), missing(`Network.${name}`));
    }
  },
};
