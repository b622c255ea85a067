// Objects of the platform that structured clone can make again.
//
// V8's serializer asks every object for a method of a registered symbol, which a worker can name as well: what such a
// method answers is never believed. The parts of an object stay here while it is copied; the serializer carries where.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayPrototypePush, FunctionPrototypeCall, ObjectDefineProperty } = primordials;

/**
 * The parts of the objects that are being copied; null when nothing is.
 * @type {{ type: string, parts: object }[] | null}
 */
let underway = null;

/** Whether something was asked for that no object of the platform gave. */
let refused = false;

/**
 * @param {object} prototype of the class
 * @param {string} type its name
 * @param {() => object} take what an object is made of, as values that nobody else has; called on the object
 * @param {(parts: object) => object} make
 */
function cloneable(prototype, type, take, make) {
  deserializers[type] = deserializer(type, make);
  ObjectDefineProperty(prototype, core.hostObjectBrand, {
    __proto__: null,
    value() {
      const parts = FunctionPrototypeCall(take, this);
      if (underway === null) return undefined;
      return { __proto__: null, type, place: ArrayPrototypePush(underway, { __proto__: null, type, parts }) - 1 };
    },
    writable: true,
    configurable: true,
  });
}

/** What the deserializer looks up by the name of a class. It may run no script to find it, so this is no proxy. */
const deserializers = { __proto__: null };

/** @param {string} type @param {(parts: object) => object} make @returns {(arrived: object) => object | null} */
const deserializer = (type, make) => ({ place }) => {
  const entry = typeof place === "number" ? underway?.[place] : undefined;
  if (entry?.type === type) return make(entry.parts);
  refused = true;
  return null;
};

/**
 * Serializes and deserializes.
 * @param {() => Uint8Array} serialize
 * @param {() => Error} refusal made when a worker invented an object
 */
function through(serialize, refusal) {
  const outer = underway;
  underway = [];
  refused = false;
  try {
    return core.deserialize(serialize(), { deserializers });
  } catch (error) {
    throw refused ? refusal() : error;
  } finally {
    underway = outer;
    refused = false;
  }
}

return { cloneable, through };
})();
