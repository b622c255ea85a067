// node:zlib where its flag is off: it can be imported, and little of it works.
import assert from "node:assert";
import zlib, { Gzip, constants, crc32, gzipSync } from "node:zlib";

export const functionsThrow = {
  test() {
    const error = { name: "Error", message: 'Compatibility flag "nodejs_zlib" is not enabled' };
    assert.throws(() => gzipSync("x"), error);
    assert.throws(() => zlib.brotliCompress("x", () => {}), error);
    assert.throws(() => new Gzip(), error);
    assert.throws(() => zlib.createGunzip(), error);
    assert.strictEqual(gzipSync.name, "notImplemented");
  },
};

export const numbersWork = {
  test() {
    assert.strictEqual(crc32("x"), 2363233923);
    assert.strictEqual(constants.Z_FINISH, 4);
    assert.strictEqual(Object.keys(zlib).length, 219);
  },
};
