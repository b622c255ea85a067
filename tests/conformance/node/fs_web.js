// The web's file system over the files of node:fs, where a worker asks for it.
import assert from "node:assert";
import fs from "node:fs";

const directory = async (name) => (await navigator.storage.getDirectory()).getDirectoryHandle(name);

/** What a refused call says. */
const refused = (name, message) => ({ name, message });

export const theRoot = {
  async test() {
    const root = await navigator.storage.getDirectory();
    assert.ok(root instanceof FileSystemDirectoryHandle && root instanceof FileSystemHandle);
    assert.deepStrictEqual([root.kind, root.name], ["directory", ""]);
    assert.deepStrictEqual(await Array.fromAsync(root.keys()), ["bundle", "tmp", "dev"]);
    const entries = await Array.fromAsync(root);
    assert.deepStrictEqual(entries.map(([name, handle]) => [name, handle.kind, handle.name]), [
      ["bundle", "directory", "bundle"],
      ["tmp", "directory", "tmp"],
      ["dev", "directory", "dev"],
    ]);
    const seen = [];
    root.forEach((name) => seen.push(name));
    assert.deepStrictEqual(seen, ["bundle", "tmp", "dev"]);
    await assert.rejects(root.resolve(root), { name: "Error", message: "Not implemented" });
  },
};

export const writingAndReading = {
  async test() {
    const handle = await (await directory("tmp")).getFileHandle("a.txt", { create: true });
    assert.deepStrictEqual([handle.kind, handle.name], ["file", "a.txt"]);
    const stream = await handle.createWritable();
    assert.ok(stream instanceof FileSystemWritableFileStream && stream instanceof WritableStream);
    await stream.write("hello");
    assert.strictEqual(fs.readFileSync("/tmp/a.txt", "utf8"), "", "nothing is there before it is closed");
    await stream.write({ type: "write", position: 1, data: "EY" });
    await stream.seek(0);
    await stream.write(new Uint8Array([74]));
    await stream.truncate(4);
    await stream.close();
    assert.strictEqual(fs.readFileSync("/tmp/a.txt", "utf8"), "JEYl");
    const file = await handle.getFile();
    assert.ok(file instanceof File);
    assert.deepStrictEqual([file.name, file.type, file.size, await file.text(), file.lastModified], [
      "a.txt",
      "",
      4,
      "JEYl",
      0,
    ]);
  },
};

export const modulesAreReadOnly = {
  async test() {
    const bundle = await directory("bundle");
    const handle = await bundle.getFileHandle("data.txt");
    assert.strictEqual(await (await handle.getFile()).text(), "hello bundle");
    const readOnly = refused("InvalidStateError", "Read-only file system");
    await assert.rejects(bundle.getFileHandle("new", { create: true }), readOnly);
    await assert.rejects(bundle.removeEntry("data.txt"), readOnly);
    const stream = await handle.createWritable();
    await stream.write("x");
    await assert.rejects(stream.close(), readOnly);
  },
};

export const whatIsNotThere = {
  async test() {
    const root = await navigator.storage.getDirectory();
    const tmp = await directory("tmp");
    await assert.rejects(tmp.getFileHandle("nope"), refused("NotFoundError", "Not found"));
    await assert.rejects(root.getFileHandle("tmp"), refused("TypeMismatchError", "File name is a directory"));
    await tmp.getFileHandle("f", { create: true });
    await assert.rejects(tmp.getDirectoryHandle("f"), refused("TypeMismatchError", "File name is a file"));
    for (const name of ["a/b", "..", ""]) {
      await assert.rejects(tmp.getFileHandle(name), { name: "TypeError", message: "Invalid file name" });
    }
    await assert.rejects(tmp.removeEntry("nope"), refused("NotFoundError", "File not found"));
  },
};

export const directoriesAndRemoving = {
  async test() {
    const tmp = await directory("tmp");
    const made = await tmp.getDirectoryHandle("d", { create: true });
    const file = await made.getFileHandle("f", { create: true });
    assert.deepStrictEqual(fs.readdirSync("/tmp/d"), ["f"]);
    await assert.rejects(tmp.removeEntry("d"), refused("InvalidModificationError", "Directory not empty"));
    await tmp.removeEntry("d", { recursive: true });
    await assert.rejects(file.getFile(), refused("NotFoundError", "Not found"));
    assert.deepStrictEqual(fs.readdirSync("/tmp"), []);
  },
};

export const sameEntries = {
  async test() {
    const [one, two] = [await directory("tmp"), await directory("tmp")];
    assert.strictEqual(await one.isSameEntry(two), true);
    assert.strictEqual(await one.isSameEntry(await directory("dev")), false);
    assert.strictEqual(await one.getUniqueId(), await two.getUniqueId());
  },
};

export const whatCannotBeWritten = {
  async test() {
    const handle = await (await directory("tmp")).getFileHandle("q", { create: true });
    const write = async (data) => (await handle.createWritable()).write(data);
    await assert.rejects(write({ type: "seek" }), refused("SyntaxError", "seek() requires a position parameter"));
    await assert.rejects(write({ type: "truncate" }), refused("SyntaxError", "truncate() requires a size parameter"));
    await assert.rejects(write({ type: "write" }), refused("SyntaxError", "write() requires a non-null data parameter"));
    await assert.rejects(write({ type: "zz" }), { name: "TypeError", message: "Invalid write type: zz" });
  },
};
