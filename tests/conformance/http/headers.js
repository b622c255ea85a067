// Headers: what they are made of, what is a name and a value, and what iteration shows.
import assert from "node:assert";

const throws = (fn, message) => assert.throws(fn, { name: "TypeError", message });
const splitsCookies = Cloudflare.compatibilityFlags.http_headers_getsetcookie;

export const madeOfNothing = {
  test() {
    assert.deepStrictEqual([...new Headers()], []);
    assert.deepStrictEqual([...new Headers(undefined)], []);
    assert.deepStrictEqual([...new Headers([])], []);
  },
};

export const madeOfARecord = {
  test() {
    const headers = new Headers({ B: 2, a: undefined, [Symbol("s")]: "no", __proto__: { inherited: "no" } });
    assert.deepStrictEqual([...headers], [["a", "undefined"], ["b", "2"]]);
  },
};

export const madeOfPairs = {
  test() {
    assert.deepStrictEqual([...new Headers(new Map([["a", "1"]]))], [["a", "1"]]);
    function* pairs() {
      yield ["a", "1"];
      yield new Set(["b", "2"]);
    }
    assert.deepStrictEqual([...new Headers(pairs())], [["a", "1"], ["b", "2"]]);
  },
};

export const aPairHasTwoElements = {
  test() {
    const text = "To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.";
    throws(() => new Headers([["a"]]), text);
    throws(() => new Headers([["a", "b", "c"]]), text);
  },
};

export const aPairIsNoString = {
  test() {
    throws(() => new Headers(["ab"]), "Incorrect type: the provided value is not of type 'Sequence'.");
    throws(() => new Headers([1]), "Incorrect type: the provided value is not of type 'Sequence'.");
  },
};

export const madeOfOtherHeaders = {
  test() {
    const first = new Headers([["set-cookie", "a"], ["Set-Cookie", "b"]]);
    const second = new Headers(first);
    second.append("x", "1");
    assert.strictEqual(first.has("x"), false);
    assert.deepStrictEqual(second.getAll("set-cookie"), ["a", "b"]);
  },
};

export const madeOfSomethingElse = {
  test() {
    for (const init of [null, 1, "x", Symbol("s")]) {
      throws(
        () => new Headers(init),
        "Failed to construct 'Headers': constructor parameter 1 is not of type 'Headers or Sequence or object'.",
      );
    }
    assert.deepStrictEqual([...new Headers(() => {})], []);
  },
};

export const propertiesAreReadOnce = {
  test() {
    const seen = [];
    const init = new Proxy({ a: "1" }, {
      get: (target, key) => (seen.push(`get ${String(key)}`), target[key]),
      ownKeys: (target) => (seen.push("keys"), Reflect.ownKeys(target)),
    });
    new Headers(init);
    assert.deepStrictEqual(seen, ["get Symbol(Symbol.iterator)", "keys", "get a"]);
  },
};

export const valuesAreTrimmed = {
  test() {
    const headers = new Headers();
    headers.set("a", " \t x y \r\n ");
    assert.strictEqual(headers.get("a"), "x y");
    headers.set("a", "\fx\v");
    assert.strictEqual(headers.get("a"), "\fx\v");
  },
};

export const valuesHaveNoLineEnds = {
  test() {
    for (const value of ["a\nb", "a\rb", "a\0b"]) {
      throws(() => new Headers({ a: value }), "Invalid header value.");
      throws(() => new Headers().append("a", value), "Invalid header value.");
    }
  },
};

export const valuesAreUnicode = {
  test() {
    const headers = new Headers({ a: "caf\u00e9 \u4f60" });
    assert.strictEqual(headers.get("a"), "caf\u00e9 \u4f60");
    headers.set("a", "x\ud800y");
    assert.strictEqual(headers.get("a"), "x\ufffd\ufffd\ufffdy");
  },
};

export const namesAreTokens = {
  test() {
    const headers = new Headers();
    for (const name of ["a b", "a:b", "a\n", "(a)"]) {
      throws(() => headers.get(name), "Invalid header name.");
      throws(() => headers.set(name, "x"), "Invalid header name.");
      throws(() => headers.delete(name), "Invalid header name.");
    }
    assert.strictEqual(headers.get(null), null);
  },
};

