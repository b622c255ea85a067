// node:module: createRequire, the names of modules, and what is there without being of use.
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import events from "node:events";
import Module, * as namespace from "node:module";
import path from "node:path";

const { builtinModules, createRequire, isBuiltin } = Module;
const require = createRequire("/here");

export const theDefaultExportIsTheClass = {
  test() {
    strictEqual(typeof Module, "function");
    strictEqual(Module.Module, Module);
    strictEqual(namespace.Module, Module);
    for (const name of Object.keys(namespace)) {
      if (name !== "default") strictEqual(Module[name], namespace[name], name);
    }
  },
};

export const namesOfModules = {
  test() {
    strictEqual(builtinModules.length, 68);
    ok(Object.isFrozen(builtinModules));
    deepStrictEqual(builtinModules.slice(0, 3), ["_http_agent", "_http_client", "_http_common"]);
    for (const name of ["fs", "fs/promises", "sys", "zlib", "path/posix"]) ok(builtinModules.includes(name), name);
    for (const name of ["test", "sqlite", "node:fs"]) ok(!builtinModules.includes(name), name);
  },
};

export const isBuiltinKnowsBareNames = {
  test() {
    for (const name of ["fs", "process", "sys", "_http_agent", "inspector/promises", "sqlite"]) ok(isBuiltin(name), name);
    for (const name of ["nope", "test", "", "FS", "fs/", "cloudflare:workers", "./fs", undefined, 1]) {
      strictEqual(isBuiltin(name), false, String(name));
    }
  },
};

export const isBuiltinBelievesTheScheme = {
  test() {
    for (const name of ["node:fs", "node:test", "node:sqlite", "node:nope"]) ok(isBuiltin(name), name);
  },
};

export const createRequireWantsAnAbsolutePath = {
  test() {
    for (const path of [undefined, null, 1, "", "x", "./x", "http://x/y", new URL("http://x/y"), "node:fs"]) {
      throws(() => createRequire(path), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_VALUE",
        message:
          "The argument 'path' The argument must be a file URL object, a file URL string, or an absolute path " +
          `string.. Received '${path}'`,
      });
    }
    throws(() => createRequire(Symbol("x")), TypeError);
  },
};

export const createRequireTakesUrls = {
  test() {
    for (const path of ["/x", "file:///x", new URL("file:///x"), "file:/x"]) {
      strictEqual(createRequire(path)("whole"), 1, String(path));
    }
  },
};

export const importMetaHasNoUrl = {
  test() {
    strictEqual(import.meta.url, undefined);
    throws(() => createRequire(import.meta.url), { code: "ERR_INVALID_ARG_VALUE" });
  },
};

export const whatCreateRequireGives = {
  test() {
    strictEqual(typeof require, "function");
    strictEqual(require.name, "");
    strictEqual(require.length, 0);
    for (const name of ["resolve", "cache", "main", "extensions"]) strictEqual(require[name], undefined, name);
    ok(createRequire("/here") !== require);
  },
};

export const requireOfModulesOfNode = {
  test() {
    strictEqual(require("node:path"), path);
    strictEqual(require("path"), path);
    strictEqual(require("events"), events);
    strictEqual(require("node:module"), Module);
    strictEqual(require("node:buffer").Buffer, Buffer);
    strictEqual(typeof require("node:test").mock, "object");
  },
};

export const requireOfModulesThatAreNot = {
  test() {
    throws(() => require("nope"), { name: "Error", message: 'No such module "nope".' });
    throws(() => require("node:nope"), { message: 'No such module "node:nope".' });
    throws(() => require("test"), { message: 'No such module "test".' });
    throws(() => require("./nope"), { message: 'No such module "nope".' });
    throws(() => require("whole?x"), { message: 'No such module "whole?x".' });
    throws(() => require("WHOLE"), { message: 'No such module "WHOLE".' });
  },
};

export const requireTurnsItsArgumentIntoText = {
  test() {
    throws(() => require(), { message: 'No such module "undefined".' });
    throws(() => require(1), { message: 'No such module "1".' });
    throws(() => require(null), { message: 'No such module "null".' });
  },
};

export const requireGivesTheDefaultExport = {
  test() {
    strictEqual(require("whole"), 1);
    strictEqual(require("unset"), undefined);
  },
};

export const requireGivesWhatIsCalledModuleExports = {
  test() {
    deepStrictEqual(require("said"), { said: true });
  },
};

export const withoutADefaultExportRequireGivesACopy = {
  async test() {
    const names = require("names");
    strictEqual(Object.prototype.toString.call(names), "[object Module]");
    strictEqual(Object.getPrototypeOf(names), null);
    deepStrictEqual(Object.keys(names), ["set", "value"]);
    strictEqual(require("names"), names);
    ok(Object.isExtensible(names));
    names.set(5);
    strictEqual(names.value, 1);
    strictEqual((await import("names")).value, 5);
    names.value = 7;
    strictEqual(require("names").value, 7);
  },
};

export const requireOfCommonJs = {
  test() {
    deepStrictEqual(require("commonjs"), { a: 1 });
    strictEqual(require("commonjs"), require("./commonjs"));
    strictEqual(require("interop").default, 9);
  },
};

