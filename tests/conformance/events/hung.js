// Events that wait for what can never happen are cancelled; events that wait for anything else are not.
import { rejects, strictEqual } from "node:assert";
import { WorkerEntrypoint } from "cloudflare:workers";

const HUNG = {
  name: "Error",
  message: "The Workers runtime canceled this request because it detected that your Worker's code had hung and would " +
    "never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/",
};

const never = () => new Promise(() => {});

const routes = {
  "/never": () => never(),
  "/never-later": async () => {
    await scheduler.wait(1);
    await never();
  },
  "/never-at-all": async () => {
    await Promise.all([never(), never()]);
  },
  "/cycle": async () => {
    let resolve;
    const first = new Promise((r) => (resolve = r));
    const second = first.then(() => 1);
    second.then(resolve);
    await second;
  },
  "/stream": async () => {
    const { readable } = new TransformStream();
    await readable.getReader().read();
  },
  "/timer": async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return new Response("timer");
  },
  "/interval": async () => {
    let times = 0;
    await new Promise((resolve) => {
      const id = setInterval(() => ++times === 3 && (clearInterval(id), resolve()), 60);
    });
    return new Response("interval");
  },
  "/nested": async (_, env) => {
    const response = await env.SELF.fetch("http://x/timer");
    return new Response(`nested ${await response.text()}`);
  },
  "/body": async (request) => new Response(`body ${await request.text()}`),
  "/socket": async () => {
    const { 0: one, 1: other } = new WebSocketPair();
    one.accept();
    other.accept();
    const message = new Promise((resolve) => other.addEventListener("message", ({ data }) => resolve(data)));
    await scheduler.wait(100);
    one.send("socket");
    return new Response(await message);
  },
  "/digest": async () => {
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(4e6));
    return new Response(`digest ${digest.byteLength}`);
  },
  "/late": (_, __, ctx) => {
    ctx.waitUntil(never());
    return new Response("late");
  },
};

export class Called extends WorkerEntrypoint {
  never() {
    return never();
  }

  async call(f) {
    await scheduler.wait(100);
    return await f("called");
  }
}

export default {
  fetch(request, env, ctx) {
    return routes[new URL(request.url).pathname](request, env, ctx);
  },
};

const cancelled = (path) => ({
  async test(_, env) {
    await rejects(env.SELF.fetch(`http://x${path}`), HUNG);
  },
});

const answered = (path, text) => ({
  async test(_, env) {
    strictEqual(await (await env.SELF.fetch(`http://x${path}`)).text(), text);
  },
});

export const aHandlerThatWaitsForNothing = cancelled("/never");
export const aHandlerThatComesToWaitForNothing = cancelled("/never-later");
export const severalPromisesForNothing = cancelled("/never-at-all");
export const promisesThatWaitForEachOther = cancelled("/cycle");
export const aStreamThatNobodyWrites = cancelled("/stream");

export const aCallThatIsNeverAnswered = {
  async test(_, env) {
    await rejects(async () => await env.CALLED.never(), { name: "Error", message: HUNG.message });
  },
};

export const aTimerIsWaitedFor = answered("/timer", "timer");
export const anIntervalIsWaitedFor = answered("/interval", "interval");
export const anotherEventIsWaitedFor = answered("/nested", "nested timer");
export const aSocketIsWaitedFor = answered("/socket", "socket");
export const aDigestIsWaitedFor = answered("/digest", "digest 32");
export const waitUntilIsCancelledAlone = answered("/late", "late");

export const aBodyThatComesLateIsWaitedFor = {
  async test(_, env) {
    const { readable, writable } = new IdentityTransformStream();
    const response = env.SELF.fetch("http://x/body", { method: "POST", body: readable });
    await scheduler.wait(100);
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("text"));
    await writer.close();
    strictEqual(await (await response).text(), "body text");
  },
};

export const aCallbackIsWaitedFor = {
  async test(_, env) {
    strictEqual(await env.CALLED.call((text) => `it was ${text}`), "it was called");
  },
};

let shared;
export const whatAnotherEventDoesIsWaitedFor = {
  async test(_, env) {
    routes["/shared"] = async () => new Response(await shared);
    shared = scheduler.wait(150).then(() => "shared");
    strictEqual(await (await env.SELF.fetch("http://x/shared")).text(), "shared");
  },
};
