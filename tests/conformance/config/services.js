// Services of all kinds and what answers a request that is sent to them.
import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { WorkerEntrypoint } from "cloudflare:workers";

export default {
  async fetch(request) {
    const { method, url, headers, cf } = request;
    const seen = { method, url, headers: Object.fromEntries(headers), cf, body: await request.text() };
    return Response.json(seen, { headers: { "X-Gone": "1" } });
  },
};

export class Named extends WorkerEntrypoint {
  fetch() {
    return Response.json(this.ctx.props);
  }
  greet(name) {
    return `${this.ctx.props.who}, ${name}`;
  }
}

export const outbound = {
  fetch(request) {
    return Response.json({ url: request.url, cf: request.cf });
  },
};

export const throws = {
  fetch() {
    throw new Error("boom");
  },
};

export const aWorkerReachesItself = {
  async test(controller, env) {
    const seen = await (await env.SELF.fetch("http://self/path", { method: "POST", body: "text" })).json();
    strictEqual(seen.method, "POST");
    strictEqual(seen.url, "http://self/path");
    strictEqual(seen.body, "text");
  },
};

export const entrypointsHaveProps = {
  async test(controller, env) {
    deepStrictEqual(await (await env.NAMED.fetch("http://named/")).json(), { who: "props" });
    strictEqual(await env.NAMED.greet("you"), "props, you");
  },
};

export const aWorkerCanAnswerTheGlobalFetch = {
  async test(controller, env) {
    const seen = await (await env.OTHER.fetch("http://other/")).json();
    strictEqual(seen.url, "http://somewhere.test/path");
    strictEqual(seen.cf.a, 1);
  },
};

export const thePublicNetworkHasNoLocalAddresses = {
  async test(controller, env) {
    for (const url of ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://10.0.0.1:1/"]) {
      await rejects(fetch(url), /^Error: internal error/);
      await rejects(env.PUBLIC.fetch(url), /^Error: internal error/);
    }
  },
};

export const aPrivateNetworkHas = {
  async test(controller, env) {
    await rejects(env.PRIVATE.fetch("http://127.0.0.1:1/"), { message: "Network connection lost." });
    await rejects(env.PRIVATE.fetch("http://127.0.0.2:1/"), /internal error/);
  },
};

export const tlsNeedsOptions = {
  async test(controller, env) {
    await rejects(env.PRIVATE.fetch("https://127.0.0.1:1/"), /internal error/);
  },
};

export const httpOptionsChangeRequestsAndResponses = {
  async test(controller, env) {
    const response = await env.EXTERNAL.fetch("https://example.com/path?query#fragment", {
      method: "PUT",
      body: "text",
      headers: { "X-Removed": "1", "X-Kept": "2" },
      cf: { blob: true },
    });
    strictEqual(response.headers.get("X-Response"), "2");
    strictEqual(response.headers.get("X-Gone"), null);
    const { url, cf, headers, body } = await response.json();
    strictEqual(url, "https://example.com/path?query");
    strictEqual(cf.blob, true);
    strictEqual(body, "text");
    strictEqual(headers.host, "example.com");
    strictEqual(headers["x-added"], "1");
    strictEqual(headers["x-kept"], "2");
    strictEqual(headers["x-removed"], undefined);
    strictEqual(headers["x-proto"], undefined);
    strictEqual(headers["cf-blob"], undefined);
  },
};

export const whoThrowsBehindHttpAnswers500 = {
  async test(controller, env) {
    const response = await env.PROXY.fetch("http://example.com/");
    strictEqual(response.status, 500);
    strictEqual(await response.text(), "Internal Server Error");
  },
};

export const aServerThatIsNotThere = {
  async test(controller, env) {
    const error = await env.REFUSED.fetch("http://example.com/").catch((error) => error);
    strictEqual(error.message, "Network connection lost.");
    strictEqual(error.retryable, true);
  },
};

export const aTcpServerTakesNoRequests = {
  async test(controller, env) {
    await rejects(async () => await env.TCP.fetch("http://example.com/"), {
      message: "External TCP servers don't support this event type.",
    });
  },
};

export const methodsAreForWorkers = {
  async test(controller, env) {
    await rejects(async () => await env.PRIVATE.method(), {
      name: "TypeError",
      message: "The receiver is not an RPC object",
    });
    await rejects(async () => await env.EXTERNAL.method(), { message: "This ExternalServer not configured for RPC." });
  },
};
