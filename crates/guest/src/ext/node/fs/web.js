// The web's file system: `navigator.storage` and what it gives, for workers with `enable_web_file_system`.
//
// Over the same files as node:fs, root and all. A handle is a path; whether something is there is asked with each call.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBuffer,
  ArrayBufferIsView,
  ArrayPrototypeMap,
  Error,
  FunctionPrototypeCall,
  MathMax,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf,
  ObjectPrototypeIsPrototypeOf,
  PromiseReject,
  PromiseResolve,
  SafeMap,
  String,
  StringPrototypeIncludes,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  SymbolAsyncIterator,
  SymbolToStringTag,
  TypeError,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
  Uint8Array,
} = primordials;
const {
  op_vfs_take,
  op_webfs_entry,
  op_webfs_file,
  op_webfs_list,
  op_webfs_number,
  op_webfs_remove,
  op_webfs_replace,
} = core.ops;
/** What asynchronous iterators have in common. */
const AsyncIteratorPrototype = ObjectGetPrototypeOf(ObjectGetPrototypeOf(async function* () {}.prototype));

const { view } = core.loadExtScript("ext:lopata_node/fs/view.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");
const { DOMException, TextEncoder, WritableStream } = globalThis;

/** Who has it may make handles. */
const own = { __proto__: null };

/** Paths that are being written, and all that they lie in, with how often. */
const locks = new SafeMap();

/** Source: production's limit of a file. */
const FILE_BYTES_MAX = 128 * 1024 * 1024;

function lock(path, by) {
  for (let at = path; at !== ""; at = StringPrototypeSlice(at, 0, StringPrototypeLastIndexOf(at, "/"))) {
    const count = (locks.get(at) ?? 0) + by;
    if (count > 0) {
      locks.set(at, count);
    } else {
      locks.delete(at);
    }
  }
}

/** The result of an op, or its exception. */
function check(reply) {
  if (reply[1] !== null) throw new DOMException(reply[1][1], reply[1][0]);
  return reply[0];
}

const notFound = (text) => new DOMException(text, "NotFoundError");
const mismatch = (text) => new DOMException(text, "TypeMismatchError");

/** What a call comes to, as a promise. */
function promised(call) {
  try {
    return PromiseResolve(call());
  } catch (error) {
    return PromiseReject(error);
  }
}

/** Refuses what is no name. @param {string} kind for the text */
function name(value, kind) {
  const text = String(value);
  const bad = text === "" || text === "." || text === ".." || StringPrototypeIncludes(text, "/") ||
    StringPrototypeIncludes(text, "\\");
  if (bad) throw new TypeError(`Invalid ${kind}`);
  return text;
}

class FileSystemHandle {
  #path;
  #name;
  #kind;

  constructor(secret, path, name, kind) {
    if (secret !== own) throw new TypeError("Illegal constructor");
    this.#path = path;
    this.#name = name;
    this.#kind = kind;
  }

  get kind() {
    return this.#kind;
  }

  get name() {
    return this.#name;
  }

