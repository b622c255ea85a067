// What a worker has of its own: the objects behind `env` and `ctx.exports`.
(function () {
/** The worker's env: filled once, when the worker is loaded, and what handlers are given. */
const env = {};

/** Stubs of the worker's own entrypoints, which is `ctx.exports`: filled once, when the modules are evaluated. */
const exports = {};

return { env, exports };
})();
