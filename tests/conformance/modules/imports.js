// Modules of all kinds and how they are found.
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import text from "text";
import data from "./data";
import json from "/json";
import wasm from "wasm";

export const aTextIsAString = {
  test() {
    strictEqual(text, "hello");
  },
};

export const dataIsAnArrayBuffer = {
  test() {
    ok(data instanceof ArrayBuffer);
    deepStrictEqual([...new Uint8Array(data)], [0, 1, 255]);
  },
};

export const jsonIsParsed = {
  test() {
    deepStrictEqual(json, { a: [1, null] });
  },
};

export const wasmIsAModule = {
  test() {
    ok(wasm instanceof WebAssembly.Module);
    ok(new WebAssembly.Instance(wasm) instanceof WebAssembly.Instance);
  },
};

export const namesArePathsBesideTheImporter = {
  async test() {
    const { default: found } = await import("dir/inner");
    deepStrictEqual(found, ["sibling", "hello", "sibling", undefined]);
  },
};

export const allFormsOfANameAreOneModule = {
  async test() {
    const forms = await Promise.all([import("text"), import("./text"), import("/text"), import("./dir/../text")]);
    for (const form of forms) strictEqual(form, forms[0]);
  },
};

export const importMetaIsEmpty = {
  test() {
    deepStrictEqual(Object.keys(import.meta), []);
  },
};

export const aModuleThatIsNotThere = {
  async test() {
    await rejects(import("none"), { name: "Error", message: 'No such module "none".' });
    await rejects(import("./dir/none.js"), { name: "Error", message: 'No such module "dir/none.js".' });
    await rejects(import("cloudflare:none"), { name: "Error", message: 'No such module "cloudflare:none".' });
    await rejects(import("node:none"), { name: "Error", message: 'No such module "node:none".' });
    await rejects(import("workerd:none"), { name: "Error", message: 'No such module "workerd:none".' });
  },
};

export const anImportStatementNamesItsModule = {
  async test() {
    await rejects(import("importsMissing"), {
      name: "Error",
      message: 'No such module "dir/none".\n  imported from "importsMissing"',
    });
    await rejects(import("importsMissingNode"), {
      name: "Error",
      message: 'No such module "node:none".\n  imported from "importsMissingNode"',
    });
  },
};

export const theErrorOfAModuleStays = {
  async test() {
    const first = await import("throws").catch((error) => error);
    const second = await import("throws").catch((error) => error);
    ok(first instanceof RangeError);
    strictEqual(first, second);
  },
};

export const topLevelAwait = {
  async test() {
    strictEqual((await import("waits")).value, 3);
  },
};

export const cycles = {
  async test() {
    strictEqual((await import("cycleA")).seen, "a");
  },
};

export const attributes = {
  async test() {
    const refuses = Cloudflare.compatibilityFlags.throw_on_unrecognized_import_assertion;
    strictEqual((await import("text", { with: {} })).default, "hello");
    if (!refuses) return;
    const error = { name: "Error", message: "Unrecognized import attributes specified" };
    await rejects(import("json", { with: { type: "json" } }), error);
    await rejects(import("text", { with: { other: "x" } }), error);
  },
};

export const theEngineIsOutOfReach = {
  async test() {
    for (const name of ["ext:core/mod.js", "lopata:commonjs", "LOPATA:commonjs", "lopata-data:bundle:///data", "file:///etc/passwd", "bundle:///../worker2", "data:text/javascript,1", "https://example.com/x.js"]) {
      await rejects(import(name), /No such module/);
    }
  },
};
