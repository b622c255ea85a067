// Writing to the descriptors 1 and 2: whole lines become lines of the log, the rest when the current code is done.
(function () {
const { core, primordials } = __bootstrap;
const { MathMax, MathMin, queueMicrotask } = primordials;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
// Not the console's own methods, which a logger may have replaced by ones that end here.
const { say } = core.loadExtScript("ext:lopata/console/console.js");

/** What of a line is there, by descriptor. Source: production's limits, in bytes. */
const LINE_BYTES_MAX = 4096;
const WRITE_BYTES_MAX = 16 * 1024;
const unfinished = { __proto__: null, 1: Buffer.alloc(0), 2: Buffer.alloc(0) };
const scheduled = { __proto__: null, 1: false, 2: false };

/** @param {number} fd @param {string} line */
function print(fd, line) {
  if (fd === 1) {
    say(`stdout: ${line}`, 1);
  } else {
    say(`stderr: ${line}`, 3);
  }
}

/** @param {number} fd */
function flush(fd) {
  scheduled[fd] = false;
  const rest = unfinished[fd];
  if (rest.length === 0) return;
  unfinished[fd] = Buffer.alloc(0);
  print(fd, rest.toString());
}

/**
 * @param {1 | 2} fd
 * @param {Uint8Array} data
 * @returns {number} how many bytes were taken
 */
function write(fd, data) {
  const taken = Buffer.from(data.buffer, data.byteOffset, MathMin(data.byteLength, WRITE_BYTES_MAX));
  let rest = taken;
  for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
    const line = Buffer.concat([unfinished[fd], rest.subarray(0, end)]);
    unfinished[fd] = Buffer.alloc(0);
    rest = rest.subarray(end + 1);
    print(fd, line.toString());
  }
  if (rest.length > 0) {
    const whole = Buffer.concat([unfinished[fd], rest]);
    unfinished[fd] = whole.subarray(MathMax(0, whole.length - LINE_BYTES_MAX));
    if (!scheduled[fd]) {
      scheduled[fd] = true;
      queueMicrotask(() => flush(fd));
    }
  }
  return taken.length;
}

return { write };
})();
