// S3 clients from npm against the S3 endpoint of a running server: `node run.mjs <origin>`.
//
// The clients are as they come: Amazon's own SDK with its defaults (checksums after the body, `Expect`), its multipart
// uploader and presigner, `minio` and `aws4fetch`. What none of them sends, chunks that are signed each, is sent by
// hand. Prints one line a case and ends with 1 if one failed.

import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { AwsClient } from "aws4fetch";
import * as Minio from "minio";

const origin = process.argv[2];
const endpoint = `${origin}/cdn-cgi/local/r2/s3`;
const credentials = { accessKeyId: "the-key", secretAccessKey: "the-secret" };
const MIB = 1024 * 1024;

const client = (more = {}) =>
  new s3.S3Client({ endpoint, region: "auto", forcePathStyle: true, credentials, maxAttempts: 1, ...more });
const aws = client();
const send = (Command, input, by = aws) => by.send(new Command({ Bucket: "files", ...input }));
const put = (Key, Body, more = {}) => send(s3.PutObjectCommand, { Key, Body, ...more });
const read = async (Key, more = {}) => {
  const answer = await send(s3.GetObjectCommand, { Key, ...more });
  return { ...answer, text: await answer.Body.transformToString() };
};
const bytes = async (Key) => (await send(s3.GetObjectCommand, { Key })).Body.transformToByteArray();
const seen = async (key, bucket = "FILES") =>
  (await fetch(`${origin}/?bucket=${bucket}&key=${encodeURIComponent(key)}`)).json();
const md5 = (body) => createHash("md5").update(body).digest("hex");
const refused = async (promise, name, status) => {
  const error = await promise.then(
    () => assert.fail(`${name} was expected`),
    (error) => error,
  );
  assert.equal(error.name, name, String(error));
  assert.equal(error.$metadata?.httpStatusCode ?? error.statusCode, status);
  return error;
};

