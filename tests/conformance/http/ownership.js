// Bodies belong to the event that made them: another one can look at them, and cannot read them.
import assert from "node:assert";

const foreign = (promise) =>
  assert.rejects(promise, { name: "Error", message: /^Cannot perform I\/O on behalf of a different request\..* \(I\/O type: ReadableStreamSource\)$/ });

/** Answers the next requests. */
let handler;
export default {
  fetch(request) {
    return handler(request);
  },
};

/** What `make` gives in an event that is over. */
async function made(env, make, init) {
  let found;
  handler = async (request) => {
    found = await make(request);
    return new Response("made");
  };
  await (await env.SELF.fetch("http://self/", init)).text();
  return found;
}

export const responses = {
  async test(controller, env) {
    for (const method of ["text", "blob", "arrayBuffer"]) {
      const response = await made(env, () => new Response("x"));
      await foreign(response[method]());
    }
    const response = await made(env, () => new Response("x"));
    await foreign((async () => response.clone())());
  },
};

export const requests = {
  async test(controller, env) {
    const make = () => made(env, () => new Request("http://self/", { method: "POST", body: "x" }));
    const request = await make();
    await foreign((async () => await new Request(request).text())());
    const another = await make();
    await foreign((async () => await env.SELF.fetch(another))());
  },
};

export const incomingRequests = {
  async test(controller, env) {
    const request = await made(env, (incoming) => incoming, { method: "POST", body: "abc" });
    assert.deepStrictEqual([request.method, request.url, request.bodyUsed], ["POST", "http://self/", false]);
    await foreign(request.text());
  },
};

export const answers = {
  async test(controller, env) {
    const response = await made(env, () => new Response("x"));
    handler = () => response;
    await foreign((async () => await (await env.SELF.fetch("http://self/")).text())());
  },
};

export const whatHasNoBodyIsFree = {
  async test(controller, env) {
    const empty = await made(env, () => new Response(null, { status: 204 }));
    assert.strictEqual(await empty.text(), "");
    handler = () => empty;
    assert.strictEqual((await env.SELF.fetch("http://self/")).status, 204);
    assert.strictEqual(await (await made(env, () => new Blob(["x"]))).text(), "x");
  },
};
