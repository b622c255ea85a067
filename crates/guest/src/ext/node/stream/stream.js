// `deno_node`'s streams in production's shape: whichever module a worker takes them from, it gets these.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty } = primordials;
const node = core.loadExtScript("ext:deno_node/stream.ts");
const { AbortError } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateAbortSignal, validateObject } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { Duplex, Readable, Stream, Transform, Writable } = node;

/** Pairs of index and chunk. Node has removed it, production has not. */
Readable.prototype.asIndexedPairs = function (options) {
  if (options != null) validateObject(options, "options");
  if (options?.signal != null) validateAbortSignal(options.signal, "options.signal");
  const source = this;
  async function* pairs() {
    let index = 0;
    for await (const chunk of source) {
      if (options?.signal?.aborted) throw new AbortError("Aborted", { cause: options.signal.reason });
      yield [index++, chunk];
    }
  }
  return Readable.from(pairs());
};

/** Gives a function the name and the length that production's has, and the place among what is enumerated. */
function shape(owner, key, name, length) {
  const value = owner[key];
  ObjectDefineProperty(value, "name", { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(value, "length", { __proto__: null, value: length, configurable: true });
  ObjectDefineProperty(owner, key, { __proto__: null, value, configurable: true, enumerable: true, writable: true });
}

for (const key of ["map", "drop", "filter", "flatMap", "take"]) shape(Readable.prototype, key, "", 2);
for (const key of ["every", "find", "forEach", "some"]) shape(Readable.prototype, key, key, 2);
shape(Readable.prototype, "asIndexedPairs", "", 1);
shape(Readable.prototype, "compose", "", 0);
shape(Readable.prototype, "reduce", "reduce", 3);
shape(Readable.prototype, "toArray", "toArray", 1);
shape(Readable, "toWeb", "toWeb", 2);
shape(Readable, "wrap", "wrap", 2);
for (const side of [Readable, Writable, Duplex]) shape(side, "fromWeb", "fromWeb", 2);
for (const side of [Writable, Duplex]) shape(side, "toWeb", "toWeb", 1);
shape(Duplex, "from", "from", 1);
shape(Transform.prototype, "_read", "", 1);
shape(Transform.prototype, "_transform", "", 0);
delete Writable.kForceStableState;

const { finished, pipeline } = node.promises;
shape(node.promises, "finished", "finished", 1);
const promises = { pipeline, finished };
ObjectDefineProperty(Stream, "promises", {
  __proto__: null,
  value: promises,
  configurable: true,
  enumerable: true,
  writable: true,
});

return { ...node, promises };
})();
