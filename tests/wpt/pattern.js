// `urlpattern/resources/urlpatterntestdata.json`: what a URLPattern matches.
import assert from "node:assert";
import data from "data";

/** Numbers of the tests in which the engine's patterns and the standard disagree, with the reason. */
const KNOWN = new Map([345, 346, 347, 348].map((number) => [number, "sets in sets: its expressions are not read with the flag `v`"]));

const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

function check(test) {
  if (test.expected_obj === "error") {
    assert.throws(() => new URLPattern(...test.pattern), { name: "TypeError" });
    return;
  }
  const pattern = new URLPattern(...test.pattern);
  for (const part of PARTS) {
    const expected = test.expected_obj?.[part];
    if (expected !== undefined) assert.strictEqual(pattern[part], expected, `pattern.${part}`);
  }
  if (test.inputs === undefined) return;
  if (test.expected_match === "error") {
    assert.throws(() => pattern.test(...test.inputs), { name: "TypeError" });
    assert.throws(() => pattern.exec(...test.inputs), { name: "TypeError" });
    return;
  }
  const matches = test.expected_match !== null && test.expected_match !== undefined;
  assert.strictEqual(pattern.test(...test.inputs), matches, "test()");
  const result = pattern.exec(...test.inputs);
  assert.strictEqual(result !== null, matches, "exec()");
  if (!matches) return;
  for (const part of PARTS) {
    const expected = test.expected_match[part];
    if (expected === undefined) continue;
    assert.strictEqual(result[part].input, expected.input, `${part}.input`);
    const groups = {};
    for (const name in expected.groups) groups[name] = expected.groups[name] ?? undefined;
    assert.deepStrictEqual({ ...result[part].groups }, groups, `${part}.groups`);
  }
}

export default {
  test() {
    const tests = JSON.parse(data);
    assert.ok(tests.length > 200, "the data is there");
    const found = [];
    const unexpected = new Set(KNOWN.keys());
    tests.forEach((test, number) => {
      try {
        check(test);
      } catch (error) {
        if (!unexpected.delete(number) && !KNOWN.has(number)) {
          found.push(`${number}: ${JSON.stringify(test.pattern)} ${JSON.stringify(test.inputs)}: ${error.message}`);
        }
      }
    });
    assert.deepStrictEqual(found, []);
    assert.deepStrictEqual([...unexpected], [], "listed and not different");
  },
};
