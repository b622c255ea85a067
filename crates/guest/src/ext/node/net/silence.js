// How long nothing may happen on a socket: the timers behind `timeout`.
(function () {
const { core } = __bootstrap;
const { clearTimeout, setTimeout } = core.loadExtScript("ext:lopata/timers/timers.js");
const { validateNumber } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { ERR_OUT_OF_RANGE } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const TIMEOUT_MAX = 2 ** 31 - 1;

const kTimeout = Symbol("kTimeout");

/** The milliseconds of a timer. */
function duration(msecs, name) {
  validateNumber(msecs, name);
  if (msecs < 0 || !Number.isFinite(msecs)) {
    throw new ERR_OUT_OF_RANGE(name, "a non-negative finite number", msecs);
  }
  return msecs > TIMEOUT_MAX ? TIMEOUT_MAX : msecs;
}

function stopTimers(socket) {
  for (let s = socket; s !== null && s !== undefined; s = s._parentWrap) {
    if (s[kTimeout] === null) continue;
    clearTimeout(s[kTimeout]);
    s[kTimeout] = null;
  }
}

/** Something has happened to a socket: its silence, and that of those it wraps, begins anew. */
function restartTimers(socket) {
  for (let s = socket; s !== null && s !== undefined; s = s._parentWrap) {
    if (s[kTimeout] !== null) setTimer(s, s.timeout);
  }
}

/** @param {Socket} socket @param {unknown} msecs 0 for none */
function setTimer(socket, msecs) {
  const after = duration(msecs, "msecs");
  if (socket[kTimeout] !== null) clearTimeout(socket[kTimeout]);
  socket[kTimeout] = after === 0 ? null : setTimeout(() => socket._onTimeout(), after);
}

return { kTimeout, restartTimers, setTimer, stopTimers };
})();
