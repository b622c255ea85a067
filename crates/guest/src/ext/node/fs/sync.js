// The calls of node:fs that answer at once. All others are made of these.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayPrototypeMap, TypedArrayPrototypeSubarray, Uint8Array } = primordials;
const {
  op_vfs_close,
  op_vfs_cp,
  op_vfs_fsize,
  op_vfs_fstat,
  op_vfs_ftouch,
  op_vfs_ftruncate,
  op_vfs_fwrite_all,
  op_vfs_link,
  op_vfs_mkdir,
  op_vfs_open,
  op_vfs_read,
  op_vfs_readdir,
  op_vfs_readlink,
  op_vfs_rename,
  op_vfs_rm,
  op_vfs_size,
  op_vfs_stat,
  op_vfs_take,
  op_vfs_touch,
  op_vfs_truncate,
  op_vfs_unlink,
  op_vfs_write,
  op_vfs_write_all,
} = core.ops;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { parseFileMode, validateBoolean, validateObject, validateOneOf, validateString, validateUint32 } = core
  .loadExtScript("ext:deno_node/internal/validators.mjs");
const checks = core.loadExtScript("ext:lopata_node/fs/checks.js");
const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE, O_APPEND, O_EXCL, O_RDWR, O_WRONLY, W_OK, X_OK } = core
  .loadExtScript("ext:lopata_node/fs/constants.js");
const { check, ERR_EEXIST, ERR_EINVAL, ERR_ENOENT, ERR_UNSUPPORTED_OPERATION } = core.loadExtScript(
  "ext:lopata_node/fs/errors.js",
);
const { Dir, Dirent, kOwn, named, Stats } = core.loadExtScript("ext:lopata_node/fs/nodes.js");
const { place } = core.loadExtScript("ext:lopata_node/fs/place.js");
const { view } = core.loadExtScript("ext:lopata_node/fs/view.js");

/** @param {number | import("./place.js").Place} at @returns {object | null} what is known of it */
function known(at, follow = true) {
  return typeof at === "number" ? check(op_vfs_fstat(at)) : check(op_vfs_stat(view(), at.path, follow));
}

/** The node is there, which is all that some calls do. @param {string} [path] how the error names it */
function there(at, syscall, follow = true, ...path) {
  if (known(at, follow) === null) throw new ERR_ENOENT(path.length > 0 ? path[0] : at.pathname, syscall);
}

/** @param {import("./place.js").Place} at @param {number} mode */
function accessAt(at, mode) {
  // Nothing can be executed.
  const stat = mode & X_OK ? null : known(at);
  if (stat === null || (mode & W_OK && !stat[3])) throw new ERR_ENOENT(at.pathname, "access");
}

function accessSync(path, mode = 0) {
  const { at, mode: checked } = checks.access(path, mode);
  accessAt(at, checked);
}

function appendFileSync(path, data, options = {}) {
  const { encoding = "utf8", mode = 0o666, flag = "a", flush = false } = checks.encodingOptions(options);
  return writeFileSync(path, data, { encoding, mode, flag, flush });
}

function chmodSync(path, mode) {
  there(checks.mode(path, mode), "chmod");
}

function chownSync(path, uid, gid) {
  there(checks.owner(path, uid, gid), "chown");
}

function closeSync(fd) {
  op_vfs_close(checks.descriptor(fd));
}

/** @param {number} mode */
function copyMode(mode) {
  validateOneOf(mode, "mode", [0, COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, COPYFILE_FICLONE]);
  if (mode & COPYFILE_FICLONE_FORCE) throw new ERR_UNSUPPORTED_OPERATION();
}

function copyFileSync(src, dest, mode = 0) {
  copyMode(mode);
  if (mode & COPYFILE_EXCL && existsSync(dest)) throw new ERR_EEXIST(place(dest).pathname, "copyFile");
  const from = place(src);
  check(op_vfs_rename(view(), from.path, place(dest).path, true));
}

