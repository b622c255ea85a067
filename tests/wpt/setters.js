// `url/resources/setters_tests.json`: what assigning to a part of a URL does.
import assert from "node:assert";
import data from "data";

/**
 * Assignments that the parser of the engine (rust-url) and the standard treat differently: slashes at the start of the
 * path of a `file:` URL are made one, and the `/.` before a path that begins with two slashes is kept or lost.
 */
const KNOWN = new Set([
  String.raw`["pathname","file://monkey/","\\\\"]`,
  String.raw`["pathname","file:///unicorn","//\\/"]`,
  String.raw`["pathname","file:///unicorn","//monkey/..//"]`,
  String.raw`["hostname","non-spec:/.//p","h"]`,
  String.raw`["hostname","non-spec:/.//p",""]`,
  String.raw`["pathname","foo:///some/path",""]`,
  String.raw`["pathname","non-spec:/","/.//p"]`,
  String.raw`["pathname","non-spec:/","/..//p"]`,
  String.raw`["pathname","non-spec:/","//p"]`,
  String.raw`["pathname","non-spec:/.//","p"]`,
]);

export default {
  test() {
    const found = [];
    const unexpected = new Set(KNOWN);
    let count = 0;
    for (const [part, tests] of Object.entries(JSON.parse(data))) {
      if (part === "comment") continue;
      for (const { href, new_value: value, expected } of tests) {
        count++;
        const name = JSON.stringify([part, href, value]);
        try {
          const url = new URL(href);
          url[part] = value;
          for (const other in expected) assert.strictEqual(url[other], expected[other], other);
        } catch (error) {
          if (!unexpected.delete(name) && !KNOWN.has(name)) found.push(`${name}: ${error.message}`);
        }
      }
    }
    assert.ok(count > 200, "the data is there");
    assert.deepStrictEqual(found, []);
    assert.deepStrictEqual([...unexpected], [], "listed and not different");
  },
};
