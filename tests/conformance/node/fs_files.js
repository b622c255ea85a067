// node:fs: whole files, their dates and modes, /bundle and /dev.
import assert from "node:assert";
import fs from "node:fs";

/** What a refused call says: code, system call, text, path. */
function refused(call, code, syscall, message, path = undefined) {
  assert.throws(call, (error) => {
    const { name, constructor } = error;
    assert.deepStrictEqual([name, constructor === Error], ["Error", true]);
    assert.deepStrictEqual([error.code, error.syscall, error.message, error.path], [code, syscall, message, path]);
    return true;
  });
}

export const bundleHoldsTheModules = {
  test() {
    assert.deepStrictEqual(fs.readdirSync("/bundle"), ["worker", "data.txt", "dir"]);
    assert.strictEqual(fs.readFileSync("/bundle/data.txt", "utf8"), "hello bundle");
    assert.deepStrictEqual([...fs.readFileSync("/bundle/dir/sub/bytes.bin")], [97, 98, 99]);
    assert.strictEqual(fs.readFileSync("/bundle/dir/value.json", "utf8"), '{"a":1}');
    assert.strictEqual(fs.readFileSync("/bundle/dir/common.js", "utf8"), "exports.a = 1;");
    assert.match(fs.readFileSync("/bundle/worker", "utf8"), /bundleHoldsTheModules/);
  },
};

export const bundleIsReadOnly = {
  test() {
    const text = "operation not permitted";
    refused(() => fs.writeFileSync("/bundle/data.txt", "x"), "EPERM", "writeAll", text);
    refused(() => fs.writeFileSync("/bundle/new.txt", "x"), "EPERM", "writeAll", text);
    refused(() => fs.unlinkSync("/bundle/data.txt"), "EPERM", "unlink", text);
    refused(() => fs.rmSync("/bundle/data.txt"), "EPERM", "rm", text);
    refused(() => fs.mkdirSync("/bundle/new"), "EPERM", "mkdir", text);
    refused(() => fs.rmdirSync("/bundle/dir"), "EPERM", "rm", text);
    refused(() => fs.truncateSync("/bundle/data.txt"), "EPERM", "ftruncate", text);
    refused(() => fs.renameSync("/bundle/data.txt", "/tmp/x"), "EPERM", "rename", text);
    refused(() => fs.openSync("/bundle/data.txt", "w"), "EPERM", "open", text);
    refused(() => fs.symlinkSync("/tmp", "/bundle/l"), "EPERM", "link", text);
  },
};

export const theRootIsReadOnly = {
  test() {
    assert.deepStrictEqual(fs.readdirSync("/"), ["bundle", "tmp", "dev"]);
    refused(() => fs.writeFileSync("/x", "x"), "EPERM", "writeAll", "operation not permitted");
    refused(() => fs.mkdirSync("/x"), "EPERM", "mkdir", "operation not permitted");
    refused(() => fs.rmSync("/tmp", { recursive: true }), "EPERM", "rm", "operation not permitted");
  },
};

export const writingTellsHowMuch = {
  test() {
    assert.strictEqual(fs.writeFileSync("/tmp/a", "abc"), 3);
    assert.strictEqual(fs.appendFileSync("/tmp/a", Buffer.from("de")), 2);
    assert.strictEqual(fs.readFileSync("/tmp/a", "utf8"), "abcde");
    assert.strictEqual(fs.writeFileSync("/tmp/a", "z"), 1);
    assert.strictEqual(fs.readFileSync("/tmp/a", "utf8"), "z");
  },
};

export const encodings = {
  test() {
    fs.writeFileSync("/tmp/e", "68656c6c6f", "hex");
    assert.strictEqual(fs.readFileSync("/tmp/e", "utf8"), "hello");
    assert.strictEqual(fs.readFileSync("/tmp/e", { encoding: "base64" }), "aGVsbG8=");
    assert.ok(Buffer.isBuffer(fs.readFileSync("/tmp/e")));
    assert.ok(Buffer.isBuffer(fs.readFileSync("/tmp/e", null)));
    fs.writeFileSync("/tmp/e", "\u00e4", { encoding: "latin1" });
    assert.deepStrictEqual([...fs.readFileSync("/tmp/e")], [0xe4]);
    const expected = {
      name: "TypeError",
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.encoding' is invalid. Received 'nope'",
    };
    assert.throws(() => fs.readFileSync("/tmp/e", "nope"), expected);
    assert.throws(() => fs.writeFileSync("/tmp/e", "x", { encoding: "nope" }), expected);
  },
};

