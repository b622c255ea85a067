// The module "cloudflare:workers": the importable env and exports, and what they are inside `withEnv` and its like.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert";
import {
  env,
  exports,
  RpcTarget,
  waitUntil,
  withEnv,
  withEnvAndExports,
  withExports,
  WorkerEntrypoint,
  WorkflowEntrypoint,
} from "cloudflare:workers";

const atStart = { text: env.TEXT, keys: Object.keys(env).sort(), exports: Object.keys(exports) };

const notAFunction = (name, position) => ({
  name: "TypeError",
  message: `Failed to execute '${name}' on 'EnvModule': parameter ${position} is not of type 'function'.`,
});

export class Named extends WorkerEntrypoint {
  ping() {
    return `pong ${this.env.TEXT}`;
  }
}

export const envIsThereAtModuleScope = {
  test() {
    strictEqual(atStart.text, "text");
    deepStrictEqual(atStart.keys, ["JSON", "SELF", "TEXT"]);
  },
};

export const exportsAreEmptyAtModuleScope = {
  test() {
    deepStrictEqual(atStart.exports, []);
  },
};

export const envShowsWhatHandlersGet = {
  test(_, given) {
    ok(env !== given);
    strictEqual(env.TEXT, given.TEXT);
    strictEqual(env.JSON, given.JSON);
    deepStrictEqual(Object.keys(env).sort(), Object.keys(given).sort());
    ok("TEXT" in env && !("NOPE" in env));
    deepStrictEqual(Object.getOwnPropertyDescriptor(env, "TEXT"), {
      value: "text",
      writable: true,
      enumerable: true,
      configurable: true,
    });
  },
};

export const changesOfEnvReachTheOther = {
  test(_, given) {
    env.ADDED = 1;
    strictEqual(given.ADDED, 1);
    given.ADDED = 2;
    strictEqual(env.ADDED, 2);
    ok(delete env.ADDED);
    ok(!("ADDED" in given));
  },
};

export const withEnvReplacesItAll = {
  test() {
    const seen = withEnv({ a: 1 }, () => [env.a, env.TEXT, Object.keys(env)]);
    deepStrictEqual(seen, [1, undefined, ["a"]]);
    strictEqual(env.TEXT, "text");
  },
};

export const withEnvReturnsWhatItsFunctionReturns = {
  test() {
    strictEqual(withEnv({}, () => 42), 42);
    throws(() => withEnv({}, () => { throw new RangeError("out"); }), { name: "RangeError", message: "out" });
    strictEqual(env.TEXT, "text");
  },
};

export const withEnvFollowsAsynchronousCode = {
  async test() {
    const inner = withEnv({ a: 1 }, async () => {
      await scheduler.wait(1);
      const late = await new Promise((resolve) => setTimeout(() => resolve(env.a), 1));
      const micro = await new Promise((resolve) => queueMicrotask(() => resolve(env.a)));
      return [env.a, late, micro];
    });
    strictEqual(env.a, undefined);
    deepStrictEqual(await inner, [1, 1, 1]);
  },
};

export const withEnvNests = {
  test() {
    const seen = withEnv({ a: 1 }, () => [withEnv({ b: 2 }, () => Object.keys(env)), Object.keys(env)]);
    deepStrictEqual(seen, [["b"], ["a"]]);
  },
};

export const changesInsideWithEnvStayThere = {
  test(_, given) {
    const own = {};
    withEnv(own, () => {
      env.made = 1;
    });
    strictEqual(own.made, 1);
    strictEqual(given.made, undefined);
  },
};

export const withEnvOfNothingChangesNothing = {
  test() {
    if (Cloudflare.compatibilityFlags.env_module_nullable_support) return;
    strictEqual(withEnv(null, () => env.TEXT), "text");
    strictEqual(withEnv(undefined, () => env.TEXT), "text");
  },
};

export const withEnvNeedsAFunction = {
  test() {
    throws(() => withEnv({}, 5), notAFunction("withEnv", 2));
    throws(() => withEnv(), notAFunction("withEnv", 2));
    throws(() => withExports({}), notAFunction("withExports", 2));
    throws(() => withEnvAndExports({}, {}), notAFunction("withEnvAndExports", 3));
  },
};

export const exportsHasTheEntrypoints = {
  async test(_, __, ctx) {
    deepStrictEqual(Object.keys(exports).sort(), Object.keys(ctx.exports).sort());
    ok("Named" in exports);
    strictEqual(await exports.Named.ping(), "pong text");
    strictEqual(await ctx.exports.Named.ping(), "pong text");
  },
};

export const exportsCannotBeChanged = {
  test() {
    exports.added = 1;
    strictEqual(exports.added, undefined);
    ok(delete exports.Named);
    ok("Named" in exports);
  },
};

export const withExportsReplacesThem = {
  test() {
    deepStrictEqual(withExports({ a: 1 }, () => [exports.a, Object.keys(exports), env.TEXT]), [1, ["a"], "text"]);
    ok("Named" in exports);
  },
};

export const withEnvAndExportsReplacesBoth = {
  async test() {
    deepStrictEqual(withEnvAndExports({ a: 1 }, { b: 2 }, () => [env.a, exports.b, env.TEXT]), [1, 2, undefined]);
    const late = await withEnvAndExports({ a: 1 }, { b: 2 }, async () => {
      await null;
      return [env.a, exports.b];
    });
    deepStrictEqual(late, [1, 2]);
  },
};

export const waitUntilBelongsToTheCurrentEvent = {
  test() {
    strictEqual(waitUntil(scheduler.wait(1)), undefined);
    waitUntil(5);
    waitUntil(undefined);
    throws(() => waitUntil(), {
      name: "TypeError",
      message: "Failed to execute 'waitUntil' on 'EntrypointsModule': parameter 1 is not of type 'Promise'.",
    });
  },
};

export const entrypointsKeepCtxAndEnv = {
  test(_, given, ctx) {
    for (const Class of [WorkerEntrypoint, WorkflowEntrypoint]) {
      const made = new Class(ctx, given);
      strictEqual(made.ctx, ctx);
      strictEqual(made.env, given);
      deepStrictEqual(Object.keys(made).sort(), ["ctx", "env"]);
    }
  },
};

export const entrypointsNeedACtx = {
  test() {
    throws(() => new WorkerEntrypoint(), {
      name: "TypeError",
      message: "Failed to construct 'WorkerEntrypoint': constructor parameter 1 is not of type 'Object'.",
    });
    throws(() => new WorkerEntrypoint(5, {}), { name: "TypeError" });
  },
};

export const targetsCanBeMade = {
  test() {
    ok(new RpcTarget() instanceof RpcTarget);
  },
};

export const namesThatAreNotThereAreNotFound = {
  async test() {
    await rejects(import("cloudflare:nope"), { name: "Error", message: 'No such module "cloudflare:nope".' });
  },
};
