// FormData: names, texts and files, and what iteration shows of them.
import assert from "node:assert";

const throws = (fn, message) => assert.throws(fn, { name: "TypeError", message });

function filled(...pairs) {
  const data = new FormData();
  for (const [name, value] of pairs) data.append(name, value);
  return data;
}

export const constructorIgnoresArguments = {
  test() {
    assert.deepStrictEqual([...new FormData({})], []);
    assert.deepStrictEqual([...new FormData(1)], []);
  },
};

export const appendKeepsAll = {
  test() {
    const data = filled(["a", "1"], ["b", "2"], ["a", "3"]);
    assert.strictEqual(data.get("a"), "1");
    assert.deepStrictEqual(data.getAll("a"), ["1", "3"]);
    assert.deepStrictEqual([data.has("a"), data.has("x"), data.get("x")], [true, false, null]);
  },
};

export const setReplacesTheFirst = {
  test() {
    const data = filled(["a", "1"], ["b", "2"], ["a", "3"]);
    data.set("a", "9");
    data.set("new", "8");
    assert.deepStrictEqual([...data], [["a", "9"], ["b", "2"], ["new", "8"]]);
  },
};

export const deleteTakesAll = {
  test() {
    const data = filled(["a", "1"], ["b", "2"], ["a", "3"]);
    data.delete("a");
    data.delete("missing");
    assert.deepStrictEqual([...data], [["b", "2"]]);
  },
};

export const valuesAreTexts = {
  test() {
    const data = filled([null, null], ["n", 5], ["o", {}], ["s", "\ud800"]);
    assert.deepStrictEqual([...data.values()], ["null", "5", "[object Object]", "\ufffd\ufffd\ufffd"]);
    throws(() => data.append("a", Symbol("s")), "Cannot convert a Symbol value to a string");
  },
};

export const aBlobBecomesAFile = {
  test() {
    const data = filled(["name", new Blob(["x"], { type: "q/r" })]);
    const file = data.get("name");
    assert.strictEqual(file instanceof File, true);
    assert.deepStrictEqual([file.name, file.type, file.size], ["name", "q/r", 1]);
  },
};

export const aFileStaysItself = {
  test() {
    const file = new File(["x"], "mine", { lastModified: 5 });
    assert.strictEqual(filled(["a", file]).get("a"), file);
  },
};

export const filenames = {
  test() {
    const data = new FormData();
    const file = new File(["x"], "mine", { lastModified: 5 });
    data.append("a", file, "other");
    data.append("b", new Blob(["x"]), undefined);
    data.append("c", new Blob(["x"]), null);
    assert.notStrictEqual(data.get("a"), file);
    assert.deepStrictEqual(["a", "b", "c"].map((name) => data.get(name).name), ["other", "b", "null"]);
  },
};

export const aTextHasNoFilename = {
  test() {
    const data = new FormData();
    data.append("a", "text", "ignored");
    data.set("b", "text", "ignored");
    assert.deepStrictEqual([...data], [["a", "text"], ["b", "text"]]);
  },
};

export const iterators = {
  test() {
    const data = filled(["a", "1"], ["b", "2"]);
    assert.deepStrictEqual([...data.keys()], ["a", "b"]);
    assert.deepStrictEqual([...data.values()], ["1", "2"]);
    assert.deepStrictEqual([...data.entries()], [["a", "1"], ["b", "2"]]);
    if (Cloudflare.compatibilityFlags.set_tostring_tag) {
      assert.strictEqual(Object.prototype.toString.call(data.keys()), "[object KeyIterator]");
    }
  },
};

export const iterationSeesDeletions = {
  test() {
    const data = filled(["a", "1"], ["b", "2"], ["c", "3"]);
    const seen = [];
    for (const [name] of data) {
      seen.push(name);
      if (name === "a") data.delete("a");
    }
    assert.deepStrictEqual(seen, ["a", "c"]);
  },
};

export const forEach = {
  test() {
    const data = filled(["a", "1"]);
    const seen = [];
    data.forEach(function (value, name, parent) {
      seen.push(value, name, parent === data);
    });
    assert.deepStrictEqual(seen, ["1", "a", true]);
    throws(() => data.forEach(5), "Failed to execute 'forEach' on 'FormData': parameter 1 is not of type 'function'.");
  },
};

export const missingArguments = {
  test() {
    const data = new FormData();
    throws(() => data.append(), "Failed to execute 'append' on 'FormData': parameter 1 is not of type 'string'.");
    throws(() => data.append("a"), "Failed to execute 'append' on 'FormData': parameter 2 is not of type 'File or Blob or string'.");
    throws(() => data.get(), "Failed to execute 'get' on 'FormData': parameter 1 is not of type 'string'.");
  },
};
