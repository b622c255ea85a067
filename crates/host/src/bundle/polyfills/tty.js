// Terminals that nobody looks at: what is written to one is logged.
export const isatty = () => false;

export class ReadStream {
  isRaw = false;
  isTTY = false;
  constructor(fd) {
    this.fd = fd;
  }
  setRawMode(mode) {
    this.isRaw = mode;
    return this;
  }
}

export class WriteStream {
  fd;
  columns = 80;
  rows = 24;
  isTTY = false;
  constructor(fd) {
    this.fd = fd;
  }
  clearLine(_direction, callback) {
    callback?.();
    return false;
  }
  clearScreenDown(callback) {
    callback?.();
    return false;
  }
  cursorTo(_x, _y, callback) {
    if (typeof callback === "function") callback();
    return false;
  }
  moveCursor(_dx, _dy, callback) {
    callback?.();
    return false;
  }
  getColorDepth() {
    return 1;
  }
  hasColors() {
    return false;
  }
  getWindowSize() {
    return [this.columns, this.rows];
  }
  write(text, _encoding, callback) {
    globalThis.console.log(text instanceof Uint8Array ? new TextDecoder().decode(text) : text);
    if (typeof callback === "function") callback();
    return false;
  }
}
