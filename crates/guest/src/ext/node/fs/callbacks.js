// The calls of node:fs that answer to a callback: checked and made at once, answered in a microtask.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayBufferIsView, ObjectPrototypeIsPrototypeOf, Number, queueMicrotask } = primordials;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { parseFileMode, validateBoolean, validateObject, validateOneOf, validateUint32 } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const checks = core.loadExtScript("ext:lopata_node/fs/checks.js");
const { COPYFILE_EXCL } = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { ERR_EEXIST, ERR_UNSUPPORTED_OPERATION } = core.loadExtScript("ext:lopata_node/fs/errors.js");
const { Dir } = core.loadExtScript("ext:lopata_node/fs/nodes.js");
const { place } = core.loadExtScript("ext:lopata_node/fs/place.js");
const { calls: sync, inner } = core.loadExtScript("ext:lopata_node/fs/sync.js");

/** Makes a call whose callback learns of an error and of nothing else. */
function tell(call, callback) {
  checks.callback(callback);
  let failure = null;
  try {
    call();
  } catch (error) {
    failure = error;
  }
  queueMicrotask(() => callback(failure));
}

/** Makes a call whose callback gets its result. */
function answer(call, callback) {
  checks.callback(callback);
  let result;
  try {
    result = call();
  } catch (error) {
    queueMicrotask(() => callback(error));
    return;
  }
  queueMicrotask(() => callback(null, result));
}

/** Makes a call whose callback gets its result and another value. */
function answerBoth(call, value, callback) {
  let result;
  try {
    result = call();
  } catch (error) {
    queueMicrotask(() => callback(error));
    return;
  }
  queueMicrotask(() => callback(null, result, value));
}

const nothing = () => {};

function access(path, modeOrCallback = 0, callback) {
  const direct = typeof modeOrCallback === "function";
  const { at, mode } = checks.access(path, direct ? 0 : modeOrCallback);
  tell(() => inner.accessAt(at, mode), direct ? modeOrCallback : callback);
}

function appendFile(path, data, optionsOrCallback, callback) {
  if (typeof optionsOrCallback !== "function") {
    // Production writes over the file, unless the options say that it is to be appended to.
    writeFile(path, data, optionsOrCallback, callback);
  } else {
    writeFile(path, data, { encoding: "utf8", mode: 0o666, flag: "a", flush: false }, optionsOrCallback);
  }
}

function chmod(path, mode, callback) {
  const at = checks.mode(path, mode);
  tell(() => inner.there(at, "chmod"), callback);
}

function chown(path, uid, gid, callback) {
  const at = checks.owner(path, uid, gid);
  tell(() => inner.there(at, "chown", true, path.pathname), callback);
}

function close(fd, callback = nothing) {
  fd = checks.descriptor(fd);
  tell(() => sync.closeSync(fd), callback);
}

function copyFile(src, dest, modeOrCallback = 0, callback) {
  const direct = typeof modeOrCallback === "function";
  const mode = direct ? 0 : modeOrCallback;
  const from = place(src);
  const to = place(dest);
  inner.copyMode(mode);
  if (mode & COPYFILE_EXCL && sync.existsSync(to)) throw new ERR_EEXIST(to.pathname, "copyFile");
  tell(() => sync.copyFileSync(from, to, mode), direct ? modeOrCallback : callback);
}

function cp(src, dest, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = inner.copyOptions(direct ? {} : optionsOrCallback);
  const from = place(src);
  const to = place(dest);
  tell(() => inner.copyTree(from, to, options), direct ? optionsOrCallback : callback);
}

function exists(path, callback) {
  checks.callback(callback);
  queueMicrotask(() => callback(sync.existsSync(path)));
}

function fchmod(fd, mode, callback) {
  fd = checks.descriptor(fd);
  parseFileMode(mode, "mode");
  tell(() => sync.fchmodSync(fd, mode), callback);
}

function fchown(fd, uid, gid, callback) {
  const at = checks.owner(fd, uid, gid);
  tell(() => inner.known(at, false), callback);
}

function fdatasync(fd, callback) {
  checks.descriptor(fd);
  tell(() => sync.fdatasyncSync(fd), callback);
}

