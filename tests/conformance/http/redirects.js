// Redirects that fetch follows: where they lead, what becomes of method, body and headers, and where it ends.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const rejects = (promise, message) => assert.rejects(promise, { name: "TypeError", message });

export default {
  async fetch(request) {
    const { pathname, searchParams, hostname } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    if (pathname === "/end") return Response.json({ method: request.method, body: await request.text(), headers, hostname });
    if (pathname === "/loop") return Response.redirect(request.url);
    const location = searchParams.get("to");
    return new Response("on the way", { status: Number(searchParams.get("status") ?? 302), headers: location === null ? {} : { location } });
  },
};

const go = (env, query, init) => env.SELF.fetch(`http://self/go?${query}`, init);
const end = async (env, status, init) => (await go(env, `status=${status}&to=/end`, init)).json();

export const areFollowed = {
  async test(controller, env) {
    const response = await go(env, "to=http://other/end%23fragment");
    assert.deepStrictEqual([response.status, response.redirected, response.url], [200, true, "http://other/end"]);
    assert.strictEqual((await response.json()).hostname, "other");
  },
};

export const areRelative = {
  async test(controller, env) {
    assert.strictEqual((await go(env, "to=end")).url, "http://self/end");
  },
};

export const canBeHandledByHand = {
  async test(controller, env) {
    const response = await go(env, "to=/end", { redirect: "manual" });
    assert.deepStrictEqual([response.status, response.redirected, response.headers.get("location")], [302, false, "/end"]);
  },
};

export const needALocation = {
  async test(controller, env) {
    assert.strictEqual((await go(env, "status=302")).status, 302);
  },
};

export const locationsAreChecked = {
  async test(controller, env) {
    if (!flags.fetch_standard_url) return;
    await rejects(go(env, "to=http://"), "Invalid Location header; unable to follow redirect.");
  },
};

export const endAfterTwenty = {
  async test(controller, env) {
    const url = "http://self/loop";
    await rejects(env.SELF.fetch(url), `Too many redirects.${Array(21).fill(url).join(", ")}`);
  },
};

export const postBecomesGet = {
  async test(controller, env) {
    for (const status of [301, 302, 303]) {
      const seen = await end(env, status, { method: "POST", body: "abc" });
      assert.deepStrictEqual([seen.method, seen.body, seen.headers["content-type"]], ["GET", "", "text/plain;charset=UTF-8"]);
    }
  },
};

export const otherMethodsStay = {
  async test(controller, env) {
    for (const status of [301, 302, 307, 308]) {
      const seen = await end(env, status, { method: "PUT", body: "abc" });
      assert.deepStrictEqual([seen.method, seen.body], ["PUT", "abc"]);
    }
    assert.strictEqual((await end(env, 303, { method: "PUT", body: "abc" })).method, "GET");
  },
};

export const bodiesAreSentAgain = {
  async test(controller, env) {
    for (const body of ["abc", new TextEncoder().encode("abc"), new Blob(["abc"])]) {
      const seen = await end(env, 307, { method: "POST", body });
      assert.deepStrictEqual([seen.method, seen.body], ["POST", "abc"]);
    }
  },
};

export const streamsCannotBeSentAgain = {
  async test(controller, env) {
    for (const status of [302, 307]) {
      await rejects(
        end(env, status, { method: "POST", body: new Response("x").body }),
        "A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a redirect " +
          "requiring the body to be retransmitted. To avoid this error in the future, construct this request from a " +
          "buffer-like body initializer.",
      );
    }
    assert.strictEqual((await end(env, 303, { method: "POST", body: new Response("x").body })).method, "GET");
  },
};

export const credentialsAreLeftBehind = {
  async test(controller, env) {
    const headers = { authorization: "secret", cookie: "c" };
    const elsewhere = await (await go(env, "to=http://other/end", { headers })).json();
    const stripped = flags.strip_authorization_on_cross_origin_redirect;
    assert.deepStrictEqual([elsewhere.headers.authorization, elsewhere.headers.cookie], [stripped ? undefined : "secret", "c"]);
    assert.strictEqual((await end(env, 302, { headers })).headers.authorization, "secret");
  },
};
