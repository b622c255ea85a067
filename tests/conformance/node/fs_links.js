// node:fs: symbolic links, hard links, renaming and copying of files.
import assert from "node:assert";
import fs from "node:fs";

function refused(call, code, syscall, message, path = undefined) {
  assert.throws(call, { name: "Error", code, syscall, message });
  if (path !== undefined) assert.throws(call, { path });
}

export const linksAreFollowed = {
  test() {
    fs.writeFileSync("/tmp/a", "1");
    fs.symlinkSync("/tmp/a", "/tmp/l");
    assert.strictEqual(fs.readFileSync("/tmp/l", "utf8"), "1");
    fs.writeFileSync("/tmp/l", "2");
    assert.strictEqual(fs.readFileSync("/tmp/a", "utf8"), "2");
    assert.ok(fs.statSync("/tmp/l").isFile());
    const own = fs.lstatSync("/tmp/l");
    assert.deepStrictEqual([own.isSymbolicLink(), own.mode, own.size], [true, 0o120444, 0]);
  },
};

export const whereLinksLead = {
  test() {
    fs.symlinkSync("/tmp/a b", "/tmp/l");
    fs.symlinkSync("relative", "/tmp/r");
    assert.strictEqual(fs.readlinkSync("/tmp/l"), "/tmp/a%20b");
    assert.strictEqual(fs.readlinkSync("/tmp/r"), "/bundle/relative", "relative to the working directory");
    assert.strictEqual(fs.realpathSync("/tmp/l"), "/tmp/a%20b");
    assert.strictEqual(fs.readlinkSync("/tmp/l", "hex"), Buffer.from("/tmp/a%20b").toString("hex"));
    refused(() => fs.readlinkSync("/tmp"), "EINVAL", "readlink", "invalid argument");
    const text = "no such file or directory, readlink '/tmp/nope'";
    refused(() => fs.readlinkSync("/tmp/nope"), "ENOENT", "readlink", text, "/tmp/nope");
  },
};

export const linksToNothing = {
  test() {
    fs.symlinkSync("/tmp/nothing", "/tmp/l");
    assert.strictEqual(fs.existsSync("/tmp/l"), false);
    assert.throws(() => fs.statSync("/tmp/l"), { code: "ENOENT" });
    assert.ok(fs.lstatSync("/tmp/l").isSymbolicLink());
    refused(() => fs.writeFileSync("/tmp/l", "x"), "EEXIST", "writeAll", "file already exists");
    refused(() => fs.unlinkSync("/tmp/l"), "ENOENT", "unlink", "File not found", "l");
    fs.rmSync("/tmp/l");
    assert.throws(() => fs.lstatSync("/tmp/l"), { code: "ENOENT" });
  },
};

export const linksInACircle = {
  test() {
    fs.symlinkSync("/tmp/b", "/tmp/a");
    fs.symlinkSync("/tmp/a", "/tmp/b");
    const text = "symlink depth exceeded";
    refused(() => fs.statSync("/tmp/a"), "ELOOP", "stat", text);
    refused(() => fs.readFileSync("/tmp/a"), "ELOOP", "readAll", text);
    refused(() => fs.writeFileSync("/tmp/a", ""), "ELOOP", "writeAll", text);
    refused(() => fs.openSync("/tmp/a"), "ELOOP", "open", text);
    assert.strictEqual(fs.existsSync("/tmp/a"), false);
    assert.strictEqual(fs.readlinkSync("/tmp/a"), "/tmp/b");
    fs.rmSync("/tmp/a");
  },
};

export const linksToDirectories = {
  test() {
    fs.mkdirSync("/tmp/d");
    fs.symlinkSync("/tmp/d", "/tmp/l");
    fs.writeFileSync("/tmp/l/x", "1");
    fs.mkdirSync("/tmp/l/y/z", { recursive: true });
    assert.deepStrictEqual(fs.readdirSync("/tmp/d"), ["x", "y"]);
    assert.strictEqual(fs.statSync("/tmp/l/x").size, 1);
    refused(() => fs.readdirSync("/tmp/l"), "EINVAL", "readdir", "invalid argument, readdir '/tmp/l'", "/tmp/l");
    assert.throws(() => fs.lstatSync("/tmp/l/x"), { code: "ENOENT" });
    refused(() => fs.unlinkSync("/tmp/l"), "EISDIR", "unlink", "Cannot unlink a directory");
    fs.rmSync("/tmp/l");
    assert.ok(fs.existsSync("/tmp/d/x"));
  },
};

export const linksThatCannotBeMade = {
  test() {
    fs.writeFileSync("/tmp/a", "");
    fs.symlinkSync("/tmp/x", "/tmp/l", "junction");
    refused(() => fs.symlinkSync("/tmp/x", "/tmp/a"), "EEXIST", "link", "File already exists");
    refused(() => fs.symlinkSync("/tmp/x", "/tmp/l"), "EEXIST", "link", "file already exists");
    refused(() => fs.symlinkSync("/tmp/x", "/tmp/n/l"), "ENOENT", "link", "Directory does not exist", "/tmp/x");
    refused(() => fs.symlinkSync("/tmp/x", "/tmp/a/l"), "EINVAL", "link", "Not a directory");
    refused(() => fs.symlinkSync("/tmp/x", "/tmp/n/"), "EINVAL", "link", "Invalid filename");
    assert.throws(() => fs.symlinkSync("/tmp/x", "/tmp/y", "bad"), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'type' must be one of: 'dir', 'file', 'junction', null. Received 'bad'",
    });
  },
};