export const namesIgnoreCase = {
  test() {
    const headers = new Headers({ "X-A": "1" });
    headers.append("x-a", "2");
    assert.strictEqual(headers.get("X-a"), "1, 2");
    assert.strictEqual(headers.has("x-A"), true);
    headers.set("X-A", "3");
    assert.strictEqual(headers.get("x-a"), "3");
    headers.delete("x-A");
    assert.strictEqual(headers.has("x-a"), false);
  },
};

export const getAllIsForCookies = {
  test() {
    const headers = new Headers();
    headers.append("Set-Cookie", "a=1, x");
    headers.append("set-cookie", "b=2");
    assert.deepStrictEqual(headers.getAll("SET-COOKIE"), ["a=1, x", "b=2"]);
    throws(() => headers.getAll("x"), 'getAll() can only be used with the header name "Set-Cookie".');
  },
};

export const getSetCookie = {
  test() {
    const headers = new Headers([["set-cookie", "a"], ["set-cookie", "b"]]);
    if (splitsCookies) assert.deepStrictEqual(headers.getSetCookie(), ["a", "b"]);
    else assert.strictEqual(headers.getSetCookie, undefined);
    assert.strictEqual(headers.get("set-cookie"), "a, b");
  },
};

export const iterationIsSorted = {
  test() {
    const headers = new Headers([["b", "1"], ["set-cookie", "x"], ["A", "2"], ["set-cookie", "y"], ["a", "3"]]);
    const cookies = splitsCookies ? [["set-cookie", "x"], ["set-cookie", "y"]] : [["set-cookie", "x, y"]];
    const expected = [["a", "2, 3"], ["b", "1"], ...cookies];
    assert.deepStrictEqual([...headers], expected);
    assert.deepStrictEqual([...headers.entries()], expected);
    assert.deepStrictEqual([...headers.keys()], expected.map((pair) => pair[0]));
    assert.deepStrictEqual([...headers.values()], expected.map((pair) => pair[1]));
  },
};

export const iterationIsACopy = {
  test() {
    const headers = new Headers({ a: "1", b: "2", c: "3" });
    const seen = [];
    for (const [name] of headers) {
      seen.push(name);
      headers.delete("b");
      headers.set("z", "9");
    }
    assert.deepStrictEqual(seen, ["a", "b", "c"]);
  },
};

export const anIteratorIsNotClosed = {
  test() {
    const iterator = new Headers({ a: "1", b: "2" }).entries();
    for (const _ of iterator) break;
    assert.deepStrictEqual(iterator.next().value, ["b", "2"]);
    assert.strictEqual(iterator.next().done, true);
    assert.strictEqual(iterator[Symbol.iterator](), iterator);
    assert.strictEqual(iterator.return, undefined);
  },
};

export const forEach = {
  test() {
    const headers = new Headers({ b: "2", a: "1" });
    const seen = [];
    headers.forEach(function (value, name, parent) {
      seen.push([this, value, name, parent === headers]);
    }, "receiver");
    assert.deepStrictEqual(seen.map((entry) => entry.slice(1)), [["1", "a", true], ["2", "b", true]]);
    throws(() => headers.forEach(1), "Failed to execute 'forEach' on 'Headers': parameter 1 is not of type 'function'.");
  },
};

export const missingArguments = {
  test() {
    const headers = new Headers();
    throws(() => headers.get(), "Failed to execute 'get' on 'Headers': parameter 1 is not of type 'string'.");
    throws(() => headers.set("a"), "Failed to execute 'set' on 'Headers': parameter 2 is not of type 'string'.");
    throws(() => headers.append("a"), "Failed to execute 'append' on 'Headers': parameter 2 is not of type 'string'.");
    throws(() => headers.get(Symbol("s")), "Cannot convert a Symbol value to a string");
  },
};

export const methodsNeedHeaders = {
  test() {
    assert.throws(() => Headers.prototype.get.call({}, "a"), /^TypeError: Illegal invocation: function called with incorrect `this` reference/);
    assert.throws(() => Headers.prototype.entries.call(new Map()), /^TypeError: Illegal invocation/);
  },
};

export const canBeExtended = {
  test() {
    class More extends Headers {
      count() {
        return [...this].length;
      }
    }
    const more = new More({ a: "1" });
    assert.strictEqual(more.count(), 1);
    assert.strictEqual(more instanceof Headers, true);
    assert.strictEqual(new Headers(more).get("a"), "1");
  },
};