export const viewsAreWrittenFromWhereTheyBegin = {
  test() {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6]);
    fs.writeFileSync("/tmp/v", bytes.subarray(2, 4));
    assert.deepStrictEqual([...fs.readFileSync("/tmp/v")], [3, 4]);
    fs.writeFileSync("/tmp/v", new DataView(bytes.buffer, 4));
    assert.deepStrictEqual([...fs.readFileSync("/tmp/v")], [5, 6]);
    fs.writeFileSync("/tmp/v", new Uint16Array([0x4241]));
    assert.strictEqual(fs.readFileSync("/tmp/v", "utf8"), "AB");
  },
};

export const whatCannotBeWritten = {
  test() {
    assert.throws(() => fs.writeFileSync("/tmp/x", 5), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received type ' +
        "number (5)",
    });
    assert.throws(() => fs.writeFileSync("/tmp/x", "x", { flag: "r" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'flag' must be indicate write or append. Received 'r'",
    });
    assert.throws(() => fs.writeFileSync("/tmp/x", "x", { flush: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.writeFileSync("/tmp/x", "x", { mode: "zz" }), { code: "ERR_INVALID_ARG_VALUE" });
    assert.ok(!fs.existsSync("/tmp/x"));
  },
};

export const flagsOfWholeFiles = {
  test() {
    fs.writeFileSync("/tmp/f", "1", { flag: "wx" });
    refused(() => fs.writeFileSync("/tmp/f", "2", { flag: "wx" }), "EEXIST", "writeAll", "file already exists");
    fs.writeFileSync("/tmp/f", "2", { flag: "a" });
    assert.strictEqual(fs.readFileSync("/tmp/f", "utf8"), "12");
    assert.strictEqual(fs.readFileSync("/tmp/f", { encoding: "utf8", flag: "r+" }), "12");
    assert.throws(() => fs.readFileSync("/tmp/f", { flag: "zz" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'flags' is invalid. Received 'zz'",
    });
  },
};

export const whatIsNotThere = {
  test() {
    const text = "no such file or directory, readAll '/tmp/no/such'";
    refused(() => fs.readFileSync("/tmp/no/such"), "ENOENT", "readAll", text, "/tmp/no/such");
    const writing = "no such file or directory, writeAll '/tmp/no/such'";
    refused(() => fs.writeFileSync("/tmp/no/such", ""), "ENOENT", "writeAll", writing, "/tmp/no/such");
    refused(() => fs.unlinkSync("/tmp/no"), "ENOENT", "unlink", "File not found", "no");
  },
};

export const directoriesAreNoFiles = {
  test() {
    refused(() => fs.readFileSync("/tmp"), "EISDIR", "readAll", "illegal operation on a directory");
    refused(() => fs.writeFileSync("/tmp", ""), "EISDIR", "writeAll", "illegal operation on a directory");
    refused(() => fs.truncateSync("/tmp"), "EISDIR", "ftruncate", "illegal operation on a directory");
    refused(() => fs.unlinkSync("/tmp"), "EISDIR", "unlink", "Cannot unlink a directory");
    fs.writeFileSync("/tmp/file", "");
    refused(() => fs.writeFileSync("/tmp/file/x", ""), "ENOTDIR", "writeAll", "not a directory");
    refused(() => fs.unlinkSync("/tmp/file/x"), "ENOTDIR", "unlink", "Parent path is not a directory");
  },
};

export const statsOfAFile = {
  test() {
    fs.writeFileSync("/tmp/s", "12345");
    const stats = fs.statSync("/tmp/s");
    assert.ok(stats instanceof fs.Stats);
    assert.deepStrictEqual([stats.size, stats.mode, stats.nlink, stats.dev], [5, 0o100666, 1, 0]);
    assert.deepStrictEqual([stats.mtimeMs, stats.atimeMs, stats.birthtime.getTime()], [0, 0, 0]);
    assert.ok(stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink() && !stats.isFIFO());
    assert.strictEqual(fs.statSync("/bundle/data.txt").mode, 0o100444);
    assert.strictEqual(fs.statSync("/tmp").mode, 0o40666);
    assert.strictEqual(fs.statSync("/bundle").mode, 0o40444);
    assert.throws(() => new fs.Stats(), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const statsOfBigIntegers = {
  test() {
    fs.writeFileSync("/tmp/b", "12345");
    fs.utimesSync("/tmp/b", 1, 2000);
    const stats = fs.statSync("/tmp/b", { bigint: true });
    assert.deepStrictEqual([stats.size, stats.mode, stats.mtimeMs, stats.mtimeNs], [5n, 0o100666n, 2000n, 2000000000n]);
    assert.strictEqual(fs.statSync("/tmp/b").mtimeNs, undefined);
    assert.ok(stats.isFile());
    assert.throws(() => fs.statSync("/tmp/b", { bigint: 1 }), {
      message: 'The "options.bigint" property must be of type boolean. Received type number (1)',
    });
  },
};

export const statsOfNothing = {
  test() {
    for (const [call, syscall] of [[fs.statSync, "stat"], [fs.lstatSync, "lstat"]]) {
      assert.throws(() => call("/tmp/nothing"), {
        name: "Error",
        code: "ENOENT",
        errno: -2,
        syscall,
        path: "/tmp/nothing",
        message: `no such file or directory, ${syscall} '/tmp/nothing'`,
      });
      assert.strictEqual(call("/tmp/nothing", { throwIfNoEntry: false }), undefined);
    }
  },
};

export const accessAndExistence = {
  test() {
    fs.writeFileSync("/tmp/acc", "");
    fs.accessSync("/tmp/acc");
    fs.accessSync("/tmp/acc", fs.constants.R_OK | fs.constants.W_OK);
    fs.accessSync("/bundle/data.txt", fs.constants.R_OK);
    const denied = { code: "ENOENT", syscall: "access", errno: -2 };
    assert.throws(() => fs.accessSync("/bundle/data.txt", fs.constants.W_OK), denied);
    assert.throws(() => fs.accessSync("/tmp/acc", fs.constants.X_OK), denied);
    assert.throws(() => fs.accessSync("/tmp/nope"), denied);
    assert.throws(() => fs.accessSync("/tmp/acc", 9), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "mode" is out of range. It must be >= 0 && <= 7. Received 9',
    });
    assert.deepStrictEqual([fs.existsSync("/tmp/acc"), fs.existsSync("/tmp/nope"), fs.existsSync({})], [
      true,
      false,
      false,
    ]);
  },
};

export const truncating = {
  test() {
    fs.writeFileSync("/tmp/t", "12345");
    fs.truncateSync("/tmp/t", 3);
    assert.strictEqual(fs.readFileSync("/tmp/t", "utf8"), "123");
    fs.truncateSync("/tmp/t", 5);
    assert.deepStrictEqual([...fs.readFileSync("/tmp/t")], [49, 50, 51, 0, 0]);
    fs.truncateSync("/tmp/t");
    assert.strictEqual(fs.statSync("/tmp/t").size, 0);
    assert.throws(() => fs.truncateSync("/tmp/t", -1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => fs.truncateSync("/tmp/t", "1"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const filesHaveALargestSize = {
  test() {
    fs.writeFileSync("/tmp/large", "");
    const most = 128 * 1024 * 1024;
    const text = "File size limit exceeded";
    refused(() => fs.truncateSync("/tmp/large", most + 1), "EPERM", "ftruncate", text);
    const fd = fs.openSync("/tmp/large", "r+");
    refused(() => fs.writeSync(fd, "x", most), "EPERM", "write", text);
    fs.closeSync(fd);
  },
};

export const dates = {
  test() {
    fs.writeFileSync("/tmp/d", "");
    const set = (value) => {
      fs.utimesSync("/tmp/d", value, value);
      return fs.statSync("/tmp/d").mtime.getTime();
    };
    assert.strictEqual(set(5), 5);
    assert.strictEqual(set(7n), 7);
    assert.strictEqual(set(new Date(9000)), 9000);
    assert.strictEqual(set("2020-01-01"), 1577836800000);
    assert.strictEqual(fs.statSync("/tmp/d").ctimeMs, 1577836800000);
    fs.writeFileSync("/tmp/d", "changed");
    assert.strictEqual(fs.statSync("/tmp/d").mtimeMs, 1577836800000, "writing does not change it");
    assert.throws(() => fs.utimesSync("/tmp/d", {}, {}), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "time" argument must be one of type string, number, or bigint or an instance of Date. Received an instance ' +
        "of Object",
    });
    assert.throws(() => fs.utimesSync("/tmp/d", NaN, NaN), { name: "TypeError" });
  },
};

export const datesOfWhatCannotBeWritten = {
  test() {
    fs.utimesSync("/bundle/data.txt", 5, 5);
    assert.strictEqual(fs.statSync("/bundle/data.txt").mtimeMs, 0);
    fs.utimesSync("/tmp", 5, 5);
    assert.strictEqual(fs.statSync("/tmp").mtimeMs, 0);
    refused(() => fs.utimesSync("/dev/random", 5, 5), "EPERM", "futimes", "operation not permitted");
    const text = "no such file or directory, utimes '/tmp/nope'";
    refused(() => fs.utimesSync("/tmp/nope", 5, 5), "ENOENT", "utimes", text, "/tmp/nope");
    refused(() => fs.lutimesSync("/tmp/nope", 5, 5), "ENOENT", "utimes", text, "/tmp/nope");
  },
};

export const modesAndOwnersDoNothing = {
  test() {
    fs.writeFileSync("/tmp/m", "");
    fs.chmodSync("/tmp/m", 0o400);
    fs.chmodSync("/tmp/m", "400");
    fs.chownSync("/tmp/m", 1, 1);
    fs.lchmodSync("/tmp/m", 0o400);
    fs.lchownSync("/tmp/m", 1, 1);
    assert.strictEqual(fs.statSync("/tmp/m").mode, 0o100666);
    assert.throws(() => fs.chmodSync("/tmp/nope", 1), { code: "ENOENT", syscall: "chmod", path: "/tmp/nope" });
    assert.throws(() => fs.chownSync("/tmp/nope", 1, 1), { code: "ENOENT", syscall: "chown" });
    assert.throws(() => fs.chmodSync("/tmp/m", "9"), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'mode' must be a 32-bit unsigned integer or an octal string. Received '9'",
    });
    assert.throws(() => fs.chownSync("/tmp/m", "x", 1), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.chownSync("/tmp/m", -2, 1), {
      message: 'The value of "uid" is out of range. It must be >= -1 && <= 4294967295. Received -2',
    });
  },
};

export const statfsIsEmpty = {
  test() {
    const empty = { type: 0, bsize: 0, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    assert.deepStrictEqual(fs.statfsSync("/tmp"), empty);
    assert.strictEqual(fs.statfsSync("/nope", { bigint: true }).files, 0n);
    assert.throws(() => fs.statfsSync("/tmp", { bigint: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const devices = {
  test() {
    const entries = fs.readdirSync("/dev", { withFileTypes: true });
    assert.deepStrictEqual(entries.map((entry) => [entry.name, entry.isCharacterDevice(), entry.isFile()]), [
      ["null", true, false],
      ["zero", true, false],
      ["full", true, false],
      ["random", true, false],
    ]);
    const stats = fs.statSync("/dev/null");
    assert.deepStrictEqual([stats.dev, stats.mode, stats.size, stats.isCharacterDevice()], [1, 0o20666, 0, true]);
  },
};

export const devicesThatAreWritten = {
  test() {
    assert.strictEqual(fs.writeFileSync("/dev/null", "abc"), 3);
    assert.strictEqual(fs.appendFileSync("/dev/zero", "abc"), 3);
    assert.strictEqual(fs.readFileSync("/dev/null", "utf8"), "");
    const text = "operation not permitted";
    refused(() => fs.writeFileSync("/dev/full", "x"), "EPERM", "writeAll", text);
    refused(() => fs.writeFileSync("/dev/random", "x"), "EPERM", "writeAll", text);
    refused(() => fs.truncateSync("/dev/full"), "EPERM", "ftruncate", text);
    fs.truncateSync("/dev/null", 5);
    refused(() => fs.unlinkSync("/dev/null"), "EPERM", "unlink", text);
    refused(() => fs.writeFileSync("/dev/new", ""), "EPERM", "writeAll", text);
  },
};

export const devicesThatAreRead = {
  test() {
    const read = (path) => {
      const fd = fs.openSync(path);
      const buffer = Buffer.alloc(32, 1);
      const count = fs.readSync(fd, buffer, 0, 32, null);
      fs.closeSync(fd);
      return [count, buffer];
    };
    assert.deepStrictEqual(read("/dev/zero"), [32, Buffer.alloc(32)]);
    assert.deepStrictEqual(read("/dev/full"), [32, Buffer.alloc(32)]);
    assert.deepStrictEqual(read("/dev/null"), [0, Buffer.alloc(32, 1)]);
    const [count, bytes] = read("/dev/random");
    assert.strictEqual(count, 32);
    assert.notDeepStrictEqual(bytes, Buffer.alloc(32, 1));
    assert.strictEqual(fs.readFileSync("/dev/random").length, 0);
  },
};

export const blobs = {
  async test() {
    const blob = await fs.openAsBlob("/bundle/data.txt", { type: "text/plain" });
    assert.ok(blob instanceof Blob);
    assert.deepStrictEqual([blob.type, blob.size, await blob.text()], ["text/plain", 12, "hello bundle"]);
    const text = "no such file or directory, open '/nope'";
    refused(() => fs.openAsBlob("/nope"), "ENOENT", "open", text, "/nope");
    refused(() => fs.openAsBlob("/tmp"), "EISDIR", "open", "illegal operation on a directory");
    assert.throws(() => fs.openAsBlob("/bundle/data.txt", { type: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const nothingIsWatched = {
  test() {
    for (const name of ["watch", "watchFile", "unwatchFile"]) {
      assert.throws(() => fs[name]("/tmp"), {
        name: "Error",
        code: "ERR_UNSUPPORTED_OPERATION",
        message: "The requested operation is unsupported",
      });
    }
  },
};
