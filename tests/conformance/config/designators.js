import assert from "node:assert";

/** What the service answers next. */
const answer = async (env, next) => {
  await env.BACKEND.fetch("http://control/answer", { method: "POST", body: JSON.stringify(next) });
};
/** What the service has been asked since the last time. */
const asked = async (env) => await (await env.BACKEND.fetch("http://control/taken")).json();
const one = async (env) => {
  const requests = await asked(env);
  assert.strictEqual(requests.length, 1);
  return requests[0];
};
const test = (run) => ({
  async test(_ctrl, env, ctx) {
    await asked(env);
    await run(env, ctx);
  },
});
const OBJECT = {
  name: "k", version: "v", size: "5", etag: "e", uploaded: "1700000000000", storageClass: "Standard",
  checksums: { 0: "00112233445566778899aabbccddeeff" }, httpFields: { contentType: "text/x" },
  customFields: [{ k: "a", v: "b" }],
};
const withMetadata = (metadata, body = "") => {
  const text = JSON.stringify(metadata);
  return { headers: { "CF-R2-Metadata-Size": `${text.length}` }, body: text + body };
};
const refused = (status, error) => ({ status, headers: error ? { "CF-R2-Error": JSON.stringify(error) } : {} });

export const kvGet = test(async (env) => {
  await answer(env, { body: "value" });
  assert.strictEqual(await env.KV.get("a b/é?"), "value");
  const { method, path, host, headers } = await one(env);
  assert.deepStrictEqual([method, host, path], ["GET", "fake-host", "/a%20b%2F%C3%A9%3F?urlencoded=true"]);
  assert.strictEqual(headers["cf-kv-flprod-405"], `https://fake-host${path}`);
});
export const kvGetWithMetadata = test(async (env) => {
  await answer(env, { body: '{"a":1}', headers: { "CF-KV-Metadata": '{"m":1}', "CF-Cache-Status": "HIT" } });
  const found = await env.KV.getWithMetadata("k", { type: "json", cacheTtl: 60 });
  assert.deepStrictEqual(found, { value: { a: 1 }, metadata: { m: 1 }, cacheStatus: "HIT" });
  assert.strictEqual((await one(env)).path, "/k?urlencoded=true&cache_ttl=60");
});
export const kvGetMissing = test(async (env) => {
  await answer(env, { status: 404 });
  assert.strictEqual(await env.KV.get("k"), null);
  await answer(env, { status: 410, headers: { "CF-Cache-Status": "MISS" } });
  assert.deepStrictEqual(await env.KV.getWithMetadata("k"), { value: null, metadata: null, cacheStatus: "MISS" });
});
export const kvGetStream = test(async (env) => {
  await answer(env, { body: "streamed" });
  assert.strictEqual(await new Response(await env.KV.get("k", "stream")).text(), "streamed");
});
export const kvGetArrayBuffer = test(async (env) => {
  await answer(env, { body: "abc" });
  assert.strictEqual((await env.KV.get("k", { type: "arrayBuffer" })).byteLength, 3);
});
export const kvErrors = test(async (env) => {
  for (const [call, name] of [
    [() => env.KV.get("k"), "GET"],
    [() => env.KV.put("k", "v"), "PUT"],
    [() => env.KV.delete("k"), "DELETE"],
    [() => env.KV.list(), "GET"],
    [() => env.KV.get(["k"]), "GET_BULK"],
  ]) {
    await answer(env, { status: 503, statusText: "Oh no" });
    await assert.rejects(call, { name: "Error", message: `KV ${name} failed: 503 Oh no` });
  }
});
export const kvPut = test(async (env) => {
  await env.KV.put("k", "v", { expiration: 5, expirationTtl: 6, metadata: { a: 1 } });
  const { method, path, headers, body } = await one(env);
  assert.deepStrictEqual([method, path, body], ["PUT", "/k?urlencoded=true&expiration=5&expiration_ttl=6", "v"]);
  assert.strictEqual(headers["cf-kv-metadata"], '{"a":1}');
  assert.strictEqual(headers["content-type"], "text/plain;charset=UTF-8");
});
export const kvPutBytesAndStreams = test(async (env) => {
  await env.KV.put("k", new Uint8Array([65, 66]).subarray(1));
  await env.KV.put("k", new Response("xyz").body);
  const [bytes, stream] = await asked(env);
  assert.deepStrictEqual([bytes.body, bytes.headers["content-type"], stream.body], ["B", undefined, "xyz"]);
});
export const kvPutRefusesObjects = test(async (env) => {
  await assert.rejects(env.KV.put("k", {}), {
    name: "TypeError",
    message: "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
  });
});
export const kvDelete = test(async (env) => {
  await env.KV.delete("a/b c");
  const { method, path } = await one(env);
  assert.deepStrictEqual([method, path], ["DELETE", "/a%2Fb%20c?urlencoded=true"]);
});
export const kvList = test(async (env) => {
  const page = { keys: [{ name: "a", metadata: '{"x":1}', expiration: 5 }], list_complete: false, cursor: "zz" };
  await answer(env, { body: JSON.stringify(page) });
  assert.deepStrictEqual(await env.KV.list({ limit: 5, prefix: "a b&", cursor: "c+/=" }), {
    keys: [{ name: "a", metadata: { x: 1 }, expiration: 5 }],
    list_complete: false,
    cursor: "zz",
    cacheStatus: null,
  });
  assert.strictEqual((await one(env)).path, "/?key_count_limit=5&prefix=a+b%26&cursor=c%2B%2F%3D");
});
export const kvListWithoutLimit = test(async (env) => {
  await answer(env, { body: '{"keys":[],"list_complete":true}' });
  await env.KV.list({ limit: 0 });
  assert.strictEqual((await one(env)).path, "/");
});
export const kvBulk = test(async (env) => {
  await answer(env, { body: '{"a":1,"b":null}' });
  const found = await env.KV.get(["a", "b"], { type: "json", cacheTtl: 60 });
  assert.deepStrictEqual([...found], [["a", 1], ["b", null]]);
  const { method, path, headers, body } = await one(env);
  assert.deepStrictEqual([method, path, headers["content-type"]], ["POST", "/bulk/get", "application/json"]);
  assert.deepStrictEqual(JSON.parse(body), { keys: ["a", "b"], type: "json", cacheTtl: "60" });
});
export const kvBulkWithMetadata = test(async (env) => {
  await answer(env, { body: "{}" });
  assert.strictEqual((await env.KV.getWithMetadata(["a"])).size, 0);
  assert.deepStrictEqual(JSON.parse((await one(env)).body), { keys: ["a"], withMetadata: true });
});