/** Checks the options of `cp`. */
function copyOptions(options) {
  validateObject(options, "options");
  const {
    dereference = false,
    errorOnExist = false,
    force = true,
    mode = 0,
    preserveTimestamps = false,
    recursive = false,
    verbatimSymlinks = false,
  } = options;
  validateBoolean(dereference, "options.dereference");
  validateBoolean(errorOnExist, "options.errorOnExist");
  validateBoolean(force, "options.force");
  validateBoolean(preserveTimestamps, "options.preserveTimestamps");
  validateBoolean(recursive, "options.recursive");
  validateBoolean(verbatimSymlinks, "options.verbatimSymlinks");
  validateUint32(mode, "options.mode");
  if (mode & COPYFILE_FICLONE_FORCE) {
    throw new ERR_INVALID_ARG_VALUE("options.mode", "COPYFILE_FICLONE_FORCE is not supported");
  }
  const { filter } = options;
  if (filter !== undefined) {
    if (typeof filter !== "function") throw new ERR_INVALID_ARG_TYPE("options.filter", "function", filter);
    throw new ERR_UNSUPPORTED_OPERATION();
  }
  return { dereference, recursive, force, errorOnExist };
}

function copyTree(from, to, { dereference, recursive, force, errorOnExist }) {
  check(op_vfs_cp(view(), from.path, to.path, dereference, recursive, force, errorOnExist));
}

function cpSync(src, dest, options = {}) {
  const checked = copyOptions(options);
  copyTree(place(src), place(dest), checked);
}

