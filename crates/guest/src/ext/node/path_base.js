// Both kinds of paths, in the shape of the modules.
(function () {
const { core, primordials } = __bootstrap;
const { RegExp, RegExpPrototypeTest, StringPrototypeReplaceAll } = primordials;
const node = core.loadExtScript("ext:deno_node/path/mod.ts");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

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

/** @param {object} kind */
function shape(kind) {
  const path = {};
  for (let i = 0; i < NAMES.length; i++) path[NAMES[i]] = kind[NAMES[i]];
  return path;
}

const posix = shape(node.posix);
const win32 = shape(node.win32);
posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;

/** The exports of a module of paths. @param {"posix" | "win32"} kind */
function pathOf(kind) {
  const path = kind === "posix" ? posix : win32;
  return { ...path, default: path };
}

return { pathOf };
})();