// Without fields that are undefined, which newer dates have.
const shown = (object) => JSON.parse(JSON.stringify(object));

export const r2Head = test(async (env) => {
  await answer(env, withMetadata(OBJECT));
  const object = await env.R2.head("k");
  assert.strictEqual(`${object}`, "[object HeadResult]");
  const { key, version, size, etag, httpEtag, storageClass, uploaded, httpMetadata, customMetadata, checksums } = object;
  assert.deepStrictEqual([key, version, size, etag, httpEtag, storageClass], ["k", "v", 5, "e", '"e"', "Standard"]);
  assert.deepStrictEqual([uploaded.getTime(), shown(httpMetadata), customMetadata], [1700000000000, { contentType: "text/x" }, { a: "b" }]);
  assert.deepStrictEqual(shown(checksums), { md5: "00112233445566778899aabbccddeeff" });
  const { method, headers } = await one(env);
  assert.strictEqual(method, "GET");
  assert.deepStrictEqual(JSON.parse(headers["cf-r2-request"]), { version: 1, method: "head", object: "k" });
});
export const r2GetReadsTheBody = test(async (env) => {
  await answer(env, withMetadata(OBJECT, "hello"));
  const object = await env.R2.get("k");
  assert.strictEqual(`${object}`, "[object GetResult]");
  assert.strictEqual(object.bodyUsed, false);
  assert.strictEqual(await object.text(), "hello");
  assert.strictEqual(object.bodyUsed, true);
  await assert.rejects(object.text(), { name: "TypeError", message: /^Body has already been used\./ });
});
export const r2GetBlobAndJson = test(async (env) => {
  await answer(env, withMetadata(OBJECT, "[1,2]"));
  assert.deepStrictEqual(await (await env.R2.get("k")).json(), [1, 2]);
  await answer(env, withMetadata(OBJECT, "hello"));
  assert.strictEqual(await (await (await env.R2.get("k")).blob()).text(), "hello");
});
export const r2GetOptions = test(async (env) => {
  await answer(env, withMetadata(OBJECT));
  await env.R2.get("k", {
    range: { offset: 0, length: 5 },
    onlyIf: { etagMatches: "x", etagDoesNotMatch: "*", uploadedBefore: new Date(5) },
    ssecKey: "0".repeat(64),
  });
  assert.deepStrictEqual(JSON.parse((await one(env)).headers["cf-r2-request"]), {
    version: 1,
    method: "get",
    object: "k",
    range: { offset: "0", length: "5" },
    onlyIf: {
      etagMatches: [{ value: "x", type: "strong" }],
      etagDoesNotMatch: [{ type: "wildcard" }],
      uploadedBefore: "5",
    },
    ssec: { key: "0".repeat(64) },
  });
});
export const r2GetWithHeaders = test(async (env) => {
  await answer(env, withMetadata(OBJECT));
  const onlyIf = new Headers({ "if-match": '"a", W/"b"', "if-modified-since": "Tue, 15 Nov 1994 12:45:26 GMT" });
  await env.R2.get("k", { onlyIf, range: new Headers({ range: "bytes=0-1" }) });
  const wanted = JSON.parse((await one(env)).headers["cf-r2-request"]);
  assert.deepStrictEqual(wanted.onlyIf, {
    etagMatches: [{ value: "a", type: "strong" }, { value: "b", type: "weak" }],
    uploadedAfter: "784903526000",
    secondsGranularity: true,
  });
  assert.strictEqual(wanted.rangeHeader, "bytes=0-1");
});
export const r2GetRefusesOptions = test(async (env) => {
  for (const [options, name, message] of [
    [{ onlyIf: { etagMatches: '"a"' } }, "TypeError", 'Conditional ETag should not be wrapped in quotes ("a").'],
    [{ range: { offset: -1 } }, "RangeError", "Invalid range. Starting offset (-1) must be greater than or equal to 0."],
    [{ range: { length: 1.5 } }, "RangeError", "Invalid range. Length (1.5) must be an integer, not floating point."],
    [{ range: { suffix: 1, offset: 0 } }, "TypeError", "Suffix is incompatible with offset."],
    [{ range: { suffix: -1 } }, "RangeError", "Invalid suffix. Suffix (-1) must be greater than or equal to 0."],
    [{ ssecKey: "zz" }, "Error", "SSE-C Key has invalid format"],
    [{ ssecKey: "ab" }, "Error", "SSE-C Key must be 32 bytes in length"],
    [{ onlyIf: new Headers({ "if-match": '"a' }) }, "Error", "Unclosed double quote for Etag"],
    [{ onlyIf: new Headers({ "if-match": 'Wx"a"' }) }, "Error", "Weak etags must start with W/ and their value must be quoted"],
    [{ onlyIf: new Headers({ "if-match": "abc" }) }, "Error", "Invalid ETag in if-match header"],
    [5, "TypeError", "Failed to execute 'get' on 'R2Bucket': parameter 2 is not of type 'GetOptions'."],
  ]) {
    await assert.rejects(env.R2.get("k", options), { name, message });
  }
});
export const r2MissingAndRefused = test(async (env) => {
  await answer(env, refused(404, { version: 0, v4code: 10007, message: "The specified key does not exist." }));
  assert.strictEqual(await env.R2.head("k"), null);
  await answer(env, refused(404, { version: 0, v4code: 10007, message: "The specified key does not exist." }));
  assert.strictEqual(await env.R2.get("k"), null);
  await answer(env, refused(500));
  await assert.rejects(env.R2.head("k"), { name: "Error", message: "head: Unspecified error (0)" });
  await answer(env, refused(400, { version: 0, v4code: 10001, message: "bad" }));
  await assert.rejects(env.R2.get("k"), { name: "Error", message: "get: bad (10001)" });
});
export const r2PreconditionFailed = test(async (env) => {
  const error = { version: 0, v4code: 10031, message: "At least one of the pre-conditions failed." };
  const { headers, body } = withMetadata(OBJECT);
  await answer(env, { status: 412, headers: { ...headers, "CF-R2-Error": JSON.stringify(error) }, body });
  const object = await env.R2.get("k", { onlyIf: { etagMatches: "x" } });
  assert.deepStrictEqual([`${object}`, "body" in object], ["[object HeadResult]", false]);
  await answer(env, refused(412, error));
  assert.strictEqual(await env.R2.put("k", "x", { onlyIf: { etagMatches: "x" } }), null);
});
export const r2Put = test(async (env) => {
  await answer(env, { body: JSON.stringify(OBJECT) });
  const object = await env.R2.put("k", "body", {
    httpMetadata: { contentType: "a/b", cacheExpiry: new Date(7) },
    customMetadata: { x: "y" },
    md5: "00112233445566778899aabbccddeeff",
    storageClass: "InfrequentAccess",
  });
  assert.deepStrictEqual([object.customMetadata, object.httpMetadata.cacheExpiry.getTime()], [{ x: "y" }, 7]);
  const { method, headers, body } = await one(env);
  const size = Number(headers["cf-r2-metadata-size"]);
  assert.deepStrictEqual([method, body.slice(size)], ["PUT", "body"]);
  assert.deepStrictEqual(JSON.parse(body.slice(0, size)), {
    version: 1,
    method: "put",
    object: "k",
    customFields: [{ k: "x", v: "y" }],
    httpFields: { contentType: "a/b", cacheExpiry: "7" },
    md5: "ABEiM0RVZneImaq7zN3u/w==",
    storageClass: "InfrequentAccess",
  });
});
export const r2PutValues = test(async (env) => {
  for (const [value, text] of [
    [new Uint8Array([65]), "A"],
    [new Uint8Array([65, 66]).buffer, "AB"],
    [new Blob(["blob"]), "blob"],
    [null, ""],
    [undefined, ""],
    [new Response("stream").body, "stream"],
  ]) {
    await answer(env, { body: JSON.stringify(OBJECT) });
    await env.R2.put("k", value);
    const { headers, body } = await one(env);
    assert.strictEqual(body.slice(Number(headers["cf-r2-metadata-size"])), text);
  }
});
export const r2PutRefuses = test(async (env) => {
  const type = "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob";
  const message = `Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type '${type}'.`;
  for (const value of [{}, 5]) await assert.rejects(env.R2.put("k", value), { name: "TypeError", message });
  const unknown = new ReadableStream({ start: (c) => c.close() });
  await assert.rejects(env.R2.put("k", unknown), { name: "TypeError", message: /must have a known length/ });
  for (const [options, text] of [
    [{ md5: "ab" }, "MD5 is 32 hex characters, not 2"],
    [{ md5: "z".repeat(32) }, "Provided MD5 wasn't a valid hex string"],
    [{ sha256: new Uint8Array(1) }, "SHA-256 is 32 bytes, not 1"],
    [{ md5: new Uint8Array(16), sha1: new Uint8Array(20) }, "You cannot specify multiple hashing algorithms."],
  ]) {
    await assert.rejects(env.R2.put("k", "x", options), { name: "TypeError", message: text });
  }
});
export const r2Delete = test(async (env) => {
  await env.R2.delete("k");
  await env.R2.delete(["k", "l"]);
  const [single, many] = await asked(env);
  assert.deepStrictEqual(JSON.parse(single.body), { version: 1, method: "delete", object: "k" });
  assert.deepStrictEqual(JSON.parse(many.body), { version: 1, method: "delete", objects: ["k", "l"] });
});
export const r2List = test(async (env) => {
  await answer(env, withMetadata({ objects: [OBJECT], truncated: true, cursor: "c", delimitedPrefixes: ["p/"] }));
  const page = await env.R2.list({ limit: 5, prefix: "p", cursor: "c", delimiter: "/", include: ["httpMetadata"] });
  assert.deepStrictEqual([page.objects[0].key, page.truncated, page.cursor, page.delimitedPrefixes], ["k", true, "c", ["p/"]]);
  assert.deepStrictEqual(JSON.parse((await one(env)).headers["cf-r2-request"]), {
    version: 1, method: "list", limit: 5, prefix: "p", cursor: "c", delimiter: "/", include: [0], newRuntime: true,
  });
  await assert.rejects(env.R2.list({ include: ["zz"] }), { name: "RangeError", message: "Unsupported include value zz" });
});
export const r2Multipart = test(async (env) => {
  await answer(env, { body: '{"uploadId":"u"}' });
  const upload = await env.R2.createMultipartUpload("k");
  assert.deepStrictEqual([upload.key, upload.uploadId], ["k", "u"]);
  await answer(env, { body: '{"etag":"pe"}' });
  const part = await upload.uploadPart(1, "abc");
  assert.deepStrictEqual(part, { partNumber: 1, etag: "pe" });
  await answer(env, { body: JSON.stringify(OBJECT) });
  assert.strictEqual((await upload.complete([part])).key, "k");
  await upload.abort();
  const methods = (await asked(env)).map(({ headers, body }) => JSON.parse(body.slice(0, headers["cf-r2-metadata-size"])));
  assert.deepStrictEqual(methods.slice(1), [
    { version: 1, method: "uploadPart", object: "k", uploadId: "u", partNumber: 1 },
    { version: 1, method: "completeMultipartUpload", object: "k", uploadId: "u", parts: [{ etag: "pe", part: 1 }] },
    { version: 1, method: "abortMultipartUpload", object: "k", uploadId: "u" },
  ]);
  await assert.rejects(upload.uploadPart(0, "x"), {
    name: "TypeError",
    message: "Part number must be between 1 and 10000 (inclusive). Actual value was: 0",
  });
});
export const r2WriteHttpMetadata = test(async (env) => {
  await answer(env, withMetadata({ ...OBJECT, httpFields: { contentType: "a/b", cacheControl: "x" } }));
  const headers = new Headers();
  (await env.R2.head("k")).writeHttpMetadata(headers);
  assert.deepStrictEqual([...headers], [["cache-control", "x"], ["content-type", "a/b"]]);
});

