// URL: parsing, parts, setters, and what is no URL.
import assert from "node:assert";

const INVALID = { name: "TypeError", message: "Invalid URL string." };

export const allParts = {
  test() {
    const url = new URL("HTTP://user:p%40ss@Example.com:8080/a/../b;c?x=1&y=2#frag");
    assert.strictEqual(url.href, "http://user:p%40ss@example.com:8080/b;c?x=1&y=2#frag");
    assert.strictEqual(url.origin, "http://example.com:8080");
    assert.strictEqual(url.protocol, "http:");
    assert.strictEqual(url.username, "user");
    assert.strictEqual(url.password, "p%40ss");
    assert.strictEqual(url.host, "example.com:8080");
    assert.strictEqual(url.hostname, "example.com");
    assert.strictEqual(url.port, "8080");
    assert.strictEqual(url.pathname, "/b;c");
    assert.strictEqual(url.search, "?x=1&y=2");
    assert.strictEqual(url.hash, "#frag");
  },
};

export const noUrl = {
  test() {
    for (const text of ["x", "", "http://", "http://a b", "http://a:99999", "//x", "http://[::1", "https://%"]) {
      assert.throws(() => new URL(text), INVALID, text);
    }
    for (const value of [undefined, null, 5, {}]) assert.throws(() => new URL(value), INVALID);
  },
};

export const noBase = {
  test() {
    assert.throws(() => new URL("/x", "nope"), INVALID);
    assert.throws(() => new URL("http://a", "x"), INVALID);
    assert.throws(() => new URL("x", null), INVALID);
  },
};

export const missingArguments = {
  test() {
    assert.throws(() => new URL(), { name: "TypeError" });
    assert.throws(() => URL("http://a"), {
      name: "TypeError",
      message: "Failed to construct 'URL': Please use the 'new' operator, this object constructor cannot be called as a " +
        "function.",
    });
    assert.throws(() => new URL(Symbol()), { name: "TypeError" });
  },
};

export const relativeToABase = {
  test() {
    const base = "https://a.b/c/d?e#f";
    const cases = {
      "x": "https://a.b/c/x",
      "/x": "https://a.b/x",
      "../x": "https://a.b/x",
      "?q": "https://a.b/c/d?q",
      "#g": "https://a.b/c/d?e#g",
      "//h/p": "https://h/p",
      "": "https://a.b/c/d?e",
    };
    for (const part in cases) {
      assert.strictEqual(new URL(part, base).href, cases[part]);
      assert.strictEqual(new URL(part, new URL(base)).href, cases[part]);
    }
  },
};

export const hostsAreNormalized = {
  test() {
    const cases = {
      "http://1.2.3/": "1.2.0.3",
      "http://0x7f.1/": "127.0.0.1",
      "http://[::0001]/": "[::1]",
      "http://ex%41mple/": "example",
      "http://\u2603.net/": "xn--n3h.net",
      "http://EXAMPLE/": "example",
    };
    for (const text in cases) assert.strictEqual(new URL(text).hostname, cases[text]);
  },
};

export const defaultPortsGo = {
  test() {
    for (const text of ["http://a:80/", "https://a:443/", "ws://a:80/", "wss://a:443/", "ftp://a:21/"]) {
      assert.strictEqual(new URL(text).port, "");
    }
    assert.strictEqual(new URL("http://a:443/").port, "443");
  },
};

export const otherSchemes = {
  test() {
    assert.strictEqual(new URL("data:text/plain,hi").pathname, "text/plain,hi");
    assert.strictEqual(new URL("mailto:x@y").origin, "null");
    assert.strictEqual(new URL("blob:https://a.b/c").origin, "https://a.b");
    assert.strictEqual(new URL("foo://Host/Path").host, "Host");
    assert.strictEqual(new URL("javascript:alert(1)").protocol, "javascript:");
  },
};

export const whitespaceAndBackslashes = {
  test() {
    assert.strictEqual(new URL("  http://a\tb\n/c  ").href, "http://ab/c");
    assert.strictEqual(new URL("http:\\\\h\\x").href, "http://h/x");
    assert.strictEqual(new URL("http://a//b").pathname, "//b");
  },
};

