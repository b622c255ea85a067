// node:fs: descriptors: opened, read, written, closed. Flags are production's: 'r' makes a file, 'w' keeps what it has.
import assert from "node:assert";
import fs from "node:fs";

function refused(call, code, syscall, message) {
  assert.throws(call, { name: "Error", code, syscall, message });
}

const EBADF = "bad file descriptor";

let kept;
if (kept === undefined) {
  fs.writeFileSync("/tmp/top", "written at the top");
  kept = fs.openSync("/tmp/top", "r+");
}

export const moduleScopeHasFilesOfItsOwn = {
  test() {
    assert.strictEqual(fs.existsSync("/tmp/top"), false);
    assert.strictEqual(fs.readFileSync(kept, "utf8"), "written at the top", "what is open stays");
  },
};

export const readingOnAndAt = {
  test() {
    fs.writeFileSync("/tmp/f", "hello world");
    const fd = fs.openSync("/tmp/f");
    const buffer = Buffer.alloc(5);
    const read = (...args) => [fs.readSync(fd, buffer, ...args), buffer.toString("latin1")];
    assert.deepStrictEqual(read(), [5, "hello"]);
    assert.deepStrictEqual(read(0, 5, 6), [5, "world"]);
    assert.deepStrictEqual(read(0, 5, 3n), [5, "lo wo"]);
    assert.deepStrictEqual(read({ position: 0, offset: 1, length: 2 }), [2, "lhewo"]);
    assert.deepStrictEqual(read(0, 5, null), [5, " worl"]);
    assert.deepStrictEqual(read(0, 5), [1, "dworl"]);
    assert.deepStrictEqual(read(0, 5), [0, "dworl"]);
    fs.closeSync(fd);
    refused(() => read(), "EBADF", "read", EBADF);
  },
};

export const writingOnAndAt = {
  test() {
    const fd = fs.openSync("/tmp/f", "w+");
    assert.strictEqual(fs.writeSync(fd, "hello"), 5);
    assert.strictEqual(fs.writeSync(fd, " world"), 6);
    assert.strictEqual(fs.writeSync(fd, "J", 0), 1);
    assert.strictEqual(fs.writeSync(fd, Buffer.from("xyz"), 1, 1, 4), 1);
    assert.strictEqual(fs.readFileSync("/tmp/f", "utf8"), "Jelly world");
    assert.strictEqual(fs.writeSync(fd, "4142", 13, "hex"), 2);
    assert.strictEqual(fs.readFileSync("/tmp/f", "latin1"), "Jelly world\0\0AB");
    assert.strictEqual(fs.writeSync(fd, Buffer.from("abcdef"), { offset: 2, length: 2, position: 0 }), 2);
    assert.strictEqual(fs.readFileSync("/tmp/f", "latin1").slice(0, 5), "cdlly");
  },
};

export const partsOfBuffersAreWritten = {
  test() {
    const fd = fs.openSync("/tmp/f", "w");
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6]);
    assert.strictEqual(fs.writeSync(fd, bytes.subarray(2, 4), 0, 2, 0), 2);
    assert.deepStrictEqual([...fs.readFileSync("/tmp/f")], [3, 4]);
    assert.strictEqual(fs.writevSync(fd, [bytes.subarray(4)], 1), 2);
    assert.deepStrictEqual([...fs.readFileSync("/tmp/f")], [3, 5, 6]);
  },
};

