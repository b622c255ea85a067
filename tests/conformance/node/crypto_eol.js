// node:crypto with the flag that takes away what Node 22 no longer has.
import assert from "node:assert";
import * as namespace from "node:crypto";
import crypto from "node:crypto";

export const whatNode22DoesNotHave = {
  test() {
    for (const name of ["createCipher", "createDecipher", "Cipher", "Decipher"]) {
      assert.strictEqual(crypto[name], undefined);
      assert.strictEqual(namespace[name], undefined);
    }
    assert.strictEqual(typeof crypto.createCipheriv, "function");
  },
};
