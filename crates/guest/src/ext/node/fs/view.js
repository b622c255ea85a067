// Which files the code that runs sees: those of its event, or of its object.
//
// `/tmp` and the working directory belong to an IoContext and go with it. Code that runs for no event shares one view.
(function () {
const { core } = __bootstrap;
const { op_vfs_chdir, op_vfs_close_view, op_vfs_cwd, op_vfs_open_view } = core.ops;
const { current } = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { check } = core.loadExtScript("ext:lopata_node/fs/errors.js");

/** The view of code that runs for no event. */
const NOBODY = 0;

/** @returns {number} the view of the current code, made when it is first needed */
function view() {
  const context = current();
  if (context === undefined || context.ended) return NOBODY;
  if (context.files === undefined) {
    const opened = op_vfs_open_view();
    context.files = opened;
    context.onEnd(() => op_vfs_close_view(opened));
  }
  return context.files;
}

/** @returns {string} the working directory */
function cwd() {
  return op_vfs_cwd(view());
}

/** @param {string} path */
function chdir(path) {
  check(op_vfs_chdir(view(), path));
}

return { chdir, cwd, view };
})();
