// Whether a value is a key object, for those who ask before anybody has loaded what makes them.
(function () {
let KeyObject = null;

/** @param {unknown} value */
function isKeyObject(value) {
  return KeyObject !== null && value instanceof KeyObject;
}

/** Called by the script that has the class. */
function setKeyObject(Kind) {
  KeyObject = Kind;
}

return { isKeyObject, setKeyObject };
})();
