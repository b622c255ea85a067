// The module "node:assert".
(function () {
const { core, primordials } = __bootstrap;
const { ObjectAssign } = primordials;
const node = core.loadExtScript("ext:deno_node/assert.ts");

const names = {
  AssertionError: node.AssertionError,
  deepEqual: node.deepEqual,
  deepStrictEqual: node.deepStrictEqual,
  doesNotMatch: node.doesNotMatch,
  doesNotReject: node.doesNotReject,
  doesNotThrow: node.doesNotThrow,
  equal: node.equal,
  fail: node.fail,
  ifError: node.ifError,
  match: node.match,
  notDeepEqual: node.notDeepEqual,
  notDeepStrictEqual: node.notDeepStrictEqual,
  notEqual: node.notEqual,
  notStrictEqual: node.notStrictEqual,
  ok: node.ok,
  partialDeepStrictEqual: node.partialDeepStrictEqual,
  rejects: node.rejects,
  strictEqual: node.strictEqual,
  throws: node.throws,
};

/** `assert` itself. */
function assert(...args) {
  node.ok(...args);
}

/** `assert.strict`: the loose comparisons are the strict ones. */
function strict(...args) {
  node.ok(...args);
}

ObjectAssign(assert, names, { strict });
ObjectAssign(strict, names, {
  deepEqual: node.deepStrictEqual,
  equal: node.strictEqual,
  notDeepEqual: node.notDeepStrictEqual,
  notEqual: node.notStrictEqual,
  strict,
});

return { ...names, default: assert, strict };
})();
