// What a test handler is given, and what may keep it running.
import { WorkerEntrypoint } from "cloudflare:workers";

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
}

export default {
  fetch() {
    return new Response("from the default export");
  },
  test(controller, env, ctx) {
    equal(controller.constructor.name, "TestController");
    equal(env.TEXT, "text");
    equal(typeof ctx.waitUntil, "function");
  },
};

export const reachesItself = {
  async test(controller, env) {
    equal(await (await env.SELF.fetch("http://self/")).text(), "from the default export");
  },
};

export class OfAClass extends WorkerEntrypoint {
  test() {
    equal(this.env.TEXT, "text");
    equal(typeof this.ctx.waitUntil, "function");
  }
}

let order = [];

export const waits = {
  test(controller, env, ctx) {
    const first = Promise.resolve().then(() => order.push("first"));
    ctx.waitUntil(first);
    // Added when what was waited for is over.
    ctx.waitUntil(first.then(() => {}).then(() => ctx.waitUntil(scheduler.wait(1).then(() => order.push("second")))));
  },
};

export const waitsWereWaitedFor = {
  test() {
    equal(order.join(), "first,second");
  },
};
