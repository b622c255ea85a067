// What a call tells of a file or a directory: Stats, Dirent, Dir.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeShift,
  BigInt,
  Date,
  Number,
  PromiseReject,
  PromiseResolve,
  Symbol,
  SymbolAsyncDispose,
  SymbolAsyncIterator,
  SymbolDispose,
  TypeError,
  queueMicrotask,
} = primordials;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_MISSING_ARGS } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateObject, validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const constants = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { ERR_DIR_CLOSED } = core.loadExtScript("ext:lopata_node/fs/errors.js");
const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = constants;

/** Who has it may make a `Stats`. */
const kOwn = Symbol("kOwn");

/** Kinds as the ops tell them. */
const KINDS = [0, S_IFREG, S_IFDIR, S_IFLNK];

/** How a number looks in a `Stats` of numbers, and in one of bigints. */
const number = (value) => value;
const bigint = (value) => BigInt(value);

class Stats {
  /** @param {symbol} own @param {[number, number, number, boolean, boolean]} stat @param {{ bigint: boolean }} options */
  constructor(own, stat, options) {
    if (own !== kOwn) throw new TypeError("Illegal constructor");
    const [kind, size, modified, writable, device] = stat;
    const of = options.bigint ? bigint : number;
    const mode = 0o444 | (writable ? 0o222 : 0) | (device ? S_IFCHR : KINDS[kind]);
    this.dev = of(device ? 1 : 0);
    this.ino = of(0);
    this.mode = of(mode);
    this.nlink = of(1);
    this.uid = of(0);
    this.gid = of(0);
    this.rdev = of(0);
    this.size = of(size);
    this.blksize = of(0);
    this.blocks = of(0);
    this.atimeMs = of(0);
    this.mtimeMs = of(modified);
    this.ctimeMs = of(modified);
    this.birthtimeMs = of(0);
    this.atimeNs = undefined;
    this.mtimeNs = undefined;
    this.ctimeNs = undefined;
    this.birthtimeNs = undefined;
    if (options.bigint) {
      this.atimeNs = 0n;
      this.mtimeNs = BigInt(modified) * 1000000n;
      this.ctimeNs = this.mtimeNs;
      this.birthtimeNs = 0n;
    }
    this.atime = new Date(0);
    this.mtime = new Date(modified);
    this.ctime = new Date(modified);
    this.birthtime = new Date(0);
  }

  isBlockDevice() {
    return (Number(this.mode) & S_IFMT) === S_IFBLK;
  }

  isCharacterDevice() {
    return (Number(this.mode) & S_IFMT) === S_IFCHR;
  }

  isDirectory() {
    return (Number(this.mode) & S_IFMT) === S_IFDIR;
  }

  isFIFO() {
    return (Number(this.mode) & S_IFMT) === S_IFIFO;
  }

  isFile() {
    return (Number(this.mode) & S_IFMT) === S_IFREG;
  }

  isSocket() {
    return (Number(this.mode) & S_IFMT) === S_IFSOCK;
  }

  isSymbolicLink() {
    return (Number(this.mode) & S_IFMT) === S_IFLNK;
  }
}

const kType = Symbol("type");

class Dirent {
  constructor(name, type, path) {
    this.name = name;
    this.parentPath = path;
    this[kType] = type;
  }

  isDirectory() {
    return this[kType] === constants.UV_DIRENT_DIR;
  }

  isFile() {
    return this[kType] === constants.UV_DIRENT_FILE;
  }

  isBlockDevice() {
    return this[kType] === constants.UV_DIRENT_BLOCK;
  }

  isCharacterDevice() {
    return this[kType] === constants.UV_DIRENT_CHAR;
  }

  isSymbolicLink() {
    return this[kType] === constants.UV_DIRENT_LINK;
  }

  isFIFO() {
    return this[kType] === constants.UV_DIRENT_FIFO;
  }

  isSocket() {
    return this[kType] === constants.UV_DIRENT_SOCKET;
  }
}

/** An entry's name in an encoding. @param {string} name @param {string | null} encoding */
function named(name, encoding) {
  if (encoding === "utf8" || encoding === "utf-8") return name;
  const bytes = Buffer.from(name);
  return encoding === "buffer" ? bytes : bytes.toString(encoding ?? undefined);
}

class Dir {
  #entries;
  #encoding;
  #path;

  /** @param {{ name: string, type: number, parentPath: string }[]} handle what it lists */
  constructor(handle, path, options) {
    if (handle === null || handle === undefined) throw new ERR_MISSING_ARGS("handle");
    this.#entries = handle;
    this.#path = path;
    validateObject(options, "options");
    const { encoding = "utf8" } = options;
    validateString(encoding, "options.encoding");
    this.#encoding = encoding;
  }

  get path() {
    return this.#path;
  }

  read(callback) {
    let entry = null;
    let failure = null;
    try {
      entry = this.readSync();
    } catch (error) {
      failure = error;
    }
    if (typeof callback !== "function") return failure === null ? PromiseResolve(entry) : PromiseReject(failure);
    queueMicrotask(() => callback(failure, entry));
  }

  readSync() {
    if (this.#entries === undefined) throw new ERR_DIR_CLOSED();
    const entry = ArrayPrototypeShift(this.#entries);
    if (entry === undefined || entry === null) return null;
    return new Dirent(named(entry.name, this.#encoding), entry.type, entry.parentPath);
  }

  close(callback) {
    this.closeSync();
    if (typeof callback !== "function") return PromiseResolve();
    queueMicrotask(() => callback(null));
  }

  closeSync() {
    if (this.#entries === undefined) throw new ERR_DIR_CLOSED();
    this.#entries = undefined;
  }

  async *entries() {
    for (;;) {
      const entry = await this.read();
      if (entry === null) return;
      yield entry;
    }
  }

  [SymbolAsyncIterator]() {
    return this.entries();
  }

  async [SymbolAsyncDispose]() {
    await this.close();
  }

  [SymbolDispose]() {
    this.closeSync();
  }
}

return { Dir, Dirent, kOwn, named, Stats };
})();
