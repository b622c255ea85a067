// `require` in CommonJS modules of a worker with Node's compatibility.
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import assert from "node:assert";
import EventEmitter from "node:events";
import Mine from "class";
import asks from "dir/asks";
import many from "many";

const { ask } = asks;

export const globalsOfNodeAreThere = {
  test() {
    deepStrictEqual(asks.types, ["function", "object", "object", "object", "function", "object", "function"]);
  },
};

export const requireHasNoProperties = {
  test() {
    deepStrictEqual(asks.own.filter((name) => !["prototype", "arguments", "caller"].includes(name)), ["length", "name"]);
  },
};

export const namesWithAndWithoutSchemeAreOneModule = {
  test() {
    for (const name of ["events", "util", "path", "buffer", "stream", "url", "querystring"]) {
      strictEqual(ask(name), ask(`node:${name}`), name);
    }
    strictEqual(ask("events"), EventEmitter);
    strictEqual(ask("assert"), assert);
  },
};

export const modulesAreWhatTheyAreInNode = {
  test() {
    ok(new Mine() instanceof EventEmitter);
    strictEqual(many.text, "{ a: 1 }");
    strictEqual(many.path, "/b");
    strictEqual(many.assert, assert);
  },
};

export const theDefaultExportIsGiven = {
  test() {
    strictEqual(ask("../both"), 5);
    deepStrictEqual(ask("../said"), { said: true });
    strictEqual(ask("../names"), undefined);
    deepStrictEqual(ask("../interop"), { __esModule: true, default: 4 });
  },
};

export const namesAreBesideTheModule = {
  test() {
    throws(() => ask("both"), { message: 'No such module "dir/both".' });
    throws(() => ask("nope"), { message: 'No such module "dir/nope".' });
    throws(() => ask("node:nope"), { message: 'No such module "node:nope".' });
    strictEqual(ask("/both"), 5);
    throws(() => ask("/nope"), { message: 'No such module "nope".' });
  },
};
