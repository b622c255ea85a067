// Paths as the calls take them: text, Buffer or URL, and what becomes of each.
//
// Production makes a URL of every path, relative to the working directory, and goes by the path of that. So a space is
// `%20`, a backslash separates, and `http://x` is no file.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectPrototypeIsPrototypeOf,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeIncludes,
  StringPrototypeReplace,
  StringPrototypeStartsWith,
  TypeError,
} = primordials;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { cwd } = core.loadExtScript("ext:lopata_node/fs/view.js");

/** A path from the root that is its own URL's path. */
const PLAIN = new SafeRegExp("^(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$");
const QUERY = new SafeRegExp("[#?]", "g");
const SLASHES = new SafeRegExp("//", "g");

/** A path that was checked. What is no file of this worker is refused when the files are asked, as in production. */
class Place {
  /** @param {string} pathname @param {Error | null} problem @param {URL | null} url that is no file */
  constructor(pathname, problem, url = null) {
    this.pathname = pathname;
    this.problem = problem;
    this.url = url;
  }

  /** The path that the files know. */
  get path() {
    if (this.problem !== null) throw this.problem;
    return this.pathname;
  }
}

/** @param {URL} url */
function ofUrl(url) {
  if (url.protocol !== "file:") return new Place(url.pathname, new TypeError("File path must be a file: URL"), url);
  if (url.host !== "") return new Place(url.pathname, new Error("File path must not have a host"), url);
  return new Place(url.pathname, null);
}

/**
 * @param {string | Buffer | URL | Place} path
 * @param {string} encoding of a Buffer
 * @returns {Place}
 */
function place(path, encoding = "utf8") {
  if (typeof path !== "string") {
    if (ObjectPrototypeIsPrototypeOf(Place.prototype, path)) return path;
    if (ObjectPrototypeIsPrototypeOf(URL.prototype, path)) return ofUrl(path);
    if (!Buffer.isBuffer(path)) throw new ERR_INVALID_ARG_TYPE("path", ["string", "Buffer", "URL"], path);
    path = path.toString(encoding);
  }
  if (RegExpPrototypeTest(PLAIN, path)) return new Place(path, null);
  if (StringPrototypeIncludes(path, "\0")) {
    throw new ERR_INVALID_ARG_VALUE("path", path, "must not contain null bytes");
  }
  let text = StringPrototypeReplace(path, QUERY, (mark) => (mark === "#" ? "%23" : "%3F"));
  text = StringPrototypeReplace(text, SLASHES, "/");
  return ofUrl(new URL(text, StringPrototypeStartsWith(text, "/") ? "file://" : `file://${cwd()}/`));
}

return { place, Place, isUrl: (value) => ObjectPrototypeIsPrototypeOf(URL.prototype, value) };
})();
