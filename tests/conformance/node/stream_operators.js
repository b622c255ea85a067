// node:stream: what a Readable can do with its chunks.
import assert from "node:assert";
import { Readable } from "node:stream";

const numbers = () => Readable.from([1, 2, 3, 4]);
const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

export const map = {
  async test() {
    assert.deepStrictEqual(await numbers().map((x) => x * 2).toArray(), [2, 4, 6, 8]);
    assert.deepStrictEqual(await numbers().map(async (x) => x + 1).toArray(), [2, 3, 4, 5]);
  },
};

export const mapWithConcurrency = {
  async test() {
    let running = 0;
    let most = 0;
    const mapped = numbers().map(
      async (x) => {
        most = Math.max(most, ++running);
        await soon();
        running--;
        return x;
      },
      { concurrency: 2 },
    );
    assert.deepStrictEqual(await mapped.toArray(), [1, 2, 3, 4]);
    assert.strictEqual(most, 2);
  },
};

export const mapChecksItsArguments = {
  test() {
    assert.throws(() => numbers().map(1), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "fn" argument must be of type function or an instance of AsyncFunction. Received type number (1)',
    });
    assert.throws(() => numbers().map((x) => x, { concurrency: 0 }), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "concurrency" is out of range. It must be >= 1 && <= 9007199254740991. Received 0',
    });
    assert.throws(() => numbers().map((x) => x, 1), {
      message: 'The "options" argument must be of type object. Received type number (1)',
    });
    assert.throws(() => numbers().map((x) => x, { signal: 1 }), {
      message: 'The "options.signal" property must be an instance of AbortSignal. Received type number (1)',
    });
  },
};

export const filter = {
  async test() {
    assert.deepStrictEqual(await numbers().filter((x) => x % 2 === 0).toArray(), [2, 4]);
    assert.deepStrictEqual(await numbers().filter(async (x) => x > 3).toArray(), [4]);
  },
};

export const flatMap = {
  async test() {
    assert.deepStrictEqual(await numbers().take(2).flatMap((x) => [x, x * 10]).toArray(), [1, 10, 2, 20]);
  },
};

export const takeAndDrop = {
  async test() {
    assert.deepStrictEqual(await numbers().take(2).toArray(), [1, 2]);
    assert.deepStrictEqual(await numbers().drop(3).toArray(), [4]);
    assert.deepStrictEqual(await numbers().take("cat").toArray(), []);
    for (const name of ["take", "drop"]) {
      assert.throws(() => numbers()[name](-1), {
        name: "RangeError",
        code: "ERR_OUT_OF_RANGE",
        message: 'The value of "number" is out of range. It must be >= 0. Received -1',
      });
    }
  },
};

export const someAndEvery = {
  async test() {
    assert.strictEqual(await numbers().some((x) => x === 3), true);
    assert.strictEqual(await numbers().some(async (x) => x === 9), false);
    assert.strictEqual(await numbers().every((x) => x > 0), true);
    assert.strictEqual(await numbers().every((x) => x > 1), false);
    await assert.rejects(numbers().every(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const find = {
  async test() {
    assert.strictEqual(await numbers().find((x) => x > 2), 3);
    assert.strictEqual(await numbers().find((x) => x > 9), undefined);
  },
};

export const forEach = {
  async test() {
    const seen = [];
    assert.strictEqual(await numbers().forEach((x) => seen.push(x)), undefined);
    assert.deepStrictEqual(seen, [1, 2, 3, 4]);
    await assert.rejects(
      numbers().forEach(() => {
        throw new Error("mine");
      }),
      { message: "mine" },
    );
  },
};

export const reduce = {
  async test() {
    assert.strictEqual(await numbers().reduce((a, b) => a + b), 10);
    assert.strictEqual(await numbers().reduce(async (a, b) => a + b, 5), 15);
    await assert.rejects(Readable.from([]).reduce((a, b) => a + b), {
      name: "TypeError",
      code: "ERR_MISSING_ARGS",
      message: "Reduce of an empty stream requires an initial value",
    });
    await assert.rejects(numbers().reduce(1), {
      message:
        'The "reducer" argument must be of type function or an instance of AsyncFunction. Received type number (1)',
    });
  },
};

export const indexedPairs = {
  async test() {
    assert.deepStrictEqual(await Readable.from(["a", "b"]).asIndexedPairs().toArray(), [[0, "a"], [1, "b"]]);
  },
};

export const aborted = {
  async test() {
    const signal = AbortSignal.abort(new Error("why"));
    await assert.rejects(numbers().toArray({ signal }), { name: "AbortError", code: "ABORT_ERR" });
    await assert.rejects(numbers().map((x) => x, { signal }).toArray(), { code: "ABORT_ERR" });
    await assert.rejects(numbers().reduce((a, b) => a + b, 0, { signal }), (error) => {
      assert.strictEqual(error.cause.message, "why");
      return true;
    });
  },
};

export const signalOfTheFunction = {
  async test() {
    let given;
    await numbers()
      .map((x, { signal }) => {
        given = signal;
        return x;
      })
      .toArray();
    assert.ok(given instanceof AbortSignal);
  },
};
