// The module "node:tty": there is no terminal, and its streams are only there to be asked about it.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectSetPrototypeOf } = primordials;
const { Socket } = core.loadExtScript("ext:lopata_node/modules/net.js");

function isatty(_fd) {
  return false;
}

function ReadStream(fd) {
  this.fd = fd;
  this.isRaw = false;
  this.isTTY = false;
}
ObjectSetPrototypeOf(ReadStream.prototype, Socket.prototype);
ObjectSetPrototypeOf(ReadStream, Socket);

ReadStream.prototype.setRawMode = function (flag) {
  this.isRaw = !!flag;
  return this;
};

function WriteStream(fd) {
  this.fd = fd;
  this.columns = 0;
  this.rows = 0;
}
ObjectSetPrototypeOf(WriteStream.prototype, Socket.prototype);
ObjectSetPrototypeOf(WriteStream, Socket);

WriteStream.prototype.isTTY = true;
WriteStream.prototype.getColorDepth = function () {
  return 8;
};
WriteStream.prototype.hasColors = function () {
  return false;
};
WriteStream.prototype._refreshSize = function () {};
WriteStream.prototype.cursorTo = function (_x, _y, _callback) {
  return false;
};
WriteStream.prototype.moveCursor = function (_dx, _dy, _callback) {
  return false;
};
WriteStream.prototype.clearLine = function (_direction, _callback) {
  return false;
};
WriteStream.prototype.clearScreenDown = function (_callback) {
  return false;
};
WriteStream.prototype.getWindowSize = function () {
  return [0, 0];
};

const tty = { isatty, ReadStream, WriteStream };

return { ...tty, default: tty };
})();
