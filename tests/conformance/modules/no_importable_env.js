// With `disallow_importable_env` there is nothing to import but what `withEnv` gives.
import { deepStrictEqual, strictEqual } from "node:assert";
import { env, exports, withEnv, withExports } from "cloudflare:workers";

export const envIsEmpty = {
  test(_, given) {
    strictEqual(given.TEXT, "text");
    strictEqual(env.TEXT, undefined);
    deepStrictEqual(Object.keys(env), []);
    strictEqual("TEXT" in env, false);
  },
};

export const exportsAreEmpty = {
  test() {
    deepStrictEqual(Object.keys(exports), []);
  },
};

export const changesAreDropped = {
  test(_, given) {
    env.added = 1;
    strictEqual(env.added, undefined);
    strictEqual(given.added, undefined);
    strictEqual(delete env.TEXT, true);
    strictEqual(given.TEXT, "text");
  },
};

export const withEnvGivesOne = {
  test() {
    strictEqual(withEnv({ a: 1 }, () => env.a), 1);
    strictEqual(env.a, undefined);
    strictEqual(withExports({ b: 2 }, () => exports.b), 2);
  },
};