const METRICS = '{"metadata":{"metrics":{"backlogCount":1,"backlogBytes":2,"oldestMessageTimestamp":3}}}';
export const queueSend = test(async (env) => {
  await answer(env, { body: METRICS });
  await env.QUEUE.send({ a: 1 });
  const { method, path, headers, body } = await one(env);
  assert.deepStrictEqual([method, path, body], ["POST", "/message", '{"a":1}']);
  assert.deepStrictEqual([headers["content-type"], headers["x-msg-fmt"]], ["application/octet-stream", "json"]);
});
export const queueSendText = test(async (env) => {
  await answer(env, { body: METRICS });
  await env.QUEUE.send("hi", { contentType: "TEXT", delaySeconds: 5 });
  const { headers, body } = await one(env);
  assert.deepStrictEqual([body, headers["x-msg-fmt"], headers["x-msg-delay-secs"]], ["hi", "text", "5"]);
});
export const queueSendBytes = test(async (env) => {
  await answer(env, { body: METRICS });
  await env.QUEUE.send(new Uint8Array([65, 66]), { contentType: "bytes" });
  assert.strictEqual((await one(env)).body, "AB");
});
export const queueRefuses = test(async (env) => {
  for (const [call, message] of [
    [() => env.QUEUE.send(undefined), "Message body cannot be undefined"],
    [() => env.QUEUE.send("x", { contentType: "zz" }), "Unsupported queue message content type: zz"],
    [() => env.QUEUE.send(5, { contentType: "text" }), 'Content Type "text" requires a value of type string, but received: number'],
    [() => env.QUEUE.send("a", { contentType: "bytes" }), 'Content Type "bytes" requires a value of type ArrayBufferView, but received: string'],
    [() => env.QUEUE.sendBatch([]), "sendBatch() requires at least one message"],
    [() => env.QUEUE.sendBatch([{}]), "Message body cannot be undefined"],
  ]) {
    await assert.rejects(async () => await call(), { name: "TypeError", message });
  }
});
export const queueSendFails = test(async (env) => {
  const reason = Cloudflare.compatibilityFlags.queue_expose_error_codes ? "Unknown Internal Error (15000)" : "Bad Thing";
  await answer(env, { status: 500, statusText: "Bad Thing" });
  await assert.rejects(env.QUEUE.send("x"), { name: "Error", message: `Queue send failed: ${reason}` });
  await answer(env, { status: 500, statusText: "Bad Thing" });
  await assert.rejects(env.QUEUE.sendBatch([{ body: 1 }]), { name: "Error", message: `Queue sendBatch failed: ${reason}` });
});
export const queueSendBatch = test(async (env) => {
  await answer(env, { body: METRICS });
  await env.QUEUE.sendBatch([{ body: "a" }, { body: "b", contentType: "text", delaySeconds: 3 }], { delaySeconds: 9 });
  const { path, headers, body } = await one(env);
  assert.deepStrictEqual(JSON.parse(body).messages, [
    { body: "ImEi", contentType: "json" },
    { body: "Yg==", contentType: "text", delaySecs: 3 },
  ]);
  assert.strictEqual(path, "/batch");
  assert.deepStrictEqual(
    ["cf-queue-batch-count", "cf-queue-batch-bytes", "cf-queue-largest-msg", "x-msg-delay-secs"].map((name) => headers[name]),
    ["2", "4", "3", "9"],
  );
});
export const queueSendBatchOfAGenerator = test(async (env) => {
  await answer(env, { body: METRICS });
  await env.QUEUE.sendBatch((function* () {
    yield { body: "x", contentType: "text" };
  })());
  assert.strictEqual(JSON.parse((await one(env)).body).messages.length, 1);
});

