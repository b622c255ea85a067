// What of an object of the web is not for users: its state lies in properties of symbols, which production's have not.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectGetOwnPropertySymbols, ObjectPrototypeHasOwnProperty } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { eventTargetData } = core.loadExtScript("ext:deno_web/02_event.js");

/** Whether an object keeps its state in properties of symbols. @param {object} value */
function isPlatformObject(value) {
  return ObjectPrototypeHasOwnProperty(value, webidl.brand) || ObjectPrototypeHasOwnProperty(value, eventTargetData);
}

/** The symbols among an object's properties that a user can have meant. @param {object} value */
function ownSymbols(value) {
  return isPlatformObject(value) ? [] : ObjectGetOwnPropertySymbols(value);
}

return { isPlatformObject, ownSymbols };
})();
