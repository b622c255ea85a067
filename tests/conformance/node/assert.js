// node:assert, as production has it: the loose comparisons are the strict ones.
import assert, { AssertionError, deepEqual, equal, notEqual, rejects, strict, throws } from "node:assert";
import strictAssert from "node:assert/strict";

/** The error that a function throws. */
function thrownBy(fn) {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

export const trueValuesPass = {
  test() {
    assert(1);
    assert.ok("x");
    strict({});
  },
};

export const falseValuesFailWithBothSides = {
  test() {
    const error = thrownBy(() => assert(0));
    assert.strictEqual(error.message, "0 == true");
    assert.strictEqual(error.code, "ERR_ASSERTION");
    assert.strictEqual(error.operator, "==");
    assert.strictEqual(error.actual, 0);
    assert.strictEqual(error.expected, true);
    assert.strictEqual(error.generatedMessage, true);
    assert.ok(error instanceof AssertionError && error instanceof Error);
  },
};

export const noArgumentIsAnErrorOfItsOwn = {
  test() {
    assert.strictEqual(thrownBy(() => assert()).message, "No value argument passed to `assert.ok()`");
  },
};

export const anErrorGivenAsMessageIsItsText = {
  test() {
    const error = thrownBy(() => assert(false, new TypeError("of mine")));
    assert.strictEqual(error.message, "TypeError: of mine");
    assert.strictEqual(error.name, "AssertionError");
  },
};

export const looseEqualityIsStrict = {
  test() {
    assert.throws(() => equal(1, "1"), AssertionError);
    notEqual(1, "1");
    equal(NaN, NaN);
    assert.throws(() => deepEqual({ a: 1 }, { a: "1" }), AssertionError);
  },
};

export const differencesAreShownLineByLine = {
  test() {
    const { message } = thrownBy(() => assert.strictEqual(1, 2));
    assert.strictEqual(message, "Values are not strictly equal:\n\n\n[Diff] Actual / Expected\n\n\n-   1\n+   2\n");
  },
};

export const zeroIsNotMinusZero = {
  test() {
    assert.throws(() => assert.strictEqual(0, -0), AssertionError);
    assert.notStrictEqual(0, -0);
  },
};

export const equalStructureIsSaid = {
  test() {
    const { message } = thrownBy(() => assert.strictEqual({ a: 1 }, { a: 1 }));
    assert.strictEqual(message, "Values have the same structure but are not reference-equal:\n\n    { a: 1 }\n");
  },
};

export const twoValuesAreNeeded = {
  test() {
    assert.throws(() => assert.strictEqual(1), {
      code: "ERR_MISSING_ARGS",
      message: 'The "actual" and "expected" arguments must be specified',
    });
  },
};

export const deepComparisonsOfBuiltins = {
  test() {
    assert.deepStrictEqual(new Map([[{ a: 1 }, [1]]]), new Map([[{ a: 1 }, [1]]]));
    assert.deepStrictEqual(new Set([[1], { b: 2 }]), new Set([{ b: 2 }, [1]]));
    assert.deepStrictEqual(new Date(5), new Date(5));
    assert.deepStrictEqual(/x/g, /x/g);
    assert.deepStrictEqual(new Uint8Array([1, 2]), new Uint8Array([1, 2]));
    assert.deepStrictEqual(new Error("a"), new Error("a"));
    for (
      const [one, other] of [
        [new Map([[1, 2]]), new Map([[1, 3]])],
        [new Set([1]), new Set(["1"])],
        [new Date(5), new Date(6)],
        [/x/g, /x/i],
        [new Uint8Array([1]), new Uint8Array([2])],
        [new Uint8Array([1]), [1]],
        [new Error("a"), new Error("b")],
        [new Error("a"), new TypeError("a")],
        [[1, , 2], [1, undefined, 2]],
        [{ a: undefined }, {}],
        [{}, Object.create(null)],
        [[0], [-0]],
        [Object(1), Object(2)],
      ]
    ) {
      assert.throws(() => assert.deepStrictEqual(one, other), AssertionError);
      assert.notDeepStrictEqual(one, other);
    }
  },
};

export const cyclesAreCompared = {
  test() {
    const one = { x: 1 };
    one.self = one;
    const other = { x: 1 };
    other.self = other;
    assert.deepStrictEqual(one, other);
  },
};

export const objectsOfTheWebHaveNoPropertiesToCompare = {
  test() {
    assert.deepStrictEqual(new Headers({ a: "b" }), new Headers({ a: "b" }));
    assert.deepStrictEqual(new URL("http://a/"), new URL("http://a/"));
    assert.deepStrictEqual(new Blob(["a"]), new Blob(["a"]));
    assert.deepStrictEqual(new AbortController().signal, new AbortController().signal);
  },
};

export const deepDifferencesPointAtTheColumn = {
  test() {
    const { message } = thrownBy(() => assert.deepStrictEqual({ a: 1 }, { a: 2 }));
    assert.strictEqual(
      message,
      "Expected values to be strictly deep-equal:\n+ actual - expected\n\n+ { a: 1 }\n- { a: 2 }\n       ^",
    );
  },
};

export const shortPrimitivesAreInOneLine = {
  test() {
    const { message } = thrownBy(() => assert.deepStrictEqual("a", "b"));
    assert.strictEqual(message, "Expected values to be strictly deep-equal:\n\n'a' !== 'b'\n");
  },
};

export const partialComparison = {
  test() {
    assert.partialDeepStrictEqual({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } });
    assert.partialDeepStrictEqual([1, 2, 3], [1, 2]);
    assert.throws(() => assert.partialDeepStrictEqual([1, 2, 3], [2]), AssertionError);
    assert.throws(() => assert.partialDeepStrictEqual({ a: 1 }, { b: 1 }), AssertionError);
  },
};