export const cacheMatch = test(async (env) => {
  await answer(env, { body: "cached", headers: { "CF-Cache-Status": "HIT" } });
  const response = await caches.default.match(new Request("http://x/y", { headers: { a: "b" } }));
  assert.strictEqual(await response.text(), "cached");
  const { method, host, path, headers } = await one(env);
  assert.deepStrictEqual([method, host, path, headers.a, headers["cache-control"]], ["GET", "x", "/y", "b", "only-if-cached"]);
});
export const cacheMatchMisses = test(async (env) => {
  for (const status of ["MISS", "EXPIRED", "UPDATING", undefined]) {
    await answer(env, { status: 504, headers: status === undefined ? {} : { "CF-Cache-Status": status } });
    assert.strictEqual(await caches.default.match("http://x/y"), undefined);
  }
});
export const cacheMatchMethods = test(async (env) => {
  const post = new Request("http://x/", { method: "POST" });
  assert.strictEqual(await caches.default.match(post), undefined);
  assert.strictEqual((await asked(env)).length, 0);
  await answer(env, { headers: { "CF-Cache-Status": "HIT" } });
  assert.strictEqual((await caches.default.match(post, { ignoreMethod: true })).status, 200);
  assert.strictEqual((await one(env)).method, "GET");
});
export const cachePut = test(async (env) => {
  await answer(env, { status: 204 });
  await caches.default.put("http://x/y", new Response("body", { headers: { "cache-control": "max-age=1" } }));
  const { method, path, body } = await one(env);
  assert.deepStrictEqual([method, path], ["PUT", "/y"]);
  const [head, text] = body.split("\r\n\r\n");
  const [status, ...headers] = head.split("\r\n");
  assert.deepStrictEqual([status, text], ["HTTP/1.1 200 OK", "body"]);
  assert.deepStrictEqual(headers.sort(), [
    "Cache-Control: max-age=1",
    "Content-Length: 4",
    "Content-Type: text/plain;charset=UTF-8",
  ]);
});
export const cachePutRefuses = test(async () => {
  for (const [request, response, message] of [
    [new Request("http://x", { method: "POST" }), new Response(""), "Cannot cache response to non-GET request."],
    ["http://x", new Response("", { status: 206 }), "Cannot cache response to a range request (206 Partial Content)."],
    ["http://x", new Response("", { headers: { vary: "*" } }), "Cannot cache response with 'Vary: *' header."],
    ["http://x", Response.error(), "Cache is unable to store an error response"],
  ]) {
    await assert.rejects(async () => await caches.default.put(request, response), { name: "TypeError", message });
  }
});
export const cacheDelete = test(async (env) => {
  assert.strictEqual(await caches.default.delete("http://x/y"), true);
  const { method, headers } = await one(env);
  assert.deepStrictEqual([method, headers["x-real-ip"]], ["PURGE", "127.0.0.1"]);
  await answer(env, { status: 404 });
  assert.strictEqual(await caches.default.delete("http://x/y"), false);
});
export const cacheOpen = test(async (env) => {
  const cache = await caches.open("named");
  await cache.match("http://x/y");
  assert.strictEqual((await one(env)).headers["cf-cache-namespace"], "named");
});
export const cacheNotImplemented = test(() => {
  for (const method of ["add", "addAll", "matchAll", "keys"]) {
    assert.throws(() => caches.default[method]("http://x"), {
      message: `Failed to execute '${method}' on 'Cache': the method is not implemented.`,
    });
  }
});

export const analyticsEngine = {
  async test(_ctrl, env) {
    await asked(env);
    env.AE.writeDataPoint({ blobs: ["a", null, new Uint8Array([65])], doubles: [1, 2.5], indexes: ["i"] });
    let requests = [];
    while (requests.length === 0) requests = await asked(env);
    const { method, body } = requests[0];
    const point = JSON.parse(body);
    assert.strictEqual(method, "POST");
    assert.deepStrictEqual([point.index1, point.double1, point.double2, point.double20], [[105], 1, 2.5, 0]);
    assert.deepStrictEqual([point.blob1, point.blob2, point.blob3], [[97], undefined, [65]]);
    assert.strictEqual(String.fromCharCode(...point.dataset), "backend");
  },
};

export const hyperdrive = {
  test(_ctrl, env) {
    const { host, port, user, password, database, connectionString } = env.HYPERDRIVE;
    assert.match(host, /^[0-9a-f]{32}\.hyperdrive\.local$/);
    assert.deepStrictEqual([port, user, password, database], [5432, "u", "p", "db"]);
    assert.strictEqual(connectionString, `postgresql://u:p@${host}:5432/db?sslmode=disable`);
  },
};
