// `mimesniff/mime-types/resources/mime-types.json`: the types of data: URLs.
import assert from "node:assert";
import data from "data";

/** Types that come out in another way, with the reason. */
const KNOWN = new Set();

export default {
  async test() {
    const tests = JSON.parse(data).filter((test) => typeof test === "object");
    assert.ok(tests.length > 60, "the data is there");
    const found = [];
    const unexpected = new Set(KNOWN);
    for (const { input, output } of tests) {
      // Only what a data: URL can carry as it is.
      if (output === null || !/^[\x20-\x7e]*$/.test(input) || /[,#%\x20"]/.test(input)) continue;
      try {
        const response = await fetch(`data:${input},`);
        assert.strictEqual(response.headers.get("content-type"), output);
      } catch (error) {
        if (!unexpected.delete(input) && !KNOWN.has(input)) found.push(`${JSON.stringify(input)}: ${error.message}`);
      }
    }
    assert.deepStrictEqual(found, []);
    assert.deepStrictEqual([...unexpected], [], "listed and not different");
  },
};
