// Paths as URLs of the scheme `file`, and back, for both kinds of paths.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  TypeError,
  decodeURIComponent,
} = primordials;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const errors = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { pathOf } = core.loadExtScript("ext:lopata_node/path/base.js");
const { domainToASCII, domainToUnicode } = core.loadExtScript("ext:deno_node/url.ts");

const ENCODED_SLASH = new SafeRegExp("%2f", "i");
const ENCODED_SLASHES = new SafeRegExp("%2f|%5c", "i");

/** Production's are plain errors. */
function refused(code, message) {
  const error = new Error(message);
  error.code = code;
  return error;
}

function windowsPath(url) {
  let { pathname } = url;
  if (RegExpPrototypeTest(ENCODED_SLASHES, pathname)) {
    throw refused("ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded \\ or / characters");
  }
  pathname = decodeURIComponent(StringPrototypeReplaceAll(pathname, "/", "\\"));
  if (url.hostname !== "") return `\\\\${domainToUnicode(url.hostname)}${pathname}`;
  const letter = StringPrototypeCharCodeAt(pathname, 1) | 0x20;
  if (!(letter >= 97 && letter <= 122) || pathname[2] !== ":") {
    throw refused("ERR_INVALID_FILE_URL_PATH", "File URL path must be absolute");
  }
  return StringPrototypeSlice(pathname, 1);
}

function posixPath(url) {
  if (url.hostname !== "") {
    throw refused("ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  }
  const { pathname } = url;
  if (RegExpPrototypeTest(ENCODED_SLASH, pathname)) {
    throw refused("ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  }
  return decodeURIComponent(pathname);
}

/** @param {string | URL} path @param {{ windows?: boolean }} options */
function fileURLToPath(path, options = undefined) {
  let url = path;
  if (typeof path === "string") {
    url = URL.parse(path);
    if (url === null) throw new TypeError("Invalid URL string.");
  } else if (!(path instanceof URL)) {
    throw new errors.ERR_INVALID_ARG_TYPE("path", ["string", "URL"], path);
  }
  if (url.protocol !== "file:") throw refused("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  return options?.windows ? windowsPath(url) : posixPath(url);
}

/** What a path may have that a URL takes for something else. @param {boolean} windows */
function encoded(path, windows) {
  const signs = [["%", "%25"], ["\n", "%0A"], ["\r", "%0D"], ["\t", "%09"], ["?", "%3F"], ["#", "%23"]];
  for (const { 0: sign, 1: code } of signs) path = StringPrototypeReplaceAll(path, sign, code);
  return windows ? path : StringPrototypeReplaceAll(path, "\\", "%5C");
}

/** A path on another machine: its name, and what follows. */
function shareURL(path) {
  const end = StringPrototypeIndexOf(path, "\\", 2);
  if (end === -1) throw new errors.ERR_INVALID_ARG_VALUE("path", path, "Missing UNC resource path");
  if (end === 2) throw new errors.ERR_INVALID_ARG_VALUE("path", path, "Empty UNC servername");
  const url = new URL("file://");
  url.hostname = domainToASCII(StringPrototypeSlice(path, 2, end));
  url.pathname = encoded(StringPrototypeReplaceAll(StringPrototypeSlice(path, end), "\\", "/"), true);
  return url;
}

/** @param {string} filepath @param {{ windows?: boolean }} options */
function pathToFileURL(filepath, options = undefined) {
  validateString(filepath, "filepath");
  const windows = !!options?.windows;
  if (windows && StringPrototypeStartsWith(filepath, "\\\\")) return shareURL(filepath);
  let resolved = pathOf(windows ? "win32" : "posix").resolve(filepath);
  // The end of a directory is kept, which resolving takes away.
  const ends = StringPrototypeEndsWith(filepath, "/") || (windows && StringPrototypeEndsWith(filepath, "\\"));
  const separator = windows ? "\\" : "/";
  if (ends && !StringPrototypeEndsWith(resolved, separator)) resolved += "/";
  if (windows) resolved = `/${StringPrototypeReplaceAll(resolved, "\\", "/")}`;
  const url = new URL("file://");
  url.pathname = encoded(resolved, windows);
  return url;
}

return { fileURLToPath, pathToFileURL };
})();
