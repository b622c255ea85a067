// The module "node:util/types".
(function () {
const { core } = __bootstrap;
const node = core.loadExtScript("ext:deno_node/internal/util/types.ts");

const NAMES = [
  "isCryptoKey",
  "isKeyObject",
  "isAsyncFunction",
  "isGeneratorFunction",
  "isGeneratorObject",
  "isAnyArrayBuffer",
  "isArrayBuffer",
  "isArgumentsObject",
  "isBoxedPrimitive",
  "isDataView",
  "isMap",
  "isMapIterator",
  "isModuleNamespaceObject",
  "isNativeError",
  "isPromise",
  "isProxy",
  "isSet",
  "isSetIterator",
  "isSharedArrayBuffer",
  "isWeakMap",
  "isWeakSet",
  "isRegExp",
  "isDate",
  "isStringObject",
  "isSymbolObject",
  "isNumberObject",
  "isBooleanObject",
  "isBigIntObject",
  "isArrayBufferView",
  "isBigInt64Array",
  "isBigUint64Array",
  "isFloat16Array",
  "isFloat32Array",
  "isFloat64Array",
  "isInt8Array",
  "isInt16Array",
  "isInt32Array",
  "isTypedArray",
  "isUint8Array",
  "isUint8ClampedArray",
  "isUint16Array",
  "isUint32Array",
];

const types = {};
for (let i = 0; i < NAMES.length; i++) types[NAMES[i]] = node[NAMES[i]];
/** No value of a worker is a pointer of C++. */
types.isExternal = function isExternal() {
  return false;
};
types.isCryptoKey = function isCryptoKey(value) {
  return value instanceof globalThis.CryptoKey;
};
types.isKeyObject = function isKeyObject(value) {
  return core.loadExtScript("ext:lopata_node/crypto/kinds.js").isKeyObject(value);
};

return { ...types, default: types };
})();
