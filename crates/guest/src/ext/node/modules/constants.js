// The module "node:constants": those of os, fs and crypto in one object, as it was once.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, ObjectKeys } = primordials;
const { dlopen, errno, priority } = core.loadExtScript("ext:lopata_node/os/constants.js");
const { CHECKS, ENGINES, OPTIONS, PADDINGS, POINTS, VERSIONS } = core.loadExtScript("ext:lopata_node/crypto/constants.js");

/** Source: production's numbers, which are not those of `os`. */
const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGIOT: 6,
  SIGBUS: 10,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 30,
  SIGSEGV: 11,
  SIGUSR2: 31,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 20,
  SIGCONT: 19,
  SIGSTOP: 17,
  SIGTSTP: 18,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 16,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 23,
  SIGINFO: 29,
  SIGSYS: 12,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSTKFLT: 16,
};

/** Source: production's numbers, which are not those of `fs`. */
const FILES = {
  UV_FS_SYMLINK_DIR: 1,
  UV_FS_SYMLINK_JUNCTION: 2,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  UV_DIRENT_UNKNOWN: 0,
  UV_DIRENT_FILE: 1,
  UV_DIRENT_DIR: 2,
  UV_DIRENT_LINK: 3,
  UV_DIRENT_FIFO: 4,
  UV_DIRENT_SOCKET: 5,
  UV_DIRENT_CHAR: 6,
  UV_DIRENT_BLOCK: 7,
  S_IFMT: 61440,
  S_IFREG: 32768,
  S_IFDIR: 16384,
  S_IFCHR: 8192,
  S_IFBLK: 24576,
  S_IFIFO: 4096,
  S_IFLNK: 40960,
  S_IFSOCK: 49152,
  O_CREAT: 512,
  O_EXCL: 2048,
  UV_FS_O_FILEMAP: 0,
  O_NOCTTY: 131072,
  O_TRUNC: 1024,
  O_APPEND: 8,
  O_DIRECTORY: 1048576,
  O_NOFOLLOW: 256,
  O_SYNC: 128,
  O_DSYNC: 4194304,
  O_SYMLINK: 2097152,
  O_NONBLOCK: 4,
  O_DIRECT: 16384,
  O_NOATIME: 262144,
  S_IRWXU: 448,
  S_IRUSR: 256,
  S_IWUSR: 128,
  S_IXUSR: 64,
  S_IRWXG: 56,
  S_IRGRP: 32,
  S_IWGRP: 16,
  S_IXGRP: 8,
  S_IRWXO: 7,
  S_IROTH: 4,
  S_IWOTH: 2,
  S_IXOTH: 1,
  F_OK: 0,
  R_OK: 4,
  W_OK: 2,
  X_OK: 1,
  UV_FS_COPYFILE_EXCL: 1,
  COPYFILE_EXCL: 1,
  UV_FS_COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE: 2,
  UV_FS_COPYFILE_FICLONE_FORCE: 4,
  COPYFILE_FICLONE_FORCE: 4,
};

/** Source: production's number, which is not that of `crypto`. */
const LIBRARY = { OPENSSL_VERSION_NUMBER: 805306624 };

const LISTS = { defaultCoreCipherList: "", defaultCipherList: "" };
const FORMATS = { EXTENSIONLESS_FORMAT_JAVASCRIPT: 0, EXTENSIONLESS_FORMAT_WASM: 1 };

const ALL = [
  dlopen,
  errno,
  priority,
  SIGNALS,
  FILES,
  LIBRARY,
  OPTIONS,
  ENGINES,
  CHECKS,
  PADDINGS,
  LISTS,
  FORMATS,
  VERSIONS,
  POINTS,
];

const constants = {};
for (const group of ALL) {
  for (const name of ObjectKeys(group)) {
    ObjectDefineProperty(constants, name, {
      __proto__: null,
      value: group[name],
      enumerable: true,
      configurable: true,
    });
  }
}

return { ...constants, default: constants };
})();
