// `nextTick` as production has it: a microtask.
(function () {
const { primordials } = __bootstrap;
const { SafeArrayIterator, queueMicrotask } = primordials;

/** The name of the parameter is in the text of an error. @param {Function} cb */
function nextTick(cb, ...args) {
  queueMicrotask(() => {
    cb(...new SafeArrayIterator(args));
  });
}

return { nextTick };
})();
