// Patterns of names: `*`, `?`, `[a-z]`, `{a,b}`, `@(a|b)` and its kin, and `**` for any number of folders.
//
// A pattern is matched folder by folder from the working directory, so that what cannot match is not looked at.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeFilter,
  ArrayPrototypeFind,
  ArrayPrototypeJoin,
  ArrayPrototypeMap,
  ArrayPrototypePop,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSome,
  RegExpPrototypeTest,
  SafeMap,
  SafeMapIterator,
  SafeRegExp,
  SafeSet,
  StringPrototypeIncludes,
  StringPrototypeLastIndexOf,
  StringPrototypeReplace,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeStartsWith,
} = primordials;
const { validateObject, validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { UV_DIRENT_DIR } = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { Dirent } = core.loadExtScript("ext:lopata_node/fs/nodes.js");
const { isUrl, place } = core.loadExtScript("ext:lopata_node/fs/place.js");
const { cwd: workingDirectory } = core.loadExtScript("ext:lopata_node/fs/view.js");

/** Source: production's bound against folders without end. */
const DEPTH_MAX = 256;

/** The parts of a text between separators that lie in no braces or parentheses. */
function parts(text, separator) {
  const found = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") {
      i++;
    } else if (char === "{" || char === "(") {
      depth++;
    } else if (char === "}" || char === ")") {
      depth--;
    } else if (char === separator && depth === 0) {
      ArrayPrototypePush(found, StringPrototypeSlice(text, from, i));
      from = i + 1;
    }
  }
  ArrayPrototypePush(found, StringPrototypeSlice(text, from));
  return found;
}

/** Where the bracket that opens at `from` is closed; -1 if it is not. */
function closing(text, from, open, close) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") {
      i++;
    } else if (text[i] === open) {
      depth++;
    } else if (text[i] === close && --depth === 0) {
      return i;
    }
  }
  return -1;
}

/** The patterns that a pattern with braces stands for. @returns {string[]} */
function alternatives(pattern) {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === "\\") {
      i++;
      continue;
    }
    if (pattern[i] !== "{") continue;
    const end = closing(pattern, i, "{", "}");
    if (end < 0) break;
    const inner = parts(StringPrototypeSlice(pattern, i + 1, end), ",");
    if (inner.length === 1) break;
    const all = [];
    for (let n = 0; n < inner.length; n++) {
      const one = StringPrototypeSlice(pattern, 0, i) + inner[n] + StringPrototypeSlice(pattern, end + 1);
      ArrayPrototypePush(all, ...alternatives(one));
    }
    return all;
  }
  return [pattern];
}

/** The segments of a pattern. */
function segments(pattern) {
  if (StringPrototypeStartsWith(pattern, "./")) pattern = StringPrototypeSlice(pattern, 2);
  const all = ArrayPrototypeFilter(StringPrototypeSplit(pattern, "/"), (segment) => segment !== "");
  return ArrayPrototypeFilter(all, (segment, index) => segment !== "**" || all[index - 1] !== "**");
}

const SPECIAL = new SafeRegExp("[.+*?^$|()\\[\\]{}\\\\]", "g");
const SUFFIX = { __proto__: null, "@": "", "*": "*", "+": "+", "?": "?" };

function escaped(char) {
  return StringPrototypeReplace(char, SPECIAL, "\\$&");
}

/** The source of a regular expression for one segment. */
function source(segment) {
  let text = "";
  let inClass = false;
  for (let i = 0; i < segment.length; i++) {
    const char = segment[i];
    const next = segment[i + 1];
    if (char === "\\" && next !== undefined) {
      text += escaped(next);
      i++;
    } else if (inClass) {
      text += char;
      if (char === "]") inClass = false;
    } else if (next === "(" && StringPrototypeIncludes("@*+?!", char) && closing(segment, i + 1, "(", ")") > 0) {
      const end = closing(segment, i + 1, "(", ")");
      const inner = ArrayPrototypeMap(parts(StringPrototypeSlice(segment, i + 2, end), "|"), source);
      const group = ArrayPrototypeJoin(inner, "|");
      text += char === "!" ? `(?!(?:${group})$)[^/]*` : `(?:${group})${SUFFIX[char]}`;
      i = end;
    } else if (char === "[") {
      inClass = true;
      text += next === "!" ? "[^" : "[";
      if (next === "!") i++;
    } else if (char === "*") {
      text += "[^/]*";
    } else if (char === "?") {
      text += "[^/]";
    } else {
      text += escaped(char);
    }
  }
  return text;
}

/** A whole pattern as one expression, for what is excluded. */
function wholeExpression(pattern) {
  const given = segments(pattern);
  const known = [];
  for (let i = 0; i < given.length; i++) {
    if (given[i] === "..") {
      ArrayPrototypePop(known);
    } else if (given[i] !== ".") {
      ArrayPrototypePush(known, given[i]);
    }
  }
  if (known.length === 1 && known[0] === "**") return new SafeRegExp("^.*$");
  let text = "";
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== "**") {
      if (i > 0 && known[i - 1] !== "**") text += "\\/";
      text += source(known[i]);
    } else if (i === 0) {
      text += "(?:.*\\/)?";
    } else {
      text += i === known.length - 1 ? "(?:\\/.*)?" : "(?:\\/[^/]+)*(?:\\/)?";
    }
  }
  return new SafeRegExp(`^${text}$`);
}

