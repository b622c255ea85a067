// import() while an event runs, and what `import.meta` has.
import { deepStrictEqual, rejects, strictEqual } from "node:assert";

export const modulesCanBeImportedLate = {
  async test() {
    const other = await import("other");
    strictEqual(other.name, "other");
    strictEqual(other.default, 5);
  },
};

export const theyAreEvaluatedOnce = {
  async test() {
    const first = await import("other");
    const second = await import("other");
    strictEqual(first, second);
    strictEqual(second.times, 1);
  },
};

export const aModuleMayWait = {
  async test() {
    strictEqual((await import("waits")).done, true);
  },
};

export const whatAModuleThrowsRejects = {
  async test() {
    await rejects(import("throws"), { name: "RangeError", message: "at its start" });
  },
};

export const aModuleThatIsNotThereIsAnError = {
  async test() {
    await rejects(import("nope"), { name: "Error", message: 'No such module "nope".' });
    await rejects(import("node:nope"), { name: "Error", message: 'No such module "node:nope".' });
    await rejects(import("cloudflare-internal:workers"), { name: "Error" });
  },
};

export const filesAndNetworkAreNoModules = {
  async test() {
    for (const specifier of ["file:///etc/passwd", "https://example.com/x.js", "data:text/javascript,1", "ext:core/mod.js"]) {
      await rejects(import(specifier), { name: "Error" });
    }
  },
};

export const otherKindsHaveADefault = {
  async test() {
    strictEqual((await import("words.txt")).default, "some words");
    strictEqual(new TextDecoder().decode((await import("bytes.bin")).default), "abc");
    deepStrictEqual((await import("object.json")).default, { a: [1] });
  },
};

export const importMetaIsEmpty = {
  test() {
    deepStrictEqual(Object.keys(import.meta), []);
    strictEqual(import.meta.url, undefined);
  },
};
