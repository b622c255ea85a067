// The module "node:fs/promises".
(function () {
const { core, primordials } = __bootstrap;
const { Error, PromiseReject, PromiseResolve } = primordials;
const constants = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { FileHandle, kOwn } = core.loadExtScript("ext:lopata_node/fs/handle.js");
const { calls: sync } = core.loadExtScript("ext:lopata_node/fs/sync.js");

/** What a call comes to, as a promise; whatever it throws rejects it. */
function promised(call) {
  try {
    return PromiseResolve(call());
  } catch (error) {
    return PromiseReject(error);
  }
}

/** A call whose promise has no result. */
function done(call) {
  return promised(() => {
    call();
  });
}

function access(path, mode = constants.F_OK) {
  return done(() => sync.accessSync(path, mode));
}

function appendFile(path, data, options = {}) {
  return done(() => sync.appendFileSync(path, data, options));
}

function chmod(path, mode) {
  return done(() => sync.chmodSync(path, mode));
}

function chown(path, uid, gid) {
  return done(() => sync.chownSync(path, uid, gid));
}

function copyFile(src, dest, mode) {
  return done(() => sync.copyFileSync(src, dest, mode));
}

function cp(src, dest, options) {
  return done(() => sync.cpSync(src, dest, options));
}

async function* glob(pattern, options = {}) {
  const results = await PromiseResolve(sync.globSync(pattern, options));
  for (let i = 0; i < results.length; i++) yield results[i];
}

function lchmod(path, mode) {
  return done(() => sync.lchmodSync(path, mode));
}

function lchown(path, uid, gid) {
  return done(() => sync.lchownSync(path, uid, gid));
}

function link(existingPath, newPath) {
  return done(() => sync.linkSync(existingPath, newPath));
}

function lstat(path, options = {}) {
  return promised(() => sync.lstatSync(path, options));
}

function lutimes(path, atime, mtime) {
  return done(() => sync.lutimesSync(path, atime, mtime));
}

function mkdir(path, options = {}) {
  return promised(() => sync.mkdirSync(path, options));
}

function mkdtemp(prefix, options = {}) {
  return promised(() => sync.mkdtempSync(prefix, options));
}

function open(path, flags, mode) {
  return promised(() => new FileHandle(kOwn, sync.openSync(path, flags, mode)));
}

function opendir(path, options = {}) {
  return promised(() => sync.opendirSync(path, options));
}

function readFile(path, options = {}) {
  return promised(() => sync.readFileSync(path, options));
}

function readdir(path, options = {}) {
  return promised(() => sync.readdirSync(path, options));
}

function readlink(path, options = {}) {
  return promised(() => sync.readlinkSync(path, options));
}

function realpath(path, options = {}) {
  return promised(() => sync.realpathSync(path, options));
}

function rename(oldPath, newPath) {
  return done(() => sync.renameSync(oldPath, newPath));
}

function rm(path, options = {}) {
  return done(() => sync.rmSync(path, options));
}

function rmdir(path, options) {
  return done(() => sync.rmdirSync(path, options));
}

function stat(path, options = {}) {
  return promised(() => sync.statSync(path, options));
}

function statfs(path, options = {}) {
  return promised(() => sync.statfsSync(path, options));
}

function symlink(target, path, type = null) {
  return done(() => sync.symlinkSync(target, path, type));
}

function truncate(path, len = 0) {
  return done(() => sync.truncateSync(path, len));
}

function unlink(path) {
  return done(() => sync.unlinkSync(path));
}

function utimes(path, atime, mtime) {
  return done(() => sync.utimesSync(path, atime, mtime));
}

function watch() {
  // Source: production's text, which is thrown at once.
  throw new Error("Not implemented");
}

function writeFile(path, data, options = {}) {
  return done(() => sync.writeFileSync(path, data, options));
}

const promises = {
  access,
  appendFile,
  chmod,
  chown,
  constants,
  copyFile,
  cp,
  FileHandle,
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
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  truncate,
  unlink,
  utimes,
  watch,
  writeFile,
};

return { ...promises, default: promises };
})();
