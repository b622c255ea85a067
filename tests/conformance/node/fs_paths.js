// node:fs: what a path may be, and process.cwd and chdir.
import assert from "node:assert";
import fs from "node:fs";
import process from "node:process";

export const textBufferAndUrl = {
  test() {
    for (const path of ["/bundle/data.txt", Buffer.from("/bundle/data.txt"), new URL("file:///bundle/data.txt")]) {
      assert.strictEqual(fs.readFileSync(path, "utf8"), "hello bundle");
    }
    for (const path of [undefined, 5n, {}, new TextEncoder().encode("/bundle/data.txt")]) {
      assert.throws(() => fs.statSync(path), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "path" argument must be of type string or an instance of Buffer or URL\. Received /,
      });
    }
  },
};

export const otherUrls = {
  test() {
    const scheme = { name: "TypeError", message: "File path must be a file: URL" };
    assert.throws(() => fs.readFileSync(new URL("http://example.com/x")), scheme);
    assert.throws(() => fs.readFileSync("data:text/plain,x"), scheme);
    const host = { name: "Error", message: "File path must not have a host" };
    assert.throws(() => fs.readFileSync(new URL("file://host/bundle/data.txt")), host);
  },
};

export const nullBytes = {
  test() {
    for (const path of ["/tmp/a\0b", Buffer.from("/tmp/a\0b")]) {
      assert.throws(() => fs.readFileSync(path), {
        code: "ERR_INVALID_ARG_VALUE",
        message: "The argument 'path' must not contain null bytes. Received '/tmp/a\\x00b'",
      });
    }
  },
};

export const spellings = {
  test() {
    const text = (path) => fs.readFileSync(path, "utf8");
    for (
      const path of [
        "//bundle//data.txt",
        "/tmp/../bundle/./data.txt",
        "/bundle/d%61ta.txt",
        "\\bundle\\data.txt",
        " /bundle/data.txt ",
        "/bundle/data.txt/",
        "data.txt",
        "./data.txt",
        "dir/../data.txt",
        "../bundle/data.txt",
      ]
    ) {
      assert.strictEqual(text(path), "hello bundle", path);
    }
  },
};

export const namesAreThoseOfUrls = {
  test() {
    for (const name of ["a b", "\u00e9", "100%", "a#b?c", "<x>"]) fs.writeFileSync(`/tmp/${name}`, name);
    assert.deepStrictEqual(fs.readdirSync("/tmp"), ["a%20b", "%C3%A9", "100%", "a%23b%3Fc", "%3Cx%3E"]);
    assert.strictEqual(fs.readFileSync("/tmp/\u00e9", "utf8"), "\u00e9");
    assert.strictEqual(fs.readFileSync(new URL("file:///tmp/a%20b"), "utf8"), "a b");
    assert.throws(() => fs.readFileSync("/tmp/x y"), { path: "/tmp/x%20y" });
  },
};

export const escapesOfOrdinaryCharacters = {
  test() {
    const path = (given) => {
      try {
        fs.readFileSync(given);
      } catch (error) {
        return error.path;
      }
    };
    assert.strictEqual(path("/tmp/%41"), "/tmp/A");
    assert.strictEqual(path("/tmp/%2f"), "/tmp/%2F");
    assert.strictEqual(path("/tmp/%7E"), "/tmp/~");
    assert.strictEqual(path("/tmp/%zz"), "/tmp/%zz");
    assert.strictEqual(path("/tmp/%c3%a9"), "/tmp/%C3%A9");
  },
};

export const lengths = {
  test() {
    assert.throws(() => fs.readFileSync(`/${"a".repeat(4100)}`), { name: "Error", message: "File path is too long" });
    assert.throws(() => fs.readFileSync("/a".repeat(60)), { message: "File path has too many segments" });
    assert.throws(() => fs.readFileSync("/a".repeat(48)), { code: "ENOENT" });
  },
};

export const realPaths = {
  test() {
    assert.strictEqual(fs.realpathSync("data.txt"), "/bundle/data.txt");
    assert.strictEqual(fs.realpathSync("/bundle/../bundle/dir/"), "/bundle/dir");
    assert.strictEqual(fs.realpathSync(""), "/bundle");
    assert.strictEqual(fs.realpathSync("/tmp", "hex"), "2f746d70");
    assert.strictEqual(fs.realpathSync.native("/tmp"), "/tmp");
    assert.throws(() => fs.realpathSync("/tmp/nope"), {
      code: "ENOENT",
      syscall: "readlink",
      message: "no such file or directory, readlink '/tmp/nope'",
    });
  },
};

export const workingDirectory = {
  test() {
    assert.strictEqual(process.cwd(), "/bundle");
    fs.mkdirSync("/tmp/w/x", { recursive: true });
    process.chdir("/tmp");
    process.chdir("w/x");
    assert.strictEqual(process.cwd(), "/tmp/w/x");
    fs.writeFileSync("here", "1");
    assert.strictEqual(fs.readFileSync("/tmp/w/x/here", "utf8"), "1");
    process.chdir("..");
    assert.strictEqual(process.cwd(), "/tmp/w");
    assert.deepStrictEqual(fs.readdirSync("."), ["x"]);
    process.chdir("/");
    assert.strictEqual(process.cwd(), "/");
    process.chdir("/bundle/");
    assert.strictEqual(process.cwd(), "/bundle");
  },
};

export const workingDirectoryIsTheEventsOwn = {
  test() {
    assert.strictEqual(process.cwd(), "/bundle");
    process.chdir("/dev");
  },
};

export const whereOneCannotGo = {
  test() {
    const refused = (path, code, message, shown) => {
      assert.throws(() => process.chdir(path), { name: "Error", code, syscall: "chdir", message, path: shown });
    };
    process.chdir("/tmp");
    refused("nope", "ENOENT", "no such file or directory, chdir 'tmp/nope'", "tmp/nope");
    fs.writeFileSync("file", "");
    refused("/tmp/file", "ENOTDIR", "not a directory, chdir 'tmp/file'", "tmp/file");
    assert.throws(() => process.chdir(""), { code: "ENOENT", message: "no such file or directory" });
    assert.throws(() => process.chdir(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "directory" argument must be of type string. Received type number (5)',
    });
    assert.strictEqual(process.cwd(), "/tmp");
  },
};

export const links = {
  test() {
    fs.mkdirSync("/tmp/real");
    fs.symlinkSync("/tmp/real", "/tmp/link");
    process.chdir("/tmp/link");
    assert.strictEqual(process.cwd(), "/tmp/link");
    fs.writeFileSync("x", "");
    assert.deepStrictEqual(fs.readdirSync("/tmp/real"), ["x"]);
  },
};

export const umaskIsFixed = {
  test() {
    assert.deepStrictEqual([process.umask(), process.umask(0), process.umask("077"), process.umask()], [18, 18, 18, 18]);
    assert.throws(() => process.umask("x"), { code: "ERR_INVALID_ARG_VALUE" });
  },
};
