// `fetch/data-urls/resources/data-urls.json`: what fetching a data: URL gives.
import assert from "node:assert";
import data from "data";

/** URLs that are answered in another way than the standard says, with the reason. */
const KNOWN = new Set();

export default {
  async test() {
    const tests = JSON.parse(data);
    assert.ok(tests.length > 60, "the data is there");
    const found = [];
    const unexpected = new Set(KNOWN);
    for (const [url, type, bytes] of tests) {
      try {
        if (type === null) {
          await assert.rejects(async () => await fetch(url));
        } else {
          const response = await fetch(url);
          assert.strictEqual(response.status, 200);
          assert.strictEqual(response.headers.get("content-type"), type);
          assert.deepStrictEqual([...new Uint8Array(await response.arrayBuffer())], bytes);
        }
      } catch (error) {
        if (!unexpected.delete(url) && !KNOWN.has(url)) found.push(`${JSON.stringify(url)}: ${error.message}`);
      }
    }
    assert.deepStrictEqual(found, []);
    assert.deepStrictEqual([...unexpected], [], "listed and not different");
  },
};