export const argumentsOfReading = {
  test() {
    const fd = fs.openSync("/bundle/data.txt");
    const buffer = Buffer.alloc(4);
    assert.throws(() => fs.readSync(fd, "x"), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        "The \"buffer\" argument must be an instance of Buffer, TypedArray, or DataView. Received type string ('x')",
    });
    assert.throws(() => fs.readSync(fd, buffer, "x"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.readSync(fd, buffer, 0, 9), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => fs.readSync(fd, buffer, 0, 4, -1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => fs.readSync(fd, buffer, 0, 4, "0"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.readSync(fd, buffer, 0, 4, -1n), { name: "TypeError" });
    refused(() => fs.readSync(fd, buffer, 0, 4, 2n ** 40n), "EINVAL", "read", "position out of range");
    assert.throws(() => fs.readSync("x", buffer), {
      message: "The \"fd\" argument must be of type number. Received type string ('x')",
    });
    assert.throws(() => fs.readSync(-1, buffer), {
      message: 'The value of "fd" is out of range. It must be >= 0 && <= 2147483647. Received -1',
    });
    assert.strictEqual(fs.readSync(fd, Buffer.alloc(0)), 0);
    assert.strictEqual(fs.readSync(9999, Buffer.alloc(0)), 0);
  },
};

export const argumentsOfWriting = {
  test() {
    const fd = fs.openSync("/tmp/f", "w");
    const buffer = Buffer.alloc(4);
    assert.throws(() => fs.writeSync(fd, 5), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "buffer" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received type ' +
        "number (5)",
    });
    const bounds = (name) => ({
      name: "RangeError",
      code: "ERR_BUFFER_OUT_OF_BOUNDS",
      message: `"${name}" is outside of buffer bounds`,
    });
    assert.throws(() => fs.writeSync(fd, buffer, 9), bounds("offset"));
    assert.throws(() => fs.writeSync(fd, buffer, 0, 9), bounds("length"));
    assert.throws(() => fs.writeSync(fd, buffer, { offset: 2, length: 3 }), bounds("length"));
    assert.throws(() => fs.writeSync(fd, buffer, -1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => fs.writeSync(fd, "x", "p"), { code: "ERR_INVALID_ARG_TYPE" });
    refused(() => fs.writeSync(9999, "x"), "EBADF", "write", EBADF);
  },
};

export const severalBuffers = {
  test() {
    const fd = fs.openSync("/tmp/f", "w+");
    assert.strictEqual(fs.writevSync(fd, [Buffer.from("ab"), new Uint8Array([99]), new DataView(new ArrayBuffer(1))]), 4);
    assert.strictEqual(fs.writevSync(fd, [Buffer.from("X")], 1), 1);
    const [one, two] = [Buffer.alloc(1), Buffer.alloc(9)];
    assert.strictEqual(fs.readvSync(fd, [one, two], 0), 4);
    assert.deepStrictEqual([one.toString(), two.toString("latin1")], ["a", "Xc\0\0\0\0\0\0\0"]);
    assert.strictEqual(fs.readvSync(fd, []), 0);
    const message = /^The "buffer" argument must be an ArrayBufferView\[\]\. Received /;
    assert.throws(() => fs.readvSync(fd, "x"), { code: "ERR_INVALID_ARG_TYPE", message });
    assert.throws(() => fs.writevSync(fd, ["x"]), { code: "ERR_INVALID_ARG_TYPE", message });
  },
};

export const appending = {
  test() {
    const fd = fs.openSync("/tmp/a", "a+");
    fs.writeSync(fd, "one");
    fs.writeSync(fd, "two", 0);
    assert.strictEqual(fs.readFileSync("/tmp/a", "utf8"), "onetwo");
    const buffer = Buffer.alloc(3);
    assert.strictEqual(fs.readSync(fd, buffer), 3);
    assert.strictEqual(buffer.toString(), "one");
    const writeOnly = fs.openSync("/tmp/a", "a");
    refused(() => fs.readSync(writeOnly, buffer), "EBADF", "read", EBADF);
    refused(() => fs.readFileSync(writeOnly), "EBADF", "fread", EBADF);
  },
};

export const flagsOfOpening = {
  test() {
    fs.closeSync(fs.openSync("/tmp/new"));
    assert.ok(fs.existsSync("/tmp/new"), "one that is not there is made");
    fs.closeSync(fs.openSync("/tmp/deep/er/new", "w"));
    assert.ok(fs.existsSync("/tmp/deep/er/new"), "and what it lies in");
    refused(() => fs.openSync("/tmp/new", "wx"), "EEXIST", "open", "file already exists");
    refused(() => fs.openSync("/bundle/new"), "EPERM", "open", "operation not permitted");
    refused(() => fs.openSync("/tmp/new/x", "w"), "EIO", "open", "input/output error");
    refused(() => fs.openSync("/tmp", "w"), "EISDIR", "open", "illegal operation on a directory");
    assert.throws(() => fs.openSync("/tmp/new", "zz"), { message: "The argument 'flags' is invalid. Received 'zz'" });
    assert.throws(() => fs.openSync("/tmp/new", 1.5), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => fs.openSync("/tmp/new", "r", "zz"), { code: "ERR_INVALID_ARG_VALUE" });
    fs.closeSync(fs.openSync("/tmp/new", fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600));
    fs.closeSync(fs.openSync("/tmp/new", null));
  },
};

export const whatIsThereIsKept = {
  test() {
    fs.writeFileSync("/tmp/f", "12345");
    const fd = fs.openSync("/tmp/f", "w");
    fs.writeSync(fd, "a");
    assert.strictEqual(fs.readFileSync("/tmp/f", "utf8"), "a2345");
  },
};

export const numbersGoUp = {
  test() {
    const first = fs.openSync("/bundle/data.txt");
    const second = fs.openSync("/bundle/data.txt");
    assert.strictEqual(second, first + 1);
    fs.closeSync(first);
    assert.strictEqual(fs.openSync("/bundle/data.txt"), second + 1);
    assert.strictEqual(fs.closeSync(first), undefined, "closing twice is no error");
    assert.throws(() => fs.closeSync(), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => fs.closeSync(-1), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const wholeFilesByDescriptor = {
  test() {
    const fd = fs.openSync("/tmp/f", "w+");
    assert.strictEqual(fs.writeFileSync(fd, "whole"), 5);
    assert.strictEqual(fs.readFileSync(fd, "utf8"), "whole");
    assert.strictEqual(fs.appendFileSync(fd, "+"), 1);
    fs.unlinkSync("/tmp/f");
    assert.strictEqual(fs.readFileSync(fd, "utf8"), "whole+", "what is open outlives its name");
    fs.closeSync(fd);
    refused(() => fs.readFileSync(fd), "EBADF", "fread", EBADF);
    refused(() => fs.writeFileSync(fd, ""), "EBADF", "fwrite", EBADF);
    const readOnly = fs.openSync("/bundle/data.txt");
    refused(() => fs.writeFileSync(readOnly, ""), "EBADF", "fwrite", EBADF);
  },
};

export const callsOnDescriptors = {
  test() {
    const fd = fs.openSync("/tmp/f", "w+");
    fs.writeSync(fd, "12345");
    fs.ftruncateSync(fd, 2);
    assert.strictEqual(fs.fstatSync(fd).size, 2);
    assert.strictEqual(fs.fstatSync(fd, { bigint: true }).size, 2n);
    fs.futimesSync(fd, 1, 2000);
    assert.strictEqual(fs.fstatSync(fd).mtimeMs, 2000);
    fs.fchmodSync(fd, 0o400);
    fs.fchownSync(fd, 1, 1);
    fs.fsyncSync(fd);
    fs.fdatasyncSync(fd);
    for (const name of ["fstatSync", "fsyncSync", "fdatasyncSync"]) {
      refused(() => fs[name](9999), "EBADF", "fstat", EBADF);
    }
    refused(() => fs.ftruncateSync(9999), "EBADF", "ftruncate", EBADF);
    refused(() => fs.futimesSync(9999, 1, 1), "EBADF", "futimes", EBADF);
    refused(() => fs.fchmodSync(9999, 1), "EBADF", "fstat", EBADF);
    assert.throws(() => fs.fstatSync("x"), {
      message: "The \"fd\" argument must be of type number. Received type string ('x')",
    });
  },
};

export const openDirectories = {
  test() {
    const fd = fs.openSync("/tmp");
    assert.ok(fs.fstatSync(fd).isDirectory());
    const text = "illegal operation on a directory";
    refused(() => fs.readSync(fd, Buffer.alloc(1)), "EISDIR", "read", text);
    refused(() => fs.writeSync(fd, "x"), "EISDIR", "write", text);
    refused(() => fs.ftruncateSync(fd), "EISDIR", "ftruncate", text);
    refused(() => fs.readFileSync(fd), "EBADF", "fread", EBADF);
  },
};

export const standardInputAndOutput = {
  test() {
    assert.strictEqual(fs.readSync(0, Buffer.alloc(4)), 0);
    assert.strictEqual(fs.readFileSync(0).length, 0);
    assert.strictEqual(fs.writeSync(1, "a line\nand a half"), 17);
    assert.strictEqual(fs.writeSync(2, "an error\n"), 9);
    assert.strictEqual(fs.writeFileSync(1, "\n"), 1);
    const stats = fs.fstatSync(1);
    assert.deepStrictEqual([stats.mode, stats.size], [0o100666, 0]);
    fs.closeSync(1);
    assert.strictEqual(fs.writeSync(1, "still open\n"), 11);
    refused(() => fs.ftruncateSync(1, 0), "EPERM", "ftruncate", "operation not permitted");
  },
};