export const hardLinks = {
  test() {
    fs.writeFileSync("/tmp/a", "1");
    fs.linkSync("/tmp/a", "/tmp/b");
    fs.writeFileSync("/tmp/b", "22");
    assert.strictEqual(fs.readFileSync("/tmp/a", "utf8"), "22");
    fs.unlinkSync("/tmp/a");
    assert.strictEqual(fs.readFileSync("/tmp/b", "utf8"), "22");
    assert.strictEqual(fs.statSync("/tmp/b").nlink, 1);
    refused(() => fs.linkSync("/tmp/b", "/tmp/b"), "EEXIST", "link", "File already exists");
    refused(() => fs.linkSync("/tmp/nope", "/tmp/c"), "ENOENT", "link", "File not found", "/tmp/nope");
    refused(() => fs.linkSync("/tmp", "/tmp/c"), "EPERM", "link", "Cannot hardlink to a directory");
    refused(() => fs.linkSync("/tmp/b", "/bundle/c"), "EPERM", "link", "operation not permitted");
  },
};

export const hardLinksToModules = {
  test() {
    fs.linkSync("/bundle/data.txt", "/tmp/data");
    assert.strictEqual(fs.readFileSync("/tmp/data", "utf8"), "hello bundle");
    refused(() => fs.writeFileSync("/tmp/data", "x"), "EPERM", "writeAll", "operation not permitted");
  },
};

export const renamingFiles = {
  test() {
    fs.writeFileSync("/tmp/a", "1");
    fs.renameSync("/tmp/a", "/tmp/b");
    assert.deepStrictEqual(fs.readdirSync("/tmp"), ["b"]);
    fs.writeFileSync("/tmp/c", "");
    refused(() => fs.renameSync("/tmp/b", "/tmp/c"), "EEXIST", "rename", "file already exists");
    refused(() => fs.renameSync("/tmp/b", "/tmp/b"), "EEXIST", "rename", "file already exists");
    const missing = "no such file or directory, rename '/tmp/nope'";
    refused(() => fs.renameSync("/tmp/nope", "/tmp/d"), "ENOENT", "rename", missing, "/tmp/nope");
    const parent = "no such file or directory, rename 'd'";
    refused(() => fs.renameSync("/tmp/b", "/tmp/n/d"), "ENOENT", "rename", parent, "d");
    refused(() => fs.renameSync("/tmp/b", "/tmp/c/d"), "ENOTDIR", "rename", "not a directory");
    refused(() => fs.renameSync("/tmp/b", "/bundle/d"), "EPERM", "rename", "operation not permitted");
  },
};

export const renamingALinkMovesItsTarget = {
  test() {
    fs.writeFileSync("/tmp/a", "1");
    fs.symlinkSync("/tmp/a", "/tmp/l");
    fs.renameSync("/tmp/l", "/tmp/m");
    assert.ok(fs.lstatSync("/tmp/m").isFile());
    assert.deepStrictEqual(fs.readdirSync("/tmp"), ["a", "m"]);
  },
};

export const copyingFiles = {
  test() {
    fs.copyFileSync("/bundle/data.txt", "/tmp/c");
    fs.appendFileSync("/tmp/c", "!");
    assert.strictEqual(fs.readFileSync("/tmp/c", "utf8"), "hello bundle!");
    refused(() => fs.copyFileSync("/bundle/data.txt", "/tmp/c"), "EEXIST", "copy", "file already exists");
    const missing = "no such file or directory, copy '/tmp/nope'";
    refused(() => fs.copyFileSync("/tmp/nope", "/tmp/d"), "ENOENT", "copy", missing, "/tmp/nope");
    refused(() => fs.copyFileSync("/bundle/dir", "/tmp/d"), "EISDIR", "copy", "illegal operation on a directory");
    refused(() => fs.copyFileSync("/tmp/c", "/tmp/c/d"), "ENOTDIR", "copy", "not a directory");
    refused(() => fs.copyFileSync("/tmp/c", "/bundle/d"), "EPERM", "copy", "operation not permitted");
  },
};

export const modesOfCopying = {
  test() {
    const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = fs.constants;
    fs.copyFileSync("/bundle/data.txt", "/tmp/a", COPYFILE_FICLONE);
    assert.throws(() => fs.copyFileSync("/bundle/data.txt", "/tmp/a", COPYFILE_EXCL), {
      code: "EEXIST",
      errno: -17,
      syscall: "copyFile",
      path: "/tmp/a",
      message: "file already exists, copyFile '/tmp/a'",
    });
    assert.throws(() => fs.copyFileSync("/bundle/data.txt", "/tmp/b", COPYFILE_FICLONE_FORCE), {
      code: "ERR_UNSUPPORTED_OPERATION",
    });
    assert.throws(() => fs.copyFileSync("/bundle/data.txt", "/tmp/b", 3), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'mode' must be one of: 0, 1, 4, 2. Received 3",
    });
  },
};
