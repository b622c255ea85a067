// `url/resources/urltestdata.json`: what a URL is, and what its parts are.
import assert from "node:assert";
import data from "data";

/**
 * Inputs on whose parts the parser of the engine (rust-url) and the standard disagree. The first are `file:` URLs: it
 * drops the host before a drive letter, and makes one slash of many at the start of the path (the crate's own list of
 * failures has the same). No worker can fetch them.
 */
const FILE_URLS = [
  String.raw`["/","file://h/C:/a/b"]`,
  String.raw`["file:\\\\//",null]`,
  String.raw`["file:\\\\\\\\",null]`,
  String.raw`["file:\\\\\\\\?fox",null]`,
  String.raw`["file:\\\\\\\\#guppy",null]`,
  String.raw`["file://spider///",null]`,
  String.raw`["file:\\\\localhost//",null]`,
  String.raw`["file://\\/localhost//cat",null]`,
  String.raw`["file://localhost//a//../..//",null]`,
  String.raw`["/////mouse","file:///elephant"]`,
  String.raw`["\\/localhost//pig","file://lion/"]`,
  String.raw`["//localhost//pig","file://lion/"]`,
  String.raw`["/..//localhost//pig","file://lion/"]`,
  String.raw`["C|","file://host/dir/file"]`,
  String.raw`["C|","file://host/D:/dir1/dir2/file"]`,
  String.raw`["C|#","file://host/dir/file"]`,
  String.raw`["C|?","file://host/dir/file"]`,
  String.raw`["C|/","file://host/dir/file"]`,
  String.raw`["C|\n/","file://host/dir/file"]`,
  String.raw`["C|\\","file://host/dir/file"]`,
  String.raw`["/c:/foo/bar","file://host/path"]`,
  String.raw`["file://example.net/C:/",null]`,
  String.raw`["file://1.2.3.4/C:/",null]`,
  String.raw`["file://[1::8]/C:/",null]`,
  String.raw`["C|/","file://host/"]`,
  String.raw`["/C:/","file://host/"]`,
  String.raw`["file:C:/","file://host/"]`,
  String.raw`["file:/C:/","file://host/"]`,
  String.raw`["file://localhost//a//../..//foo",null]`,
  String.raw`["file://localhost////foo",null]`,
  String.raw`["file:////foo",null]`,
  String.raw`["file:////one/two","file:///"]`,
  String.raw`["////one/two","file:///"]`,
  String.raw`["file:///.//","file:////"]`,
  String.raw`["file:.//p",null]`,
  String.raw`["file:/.//p",null]`,
];
/** It counts the `/.` that keeps a path from being read as a host to the host. */
const HOSTLESS = [
  String.raw`["non-spec:/.//",null]`,
  String.raw`["non-spec:/..//",null]`,
  String.raw`["non-spec:/a/..//",null]`,
  String.raw`["non-spec:/.//path",null]`,
  String.raw`["non-spec:/..//path",null]`,
  String.raw`["non-spec:/a/..//path",null]`,
  String.raw`["/.//path","non-spec:/p"]`,
  String.raw`["/..//path","non-spec:/p"]`,
  String.raw`["..//path","non-spec:/p"]`,
  String.raw`["a/..//path","non-spec:/p"]`,
  String.raw`["","non-spec:/..//p"]`,
  String.raw`["path","non-spec:/..//p"]`,
];
/** It says the origin of what is inside of every `blob:` URL, not of those of http: and https: only. */
const BLOB_URLS = [
  String.raw`["blob:blob:https://example.org/",null]`,
  String.raw`["blob:ftp://host/path",null]`,
  String.raw`["blob:ws://example.org/",null]`,
  String.raw`["blob:wss://example.org/",null]`,
];
const KNOWN = new Set([...FILE_URLS, ...HOSTLESS, ...BLOB_URLS]);

const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

/** @returns {string | undefined} what is wrong */
function wrong(test) {
  const { input, base, failure } = test;
  const args = base === null || base === undefined ? [input] : [input, base];
  assert.strictEqual(URL.canParse(...args), !failure, "canParse() agrees");
  if (failure) {
    assert.strictEqual(URL.parse(...args), null, "parse() agrees");
    assert.throws(() => new URL(...args), { name: "TypeError", message: "Invalid URL string." });
    return;
  }
  const url = new URL(...args);
  for (const part of PARTS) {
    if (test[part] !== undefined) assert.strictEqual(url[part], test[part], part);
  }
  if (test.searchParams !== undefined) assert.strictEqual(`${url.searchParams}`, test.searchParams);
  assert.strictEqual(new URL(url.href).href, url.href, "what was printed is read alike");
}

export default {
  test() {
    const tests = JSON.parse(data).filter((test) => typeof test === "object");
    assert.ok(tests.length > 700, "the data is there");
    const found = [];
    const unexpected = new Set(KNOWN);
    for (const test of tests) {
      const name = JSON.stringify([test.input, test.base ?? null]);
      try {
        wrong(test);
      } catch (error) {
        if (!unexpected.delete(name) && !KNOWN.has(name)) found.push(`${name}: ${error.message}`);
      }
    }
    assert.deepStrictEqual(found, []);
    assert.deepStrictEqual([...unexpected], [], "listed and not different");
  },
};
