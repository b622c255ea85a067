// FormData: names with texts and files, how they are written as multipart/form-data, and how both are read.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  FunctionPrototypeCall,
  ObjectDefineProperty,
  StringPrototypeEndsWith,
  StringPrototypeReplaceAll,
  StringPrototypeToLowerCase,
  SymbolFor,
  SymbolIterator,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  TypeError,
} = primordials;
const { op_form_data_parse } = core.ops;
const { badParameter, decode, illegal, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { finish, kind } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const { inspected } = core.loadExtScript("ext:lopata/fetch/headers.js");
const { parseUrlEncoded } = core.loadExtScript("ext:deno_web/00_url.js");
const blobs = core.loadExtScript("ext:deno_web/09_file.js");
const mime = core.loadExtScript("ext:lopata/fetch/mime.js");

const entryIterator = kind("EntryIterator");
const keyIterator = kind("KeyIterator");
const valueIterator = kind("ValueIterator");

/** A value as it is kept: a file, or a text. */
function valueOf(name, value, filename) {
  if (!blobs.isBlob(value)) {
    return text(value);
  }
  if (blobs.isFile(value) && filename === undefined) return value;
  return blobs.fileOf(blobs.dataOf(value), filename === undefined ? name : text(filename), blobs.typeOf(value));
}

let isFormData, entriesOf;

class FormData {
  #entries = [];

  static {
    isFormData = (value) => isObject(value) && #entries in value;
    entriesOf = (formData) => formData.#entries;
  }

  append(name, value, filename = undefined) {
    const entries = check(this, "append", arguments.length, 2);
    name = text(name);
    ArrayPrototypePush(entries, [name, valueOf(name, value, filename)]);
  }

  delete(name) {
    const entries = check(this, "delete", arguments.length);
    remove(entries, text(name), 0);
  }

  get(name) {
    const entries = check(this, "get", arguments.length);
    name = text(name);
    for (let i = 0; i < entries.length; i++) if (entries[i][0] === name) return entries[i][1];
    return null;
  }

  getAll(name) {
    const entries = check(this, "getAll", arguments.length);
    name = text(name);
    const found = [];
    for (let i = 0; i < entries.length; i++) if (entries[i][0] === name) ArrayPrototypePush(found, entries[i][1]);
    return found;
  }

  has(name) {
    const entries = check(this, "has", arguments.length);
    name = text(name);
    for (let i = 0; i < entries.length; i++) if (entries[i][0] === name) return true;
    return false;
  }

  set(name, value, filename = undefined) {
    const entries = check(this, "set", arguments.length, 2);
    name = text(name);
    const kept = valueOf(name, value, filename);
    for (let i = 0; i < entries.length; i++) {
      if (entries[i][0] === name) {
        entries[i] = [name, kept];
        remove(entries, name, i + 1);
        return;
      }
    }
    ArrayPrototypePush(entries, [name, kept]);
  }

  entries() {
    if (!isFormData(this)) throw illegal();
    return overEntries(this);
  }

  keys() {
    if (!isFormData(this)) throw illegal();
    const entries = this.#entries;
    let at = 0;
    return keyIterator(() => entries[at++]?.[0]);
  }

  values() {
    if (!isFormData(this)) throw illegal();
    const entries = this.#entries;
    let at = 0;
    return valueIterator(() => entries[at++]?.[1]);
  }

  forEach(callback, receiver = undefined) {
    if (!isFormData(this)) throw illegal();
    if (typeof callback !== "function") throw badParameter("forEach", "FormData", 1, "function");
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      FunctionPrototypeCall(callback, receiver, entries[i][1], entries[i][0], this);
    }
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    return inspected("FormData", this.#entries, inspect, options);
  }
}
ObjectDefineProperty(FormData.prototype, SymbolIterator, {
  __proto__: null,
  value: {
    ""() {
      if (!isFormData(this)) throw illegal();
      return overEntries(this);
    },
  }[""],
  writable: true,
  configurable: true,
});
finish(FormData);

/** What changes meanwhile is seen. */
function overEntries(formData) {
  const entries = entriesOf(formData);
  let at = 0;
  return entryIterator(() => at < entries.length ? [entries[at][0], entries[at++][1]] : undefined);
}

function check(formData, method, given, needed = 1) {
  if (!isFormData(formData)) throw illegal();
  if (given < needed) {
    throw badParameter(method, "FormData", given + 1, given === 1 ? "File or Blob or string" : "string");
  }
  return entriesOf(formData);
}

function remove(entries, name, start) {
  let kept = start;
  for (let i = start; i < entries.length; i++) {
    if (entries[i][0] !== name) entries[kept++] = entries[i];
  }
  entries.length = kept;
}

/** A name inside of quotes. Source: workerd's escapes, which are Chrome's but for the backslash. */
function escape(name) {
  if (StringPrototypeEndsWith(name, "\\")) throw new TypeError("Name or filename can't end with backslash");
  name = StringPrototypeReplaceAll(name, '"', "%22");
  name = StringPrototypeReplaceAll(name, "\n", "%0A");
  return StringPrototypeReplaceAll(name, "\\", "\\\\");
}

/**
 * @param {FormData} formData
 * @param {string} boundary of 1 to 70 characters
 * @returns {Uint8Array} the body of a multipart/form-data message
 */
function serialize(formData, boundary) {
  const entries = entriesOf(formData);
  const parts = [];
  let pending = "";
  for (let i = 0; i < entries.length; i++) {
    const { 0: name, 1: value } = entries[i];
    pending += `--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}`;
    if (typeof value === "string") {
      pending += `"\r\n\r\n${value}\r\n`;
    } else {
      const type = blobs.typeOf(value);
      pending += `"; filename="${escape(value.name)}"\r\nContent-Type: ${type === "" ? "application/octet-stream" : type}\r\n\r\n`;
      ArrayPrototypePush(parts, core.encode(pending), blobs.dataOf(value));
      pending = "\r\n";
    }
  }
  ArrayPrototypePush(parts, core.encode(`${pending}--${boundary}--`));
  return blobs.concat(parts);
}

const UTF8 = { __proto__: null, "utf-8": true, utf8: true, "unicode-1-1-utf-8": true };

/**
 * @param {Uint8Array} bytes
 * @param {string} contentType
 * @param {{ stripMark: boolean, files: boolean }} options `files` as files, and not as texts
 * @returns {FormData}
 */
function parse(bytes, contentType, { stripMark, files }) {
  const type = mime.parse(contentType);
  const formData = new FormData();
  const entries = entriesOf(formData);
  if (type?.essence === "multipart/form-data") {
    const { boundary } = type.params;
    if (boundary === undefined) {
      throw new TypeError(
        "No boundary string in Content-Type header. The multipart/form-data MIME type requires a boundary " +
          "parameter, e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'. See RFC 7578, section 4.",
      );
    }
    const parts = op_form_data_parse(bytes, boundary);
    for (let i = 0; i < parts.length; i++) {
      const { name, filename, type: kind, start, end } = parts[i];
      const data = TypedArrayPrototypeSubarray(bytes, start, end);
      const value = filename === null || !files
        ? decode(data, false)
        : blobs.fileOf(TypedArrayPrototypeSlice(data), filename, kind);
      ArrayPrototypePush(entries, [name, value]);
    }
    return formData;
  }
  if (type?.essence === "application/x-www-form-urlencoded") {
    const { charset } = type.params;
    if (charset !== undefined && UTF8[StringPrototypeToLowerCase(charset)] !== true) {
      throw new TypeError("Non-utf-8 application/x-www-form-urlencoded body.");
    }
    const pairs = parseUrlEncoded(core.encode(decode(bytes, stripMark)));
    for (let i = 0; i < pairs.length; i++) ArrayPrototypePush(entries, [pairs[i][0], pairs[i][1]]);
    return formData;
  }
  throw new TypeError(
    "Unrecognized Content-Type header value. FormData can only parse the following MIME types: " +
      "multipart/form-data, application/x-www-form-urlencoded",
  );
}

return { FormData, isFormData, parse, serialize };
})();
