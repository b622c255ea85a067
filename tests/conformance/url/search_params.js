// URLSearchParams: what it is made of, and its methods.
import assert from "node:assert";

const of = (init) => new URLSearchParams(init).toString();
const sample = () => new URLSearchParams("a=1&b=2&a=3&c=4");

export const fromText = {
  test() {
    assert.strictEqual(of("?a=1"), "a=1");
    assert.strictEqual(of("a=1&a=2&b"), "a=1&a=2&b=");
    assert.strictEqual(of("a=b+c%20d%2B"), "a=b+c+d%2B");
    assert.strictEqual(of("&&a=&=x"), "a=&=x");
    assert.strictEqual(of("a=%zz"), "a=%25zz");
    assert.strictEqual(of("a=\u2603"), "a=%E2%98%83");
    assert.strictEqual(of(""), "");
  },
};

export const fromNothing = {
  test() {
    assert.strictEqual(new URLSearchParams().toString(), "");
    assert.strictEqual(of(undefined), "");
    assert.strictEqual(of(null), "null=");
    assert.strictEqual(of(5), "5=");
  },
};

export const fromObjects = {
  test() {
    assert.strictEqual(of({ a: 1, b: null, c: undefined }), "a=1&b=null&c=undefined");
    assert.strictEqual(of({ [Symbol("x")]: 1, a: 2 }), "a=2");
    assert.strictEqual(of(Object.create(null)), "");
    assert.strictEqual(of({ [Symbol.iterator]: undefined, a: 1 }), "a=1");
  },
};

export const fromPairs = {
  test() {
    assert.strictEqual(of([["a", "1"], ["b", "2"]]), "a=1&b=2");
    assert.strictEqual(of(new Map([["a", "1"]])), "a=1");
    assert.strictEqual(of(new URLSearchParams("q=1")), "q=1");
    const pairs = function* () {
      yield ["a", "1"];
      yield new Set(["b", "2"]);
    };
    assert.strictEqual(of(pairs()), "a=1&b=2");
  },
};

export const badPairs = {
  test() {
    for (const init of [[["a"]], [["a", "b", "c"]], [[]]]) {
      assert.throws(() => of(init), { name: "TypeError", message: "Invalid URL search params sequence." });
    }
    for (const init of [[1], ["ab"]]) {
      assert.throws(() => of(init), {
        name: "TypeError",
        message: "Incorrect type: the provided value is not of type 'Sequence'.",
      });
    }
    assert.throws(() => of(Symbol()), { name: "TypeError" });
  },
};

export const paramsNeedNew = {
  test() {
    assert.throws(() => URLSearchParams("a"), {
      name: "TypeError",
      message: "Failed to construct 'URLSearchParams': Please use the 'new' operator, this object constructor cannot be " +
        "called as a function.",
    });
  },
};

export const looking = {
  test() {
    const params = sample();
    assert.strictEqual(params.get("a"), "1");
    assert.strictEqual(params.get("x"), null);
    assert.deepStrictEqual([...params.getAll("a")], ["1", "3"]);
    assert.strictEqual(params.has("a"), true);
    assert.strictEqual(params.size, 4);
  },
};

export const lookingForAValue = {
  test() {
    const params = sample();
    assert.strictEqual(params.has("a", "3"), true);
    assert.strictEqual(params.has("a", "9"), false);
    assert.strictEqual(params.has("a", undefined), true);
  },
};

export const removing = {
  test() {
    const all = sample();
    all.delete("a");
    assert.strictEqual(`${all}`, "b=2&c=4");
    const one = sample();
    one.delete("a", "1");
    assert.strictEqual(`${one}`, "b=2&a=3&c=4");
    const none = sample();
    none.delete("a", undefined);
    assert.strictEqual(`${none}`, "b=2&c=4");
  },
};

export const settingReplacesAll = {
  test() {
    const params = sample();
    params.set("a", "9");
    params.set("n", "1");
    assert.strictEqual(`${params}`, "a=9&b=2&c=4&n=1");
  },
};

export const sortingIsStable = {
  test() {
    const params = new URLSearchParams("z=1&a=2&\u{1f308}=3&\ufb03=4&a=1");
    params.sort();
    assert.deepStrictEqual([...params.keys()], ["a", "a", "z", "\u{1f308}", "\ufb03"]);
    assert.deepStrictEqual([...params.getAll("a")], ["2", "1"]);
  },
};

export const iterating = {
  test() {
    const params = new URLSearchParams("a=1&b=2");
    assert.deepStrictEqual([...params].map((pair) => [...pair]), [["a", "1"], ["b", "2"]]);
    assert.deepStrictEqual([...params.keys()], ["a", "b"]);
    assert.deepStrictEqual([...params.values()], ["1", "2"]);
    assert.deepStrictEqual([...params.entries()].map((pair) => [...pair]), [["a", "1"], ["b", "2"]]);
  },
};

export const iteratingWhileItGrows = {
  test() {
    const params = new URLSearchParams("a=1");
    const seen = [];
    for (const [name] of params) {
      seen.push(name);
      if (seen.length < 3) params.append(`n${seen.length}`, "1");
    }
    assert.deepStrictEqual(seen, ["a", "n1", "n2"]);
  },
};

export const forEach = {
  test() {
    const seen = [];
    const receiver = {};
    const params = new URLSearchParams("a=1&b=2");
    params.forEach(function (value, name, all) {
      seen.push([value, name, all === params, this === receiver]);
    }, receiver);
    assert.deepStrictEqual(seen, [["1", "a", true, true], ["2", "b", true, true]]);
    assert.throws(() => params.forEach(5), { name: "TypeError" });
  },
};

export const missingArguments = {
  test() {
    const params = sample();
    for (const name of ["append", "delete", "get", "getAll", "has", "set"]) {
      assert.throws(() => params[name](), {
        name: "TypeError",
        message: `Failed to execute '${name}' on 'URLSearchParams': parameter 1 is not of type 'USVString'.`,
      });
    }
    for (const name of ["append", "set"]) {
      assert.throws(() => params[name]("a"), {
        name: "TypeError",
        message: `Failed to execute '${name}' on 'URLSearchParams': parameter 2 is not of type 'USVString'.`,
      });
    }
  },
};

export const valuesBecomeText = {
  test() {
    const params = new URLSearchParams();
    params.append(null, undefined);
    params.append(5, {});
    assert.strictEqual(`${params}`, "null=undefined&5=%5Bobject+Object%5D");
  },
};

export const whatIsEscaped = {
  test() {
    assert.strictEqual(of({ "a b": "!'()~*-._%&=+\u00e9" }), "a+b=%21%27%28%29%7E*-._%25%26%3D%2B%C3%A9");
  },
};
