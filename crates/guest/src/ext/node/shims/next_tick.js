// `nextTick` as production has it: a microtask.
(function () {
const { primordials } = __bootstrap;
const { ReflectApply, queueMicrotask } = primordials;

/** @param {Function} callback */
function nextTick(callback, ...args) {
  queueMicrotask(() => ReflectApply(callback, undefined, args));
}

return { nextTick };
})();