  isSameEntry(other) {
    return promised(() => other.#kind === this.#kind && other.#path === this.#path);
  }

  getUniqueId() {
    return promised(() => idOf(check(op_webfs_number(view(), this.#path))));
  }

  remove(options = undefined) {
    return promised(() => {
      if (locks.has(this.#path)) {
        const text = "Cannot remove a handle that is not writable or not a directory.";
        throw new DOMException(text, "NoModificationAllowedError");
      }
      if (check(op_webfs_entry(view(), this.#path, 0)) <= 0) throw notFound("The entry was not found.");
      check(op_webfs_remove(view(), this.#path, Boolean(options?.recursive)));
    });
  }

  static pathOf(handle) {
    return handle.#path;
  }
}

const { pathOf } = FileSystemHandle;
delete FileSystemHandle.pathOf;

const ids = new SafeMap();

/** An id for a node's number. */
function idOf(number) {
  let id = ids.get(number);
  if (id === undefined) {
    id = globalThis.crypto.randomUUID();
    ids.set(number, id);
  }
  return id;
}

/** Where an entry of a directory is. */
function below(handle, name) {
  const path = pathOf(handle);
  return path === "/" ? `/${name}` : `${path}/${name}`;
}

/** Finds or makes an entry. @param {1 | 2} kind a file, or a directory */
function entry(handle, name, kind, create) {
  const path = below(handle, name);
  const found = check(op_webfs_entry(view(), path, create ? kind : 0));
  if (found === -1) throw notFound("Directory not found");
  if (found === -2) throw mismatch("Not a directory");
  if (found === 0) throw notFound(kind === 1 ? "Not found" : "Directory not opened or created");
  if (found !== kind) throw mismatch(kind === 1 ? "File name is a directory" : "File name is a file");
  return path;
}

/** The handles of a directory's entries; null if it is not there. */
function handlesIn(handle) {
  const entries = check(op_webfs_list(view(), pathOf(handle)));
  if (entries === null) return null;
  return ArrayPrototypeMap(entries, (found) => {
    const Class = found[1] ? FileSystemDirectoryHandle : FileSystemFileHandle;
    return new Class(own, below(handle, found[0]), found[0]);
  });
}

/** An asynchronous iterator over entries. */
function iterate(handle, pick) {
  const handles = handlesIn(handle);
  let index = 0;
  return ObjectCreate(AsyncIteratorPrototype, {
    next: {
      __proto__: null,
      value: function next() {
        // That the directory is not there is said late, as in production.
        if (handles === null) return PromiseReject(notFound("Not found"));
        if (index >= handles.length) return PromiseResolve({ value: undefined, done: true });
        return PromiseResolve({ value: pick(handles[index++]), done: false });
      },
      writable: true,
      enumerable: true,
      configurable: true,
    },
    return: {
      __proto__: null,
      value: function (value) {
        index = handles?.length ?? 0;
        return PromiseResolve({ value, done: true });
      },
      writable: true,
      enumerable: true,
      configurable: true,
    },
  });
}

class FileSystemDirectoryHandle extends FileSystemHandle {
  constructor(secret, path, name) {
    super(secret, path, name, "directory");
  }

  getFileHandle(entryName, options = undefined) {
    return promised(() => {
      const text = name(entryName, "file name");
      return new FileSystemFileHandle(own, entry(this, text, 1, Boolean(options?.create)), text);
    });
  }

  getDirectoryHandle(entryName, options = undefined) {
    return promised(() => {
      const text = name(entryName, "directory name");
      return new FileSystemDirectoryHandle(own, entry(this, text, 2, Boolean(options?.create)), text);
    });
  }

  removeEntry(entryName, options = undefined) {
    return promised(() => {
      const path = below(this, name(entryName, "name"));
      if (locks.has(path)) {
        throw new DOMException("Cannot remove an entry that is currently locked.", "NoModificationAllowedError");
      }
      if (!check(op_webfs_remove(view(), path, Boolean(options?.recursive)))) throw notFound("File not found");
    });
  }

  resolve(_possibleDescendant) {
    // Source: production's text.
    return PromiseReject(new Error("Not implemented"));
  }

  entries() {
    return iterate(this, (handle) => [handle.name, handle]);
  }

  keys() {
    return iterate(this, (handle) => handle.name);
  }

  values() {
    return iterate(this, (handle) => handle);
  }

  forEach(callback, thisArg = undefined) {
    const handles = handlesIn(this);
    if (handles === null) throw notFound("Not found");
    for (let i = 0; i < handles.length; i++) {
      FunctionPrototypeCall(callback, thisArg ?? undefined, handles[i].name, handles[i], this);
    }
  }

  [SymbolAsyncIterator]() {
    return this.entries();
  }
}

/** The bytes of a file and its date. */
function contentOf(handle) {
  const { 0: size, 1: modified } = check(op_webfs_file(view(), pathOf(handle)));
  const bytes = new Uint8Array(size);
  op_vfs_take(bytes);
  return { bytes, modified };
}

class FileSystemFileHandle extends FileSystemHandle {
  constructor(secret, path, name) {
    super(secret, path, name, "file");
  }

  getFile() {
    return promised(() => {
      const { bytes, modified } = contentOf(this);
      return new File([bytes], this.name, { lastModified: modified });
    });
  }

  createWritable(options = undefined) {
    return promised(() => {
      const keep = Boolean(options?.keepExistingData);
      if (check(op_webfs_entry(view(), pathOf(this), 0)) <= 0) throw notFound("File not found");
      return makeWritable(pathOf(this), keep ? contentOf(this).bytes : new Uint8Array(0));
    });
  }
}

/** What is written before it becomes the file's: bytes with room to grow, and where the next ones go. */
class Draft {
  constructor(path, bytes) {
    this.path = path;
    this.bytes = bytes;
    this.size = bytes.length;
    this.position = 0;
    this.open = true;
    lock(path, 1);
  }

  /** Ends the draft; what has been written is gone unless it was taken. */
  close() {
    if (!this.open) return;
    this.open = false;
    this.bytes = null;
    lock(this.path, -1);
  }

  resize(size) {
    if (size > FILE_BYTES_MAX) {
      const text = "File size limit exceeded, please reduce the file size and try again";
      throw new DOMException(text, "QuotaExceededError");
    }
    if (size > this.bytes.length) {
      const larger = new Uint8Array(MathMax(size, 2 * this.bytes.length));
      TypedArrayPrototypeSet(larger, TypedArrayPrototypeSubarray(this.bytes, 0, this.size));
      this.bytes = larger;
    } else if (size < this.size) {
      TypedArrayPrototypeSubarray(this.bytes, size, this.size).fill(0);
    }
    this.size = size;
  }

  put(data, at) {
    const end = at + data.length;
    if (end > this.size) this.resize(end);
    TypedArrayPrototypeSet(this.bytes, data, at);
    this.position = end;
  }
}

/** Data as bytes; undefined for what is none. */
async function bytesOf(data) {
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (ArrayBufferIsView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (ObjectPrototypeIsPrototypeOf(Blob.prototype, data)) return new Uint8Array(await data.arrayBuffer());
  return ObjectPrototypeIsPrototypeOf(ArrayBuffer.prototype, data) ? new Uint8Array(data) : undefined;
}

const required = (text) => new DOMException(text, "SyntaxError");

/** One write, or what an object says is to be done. @param {Draft} draft */
async function perform(draft, data) {
  if (!draft.open) throw new TypeError("write() after closed");
  const bytes = await bytesOf(data);
  if (bytes !== undefined) {
    draft.put(bytes, draft.position);
    return;
  }
  if (typeof data !== "object" || data === null || data.type === undefined) {
    throw new TypeError("WritableStream received a value that is not writable");
  }
  const { type, position, size } = data;
  if (type === "write") {
    if (data.data === undefined) throw required("write() requires a non-null data parameter");
    if (data.data === null) throw new TypeError("write() requires a non-null data parameter");
    draft.put(await bytesOf(data.data) ?? new TextEncoder().encode(String(data.data)), position ?? draft.position);
  } else if (type === "seek") {
    if (position === undefined) throw required("seek() requires a position parameter");
    seek(draft, position);
  } else if (type === "truncate") {
    if (size === undefined) throw required("truncate() requires a size parameter");
    truncate(draft, size);
  } else {
    throw new TypeError(`Invalid write type: ${type}`);
  }
}

function seek(draft, position) {
  if (position > draft.size) draft.resize(position);
  draft.position = position;
}

function truncate(draft, size) {
  draft.resize(size);
  if (draft.position > size) draft.position = size;
}

class FileSystemWritableFileStream extends WritableStream {
  #draft;

  constructor(secret, draft) {
    if (secret !== own) throw new TypeError("Illegal constructor");
    super({
      write: (chunk) => perform(draft, chunk),
      abort: () => draft.close(),
      close() {
        const bytes = TypedArrayPrototypeSubarray(draft.bytes, 0, draft.size);
        try {
          check(op_webfs_replace(view(), draft.path, bytes));
        } finally {
          draft.close();
        }
      },
    });
    this.#draft = draft;
  }

  write(data) {
    if (this.locked) throw new TypeError("Cannot write to a stream that is locked to a reader");
    return perform(this.#draft, data);
  }

  seek(position) {
    return promised(() => {
      if (!this.#draft.open) throw new TypeError("seek() after closed");
      seek(this.#draft, position);
    });
  }

  truncate(size) {
    return promised(() => {
      if (!this.#draft.open) throw new TypeError("seek() after closed");
      truncate(this.#draft, size);
    });
  }
}

function makeWritable(path, bytes) {
  return new FileSystemWritableFileStream(own, new Draft(path, bytes));
}

class StorageManager {
  constructor(secret) {
    if (secret !== own) throw new TypeError("Illegal constructor");
  }

  getDirectory() {
    return promised(() => new FileSystemDirectoryHandle(own, "/", ""));
  }
}

const classes = {
  __proto__: null,
  FileSystemDirectoryHandle,
  FileSystemFileHandle,
  FileSystemHandle,
  FileSystemWritableFileStream,
  StorageManager,
};
for (const key in classes) {
  const { prototype } = classes[key];
  const methods = ObjectGetOwnPropertyNames(prototype);
  for (let i = 0; i < methods.length; i++) {
    if (methods[i] !== "constructor") ObjectDefineProperty(prototype, methods[i], { __proto__: null, enumerable: true });
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: key, writable: true, configurable: true });
  ObjectDefineProperty(classes[key], "length", { __proto__: null, value: 0, configurable: true });
}

/** Puts the classes in the global scope. @param {object} scope where such are */
function install(scope) {
  for (const key in classes) {
    ObjectDefineProperty(scope, key, {
      __proto__: null,
      value: classes[key],
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
}

return { install, storage: () => new StorageManager(own) };
})();