function fstat(fd, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = direct ? { bigint: false } : optionsOrCallback;
  checks.stat(fd, options, true);
  answer(() => sync.fstatSync(fd, options), direct ? optionsOrCallback : callback);
}

function fsync(fd, callback = nothing) {
  checks.descriptor(fd);
  tell(() => sync.fsyncSync(fd), callback);
}

function ftruncate(fd, lenOrCallback, callback) {
  const direct = typeof lenOrCallback === "function";
  const len = direct ? 0 : lenOrCallback;
  fd = checks.descriptor(fd);
  validateUint32(len, "len");
  tell(() => sync.ftruncateSync(fd, len), direct ? lenOrCallback : callback);
}

function futimes(fd, atime, mtime, callback) {
  fd = checks.descriptor(fd);
  const [accessed, changed] = [checks.date(atime), checks.date(mtime)];
  tell(() => sync.futimesSync(fd, accessed, changed), callback);
}

function glob(pattern, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  answer(() => sync.globSync(pattern, direct ? {} : optionsOrCallback), direct ? optionsOrCallback : callback);
}

function lchmod(path, mode, callback) {
  const at = checks.mode(path, mode);
  tell(() => inner.there(at, "lchmod", false), callback);
}

function lchown(path, uid, gid, callback) {
  const at = checks.owner(path, uid, gid);
  tell(() => inner.there(at, "lchown", false, path.pathname), callback);
}

function lutimes(path, atime, mtime, callback) {
  const [accessed, changed] = [checks.date(atime), checks.date(mtime)];
  const at = place(path);
  tell(() => sync.lutimesSync(at, accessed, changed), callback);
}

function link(src, dest, callback) {
  const from = place(src);
  const to = place(dest);
  tell(() => sync.linkSync(from, to), callback);
}

function lstat(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, bigint, throwIfNoEntry } = checks.stat(path, direct ? { bigint: false } : optionsOrCallback);
  answer(() => sync.lstatSync(at, { bigint, throwIfNoEntry }), direct ? optionsOrCallback : callback);
}

function mkdir(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, recursive } = checks.mkdir(path, direct ? {} : optionsOrCallback);
  answer(() => sync.mkdirSync(at, { recursive }), direct ? optionsOrCallback : callback);
}

/** Checks options that are an encoding. @returns {object} */
function encoded(options) {
  const checked = checks.encodingOptions(options);
  validateObject(checked, "options");
  checks.encodingName(checked.encoding ?? null, true);
  return checked;
}

function mkdtemp(prefix, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = encoded(direct ? {} : optionsOrCallback);
  answer(() => sync.mkdtempSync(prefix, options), direct ? optionsOrCallback : callback);
}

function open(path, flagsOrCallback = "r", modeOrCallback = 0o666, callback) {
  let flags = flagsOrCallback;
  let mode = modeOrCallback;
  if (typeof flagsOrCallback === "function") {
    callback = flagsOrCallback;
    flags = "r";
    mode = 0o666;
  } else if (typeof modeOrCallback === "function") {
    callback = modeOrCallback;
    mode = 0o666;
  }
  const at = place(path);
  mode = parseFileMode(mode, "mode");
  flags = checks.flags(flags);
  answer(() => sync.openSync(at, flags, mode), callback);
}

function opendir(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, encoding, recursive } = checks.opendir(path, direct ? {} : optionsOrCallback);
  // Its path is a URL here, as in production.
  const opened = () => new Dir(inner.entriesOf(at, recursive), new URL(`file://${at.pathname}`), { encoding });
  answer(opened, direct ? optionsOrCallback : callback);
}

