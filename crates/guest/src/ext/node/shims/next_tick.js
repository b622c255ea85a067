// `nextTick` as production has it: a microtask. Also what else scripts of `deno_node` want of `process` for it.
(function () {
const { primordials } = __bootstrap;
const { SafeArrayIterator, queueMicrotask } = primordials;

/** The name of the parameter is in the text of an error. @param {Function} cb */
function nextTick(cb, ...args) {
  queueMicrotask(() => {
    cb(...new SafeArrayIterator(args));
  });
}

const process = { nextTick, platform: "linux" };

return { ...process, default: process };
})();
