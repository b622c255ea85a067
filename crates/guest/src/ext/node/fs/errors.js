// The errors of node:fs: those that the files themselves give, and those that the calls on them make.
(function () {
const { primordials } = __bootstrap;
const { Error } = primordials;

/**
 * What a call on the files gave back as its error.
 * @param {{ message: string, code?: string, syscall?: string, path?: string }} thrown
 */
function made(thrown) {
  const error = new Error(thrown.message);
  if (thrown.syscall) error.syscall = thrown.syscall;
  if (thrown.code) error.code = thrown.code;
  if (thrown.path) error.path = thrown.path;
  return error;
}

/**
 * The result of an op, or its error.
 * @template T @param {[T | null, object | null]} reply @returns {T}
 */
function check(reply) {
  if (reply[1] !== null) throw made(reply[1]);
  return reply[0];
}

/** An error with a code in its name, as Node's are. */
class CodedError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
    this.name = "Error";
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

/** @param {string} text @param {string | undefined} syscall @param {unknown[]} path of one element, or of none */
function described(text, syscall, path) {
  return path.length === 0 ? text : `${text}, ${syscall} '${path[0]}'`;
}

/** An error of the system that a call makes by itself. */
class SystemError extends CodedError {
  constructor(code, errno, text, syscall, ...path) {
    super(code, described(text, syscall, path));
    this.syscall = syscall;
    this.errno = errno;
    if (path.length > 0) this.path = path[0];
  }
}

class ERR_EBADF extends SystemError {
  constructor(syscall) {
    super("EBADF", -9, "Bad file descriptor", syscall);
  }
}

class ERR_EEXIST extends SystemError {
  constructor(path, syscall) {
    super("EEXIST", -17, "file already exists", syscall, path);
  }
}

class ERR_EINVAL extends SystemError {
  constructor(syscall) {
    super("EINVAL", -22, "invalid argument", syscall);
  }
}

class ERR_ENOENT extends SystemError {
  constructor(path, syscall) {
    super("ENOENT", -2, "no such file or directory", syscall, path);
  }
}

class ERR_DIR_CLOSED extends CodedError {
  constructor() {
    super("ERR_DIR_CLOSED", "Directory is closed");
  }
}

class ERR_UNSUPPORTED_OPERATION extends CodedError {
  constructor() {
    super("ERR_UNSUPPORTED_OPERATION", "The requested operation is unsupported");
  }
}

class ERR_SYSTEM_ERROR extends CodedError {
  constructor(text) {
    super("ERR_SYSTEM_ERROR", text);
  }
}

return {
  check,
  ERR_DIR_CLOSED,
  ERR_EBADF,
  ERR_EEXIST,
  ERR_EINVAL,
  ERR_ENOENT,
  ERR_SYSTEM_ERROR,
  ERR_UNSUPPORTED_OPERATION,
};
})();
