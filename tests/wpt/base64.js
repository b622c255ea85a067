// `fetch/data-urls/resources/base64.json`: what atob() takes.
import assert from "node:assert";
import data from "data";

export default {
  test() {
    const tests = JSON.parse(data);
    assert.ok(tests.length > 60, "the data is there");
    for (const [input, bytes] of tests) {
      const name = JSON.stringify(input);
      if (bytes === null) {
        assert.throws(() => atob(input), { name: "InvalidCharacterError" }, name);
      } else {
        assert.deepStrictEqual([...atob(input)].map((char) => char.charCodeAt(0)), bytes, name);
      }
    }
  },
};
