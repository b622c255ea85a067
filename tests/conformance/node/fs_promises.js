// node:fs/promises, and FileHandle.
import assert from "node:assert";
import fs from "node:fs";
import * as namespace from "node:fs/promises";
import promises from "node:fs/promises";

export const oneModule = {
  test() {
    assert.strictEqual(fs.promises.readFile, promises.readFile);
    assert.strictEqual(namespace.readFile, promises.readFile);
    assert.strictEqual(promises.constants, fs.constants);
  },
};

export const everythingIsAPromise = {
  async test() {
    const pending = promises.readFile({});
    assert.ok(pending instanceof Promise);
    await assert.rejects(pending, { code: "ERR_INVALID_ARG_TYPE" });
    await assert.rejects(promises.stat("/nope"), { code: "ENOENT", syscall: "stat" });
    await assert.rejects(promises.access("/nope"), { code: "ENOENT", syscall: "access" });
    await assert.rejects(promises.readFile("/nope"), { code: "ENOENT", syscall: "readAll" });
    assert.throws(() => promises.watch("/tmp"), { name: "Error", message: "Not implemented" });
  },
};

export const files = {
  async test() {
    assert.strictEqual(await promises.writeFile("/tmp/a", "1"), undefined);
    assert.strictEqual(await promises.appendFile("/tmp/a", "2"), undefined);
    assert.strictEqual(await promises.readFile("/tmp/a", "utf8"), "12");
    await promises.copyFile("/tmp/a", "/tmp/b");
    await promises.rename("/tmp/b", "/tmp/c");
    await promises.link("/tmp/c", "/tmp/d");
    await promises.symlink("/tmp/c", "/tmp/e");
    assert.strictEqual(await promises.readlink("/tmp/e"), "/tmp/c");
    assert.strictEqual(await promises.realpath("/tmp/c"), "/tmp/c");
    await promises.truncate("/tmp/c", 1);
    await promises.utimes("/tmp/c", 1, 2000);
    const { size, mtimeMs } = await promises.stat("/tmp/d");
    assert.deepStrictEqual([size, mtimeMs], [1, 2000]);
    assert.ok((await promises.lstat("/tmp/e")).isSymbolicLink());
    await promises.chmod("/tmp/c", 0o400);
    await promises.unlink("/tmp/d");
    await promises.rm("/tmp/e");
    assert.deepStrictEqual((await promises.readdir("/tmp")).sort(), ["a", "c"]);
  },
};

export const directories = {
  async test() {
    assert.strictEqual(await promises.mkdir("/tmp/a/b", { recursive: true }), "/tmp/a");
    assert.match(await promises.mkdtemp("/tmp/t-"), /^\/tmp\/t-\d+$/);
    await promises.rmdir("/tmp/a/b");
    await assert.rejects(promises.rmdir("/tmp/a/b"), { code: "ENOENT" });
    await promises.cp("/bundle", "/tmp/c", { recursive: true });
    assert.deepStrictEqual(await promises.readdir("/tmp/c"), ["worker", "data.txt", "dir"]);
    const names = [];
    for await (const entry of await promises.opendir("/tmp/c")) names.push(entry.name);
    assert.deepStrictEqual(names, ["worker", "data.txt", "dir"]);
    assert.strictEqual((await promises.statfs("/tmp")).files, 0);
  },
};

export const handlesReadAndWrite = {
  async test() {
    const handle = await promises.open("/tmp/h", "w+");
    assert.strictEqual(typeof handle.fd, "number");
    const { bytesWritten, buffer } = await handle.write("hello");
    assert.deepStrictEqual([bytesWritten, Buffer.isBuffer(buffer)], [5, true]);
    assert.strictEqual((await handle.write(Buffer.from("Jx"), 0, 1, 0)).bytesWritten, 1);
    const into = Buffer.alloc(4);
    const read = await handle.read(into, 0, 4, 0);
    assert.deepStrictEqual([read.bytesRead, read.buffer === into, into.toString()], [4, true, "Jell"]);
    const own = await handle.read({ position: 1 });
    assert.deepStrictEqual([own.bytesRead, own.buffer.length], [4, 16384]);
    assert.strictEqual((await handle.read(into, { position: 1, length: 2 })).bytesRead, 2);
    await handle.close();
  },
};

export const handlesOfSeveralBuffers = {
  async test() {
    await using handle = await promises.open("/tmp/h", "w+");
    const written = await handle.writev([Buffer.from("ab"), Buffer.from("c")]);
    assert.deepStrictEqual([written.bytesWritten, written.buffers.length], [3, 2]);
    const buffers = [Buffer.alloc(1), Buffer.alloc(2)];
    const read = await handle.readv(buffers, 0);
    assert.deepStrictEqual([read.bytesRead, read.buffers === buffers, String(buffers[1])], [3, true, "bc"]);
  },
};

export const handlesOfWholeFiles = {
  async test() {
    const handle = await promises.open("/tmp/h", "w+");
    const { bytesWritten } = await handle.writeFile("all of it");
    assert.strictEqual(bytesWritten, 9);
    await handle.appendFile("!");
    assert.strictEqual(await handle.readFile("utf8"), "all of it!");
    assert.strictEqual(await handle.readFile({ encoding: "utf8" }), "all of it!");
    await handle.truncate(3);
    await handle.utimes(1, 2000);
    const { size, mtimeMs } = await handle.stat();
    assert.deepStrictEqual([size, mtimeMs], [3, 2000]);
    for (const name of ["sync", "datasync"]) assert.strictEqual(await handle[name](), undefined);
    await handle.chmod(0o400);
    await handle.chown(0, 0);
    assert.throws(() => handle.readLines(), { name: "Error", message: "not implemented" });
    await handle.close();
  },
};

export const closedHandles = {
  async test() {
    const handle = await promises.open("/bundle/data.txt");
    let closed = 0;
    handle.on("close", () => closed++);
    await handle.close();
    assert.strictEqual(handle.fd, undefined);
    const error = { name: "Error", code: "EBADF", errno: -9, syscall: "stat", message: "Bad file descriptor" };
    await assert.rejects(handle.read(), error);
    await assert.rejects(handle.stat(), error);
    assert.throws(() => handle.readableWebStream(), error);
    await handle.close();
    assert.strictEqual(closed, 2);
    assert.throws(() => new promises.FileHandle(1), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const handlesAsWebStreams = {
  async test() {
    const handle = await promises.open("/bundle/data.txt");
    const reader = handle.readableWebStream().getReader();
    const chunks = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    assert.strictEqual(Buffer.concat(chunks).toString(), "hello bundle");
    assert.strictEqual(handle.fd, undefined, "it is closed at the end");
    const other = await promises.open("/bundle/data.txt");
    assert.throws(() => other.readableWebStream({ autoClose: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
    await other.close();
  },
};

export const handlesAsStreams = {
  async test() {
    const from = await promises.open("/bundle/data.txt");
    let text = "";
    for await (const chunk of from.createReadStream({ encoding: "utf8" })) text += chunk;
    assert.deepStrictEqual([text, from.fd], ["hello bundle", undefined]);
    const to = await promises.open("/tmp/to", "w");
    const stream = to.createWriteStream();
    await new Promise((resolve, reject) => {
      stream.on("error", reject);
      stream.end("written", resolve);
    });
    assert.strictEqual(await promises.readFile("/tmp/to", "utf8"), "written");
  },
};
