// `ctx`, and what becomes of handlers that are not there or give nothing.
import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert";
import { WorkerEntrypoint } from "cloudflare:workers";

const contexts = [];
let settled = 0;
/** What is late goes on when this is true. */
let goOn = false;

const routes = {
  "/nothing": () => {},
  "/text": () => "text",
  "/nothing-later": async () => {},
  "/text-later": async () => "text",
  "/error": () => Response.error(),
  "/throws": () => { throw new RangeError("thrown"); },
  "/rejects": async () => { throw new RangeError("rejected"); },
  "/late": (_, __, ctx) => {
    ctx.waitUntil((async () => {
      while (!goOn) await scheduler.wait(1);
      settled++;
    })());
    return new Response("at once");
  },
};

export default {
  fetch(request, env, ctx) {
    contexts.push(ctx);
    return routes[new URL(request.url).pathname](request, env, ctx);
  },
};

export const handlerless = { other() {} };

export class Called extends WorkerEntrypoint {
  getProps() {
    return this.ctx.props;
  }

  hasCtx() {
    return [typeof this.ctx.waitUntil, typeof this.ctx.passThroughOnException, this.constructor.name];
  }
}

export const waitUntilTakesAnything = {
  test(_, __, ctx) {
    strictEqual(ctx.waitUntil(scheduler.wait(1)), undefined);
    ctx.waitUntil(undefined);
    ctx.waitUntil(5);
    ctx.waitUntil({ then: (resolve) => resolve() });
  },
};

export const waitUntilNeedsAnArgument = {
  test(_, __, ctx) {
    throws(() => ctx.waitUntil(), {
      name: "TypeError",
      message: "Failed to execute 'waitUntil' on 'ExecutionContext': parameter 1 is not of type 'Promise'.",
    });
  },
};

export const methodsNeedTheirObject = {
  test(_, __, ctx) {
    for (const name of ["waitUntil", "passThroughOnException"]) {
      throws(() => (0, ctx[name])(Promise.resolve()), (error) => {
        strictEqual(error.name, "TypeError");
        match(error.message, /^Illegal invocation: function called with incorrect `this` reference\./);
        return true;
      });
    }
  },
};

export const passThroughOnExceptionReturnsNothing = {
  test(_, __, ctx) {
    strictEqual(ctx.passThroughOnException(), undefined);
  },
};

export const propsAreAnObject = {
  test(_, __, ctx) {
    deepStrictEqual(ctx.props, {});
    ok(Object.keys(ctx).includes("props"));
  },
};

export const itSaysWhatItIs = {
  test(_, __, ctx) {
    strictEqual(ctx.constructor.name, "ExecutionContext");
    throws(() => new ctx.constructor(), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const waitUntilOutlivesTheResponse = {
  async test(_, env) {
    const before = settled;
    strictEqual(await (await env.SELF.fetch("http://x/late")).text(), "at once");
    strictEqual(settled, before);
    goOn = true;
    while (settled === before) await scheduler.wait(1);
  },
};

export const aHandlerHasToGiveAResponse = {
  async test(_, env) {
    const none = { name: "TypeError", message: "Callback returned incorrect type; expected 'Promise'" };
    await rejects(env.SELF.fetch("http://x/nothing"), none);
    await rejects(env.SELF.fetch("http://x/text"), none);
    const later = { name: "TypeError", message: "Incorrect type for Promise: the Promise did not resolve to 'Response'." };
    await rejects(env.SELF.fetch("http://x/nothing-later"), later);
    await rejects(env.SELF.fetch("http://x/text-later"), later);
  },
};

export const anErrorResponseIsNone = {
  async test(_, env) {
    await rejects(env.SELF.fetch("http://x/error"), {
      name: "TypeError",
      message: "Return value from serve handler must not be an error response (like Response.error())",
    });
  },
};

export const whatIsThrownReachesTheCaller = {
  async test(_, env) {
    await rejects(env.SELF.fetch("http://x/throws"), { name: "RangeError", message: "thrown" });
    await rejects(env.SELF.fetch("http://x/rejects"), { name: "RangeError", message: "rejected" });
  },
};

export const instancesHaveTheirOwn = {
  async test(_, env) {
    deepStrictEqual(await env.CALLED.hasCtx(), ["function", "function", "Called"]);
    const { ...props } = await env.CALLED.getProps();
    deepStrictEqual(props, {});
  },
};
