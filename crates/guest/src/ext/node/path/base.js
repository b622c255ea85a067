// Both kinds of paths, in the shape of the modules.
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const node = core.loadExtScript("ext:deno_node/path/mod.ts");

const NAMES = [
  "resolve",
  "normalize",
  "isAbsolute",
  "join",
  "relative",
  "toNamespacedPath",
  "dirname",
  "basename",
  "extname",
  "format",
  "parse",
  "matchesGlob",
  "sep",
  "delimiter",
];

/** @param {string} name @param {object} kind */
function shape(name, kind) {
  const path = {};
  for (let i = 0; i < NAMES.length; i++) path[NAMES[i]] = kind[NAMES[i]];
  path.matchesGlob = function matchesGlob() {
    throw new Error(`path.${name}.matchesGlob() is not implemented.`);
  };
  return path;
}

const posix = shape("posix", node.posix);
const win32 = shape("win32", node.win32);
posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;

/** The exports of a module of paths. @param {"posix" | "win32"} kind */
function pathOf(kind) {
  const path = kind === "posix" ? posix : win32;
  return { ...path, default: path };
}

return { pathOf };
})();