function existsSync(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function fchmodSync(fd, mode) {
  fd = checks.descriptor(fd);
  parseFileMode(mode, "mode");
  known(fd);
}

function fchownSync(fd, uid, gid) {
  known(checks.owner(fd, uid, gid));
}

function fdatasyncSync(fd) {
  known(checks.descriptor(fd));
}

function fstatSync(fd, options = {}) {
  validateObject(options, "options");
  const { at, bigint } = checks.stat(fd, options, true);
  return new Stats(kOwn, known(at), { bigint });
}

function fsyncSync(fd) {
  known(checks.descriptor(fd));
}

function ftruncateSync(fd, len = 0) {
  validateUint32(len, "len");
  check(op_vfs_ftruncate(checks.descriptor(fd), len));
}

function futimesSync(fd, atime, mtime) {
  checks.date(atime);
  const changed = checks.date(mtime);
  fd = checks.descriptor(fd);
  check(op_vfs_ftouch(fd, checks.milliseconds(changed)));
}

/** Says when a path was changed. */
function touch(path, atime, mtime, follow) {
  checks.date(atime);
  const changed = checks.date(mtime);
  const at = place(path);
  check(op_vfs_touch(view(), at.path, follow, checks.milliseconds(changed)));
}

function lchmodSync(path, mode) {
  there(checks.mode(path, mode), "lchmod", false);
}

function lchownSync(path, uid, gid) {
  // Production names what it was given, which has no path unless it is a URL.
  there(checks.owner(path, uid, gid), "lchown", false, path.pathname);
}

function lutimesSync(path, atime, mtime) {
  touch(path, atime, mtime, false);
}

function linkSync(existingPath, newPath) {
  const at = place(newPath);
  const target = place(existingPath);
  check(op_vfs_link(view(), at.path, target.path, false));
}

/** `stat` and `lstat`. */
function statOf(path, options, follow, syscall) {
  const { at, bigint, throwIfNoEntry } = checks.stat(path, options);
  const stat = known(at, follow);
  if (stat !== null) return new Stats(kOwn, stat, { bigint });
  if (throwIfNoEntry) throw new ERR_ENOENT(at.pathname, syscall);
}

function lstatSync(path, options = {}) {
  return statOf(path, options, false, "lstat");
}

function mkdirSync(path, options = {}) {
  const { at, recursive } = checks.mkdir(path, options);
  return check(op_vfs_mkdir(view(), at.path, recursive, false)) ?? undefined;
}

function mkdtempSync(prefix, options = {}) {
  options = checks.encodingOptions(options);
  validateObject(options, "options");
  const { encoding = "utf8" } = options;
  checks.encodingName(encoding);
  const at = place(prefix, encoding);
  const made = check(op_vfs_mkdir(view(), at.path, false, true));
  if (made === null) throw new ERR_EINVAL("mkdtemp");
  return made;
}

/** @returns {{ name: string, parentPath: string, type: number }[]} */
function entriesOf(at, recursive) {
  const entries = check(op_vfs_readdir(view(), at.path, recursive));
  return ArrayPrototypeMap(entries, (entry) => ({ name: entry[0], parentPath: entry[1], type: entry[2] }));
}

function opendirSync(path, options = {}) {
  const { at, encoding, recursive } = checks.opendir(path, options);
  return new Dir(entriesOf(at, recursive), path, { encoding });
}

function openSync(path, flags = "r", mode = 0o666) {
  parseFileMode(mode, "mode", 0o666);
  const bits = checks.flags(flags);
  const both = (bits & O_RDWR) !== 0;
  const writes = both || (bits & O_WRONLY) !== 0;
  const at = place(path);
  const reads = both || (bits & O_WRONLY) === 0;
  return check(op_vfs_open(view(), at.path, reads, writes, (bits & O_APPEND) !== 0, (bits & O_EXCL) !== 0));
}

function readdirSync(path, options = {}) {
  const { at, encoding, withFileTypes, recursive } = checks.readdir(path, options);
  const entries = entriesOf(at, recursive);
  if (!withFileTypes) return ArrayPrototypeMap(entries, (entry) => named(entry.name, encoding));
  return ArrayPrototypeMap(entries, (entry) => {
    const name = encoding === "buffer" ? Buffer.from(entry.name) : entry.name;
    return new Dirent(name, entry.type, entry.parentPath);
  });
}

/** All bytes of a path or a descriptor. @returns {Uint8Array} */
function wholeOf(at, toOpen = false) {
  const size = typeof at === "number" ? check(op_vfs_fsize(at)) : check(op_vfs_size(view(), at.path, toOpen));
  const bytes = new Uint8Array(size);
  op_vfs_take(bytes);
  return bytes;
}

function readFileSync(pathOrFd, options = {}) {
  options = checks.encodingOptions(options);
  validateObject(options, "options");
  const { flag = "r" } = options;
  const encoding = options.encoding ?? null;
  checks.encodingName(encoding, true);
  checks.flags(flag);
  const bytes = wholeOf(checks.target(pathOrFd));
  const buffer = Buffer.from(bytes.buffer);
  return typeof encoding === "string" ? buffer.toString(encoding) : buffer;
}

/** `readlink` and `realpath`. */
function linkOf(path, options, onlyLink) {
  options = checks.encodingOptions(options);
  validateObject(options, "options");
  const { encoding = "utf8" } = options;
  checks.encodingName(encoding);
  const target = check(op_vfs_readlink(view(), place(path).path, onlyLink));
  return Buffer.from(target).toString(encoding);
}

function readlinkSync(path, options = {}) {
  return linkOf(path, options, true);
}

/** Reads into one buffer after the other, until one is not full. */
function readAll(fd, buffers, position) {
  let at = checks.positionOf(position);
  let total = 0;
  for (let i = 0; i < buffers.length; i++) {
    const buffer = checks.part(buffers[i], 0, buffers[i].byteLength);
    let count = check(op_vfs_read(fd, buffer, at));
    if (count < 0) count = fillRandomly(buffer);
    total += count;
    if (at >= 0) at += count;
    if (count < buffer.byteLength) break;
  }
  return total;
}

/** `/dev/random`. Outside of an event there is no randomness. @param {Uint8Array} buffer */
function fillRandomly(buffer) {
  if (view() === 0) return 0;
  const { crypto } = globalThis;
  for (let at = 0; at < buffer.byteLength; at += 65536) {
    crypto.getRandomValues(TypedArrayPrototypeSubarray(buffer, at, at + 65536));
  }
  return buffer.byteLength;
}

function readSync(fd, buffer, offsetOrOptions = {}, length, position = null) {
  const checked = checks.read(fd, buffer, offsetOrOptions, length, position);
  if (checked.buffers.length === 0 || buffer.byteLength === 0) return 0;
  return readAll(checked.fd, checked.buffers, checked.position);
}

function readvSync(fd, buffers, position = null) {
  fd = checks.descriptor(fd);
  checks.views(buffers);
  checks.position(position);
  return buffers.length === 0 ? 0 : readAll(fd, buffers, position);
}

function realpathSync(p, options = {}) {
  return linkOf(p, options, false);
}
realpathSync.native = realpathSync;

function renameSync(src, dest) {
  const from = place(src);
  check(op_vfs_rename(view(), from.path, place(dest).path, false));
}

function rmdirSync(path, options = {}) {
  const { at, recursive } = checks.rmdir(path, options);
  check(op_vfs_rm(view(), at.path, recursive, true));
}

function rmSync(path, options = {}) {
  const { at, recursive } = checks.rm(path, options);
  check(op_vfs_rm(view(), at.path, recursive, false));
}

function statSync(path, options = {}) {
  return statOf(path, options, true, "stat");
}

function statfsSync(path, options = {}) {
  place(path);
  validateObject(options, "options");
  const { bigint = false } = options;
  validateBoolean(bigint, "options.bigint");
  const zero = bigint ? 0n : 0;
  return { type: zero, bsize: zero, blocks: zero, bfree: zero, bavail: zero, files: zero, ffree: zero };
}

function symlinkSync(target, path, type = null) {
  validateOneOf(type, "type", ["dir", "file", "junction", null]);
  const at = place(path);
  check(op_vfs_link(view(), at.path, place(target).path, true));
}

function truncateSync(path, len = 0) {
  validateUint32(len, "len");
  check(op_vfs_truncate(view(), place(path).path, len));
}

function unlinkSync(path) {
  check(op_vfs_unlink(view(), place(path).path));
}

function utimesSync(path, atime, mtime) {
  touch(path, atime, mtime, true);
}

/** Writes what was checked to be written whole. */
function writeWhole({ at, data, append, exclusive }) {
  if (at === 1 || at === 2) return core.loadExtScript("ext:lopata_node/fs/stdio.js").write(at, data);
  if (typeof at === "number") return check(op_vfs_fwrite_all(at, data, append));
  return check(op_vfs_write_all(view(), at.path, data, append, exclusive));
}

function writeFileSync(path, data, options = {}) {
  return writeWhole(checks.writeFile(path, data, options));
}

/** Writes one buffer after the other. */
function writeAll(fd, buffers, position) {
  let at = checks.positionOf(position);
  let total = 0;
  for (let i = 0; i < buffers.length; i++) {
    const buffer = checks.part(buffers[i], 0, buffers[i].byteLength);
    const count = fd === 1 || fd === 2
      ? core.loadExtScript("ext:lopata_node/fs/stdio.js").write(fd, buffer)
      : check(op_vfs_write(fd, buffer, at));
    total += count;
    if (at >= 0) at += count;
  }
  return total;
}

function writeSync(fd, buffer, offsetOrOptions = null, length, position) {
  const checked = checks.write(fd, buffer, offsetOrOptions, length, position);
  return writeAll(checked.fd, checked.buffers, checked.position);
}

function writevSync(fd, buffers, position = null) {
  fd = checks.descriptor(fd);
  checks.views(buffers);
  checks.position(position);
  return buffers.length === 0 ? 0 : writeAll(fd, buffers, position);
}

function globSync(pattern, options = {}) {
  return core.loadExtScript("ext:lopata_node/fs/glob.js").find(pattern, options, entriesOf);
}

function openAsBlob(path, options = {}) {
  const at = place(path);
  validateObject(options, "options");
  const { type = "" } = options;
  validateString(type, "options.type");
  const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
  return new Blob([wholeOf(at, true)], { type });
}

/** What the other forms need beside the calls. */
const inner = { accessAt, copyMode, copyOptions, copyTree, entriesOf, known, there, writeAll, writeWhole };

return {
  calls: {
    accessSync,
    appendFileSync,
    chmodSync,
    chownSync,
    closeSync,
    copyFileSync,
    cpSync,
    existsSync,
    fchmodSync,
    fchownSync,
    fdatasyncSync,
    fstatSync,
    fsyncSync,
    ftruncateSync,
    futimesSync,
    globSync,
    lchmodSync,
    lchownSync,
    linkSync,
    lstatSync,
    lutimesSync,
    mkdirSync,
    mkdtempSync,
    openAsBlob,
    openSync,
    opendirSync,
    readFileSync,
    readSync,
    readdirSync,
    readlinkSync,
    readvSync,
    realpathSync,
    renameSync,
    rmSync,
    rmdirSync,
    statSync,
    statfsSync,
    symlinkSync,
    truncateSync,
    unlinkSync,
    utimesSync,
    writeFileSync,
    writeSync,
    writevSync,
  },
  inner,
};
})();
