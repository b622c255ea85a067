// URLPattern as the standard has it.
import assert from "node:assert";

const paths = (pathname, options) => new URLPattern({ pathname }, options);

export const partsOfAPattern = {
  test() {
    const pattern = new URLPattern("https://*.example.com/a/:id\\?q=*#frag");
    assert.strictEqual(pattern.protocol, "https");
    assert.strictEqual(pattern.hostname, "*.example.com");
    assert.strictEqual(pattern.pathname, "/a/:id");
    assert.strictEqual(pattern.hash, "frag");
    assert.strictEqual(pattern.hasRegExpGroups, false);
  },
};

export const whatIsNotSaidIsAnything = {
  test() {
    const pattern = new URLPattern();
    for (const part of ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"]) {
      assert.strictEqual(pattern[part], "*");
    }
    assert.strictEqual(pattern.test("http://anything/at?all"), true);
  },
};

export const namedGroups = {
  test() {
    const { pathname, hostname, inputs } = paths("/a/:id/*").exec("https://h/a/5/rest?q#f");
    assert.strictEqual(pathname.groups.id, "5");
    assert.strictEqual(pathname.groups[0], "rest");
    assert.strictEqual(pathname.input, "/a/5/rest");
    assert.strictEqual(hostname.input, "h");
    assert.deepStrictEqual([...inputs], ["https://h/a/5/rest?q#f"]);
  },
};

export const groupsOfARegularExpression = {
  test() {
    const pattern = paths("/a/:id(\\d+)");
    assert.strictEqual(pattern.hasRegExpGroups, true);
    assert.strictEqual(pattern.test("https://h/a/5"), true);
    assert.strictEqual(pattern.test("https://h/a/x"), false);
  },
};

export const optionalParts = {
  test() {
    const pattern = paths("/a{/:b}?");
    assert.strictEqual(pattern.test("http://h/a"), true);
    assert.strictEqual(pattern.test("http://h/a/b"), true);
    assert.strictEqual(pattern.test("http://h/a/b/c"), false);
  },
};

export const theCaseOfLetters = {
  test() {
    assert.strictEqual(paths("/A").test("http://h/a"), false);
    assert.strictEqual(paths("/A", { ignoreCase: true }).test("http://h/a"), true);
  },
};

export const inputsOfObjects = {
  test() {
    assert.strictEqual(paths("/a/:id").test({ pathname: "/a/b" }), true);
    assert.strictEqual(paths("/a").test("/a", "http://x"), true);
    assert.strictEqual(paths("/a").test("http://x/b"), false);
    assert.strictEqual(paths("/a").exec("http://x/b"), null);
    assert.strictEqual(paths("/a").test("not a url"), false);
  },
};

export const withABase = {
  test() {
    const pattern = new URLPattern("/x", "http://a:8080");
    assert.strictEqual(pattern.port, "8080");
    assert.strictEqual(pattern.test("http://a:8080/x"), true);
    assert.strictEqual(new URLPattern({ pathname: "x", baseURL: "http://a/b/c" }).pathname, "/b/x");
  },
};

export const badPatterns = {
  test() {
    for (const make of [() => paths("/("), () => new URLPattern("/x"), () => new URLPattern(5), () => new URLPattern("bad url:(")]) {
      assert.throws(make, { name: "TypeError", message: "Failed to construct URLPattern" });
    }
    assert.throws(() => paths("/a").test({ pathname: "/a" }, "http://x"), {
      name: "TypeError",
      message: "Failed to test URLPattern",
    });
    assert.throws(() => paths("/a").exec({ pathname: "/a" }, "http://x"), {
      name: "TypeError",
      message: "Failed to exec URLPattern",
    });
  },
};

export const withoutAnInput = {
  test() {
    assert.strictEqual(new URLPattern().test(), true);
    assert.strictEqual(new URLPattern("http://a/*").test(), false);
  },
};

export const patternsNeedNew = {
  test() {
    assert.throws(() => URLPattern("x"), {
      name: "TypeError",
      message: "Failed to construct 'URLPattern': Please use the 'new' operator, this object constructor cannot be " +
        "called as a function.",
    });
  },
};
