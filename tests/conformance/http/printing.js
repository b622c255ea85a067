// Objects of the platform as they are printed: their getters, in production's order.
import assert from "node:assert";
import { inspect } from "node:util";

// Of old dates, getters are on each object, in another order.
const isRecent = Cloudflare.compatibilityFlags.workers_api_getters_setters_on_prototype;
const prints = (object, ...lines) => assert.strictEqual(inspect(object), lines.join("\n"));

export const headers = {
  test() {
    prints(new Headers({ b: "2", a: "1" }), "Headers(2) { 'a' => '1', 'b' => '2', [immutable]: false }");
    prints(Response.redirect("http://a/").headers, "Headers(1) { 'location' => 'http://a/', [immutable]: true }");
    prints(new Headers(), "Headers(0) { [immutable]: false }");
  },
};

export const formData = {
  test() {
    const data = new FormData();
    data.append("a", "b");
    prints(data, "FormData(1) { 'a' => 'b' }");
  },
};

export const blobs = {
  test() {
    if (!isRecent) return;
    prints(new Blob(["abc"], { type: "text/x" }), "Blob { size: 3, type: 'text/x' }");
    prints(new File(["abc"], "n", { lastModified: 1 }), "File { name: 'n', lastModified: 1, size: 3, type: '' }");
  },
};

export const responses = {
  test() {
    if (!isRecent) return;
    prints(
      new Response(null, { status: 204 }),
      "Response {", "  status: 204,", "  statusText: 'No Content',", "  headers: Headers(0) { [immutable]: false },",
      "  ok: true,", "  redirected: false,", "  url: '',", "  webSocket: null,", "  cf: undefined,",
      "  type: 'default',", "  body: null,", "  bodyUsed: false", "}",
    );
  },
};

export const requests = {
  test() {
    if (!isRecent || !Cloudflare.compatibilityFlags.cache_option_enabled) return;
    prints(
      new Request("http://a/", { cf: { x: 1 } }),
      "Request {", "  method: 'GET',", "  url: 'http://a/',", "  headers: Headers(0) { [immutable]: false },",
      "  redirect: 'follow',", "  fetcher: null,",
      "  signal: AbortSignal { aborted: false, reason: undefined, onabort: null },", "  cf: { x: 1 },",
      "  integrity: '',", "  keepalive: false,", "  cache: undefined,", "  body: null,", "  bodyUsed: false", "}",
    );
  },
};

export const sockets = {
  test() {
    if (!isRecent || !Cloudflare.compatibilityFlags.websocket_standard_binary_type) return;
    const [end] = new WebSocketPair();
    prints(
      end,
      "WebSocket {", "  readyState: 1,", "  url: null,", "  protocol: '',", "  extensions: '',", "  binaryType: 'blob'", "}",
    );
  },
};