export const requireOfWhatIsNoCode = {
  test() {
    strictEqual(require("text"), "hello");
    deepStrictEqual(require("json"), { a: [1] });
    strictEqual(new TextDecoder().decode(require("data")), "abc");
  },
};

export const requireResolvesFromItsPath = {
  test() {
    const inside = createRequire("/dir/x");
    deepStrictEqual(inside("./commonjs"), { where: "dir" });
    deepStrictEqual(inside("commonjs"), { where: "dir" });
    strictEqual(inside("names").where, "dir");
    strictEqual(inside("../whole"), 1);
    strictEqual(inside("/whole"), 1);
    throws(() => inside("whole"), { message: 'No such module "dir/whole".' });
    strictEqual(require("./dir/../whole"), 1);
    deepStrictEqual(require("dir/commonjs"), { where: "dir" });
  },
};

export const aPathOfAFolderIsThatOfAFile = {
  test() {
    strictEqual(createRequire("/dir")("whole"), 1);
    strictEqual(createRequire("/dir/")("whole"), 1);
  },
};

export const requireStaysBelowTheRoot = {
  test() {
    throws(() => require("../whole"), { name: "Error", message: "Invalid specifier path: ../whole" });
    throws(() => require(".."), { message: "Invalid specifier path: .." });
  },
};

export const theRootIsNoModule = {
  test() {
    for (const name of ["", ".", "./"]) throws(() => require(name), { message: 'No such module ".".' });
  },
};

export const requireOfAModuleThatAwaits = {
  test() {
    throws(() => require("awaits"), { message: "Top-level await in module is not permitted at this time." });
  },
};

export const requireOfAModuleThatThrows = {
  test() {
    throws(() => require("throws"), { name: "RangeError", message: "from the module" });
    throws(() => require("throws"), { name: "RangeError", message: "from the module" });
  },
};

export const propertiesOfCreateRequire = {
  test() {
    deepStrictEqual(Object.keys(createRequire), ["resolve", "paths", "cache", "extensions", "main"]);
    throws(() => createRequire.resolve("fs"), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The module.createRequire.resolve method is not implemented",
    });
    throws(() => createRequire.paths(), {
      message: "The module.createRequire.resolve.paths method is not implemented",
    });
    strictEqual(createRequire.extensions, Module._extensions);
    strictEqual(createRequire.main, undefined);
    strictEqual(Object.getPrototypeOf(createRequire.cache), null);
  },
};

export const whatIsNotImplementedThrows = {
  test() {
    for (
      const name of [
        "register", "findPackageJSON", "stripTypeScriptTypes", "findSourceMap", "SourceMap", "setSourceMapsSupport",
        "runMain", "syncBuiltinESMExports", "wrap", "_debug", "_findPath", "_initPaths", "_load", "_preloadModules",
        "_resolveFilename", "_resolveLookupPaths", "_nodeModulePaths", "Module", "registerHooks",
      ]
    ) {
      const error = { code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The module.${name} method is not implemented` };
      throws(() => Module[name](), error, name);
      throws(() => new Module[name](), error, name);
    }
  },
};

export const whatDoesNothing = {
  test() {
    for (const name of ["enableCompileCache", "flushCompileCache", "getCompileCacheDir"]) {
      strictEqual(Module[name](), undefined, name);
    }
  },
};

export const extensionsThrow = {
  test() {
    deepStrictEqual(Object.keys(Module._extensions), [".js", ".json", ".node"]);
    for (const name of [".js", ".json", ".node"]) {
      throws(() => Module._extensions[name](), { message: `The module._extensions${name} method is not implemented` });
    }
  },
};

export const constants = {
  test() {
    ok(Object.isFrozen(Module.constants));
    deepStrictEqual({ ...Module.constants.compileCacheStatus }, {
      FAILED: 0,
      ENABLED: 1,
      ALREADY_ENABLED: 2,
      DISABLED: 3,
    });
  },
};

export const sourceMapsAreNotSupported = {
  test() {
    const support = Module.getSourceMapsSupport();
    deepStrictEqual({ ...support }, { enabled: false, nodeModules: false, generatedCode: false });
    ok(Object.isFrozen(support));
    ok(Module.getSourceMapsSupport() !== support);
  },
};

export const listsAreEmpty = {
  test() {
    deepStrictEqual(Module.globalPaths, []);
    deepStrictEqual(Object.keys(Module._cache), []);
    deepStrictEqual(Object.keys(Module._pathCache), []);
  },
};

export const membersOfTheClass = {
  test() {
    deepStrictEqual(Object.getOwnPropertyNames(Module.prototype), [
      "constructor",
      "load",
      "require",
      "_compile",
      "isPreloading",
    ]);
    strictEqual(Module.prototype.isPreloading, false);
    strictEqual(Module.prototype.load(), undefined);
    strictEqual(Module.prototype.require("fs"), undefined);
  },
};

export const modulesHaveNoRequire = {
  test() {
    strictEqual(typeof globalThis.require, "undefined");
    strictEqual(typeof module, "undefined");
    strictEqual(typeof exports, "undefined");
    strictEqual(typeof __filename, "undefined");
    strictEqual(typeof __dirname, "undefined");
  },
};
