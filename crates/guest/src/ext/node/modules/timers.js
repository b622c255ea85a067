// The module "node:timers".
(function () {
const { core } = __bootstrap;
const base = core.loadExtScript("ext:lopata_node/timers/base.js");
const { default: promises } = core.loadExtScript("ext:lopata_node/modules/timers/promises.js");

const names = {
  promises,
  setTimeout: base.setTimeout,
  clearTimeout: base.clearTimeout,
  setImmediate: base.setImmediate,
  clearImmediate: base.clearImmediate,
  setInterval: base.setInterval,
  clearInterval: base.clearInterval,
  active: base.active,
  unenroll: base.unenroll,
  enroll: base.enroll,
};

return { ...names, default: names, Timeout: base.Timeout };
})();