export const setters = {
  test() {
    const set = (part, value) => {
      const url = new URL("http://u:p@h:81/p?q#f");
      url[part] = value;
      return url.href;
    };
    assert.strictEqual(set("protocol", "https"), "https://u:p@h:81/p?q#f");
    assert.strictEqual(set("protocol", "foo:"), "http://u:p@h:81/p?q#f");
    assert.strictEqual(set("username", "a b"), "http://a%20b:p@h:81/p?q#f");
    assert.strictEqual(set("password", "x:y"), "http://u:x%3Ay@h:81/p?q#f");
    assert.strictEqual(set("host", "z:9"), "http://u:p@z:9/p?q#f");
    assert.strictEqual(set("hostname", "z"), "http://u:p@z:81/p?q#f");
    assert.strictEqual(set("port", "12ab"), "http://u:p@h:12/p?q#f");
    assert.strictEqual(set("port", "x"), "http://u:p@h:81/p?q#f");
    assert.strictEqual(set("port", ""), "http://u:p@h/p?q#f");
    assert.strictEqual(set("pathname", "/../a b"), "http://u:p@h:81/a%20b?q#f");
    assert.strictEqual(set("search", ""), "http://u:p@h:81/p#f");
    assert.strictEqual(set("hash", ""), "http://u:p@h:81/p?q");
  },
};

export const theWholeIsSet = {
  test() {
    const url = new URL("http://a/");
    url.href = "https://b/c?d";
    assert.strictEqual(url.searchParams.get("d"), "");
    assert.throws(() => {
      url.href = "bad";
    }, {
      name: "TypeError",
      message: "Failed to set the 'href' property on 'URL': the provided value is not of type 'valid URL string'.",
    });
    assert.strictEqual(url.href, "https://b/c?d");
  },
};

export const whatCannotBeSet = {
  test() {
    const url = new URL("http://a/");
    for (const name of ["origin", "searchParams"]) {
      assert.throws(() => {
        url[name] = "x";
      }, { name: "TypeError" });
    }
  },
};

export const canParse = {
  test() {
    assert.strictEqual(URL.canParse("http://a"), true);
    assert.strictEqual(URL.canParse("x"), false);
    assert.strictEqual(URL.canParse("x", "http://a"), true);
    assert.strictEqual(URL.canParse("x", "y"), false);
    assert.throws(() => URL.canParse(), {
      name: "TypeError",
      message: "Failed to execute 'canParse' on 'URL': parameter 1 is not of type 'USVString'.",
    });
  },
};

export const parse = {
  test() {
    assert.strictEqual(URL.parse("http://a").href, "http://a/");
    assert.strictEqual(URL.parse("x"), null);
    assert.strictEqual(URL.parse("x", "http://a").href, "http://a/x");
    assert.ok(URL.parse("http://a") instanceof URL);
  },
};

export const thereAreNoObjectUrls = {
  test() {
    assert.throws(() => URL.createObjectURL(new Blob(["x"])), {
      name: "Error",
      message: "URL.createObjectURL() is not implemented",
    });
    assert.throws(() => URL.revokeObjectURL("blob:x"), {
      name: "Error",
      message: "URL.revokeObjectURL() is not implemented",
    });
  },
};

export const urlsAreText = {
  test() {
    const url = new URL("http://a/b");
    assert.strictEqual(`${url}`, "http://a/b");
    assert.strictEqual(url.toString(), "http://a/b");
    assert.strictEqual(JSON.stringify({ url }), '{"url":"http://a/b"}');
  },
};

export const urlsAreSubclassed = {
  test() {
    class Own extends URL {
      get own() {
        return this.hostname.toUpperCase();
      }
    }
    const url = new Own("http://host/");
    assert.strictEqual(url.own, "HOST");
    assert.ok(url instanceof URL && url instanceof Own);
    assert.strictEqual(URL.prototype.constructor, URL);
    assert.strictEqual(URL.name, "URL");
  },
};

export const paramsAndUrlAreOne = {
  test() {
    const url = new URL("http://a/?x=1&y=2");
    assert.strictEqual(url.searchParams, url.searchParams);
    url.searchParams.append("z", "a b&c");
    url.searchParams.delete("x");
    assert.strictEqual(url.href, "http://a/?y=2&z=a+b%26c");
    url.search = "?k=v";
    assert.strictEqual(url.searchParams.get("k"), "v");
    assert.strictEqual(url.searchParams.get("y"), null);
    url.searchParams.delete("k");
    assert.strictEqual(url.href, "http://a/");
  },
};

export const methodsNeedTheirObject = {
  test() {
    const { toString } = new URL("http://a");
    assert.throws(() => toString(), /Illegal invocation/);
  },
};