/** The arguments of `read` in all the orders that they can have: with options or a callback anywhere. */
function readArguments(bufferOrOptions, offsetOrOptions, lengthOrCallback, position, callback) {
  if (typeof bufferOrOptions === "function") {
    const buffer = Buffer.alloc(16384);
    return { buffer, offset: 0, length: buffer.byteLength, position: null, callback: bufferOrOptions };
  }
  if (typeof bufferOrOptions === "object" && bufferOrOptions !== null && !ArrayBufferIsView(bufferOrOptions)) {
    const { buffer = Buffer.alloc(16384), offset = 0, length = buffer.byteLength - offset } = bufferOrOptions;
    if (!ArrayBufferIsView(buffer)) throw new ERR_INVALID_ARG_TYPE("options.buffer", checks.VIEWS, buffer);
    return named({ ...bufferOrOptions, buffer, offset, length }, offsetOrOptions);
  }
  const buffer = bufferOrOptions;
  if (!ArrayBufferIsView(buffer)) throw new ERR_INVALID_ARG_TYPE("buffer", checks.VIEWS, buffer);
  if (typeof offsetOrOptions === "function") {
    return { buffer, offset: 0, length: buffer.byteLength, position: null, callback: offsetOrOptions };
  }
  if (typeof offsetOrOptions === "object" && !ObjectPrototypeIsPrototypeOf(Number.prototype, offsetOrOptions)) {
    const { offset = 0, length = buffer.byteLength - offset } = offsetOrOptions;
    return named({ ...offsetOrOptions, buffer, offset, length }, lengthOrCallback);
  }
  const offset = typeof offsetOrOptions === "number" ? offsetOrOptions : 0;
  if (typeof lengthOrCallback === "function") {
    return { buffer, offset, length: buffer.byteLength - offset, position: null, callback: lengthOrCallback };
  }
  validateUint32(position, "position");
  return { buffer, offset, length: lengthOrCallback ?? buffer.byteLength - offset, position, callback };
}

/** Options of `read`, checked. */
function named({ buffer, offset, length, position = null }, callback) {
  validateUint32(offset, "options.offset");
  validateUint32(length, "options.length");
  checks.position(position, "options.position");
  return { buffer, offset, length, position, callback };
}

function read(fd, bufferOptionsOrCallback, offsetOptionsOrCallback, lengthOrCallback, position, callback) {
  const given = readArguments(
    bufferOptionsOrCallback,
    offsetOptionsOrCallback,
    lengthOrCallback,
    position,
    callback,
  );
  const { buffer, offset, length } = given;
  checks.callback(given.callback);
  if (offset < 0 || length < 0 || (length !== 0 && offset + length > buffer.byteLength)) {
    throw new ERR_INVALID_ARG_VALUE("offset", "must be >= 0 and <= buffer.length");
  }
  const made = () => length === 0 ? 0 : sync.readSync(fd, buffer, { offset, length, position: given.position });
  answerBoth(made, buffer, given.callback);
}

function readdir(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, recursive, withFileTypes, encoding } = checks.readdir(path, direct ? {} : optionsOrCallback);
  const made = () => sync.readdirSync(at, { recursive, withFileTypes, encoding });
  answer(made, direct ? optionsOrCallback : callback);
}

function readFile(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = encoded(direct ? {} : optionsOrCallback);
  answer(() => sync.readFileSync(path, options), direct ? optionsOrCallback : callback);
}

/** `readlink` and `realpath`. */
function linkOf(call, path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = encoded(direct ? {} : optionsOrCallback);
  const at = place(path);
  answer(() => call(at, { encoding: options.encoding }), direct ? optionsOrCallback : callback);
}

function readlink(path, optionsOrCallback, callback) {
  linkOf(sync.readlinkSync, path, optionsOrCallback, callback);
}

function readv(fd, buffers, positionOrCallback, callback) {
  const direct = typeof positionOrCallback === "function";
  const position = direct ? null : positionOrCallback;
  if (direct) callback = positionOrCallback;
  checks.callback(callback);
  checks.position(position);
  answerBoth(() => sync.readvSync(fd, buffers, position), buffers, callback);
}

function realpath(path, optionsOrCallback, callback) {
  linkOf(sync.realpathSync, path, optionsOrCallback, callback);
}
realpath.native = realpath;

function rename(oldPath, newPath, callback) {
  const from = place(oldPath);
  const to = place(newPath);
  tell(() => sync.renameSync(from, to), callback);
}

function rmdir(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, recursive } = checks.rmdir(path, direct ? {} : optionsOrCallback);
  tell(() => sync.rmdirSync(at, { recursive }), direct ? optionsOrCallback : callback);
}

function rm(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, recursive } = checks.rm(path, direct ? {} : optionsOrCallback);
  tell(() => sync.rmSync(at, { recursive }), direct ? optionsOrCallback : callback);
}