/** One search through the folders below a directory. */
class Search {
  /** @param {string} root @param {Function} list the entries of a directory */
  constructor(root, list) {
    this.root = root;
    this.list = list;
    /** What was found, by its path from the root; its entry, or null. */
    this.found = new SafeMap();
    this.listed = new SafeMap();
  }

  entries(path) {
    let entries = this.listed.get(path);
    if (entries === undefined) {
      try {
        entries = this.list(place(path), false);
      } catch {
        entries = [];
      }
      this.listed.set(path, entries);
    }
    return entries;
  }

  /** @param {string} pattern without braces */
  run(pattern) {
    const names = segments(pattern);
    if (names.length === 0) return;
    const special = (name) => name === "**" || name === "." || name === "..";
    const expressions = ArrayPrototypeMap(names, (name) => special(name) ? null : new SafeRegExp(`^${source(name)}$`));
    this.seen = new SafeSet();
    this.walk(names, expressions, 0, this.root, "", 0);
  }

  walk(names, expressions, index, path, relative, depth) {
    if (depth >= DEPTH_MAX) return;
    if (index >= names.length) {
      this.take(path, relative);
      return;
    }
    const name = names[index];
    if (name === ".") {
      this.walk(names, expressions, index + 1, path, relative, depth);
    } else if (name === "..") {
      // The search stays below its root.
      if (path === this.root || !StringPrototypeStartsWith(path, `${this.root}/`)) return;
      const above = StringPrototypeSlice(path, 0, StringPrototypeLastIndexOf(path, "/")) || "/";
      const shorter = ArrayPrototypeSlice(StringPrototypeSplit(relative, "/"), 0, -1);
      this.walk(names, expressions, index + 1, above, ArrayPrototypeJoin(shorter, "/"), depth);
    } else if (name === "**") {
      this.walkAll(names, expressions, index, path, relative, depth);
    } else {
      this.walkNames(names, expressions, index, path, relative, depth);
    }
  }

  walkAll(names, expressions, index, path, relative, depth) {
    const key = `${index}:${path}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.walk(names, expressions, index + 1, path, relative, depth);
    const entries = this.entries(path);
    for (let i = 0; i < entries.length; i++) {
      const below = `${path}/${entries[i].name}`;
      const from = relative === "" ? entries[i].name : `${relative}/${entries[i].name}`;
      this.walk(names, expressions, index + 1, below, from, depth + 1);
      if (entries[i].type === UV_DIRENT_DIR) this.walk(names, expressions, index, below, from, depth + 1);
    }
  }

  walkNames(names, expressions, index, path, relative, depth) {
    const entries = this.entries(path);
    for (let i = 0; i < entries.length; i++) {
      if (!RegExpPrototypeTest(expressions[index], entries[i].name)) continue;
      const from = relative === "" ? entries[i].name : `${relative}/${entries[i].name}`;
      if (index + 1 < names.length) {
        this.walk(names, expressions, index + 1, `${path}/${entries[i].name}`, from, depth + 1);
      } else if (!this.found.has(from)) {
        this.found.set(from, entries[i]);
      }
    }
  }

  /** What all segments have led to. */
  take(path, relative) {
    if (this.found.has(relative)) return;
    const slash = StringPrototypeLastIndexOf(path, "/");
    const parent = slash > 0 ? StringPrototypeSlice(path, 0, slash) : path;
    const name = StringPrototypeSlice(relative, StringPrototypeLastIndexOf(relative, "/") + 1);
    this.found.set(relative, ArrayPrototypeFind(this.entries(parent), (entry) => entry.name === name) ?? null);
  }
}

/**
 * `globSync`.
 * @param {string | string[]} pattern
 * @param {object} options
 * @param {Function} list the entries of a directory
 */
function find(pattern, options, list) {
  const patterns = typeof pattern === "string" ? [pattern] : [...pattern];
  for (let i = 0; i < patterns.length; i++) validateString(patterns[i], "pattern");
  if (typeof options !== "object" || options === null) validateObject(options, "options");
  const cwd = isUrl(options.cwd) ? options.cwd.pathname : options.cwd ?? workingDirectory();
  validateString(cwd, "options.cwd");
  const { exclude, withFileTypes = false } = options;
  const search = new Search(cwd, list);
  for (let i = 0; i < patterns.length; i++) {
    const all = alternatives(patterns[i]);
    for (let n = 0; n < all.length; n++) search.run(all[n]);
  }
  const refused = ArrayIsArray(exclude)
    ? ArrayPrototypeMap(exclude, (pattern) => ArrayPrototypeMap(alternatives(pattern), wholeExpression)).flat()
    : [];
  const results = [];
  for (const { 0: relative, 1: entry } of new SafeMapIterator(search.found)) {
    if (relative === "" || ArrayPrototypeSome(refused, (expression) => RegExpPrototypeTest(expression, relative))) {
      continue;
    }
    const result = withFileTypes ? direntOf(cwd, relative, entry) : relative;
    if (typeof exclude !== "function" || !exclude(result)) ArrayPrototypePush(results, result);
  }
  return results;
}

function direntOf(cwd, relative, entry) {
  const slash = StringPrototypeLastIndexOf(relative, "/");
  const parent = slash < 0 ? cwd : `${cwd}/${StringPrototypeSlice(relative, 0, slash)}`;
  return new Dirent(StringPrototypeSlice(relative, slash + 1), entry?.type ?? 0, parent);
}

return { find };
})();
