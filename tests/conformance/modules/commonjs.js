// CommonJS modules: what they see, what they export and what they can ask for.
import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import plain, * as plainNamespace from "plain";
import { "a b" as quoted, none, one } from "named";

const unwraps = Cloudflare.compatibilityFlags.export_commonjs_default;

export const theDefaultExportIsModuleExports = {
  test() {
    deepStrictEqual({ ...plain }, { a: 1, b: 2 });
    deepStrictEqual(Object.keys(plainNamespace), ["default"]);
  },
};

export const declaredNamesAreExportsToo = {
  test() {
    strictEqual(one, 1);
    strictEqual(quoted, 2);
    strictEqual(none, undefined);
  },
};

export const moduleExportsCanBeReplaced = {
  async test() {
    strictEqual((await import("replaced")).default, 7);
  },
};

export const whatIsInScope = {
  async test() {
    deepStrictEqual((await import("scope")).default, {
      this: true,
      arguments: 0,
      path: "/scope",
      keys: "path,exports",
      file: "/scope",
      dir: "/",
      global: "undefined",
      name: "CommonJsModuleObject",
    });
  },
};

export const pathsAreRelativeToTheModule = {
  async test() {
    const { file, dir, sibling, bare, up } = (await import("dir/inner")).default;
    strictEqual(file, "/dir/inner");
    strictEqual(dir, "/dir");
    strictEqual((unwraps ? sibling : sibling.default).who, "sibling");
    strictEqual((unwraps ? bare : bare.default).who, "sibling");
    strictEqual(unwraps ? up : up.default, "hello");
  },
};

export const whatRequireGives = {
  async test() {
    const { esm, text, json, commonjs, node } = (await import("requires")).default;
    if (unwraps) {
      strictEqual(esm, "default");
      strictEqual(text, "hello");
      strictEqual(json.a, 1);
      strictEqual(commonjs, plain);
      strictEqual(node, "function");
    } else {
      strictEqual(esm.default, "default");
      strictEqual(esm.other, 1);
      strictEqual(text.default, "hello");
      strictEqual(json.default.a, 1);
      strictEqual(commonjs.default, plain);
    }
  },
};

export const aModuleThatIsNotThere = {
  async test() {
    await rejects(import("missing"), { name: "Error", message: 'No such module "none".' });
  },
};

export const requireNeedsAnArgument = {
  async test() {
    await rejects(import("noArgument"), {
      name: "TypeError",
      message: "Failed to execute 'require' on 'CommonJsModuleContext': parameter 1 is not of type 'string'.",
    });
  },
};

export const codeThatThrowsRunsOnce = {
  async test() {
    await rejects(import("throws"), { name: "TypeError", message: "boom" });
    await rejects(import("throws"), { name: "TypeError", message: "boom" });
    strictEqual(globalThis.runs, 1);
  },
};

export const codeRunsOnce = {
  async test() {
    const first = (await import("counted")).default;
    const second = (await import("./counted")).default;
    strictEqual(first, second);
    strictEqual(first.count, 1);
  },
};

export const cyclesSeeWhatIsThere = {
  async test() {
    const a = (await import("cycleA")).default;
    const b = a.b.default ?? a.b;
    if (unwraps) strictEqual(b.early, 1);
    strictEqual(b.late, undefined);
    strictEqual(a.late, 2);
  },
};

export const topLevelAwaitCannotBeRequired = {
  async test() {
    if (!Cloudflare.compatibilityFlags.disable_top_level_await_in_require) return;
    await rejects(import("requiresAwait"), {
      name: "Error",
      message: "Top-level await in module is not permitted at this time.",
    });
  },
};

export const commonjsCanImport = {
  async test() {
    strictEqual((await (await import("deferred")).default()).default, "hello");
  },
};
