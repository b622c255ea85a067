// Folders as services.
import { deepStrictEqual, ok, strictEqual } from "node:assert";

const put = (disk, path, body) => disk.fetch(`http://disk${path}`, { method: "PUT", body });
const get = (disk, path, init) => disk.fetch(`http://disk${path}`, init);

async function status(response, expected, text) {
  const got = await response;
  strictEqual(got.status, expected);
  if (text !== undefined) strictEqual(await got.text(), text);
  return got;
}

export const filesAreWrittenAndRead = {
  async test(controller, { DISK }) {
    await status(put(DISK, "/files/a.txt", "hello"), 204, "");
    const response = await status(get(DISK, "/files/a.txt"), 200, "hello");
    strictEqual(response.headers.get("content-type"), "application/octet-stream");
    strictEqual(response.headers.get("content-length"), "5");
    ok(response.headers.has("last-modified"));
    await status(put(DISK, "/files/a.txt", "again"), 204);
    await status(get(DISK, "/files/a.txt"), 200, "again");
  },
};

export const longFilesStream = {
  async test(controller, { DISK }) {
    const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
    await status(put(DISK, "/long", bytes), 204);
    deepStrictEqual(new Uint8Array(await (await get(DISK, "/long")).arrayBuffer()), bytes);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = put(DISK, "/streamed", readable);
    await writer.write(bytes);
    await writer.close();
    await status(written, 204);
    strictEqual((await (await get(DISK, "/streamed")).arrayBuffer()).byteLength, bytes.byteLength);
  },
};

export const foldersAreLists = {
  async test(controller, { DISK }) {
    await put(DISK, "/list/b", "");
    await put(DISK, "/list/a/inner", "");
    const response = await get(DISK, "/list");
    strictEqual(response.headers.get("content-type"), "application/json");
    deepStrictEqual(await response.json(), [{ name: "a", type: "directory" }, { name: "b", type: "file" }]);
  },
};

export const headHasNoBody = {
  async test(controller, { DISK }) {
    await put(DISK, "/head", "hello");
    const response = await status(get(DISK, "/head", { method: "HEAD" }), 200, "");
    strictEqual(response.headers.get("content-length"), "5");
  },
};

export const ranges = {
  async test(controller, { DISK }) {
    await put(DISK, "/range", "hello\n");
    const range = (range) => get(DISK, "/range", { headers: { range } });
    const part = await status(range("bytes=1-2"), 206, "el");
    strictEqual(part.headers.get("content-range"), "bytes 1-2/6");
    await status(range("bytes=1-"), 206, "ello\n");
    await status(range("bytes=-2"), 206, "o\n");
    await status(range("bytes=0-100"), 200, "hello\n");
    await status(range("bytes=0-1,3-4"), 200, "hello\n");
    const unsatisfiable = await status(range("bytes=9-"), 416, "Range Not Satisfiable");
    strictEqual(unsatisfiable.headers.get("content-range"), "bytes */6");
    await status(range("bytes=4-2"), 416);
    await status(range("lines=1-2"), 416);
  },
};

export const whatIsNotThere = {
  async test(controller, { DISK }) {
    await status(get(DISK, "/none"), 404, "Not Found");
    await put(DISK, "/file", "");
    await status(get(DISK, "/file/below"), 404, "Not Found");
    await status(get(DISK, "/.hidden"), 404, "Not Found");
    await status(get(DISK, "/%2e%2e%2fetc%2fpasswd"), 404, "Not Found");
  },
};

export const namesThatMayNotBeWritten = {
  async test(controller, { DISK }) {
    await status(put(DISK, "/", "x"), 403, "Unauthorized");
    await status(put(DISK, "/.hidden", "x"), 403, "Unauthorized");
    await status(get(DISK, "/", { method: "DELETE" }), 403, "Unauthorized");
  },
};

export const removing = {
  async test(controller, { DISK }) {
    await put(DISK, "/gone/file", "x");
    await status(get(DISK, "/gone/file", { method: "DELETE" }), 204);
    await status(get(DISK, "/gone/file", { method: "DELETE" }), 404, "Not Found");
    await put(DISK, "/gone/other", "x");
    await status(get(DISK, "/gone", { method: "DELETE" }), 204);
    await status(get(DISK, "/gone"), 404);
  },
};

export const methods = {
  async test(controller, { DISK }) {
    await status(get(DISK, "/x", { method: "POST", body: "x" }), 501, "Not Implemented");
  },
};

export const readOnly = {
  async test(controller, { READ }) {
    await status(put(READ, "/x", "x"), 405, "Method Not Allowed");
    await status(get(READ, "/x", { method: "DELETE" }), 405, "Method Not Allowed");
    await status(get(READ, "/disk.js"), 200);
  },
};
