// node:url: the legacy parser, names of hosts, and paths as URLs.
import assert from "node:assert";
import url, { domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve } from "node:url";

export const parsing = {
  test() {
    const parsed = parse("http://user:pass@sub.host.com:8080/p/a/t/h?query=string#hash");
    assert.strictEqual(parsed.auth, "user:pass");
    assert.strictEqual(parsed.host, "sub.host.com:8080");
    assert.strictEqual(parsed.port, "8080");
    assert.strictEqual(parsed.path, "/p/a/t/h?query=string");
    assert.strictEqual(parsed.query, "query=string");
    assert.strictEqual(parsed.hash, "#hash");
    assert(parsed instanceof url.Url);
    assert.deepStrictEqual({ ...parse("/?a=1&b=2", true).query }, { a: "1", b: "2" });
    assert.strictEqual(parse("//host/path", false, true).host, "host");
    assert.strictEqual(parse("//host/path").pathname, "//host/path");
    const empty = new url.Url();
    empty.parse("http://a.com/b");
    assert.strictEqual(empty.href, "http://a.com/b");
    assert.throws(() => parse(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const formatting = {
  test() {
    assert.strictEqual(
      format({ protocol: "http", host: "a.com", pathname: "/x", query: { a: 1, b: ["x", "y"] } }),
      "http://a.com/x?a=1&b=x&b=y",
    );
    assert.strictEqual(format({ protocol: "http:", hostname: "a", port: 80, search: "q", hash: "h" }), "http://a:80?q#h");
    const whole = new URL("http://u:p@\u6d4b.com/x?y#z");
    assert.strictEqual(format(whole, { auth: false, fragment: false, search: false, unicode: true }), "http://\u6d4b.com/x");
    assert.throws(() => format(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const resolving = {
  test() {
    assert.strictEqual(resolve("/one/two/three", "four"), "/one/two/four");
    assert.strictEqual(resolve("http://a.com/b/c", "../d?e#f"), "http://a.com/d?e#f");
    assert.strictEqual(resolve("http://a.com", "//b.com/x"), "http://b.com/x");
    assert.strictEqual(resolve("http://a/b?c", "?d"), "http://a/b?d");
  },
};

export const namesOfHosts = {
  test() {
    assert.strictEqual(domainToASCII("espa\u00f1ol.com"), "xn--espaol-zwa.com");
    assert.strictEqual(domainToUnicode("xn--fiq228c.com"), "\u4e2d\u6587.com");
    assert.strictEqual(domainToASCII("xn--i\u00f1valid.com"), "");
    assert.throws(() => domainToASCII(), {
      name: "TypeError",
      code: "ERR_MISSING_ARGS",
      message: 'The "domain" argument must be specified',
    });
    assert.throws(() => domainToUnicode(), { code: "ERR_MISSING_ARGS" });
  },
};

export const urlsAsPaths = {
  test() {
    assert.strictEqual(fileURLToPath("file:///a/b%20c"), "/a/b c");
    assert.strictEqual(fileURLToPath(new URL("file:///x")), "/x");
    assert.strictEqual(fileURLToPath("file:///C:/a", { windows: true }), "C:\\a");
    assert.strictEqual(fileURLToPath("file://h/s/a", { windows: true }), "\\\\h\\s\\a");
  },
};

export const urlsThatAreNoPaths = {
  test() {
    const refused = (path, options, code, message) =>
      assert.throws(() => fileURLToPath(path, options), { name: "Error", code, message }, path);
    refused("http://a", {}, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
    const host = 'File URL host must be "localhost" or empty on linux';
    refused("file://host/x", {}, "ERR_INVALID_FILE_URL_HOST", host);
    const slash = "File URL path must not include encoded / characters";
    refused("file:///a%2Fb", {}, "ERR_INVALID_FILE_URL_PATH", slash);
    refused("file:///a", { windows: true }, "ERR_INVALID_FILE_URL_PATH", "File URL path must be absolute");
    assert.throws(() => fileURLToPath("nope"), { name: "TypeError", message: "Invalid URL string." });
    assert.throws(() => fileURLToPath(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "path" argument must be of type string or an instance of URL. Received type number (5)',
    });
  },
};

export const pathsAsUrls = {
  test() {
    assert.strictEqual(pathToFileURL("/a b#c?d%e").href, "file:///a%20b%23c%3Fd%25e");
    assert.strictEqual(pathToFileURL("/a/").href, "file:///a/");
    assert.strictEqual(pathToFileURL("/a\\b\n").href, "file:///a%5Cb%0A");
    assert.strictEqual(pathToFileURL("C:\\a\\b", { windows: true }).href, "file:///C:/a/b");
    assert.strictEqual(pathToFileURL("\\\\srv\\share\\f", { windows: true }).href, "file://srv/share/f");
    assert.throws(() => pathToFileURL(5), {
      message: 'The "filepath" argument must be of type string. Received type number (5)',
    });
    assert.throws(() => pathToFileURL("\\\\srv", { windows: true }), { code: "ERR_INVALID_ARG_VALUE" });
  },
};

export const optionsOfRequests = {
  test() {
    const options = url.urlToHttpOptions(new URL("https://a:b@x.com:8/p?q#h"));
    assert.strictEqual(options.hostname, "x.com");
    assert.strictEqual(options.port, 8);
    assert.strictEqual(options.path, "/p?q");
    assert.strictEqual(options.auth, "a:b");
    assert.strictEqual(url.urlToHttpOptions(new URL("http://[::1]/")).hostname, "::1");
  },
};