const cases = {
  async "objects in and out, as both sides see them"() {
    const Expires = new Date(1792567680000);
    const written = await put("a b/ü+%2F?.txt", "hello", {
      ContentType: "text/x",
      ContentLanguage: "de",
      ContentDisposition: "inline",
      ContentEncoding: "x-own",
      CacheControl: "no-store",
      Expires,
      Metadata: { one: "1", two: "zwei" },
    });
    assert.equal(written.ETag, `"${md5("hello")}"`);
    assert.ok(written.ChecksumCRC32);
    const answer = await read("a b/ü+%2F?.txt");
    assert.equal(answer.text, "hello");
    assert.deepEqual(answer.Metadata, { one: "1", two: "zwei" });
    assert.equal(answer.ContentType, "text/x");
    assert.equal(answer.ContentEncoding, "x-own");
    assert.equal(answer.ExpiresString, Expires.toUTCString());
    assert.ok(Math.abs(answer.LastModified - Date.now()) < 600_000);
    const object = await seen("a b/ü+%2F?.txt");
    assert.equal(object.text, "hello");
    assert.deepEqual(object.httpMetadata, {
      contentType: "text/x",
      contentLanguage: "de",
      contentDisposition: "inline",
      contentEncoding: "x-own",
      cacheControl: "no-store",
      cacheExpiry: Expires.toISOString(),
    });
    assert.deepEqual(object.customMetadata, { one: "1", two: "zwei" });

    await fetch(`${origin}/?key=from-worker`, { method: "PUT", body: "by the worker" });
    const head = await send(s3.HeadObjectCommand, { Key: "from-worker" });
    assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [13, "text/plain", { from: "worker" }]);
    assert.equal((await read("from-worker")).text, "by the worker");
    await send(s3.DeleteObjectCommand, { Key: "from-worker" });
    await send(s3.DeleteObjectCommand, { Key: "from-worker" });
    assert.equal(await seen("from-worker"), null);
    await refused(read("from-worker"), "NoSuchKey", 404);
    await refused(send(s3.HeadObjectCommand, { Key: "from-worker" }), "NotFound", 404);
  },

  async "bodies of every size, as buffers and as streams"() {
    for (const size of [0, 1, 65_535, 65_536, 65_537, MIB, MIB + 1, 12 * MIB + 5]) {
      const body = randomBytes(size);
      await put("sized", body);
      assert.equal(md5(await bytes("sized")), md5(body), `${size} bytes`);
      await put("sized", Readable.from([body.subarray(0, size >> 1), body.subarray(size >> 1)]), {
        ContentLength: size,
      });
      assert.equal(md5(await bytes("sized")), md5(body), `${size} bytes as a stream`);
    }
    assert.equal((await seen("sized")).httpMetadata.contentEncoding, undefined);
  },

  async "every checksum the client knows"() {
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
      const written = await put("summed", "some text", { ChecksumAlgorithm });
      assert.ok(written[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
      const stream = Readable.from(["some ", "text"]);
      await put("summed-stream", stream, { ChecksumAlgorithm, ContentLength: 9 });
      assert.equal((await read("summed-stream")).text, "some text");
    }
    const sha256 = createHash("sha256").update("some text");
    assert.equal((await seen("summed")).checksums.sha256, sha256.digest("hex"));
    await refused(put("bad", "x", { ChecksumSHA256: Buffer.alloc(32).toString("base64") }), "BadDigest", 400);
    await refused(put("bad", "x", { ChecksumCRC32: "AAAAAA==" }), "BadDigest", 400);
    await refused(put("bad", "x", { ContentMD5: createHash("md5").update("y").digest("base64") }), "BadDigest", 400);
    await put("good", "x", { ContentMD5: createHash("md5").update("x").digest("base64") });
    assert.equal(await seen("bad"), null);
  },

  async "ranges, conditions and replaced headers"() {
    const { ETag } = await put("part", "0123456789");
    const range = async (Range) => {
      const answer = await read("part", { Range });
      return [answer.text, answer.ContentRange, answer.ContentLength];
    };
    assert.deepEqual(await range("bytes=2-4"), ["234", "bytes 2-4/10", 3]);
    assert.deepEqual(await range("bytes=7-"), ["789", "bytes 7-9/10", 3]);
    assert.deepEqual(await range("bytes=-4"), ["6789", "bytes 6-9/10", 4]);
    assert.deepEqual(await range("bytes=8-99"), ["89", "bytes 8-9/10", 2]);
    await refused(range("bytes=10-"), "InvalidRange", 416);
    await refused(range("bytes=-0"), "InvalidRange", 416);
    assert.equal((await refused(range("bytes=5-4"), "InvalidArgument", 400)).message, "range must be positive.");
    assert.equal((await read("part", { IfMatch: ETag })).text, "0123456789");
    await refused(read("part", { IfMatch: '"other"' }), "PreconditionFailed", 412);
    const unchanged = await read("part", { IfNoneMatch: ETag }).catch((error) => error);
    assert.equal(unchanged.$metadata.httpStatusCode, 304);
    await refused(read("part", { IfUnmodifiedSince: new Date(1000) }), "PreconditionFailed", 412);
    const later = await read("part", { IfModifiedSince: new Date(1000) });
    assert.equal(later.text, "0123456789");
    const replaced = await read("part", { ResponseContentType: "a/b", ResponseContentDisposition: "attachment" });
    assert.deepEqual([replaced.ContentType, replaced.ContentDisposition], ["a/b", "attachment"]);

    await refused(put("part", "new", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
    await refused(put("part", "new", { IfMatch: '"other"' }), "PreconditionFailed", 412);
    await refused(put("part", randomBytes(9 * MIB), { IfNoneMatch: "*" }), "PreconditionFailed", 412);
    assert.equal((await read("part")).text, "0123456789");
    await put("part", "new", { IfMatch: ETag });
    await put("brand-new", "x", { IfNoneMatch: "*" });
    assert.equal((await read("part")).text, "new");
  },

  async "lists in pages, old and new"() {
    const keys = ["l/a", "l/b/1", "l/b/2", "l/c d", "l/e/1", "l/é", "l/z"];
    await Promise.all(keys.map((key) => put(key, key)));
    const all = async (Command, token, next, more) => {
      const found = [];
      let from;
      for (let pages = 0; pages < 20; pages++) {
        const page = await send(Command, { Prefix: "l/", MaxKeys: 2, [token]: from, ...more });
        found.push(...(page.Contents ?? []).map((object) => object.Key));
        found.push(...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix));
        assert.ok((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0) <= 2);
        if (!page.IsTruncated) {
          return found;
        }
        from = more.EncodingType === "url" && next === "NextMarker" ? decodeURIComponent(page[next]) : page[next];
        assert.ok(from, "there is a place to go on from");
      }
      assert.fail("it never ends");
    };
    const v2 = (more) => all(s3.ListObjectsV2Command, "ContinuationToken", "NextContinuationToken", more);
    const v1 = (more) => all(s3.ListObjectsCommand, "Marker", "NextMarker", more);
    const rolled = ["l/a", "l/b/", "l/c d", "l/e/", "l/z", "l/é"];
    for (const list of [v1, v2]) {
      assert.deepEqual((await list({})).sort(), [...keys].sort());
      assert.deepEqual((await list({ EncodingType: "url" })).map(decodeURIComponent).sort(), [...keys].sort());
      assert.deepEqual((await list({ Delimiter: "/" })).sort(), rolled);
    }
    const page = await send(s3.ListObjectsV2Command, { Prefix: "l/", StartAfter: "l/b/1" });
    assert.deepEqual([page.KeyCount, page.Contents[0].Key, page.Contents[0].Size], [5, "l/b/2", 5]);
    assert.equal(page.Contents[0].ETag, `"${md5("l/b/2")}"`);
    const nothing = await send(s3.ListObjectsV2Command, { MaxKeys: 0 });
    assert.deepEqual([nothing.IsTruncated, nothing.KeyCount, nothing.MaxKeys], [true, 0, 0]);
    const removed = await send(s3.DeleteObjectsCommand, {
      Delete: { Objects: [...keys, "l/never"].map((Key) => ({ Key })) },
    });
    assert.equal(removed.Deleted.length, 8);
    assert.equal((await send(s3.ListObjectsV2Command, { Prefix: "l/" })).KeyCount, 0);
  },

  async "uploads in parts"() {
    const body = randomBytes(17 * MIB + 3);
    const upload = new Upload({
      client: aws,
      params: { Bucket: "files", Key: "big file", Body: Readable.from([body]), ContentType: "a/b", Metadata: { m: "n" } },
      partSize: 5 * MIB,
      queueSize: 3,
    });
    const done = await upload.done();
    assert.match(done.ETag, /-4"$/);
    assert.equal(md5(await bytes("big file")), md5(body));
    const object = await seen("big file");
    assert.deepEqual([object.size, object.httpMetadata, object.customMetadata], [
      body.length,
      { contentType: "a/b" },
      { m: "n" },
    ]);
    const middle = await send(s3.GetObjectCommand, { Key: "big file", Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` });
    assert.deepEqual(
      Buffer.from(await middle.Body.transformToByteArray()),
      body.subarray(5 * MIB - 2, 5 * MIB + 2),
    );

    const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Key: "parts" });
    const first = { Key: "parts", UploadId, PartNumber: 1 };
    const part = async (PartNumber, Body) => {
      const { ETag } = await send(s3.UploadPartCommand, { Key: "parts", UploadId, PartNumber, Body });
      return { PartNumber, ETag };
    };
    const complete = (Parts) =>
      send(s3.CompleteMultipartUploadCommand, { Key: "parts", UploadId, MultipartUpload: { Parts } });
    const second = await part(2, "end");
    const copied = await send(s3.UploadPartCopyCommand, {
      ...first,
      CopySource: "files/big%20file",
      CopySourceRange: `bytes=1-${5 * MIB}`,
    });
    const parts = await send(s3.ListPartsCommand, { Key: "parts", UploadId });
    assert.deepEqual(parts.Parts.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, 5 * MIB], [2, 3]]);
    const running = await send(s3.ListMultipartUploadsCommand, {});
    assert.deepEqual(running.Uploads.map((one) => [one.Key, one.UploadId]), [["parts", UploadId]]);
    await refused(complete([{ PartNumber: 1, ETag: '"other"' }, second]), "InvalidPart", 400);
    await complete([{ PartNumber: 1, ETag: copied.CopyPartResult.ETag }, second]);
    const made = Buffer.concat([body.subarray(1, 5 * MIB + 1), Buffer.from("end")]);
    assert.equal(md5(await bytes("parts")), md5(made));
    await refused(complete([second]), "NoSuchUpload", 404);

    const small = (await send(s3.CreateMultipartUploadCommand, { Key: "small" })).UploadId;
    const of = { Key: "small", UploadId: small };
    const tags = [];
    for (const PartNumber of [1, 2]) {
      tags.push({ PartNumber, ETag: (await send(s3.UploadPartCommand, { ...of, PartNumber, Body: "x" })).ETag });
    }
    const tooSmall = send(s3.CompleteMultipartUploadCommand, { ...of, MultipartUpload: { Parts: tags } });
    await refused(tooSmall, "EntityTooSmall", 400);
    await send(s3.AbortMultipartUploadCommand, of);
    await refused(send(s3.UploadPartCommand, { ...of, PartNumber: 1, Body: "x" }), "NoSuchUpload", 404);
    assert.equal((await send(s3.ListMultipartUploadsCommand, {})).Uploads, undefined);
  },

  async "copies"() {
    const { ETag } = await put("source ü", "to copy", { ContentType: "a/b", Metadata: { m: "n" } });
    const copy = (Key, more = {}) =>
      send(s3.CopyObjectCommand, { Key, CopySource: `files/${encodeURIComponent("source ü")}`, ...more });
    const copied = await copy("copy");
    assert.equal(copied.CopyObjectResult.ETag, ETag);
    assert.deepEqual((await seen("copy")).customMetadata, { m: "n" });
    await copy("copy", { MetadataDirective: "REPLACE", ContentType: "c/d", Metadata: { x: "y" } });
    const { httpMetadata, customMetadata } = await seen("copy");
    assert.deepEqual([httpMetadata, customMetadata], [{ contentType: "c/d" }, { x: "y" }]);
    await copy("copy", { CopySourceIfMatch: ETag });
    await refused(copy("copy", { CopySourceIfNoneMatch: ETag }), "PreconditionFailed", 412);
    await refused(copy("copy", { CopySource: "files/none" }), "NoSuchKey", 404);
    await refused(copy("copy", { CopySource: "nowhere/none" }), "NoSuchBucket", 404);
    await refused(copy("copy", { CopySource: "theirs/none" }), "Unauthorized", 401);
    await aws.send(new s3.CopyObjectCommand({ Bucket: "other", Key: "over", CopySource: "/files/copy" }));
    assert.equal((await seen("over", "OTHER")).text, "to copy");
    await put("source ü", randomBytes(7 * MIB));
    await copy("source ü", { MetadataDirective: "REPLACE" });
    assert.equal((await seen("source ü")).size, 7 * MIB);
  },

  async "presigned links"() {
    const url = await getSignedUrl(aws, new s3.PutObjectCommand({ Bucket: "files", Key: "signed up", ContentType: "t/p" }), {
      expiresIn: 60,
      signableHeaders: new Set(["content-type"]),
    });
    const headers = { "content-type": "t/p", origin: "http://localhost:3000" };
    const sent = await fetch(url, { method: "PUT", headers, body: "by link" });
    assert.equal(sent.status, 200, await sent.text());
    assert.equal(sent.headers.get("access-control-allow-origin"), "*");
    assert.equal((await seen("signed up")).httpMetadata.contentType, "t/p");
    const wrong = await fetch(url, { method: "PUT", headers: { "content-type": "other" }, body: "by link" });
    assert.equal(wrong.status, 403);
    assert.match(await wrong.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
    assert.equal((await fetch(url)).status, 403, "it is good for one method");
    const get = await getSignedUrl(aws, new s3.GetObjectCommand({ Bucket: "files", Key: "signed up" }), { expiresIn: 60 });
    assert.equal(await (await fetch(get)).text(), "by link");
    const old = new Date(Date.now() - 120_000);
    const late = await getSignedUrl(aws, new s3.GetObjectCommand({ Bucket: "files", Key: "signed up" }), {
      expiresIn: 60,
      signingDate: old,
    });
    const answer = await fetch(late);
    assert.equal(answer.status, 403);
    assert.equal(
      await answer.text(),
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredRequest</Code><Message>Request has expired</Message></Error>',
    );
  },

  async "buckets and who may use them"() {
    const { Buckets } = await aws.send(new s3.ListBucketsCommand({}));
    assert.deepEqual(Buckets.map((bucket) => bucket.Name), ["files", "other"]);
    await send(s3.HeadBucketCommand, {});
    assert.equal((await send(s3.GetBucketLocationCommand, {})).LocationConstraint, "auto");
    assert.equal((await send(s3.GetBucketVersioningCommand, {})).Status, undefined);
    const list = (Bucket, by = aws) => by.send(new s3.ListObjectsV2Command({ Bucket }));
    await refused(list("nowhere"), "NoSuchBucket", 404);
    await refused(list("plain"), "NoSuchBucket", 404);
    await refused(list("theirs"), "Unauthorized", 401);
    const forged = client({ credentials: { ...credentials, secretAccessKey: "wrong" } });
    await refused(list("files", forged), "SignatureDoesNotMatch", 403);
    await refused(send(s3.PutObjectCommand, { Key: "x", Body: randomBytes(9 * MIB) }, forged), "SignatureDoesNotMatch", 403);
    const session = client({ credentials: { ...credentials, sessionToken: "t" } });
    await refused(list("files", session), "InvalidArgument", 400);
    await refused(aws.send(new s3.CreateBucketCommand({ Bucket: "files" })), "NotImplemented", 501);
    await refused(send(s3.GetBucketCorsCommand, {}), "NotImplemented", 501);
    await refused(put("x", "y", { Tagging: "a=b" }), "NotImplemented", 501);
    const bare = await fetch(`${endpoint}/files/x`);
    assert.equal(bare.status, 400);
    assert.match(await bare.text(), /<Code>InvalidArgument<\/Code><Message>Authorization<\/Message>/);
  },

  async minio() {
    const { hostname, port } = new URL(origin);
    const minio = new Minio.Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey: credentials.accessKeyId,
      secretKey: credentials.secretAccessKey,
      region: "auto",
      pathStyle: true,
    });
    // It knows no path before the bucket; every request goes through here.
    const under = "/cdn-cgi/local/r2/s3";
    const options = minio.getRequestOptions.bind(minio);
    minio.getRequestOptions = (request) => {
      const made = options(request);
      return { ...made, path: under + made.path };
    };
    const body = randomBytes(300_000);
    await minio.putObject("files", "by minio", body, body.length, { "x-amz-meta-own": "z" });
    const parts = [];
    for await (const piece of await minio.getObject("files", "by minio")) {
      parts.push(piece);
    }
    assert.equal(md5(Buffer.concat(parts)), md5(body));
    const stat = await minio.statObject("files", "by minio");
    assert.deepEqual([stat.size, stat.metaData.own], [body.length, "z"]);
    const names = [];
    for await (const object of minio.listObjectsV2("files", "by", true)) {
      names.push(object.name);
    }
    assert.deepEqual(names, ["by minio"]);
    await minio.removeObject("files", "by minio");
    assert.equal(await seen("by minio"), null);
  },

  async aws4fetch() {
    const signer = new AwsClient({ ...credentials, service: "s3", region: "auto" });
    const sent = await signer.fetch(`${endpoint}/files/by/fetch.txt`, { method: "PUT", body: "hello" });
    assert.equal(sent.status, 200);
    assert.equal(await (await signer.fetch(`${endpoint}/files/by/fetch.txt`)).text(), "hello");
    const form = await fetch(`${endpoint}/files`, { method: "POST", body: "x" });
    assert.equal(form.status, 501);
  },

  async "chunks that are signed each"() {
    const sha256 = (data) => createHash("sha256").update(data).digest("hex");
    const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
    const send = async (chunks, forge = (_, data) => data) => {
      const { host } = new URL(origin);
      const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
      const scope = `${date.slice(0, 8)}/auto/s3/aws4_request`;
      const path = "/cdn-cgi/local/r2/s3/files/chunked";
      const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
      const headers = `host:${host}\nx-amz-content-sha256:${payload}\nx-amz-date:${date}\n`;
      const names = "host;x-amz-content-sha256;x-amz-date";
      const canonical = ["PUT", path, "", headers, names, payload].join("\n");
      const key = scope.split("/").reduce(hmac, `AWS4${credentials.secretAccessKey}`);
      const sign = (...lines) => hmac(key, lines.join("\n")).toString("hex");
      let signature = sign("AWS4-HMAC-SHA256", date, scope, sha256(canonical));
      const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
      const body = [...chunks, ""].flatMap((chunk, place) => {
        signature = sign("AWS4-HMAC-SHA256-PAYLOAD", date, scope, signature, sha256(""), sha256(chunk));
        return [`${chunk.length.toString(16)};chunk-signature=${signature}\r\n`, forge(place, chunk), "\r\n"];
      });
      return fetch(origin + path, {
        method: "PUT",
        headers: { authorization, "x-amz-date": date, "x-amz-content-sha256": payload, "content-encoding": "aws-chunked" },
        body: Buffer.concat(body.map((piece) => Buffer.from(piece))),
      });
    };
    const text = "x".repeat(70_000);
    assert.equal((await send(["hello ", text, " end"])).status, 200);
    assert.equal((await read("chunked")).text, `hello ${text} end`);
    const forged = await send(["hello ", text], (place, data) => (place === 1 ? "y".repeat(70_000) : data));
    assert.equal(forged.status, 403);
    assert.match(await forged.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
    const short = await send(["hello"], (_, data) => data.slice(1));
    assert.equal(short.status, 403);
    const broken = await send(["hello"], (_, data) => `${data} and more`);
    assert.equal(broken.status, 400);
    assert.equal((await read("chunked")).text, `hello ${text} end`);
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
}
console.log(`${Object.keys(cases).length} cases, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