function stat(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const { at, bigint, throwIfNoEntry } = checks.stat(path, direct ? { bigint: false } : optionsOrCallback);
  answer(() => sync.statSync(at, { bigint, throwIfNoEntry }), direct ? optionsOrCallback : callback);
}

function statfs(path, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const options = direct ? { bigint: false } : optionsOrCallback;
  const at = place(path);
  if (options !== undefined) {
    validateObject(options, "options");
    if (options.bigint !== undefined) validateBoolean(options.bigint, "options.bigint");
  }
  answer(() => sync.statfsSync(at, options), direct ? optionsOrCallback : callback);
}

function symlink(target, path, typeOrCallback, callback) {
  const direct = typeof typeOrCallback === "function";
  const type = direct ? null : typeOrCallback;
  const to = place(target);
  const at = place(path);
  if (type !== null && type !== undefined) validateOneOf(type, "type", ["dir", "file", "junction", null]);
  tell(() => sync.symlinkSync(to, at, type), direct ? typeOrCallback : callback);
}

function truncate(path, lenOrCallback, callback) {
  const direct = typeof lenOrCallback === "function";
  const len = direct ? 0 : lenOrCallback;
  const at = place(path);
  validateUint32(len, "len");
  tell(() => sync.truncateSync(at, len), direct ? lenOrCallback : callback);
}

function unlink(path, callback) {
  const at = place(path);
  tell(() => sync.unlinkSync(at), callback);
}

function utimes(path, atime, mtime, callback) {
  const [accessed, changed] = [checks.date(atime), checks.date(mtime)];
  const at = place(path);
  tell(() => sync.utimesSync(at, accessed, changed), callback);
}

function write(fd, buffer, offsetOptionsPositionOrCallback, encodingLengthOrCallback, positionOrCallback, callback) {
  const given = [offsetOptionsPositionOrCallback, encodingLengthOrCallback, positionOrCallback];
  for (let i = 0; i < given.length; i++) {
    if (typeof given[i] !== "function") continue;
    callback = given[i];
    given[i] = undefined;
  }
  checks.callback(callback);
  const [offsetOrOptions, , position] = given;
  let lengthOrEncoding = given[1];
  if (typeof buffer === "string") {
    // What follows counts for its bytes from here on, as in production: a number is an offset.
    const encoding = typeof lengthOrEncoding === "string" ? lengthOrEncoding : "utf8";
    buffer = Buffer.from(buffer, encoding);
    if (typeof lengthOrEncoding === "string") lengthOrEncoding = undefined;
  }
  const checked = checks.write(fd, buffer, offsetOrOptions, lengthOrEncoding, position);
  answerBoth(() => inner.writeAll(checked.fd, checked.buffers, checked.position), buffer, callback);
}

function writeFile(path, data, optionsOrCallback, callback) {
  const direct = typeof optionsOrCallback === "function";
  const checked = checks.writeFile(path, data, direct ? {} : optionsOrCallback);
  answer(() => inner.writeWhole(checked), direct ? optionsOrCallback : callback);
}

function writev(fd, buffers, positionOrCallback, callback) {
  const direct = typeof positionOrCallback === "function";
  const position = direct ? null : positionOrCallback;
  if (direct) callback = positionOrCallback;
  checks.callback(callback);
  fd = checks.descriptor(fd);
  checks.views(buffers);
  checks.position(position);
  answerBoth(() => sync.writevSync(fd, buffers, position), buffers, callback);
}

function unwatchFile() {
  throw new ERR_UNSUPPORTED_OPERATION();
}

function watch() {
  throw new ERR_UNSUPPORTED_OPERATION();
}

function watchFile() {
  throw new ERR_UNSUPPORTED_OPERATION();
}

return {
  access,
  appendFile,
  chmod,
  chown,
  close,
  copyFile,
  cp,
  exists,
  fchmod,
  fchown,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  futimes,
  glob,
  lchmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  open,
  opendir,
  read,
  readFile,
  readdir,
  readlink,
  readv,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  truncate,
  unlink,
  unwatchFile,
  utimes,
  watch,
  watchFile,
  write,
  writeFile,
  writev,
};
})();