export const throwsChecksClassTextAndProperties = {
  test() {
    const fail = () => {
      throw Object.assign(new TypeError("abc"), { code: "X" });
    };
    throws(fail);
    throws(fail, TypeError);
    throws(fail, /b/);
    throws(fail, { name: "TypeError", message: "abc", code: "X" });
    throws(fail, { message: /^a/ });
    throws(fail, (error) => error.code === "X");
    throws(fail, new TypeError("abc"));
    assert.throws(() => throws(fail, RangeError), { operator: "throws" });
    assert.throws(() => throws(fail, /z/), { operator: "throws" });
    assert.throws(() => throws(fail, { code: "Y" }), { operator: "deepStrictEqual" });
    assert.throws(() => throws(fail, { nope: 1 }), { message: "A key in the expected object is missing: nope" });
    assert.throws(() => throws(fail, () => false), { operator: "throws" });
  },
};

export const throwsMissesWhatIsNotThrown = {
  test() {
    const quiet = () => {};
    assert.throws(() => throws(quiet), { message: "Missing expected exception." });
    assert.throws(() => throws(quiet, "text"), { message: "Missing expected exception: text" });
    assert.throws(() => throws(quiet, TypeError), { message: "Missing expected exception (TypeError)." });
    assert.throws(() => throws(quiet, TypeError, "why"), { message: "Missing expected exception (TypeError): why" });
  },
};

export const throwsRefusesBadExpectations = {
  test() {
    const fail = () => {
      throw new Error("abc");
    };
    assert.throws(() => throws("x"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => throws(fail, {}), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => throws(fail, 5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => throws(fail, "abc"), { code: "ERR_AMBIGUOUS_ARGUMENT" });
  },
};

export const doesNotThrowSaysWhatWasThrown = {
  test() {
    assert.doesNotThrow(() => 1);
    const error = thrownBy(() =>
      assert.doesNotThrow(() => {
        throw new Error("x");
      })
    );
    assert.strictEqual(error.message, 'Got unwanted exception.\nActual message: "x"');
  },
};

export const rejectsWaits = {
  async test() {
    await rejects(Promise.reject(new TypeError("q")), { name: "TypeError", message: "q" });
    await rejects(async () => {
      throw new Error("later");
    }, /later/);
    await rejects(rejects(Promise.resolve(1)), { message: "Missing expected rejection." });
    await rejects(rejects(Promise.resolve(1), TypeError), { message: "Missing expected rejection (TypeError)." });
    await rejects(rejects(() => 1), { code: "ERR_INVALID_RETURN_VALUE" });
    await rejects(rejects(1), { code: "ERR_INVALID_ARG_TYPE" });
    await assert.doesNotReject(Promise.resolve(1));
    await rejects(assert.doesNotReject(Promise.reject(new Error("x"))), AssertionError);
  },
};

export const failThrowsWhatItIsGiven = {
  test() {
    assert.throws(() => assert.fail(), { message: "Failed", generatedMessage: true, operator: "fail" });
    assert.throws(() => assert.fail("m"), { message: "m", generatedMessage: false });
    const mine = new RangeError("mine");
    assert.strictEqual(thrownBy(() => assert.fail(mine)), mine);
  },
};

export const matchAndIfError = {
  test() {
    assert.match("abc", /b/);
    assert.doesNotMatch("abc", /z/);
    assert.throws(() => assert.match("abc", /z/), { message: 'actual: "abc" expected to match: "/z/"' });
    assert.throws(() => assert.match("abc", "b"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.ifError(null);
    assert.ifError(undefined);
    assert.throws(() => assert.ifError(new Error("x")), { message: "ifError got unwanted exception: x" });
  },
};

export const theErrorsShape = {
  test() {
    const error = thrownBy(() => assert.strictEqual(1, 2, "m"));
    assert.deepStrictEqual(Object.keys(error), ["generatedMessage", "code", "actual", "expected", "operator"]);
    assert.strictEqual(`${error}`, "AssertionError [ERR_ASSERTION]: m");
    assert.strictEqual(error.name, "AssertionError");
    assert.ok(error.stack.startsWith("AssertionError [ERR_ASSERTION]: m"));
    assert.throws(() => new AssertionError(), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const strictHasEverything = {
  test() {
    assert.strictEqual(strictAssert.strict, strictAssert.strict.strict);
    assert.deepStrictEqual(Object.keys(strictAssert).sort(), Object.keys(assert).sort());
    assert.throws(() => strictAssert.equal(1, "1"), strictAssert.AssertionError);
  },
};
