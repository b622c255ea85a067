// node:crypto: signatures, and encrypting with keys of RSA.
import assert from "node:assert";
import crypto, {
  constants,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  sign,
  Sign,
  verify,
  Verify,
} from "node:crypto";
import { Writable } from "node:stream";
import K from "fixtures";

const data = Buffer.from("data");
const rsa = createPrivateKey(K.rsaPriv);
const rsaPublic = createPublicKey(K.rsaPub);
const ec = createPrivateKey(K.p256Priv);
const ecPublic = createPublicKey(K.p256Pub);
const ed = createPrivateKey(K.ed25519Priv);
const edPublic = createPublicKey(K.ed25519Pub);
const error = (message) => ({ name: "Error", message });
const type = (name) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${name}"`) });
const required = { name: "Error", code: "ERR_CRYPTO_SIGN_KEY_REQUIRED", message: "No key provided to sign" };
const signed = (key, algorithm = "sha256") => createSign(algorithm).update("data").sign(key);
const verified = (key, signature, algorithm = "sha256") => createVerify(algorithm).update("data").verify(key, signature);

export const signaturesOfRsa = {
  test() {
    const signature = signed(rsa);
    assert.strictEqual(signature.length, 256);
    assert.deepStrictEqual(signed(K.rsaPriv, "RSA-SHA256"), signature);
    assert.ok(verified(rsaPublic, signature));
    assert.ok(verified(K.rsaPub, signature));
    assert.ok(!verified(rsaPublic, signature, "sha512"));
    assert.ok(!verified(rsaPublic, Buffer.alloc(256)));
    assert.ok(!verified(rsaPublic, Buffer.alloc(3)));
    assert.deepStrictEqual(sign("sha256", data, rsa), signature);
  },
};

export const signaturesOnCurves = {
  test() {
    const signature = signed(ec);
    assert.strictEqual(signature[0], 0x30);
    assert.ok(verified(ecPublic, signature));
    assert.ok(verified(ec, signature));
    assert.ok(verified(K.p256Priv, signature));
    assert.ok(!createVerify("sha256").update("other").verify(ecPublic, signature));
    assert.ok(createVerify("sha256").update("data").verify(K.p256Pub, signature.toString("hex"), "hex"));
  },
};

export const twoNumbersBesideEachOther = {
  test() {
    const options = (key) => ({ key, dsaEncoding: "ieee-p1363" });
    const signature = signed(options(K.p256Priv));
    assert.strictEqual(signature.length, 64);
    assert.ok(verified(options(K.p256Pub), signature));
    assert.ok(!verified(K.p256Pub, signature));
    assert.ok(!verified(options(K.p256Pub), signature.subarray(1)));
    assert.strictEqual(sign("sha256", data, options(K.p256Priv)).length, 64);
    assert.throws(() => signed({ key: K.p256Priv, dsaEncoding: "x" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.dsaEncoding' is invalid. Received 'x'",
    });
  },
};

export const pss = {
  test() {
    const options = (key, saltLength) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    const signature = signed(options(K.rsaPriv, 32));
    assert.ok(verified(options(K.rsaPub, 32), signature));
    assert.ok(verified(options(K.rsaPub, constants.RSA_PSS_SALTLEN_AUTO), signature));
    assert.ok(verified(options(K.rsaPub), signature));
    assert.ok(!verified(options(K.rsaPub, 20), signature));
    assert.ok(!verified(K.rsaPub, signature));
    const usual = signed(options(K.rsaPriv));
    assert.ok(verified(options(K.rsaPub, constants.RSA_PSS_SALTLEN_DIGEST), usual));
    assert.throws(() => signed(options(K.rsaPriv, 9999)), error("Failed to generate signature"));
  },
};

export const optionsAreChecked = {
  test() {
    assert.throws(() => signed({ key: K.rsaPriv, padding: 99 }), error("Failed to set RSA parameters for signature"));
    assert.throws(() => signed({ key: K.rsaPriv, padding: "x" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.padding' is invalid. Received 'x'",
    });
    assert.throws(() => signed({ key: K.rsaPriv, padding: 6, saltLength: "1" }), { code: "ERR_INVALID_ARG_VALUE" });
    for (const make of [createSign, createVerify]) {
      assert.throws(() => make("nope"), error("Unknown digest: nope"));
      assert.throws(() => make(), type("algorithm"));
    }
  },
};

export const keysThatDoNotSign = {
  test() {
    assert.throws(() => createSign("sha256").sign(), required);
    assert.throws(() => createSign("sha256").sign(null), required);
    assert.throws(() => createVerify("sha256").verify(), required);
    assert.throws(() => signed(rsaPublic), {
      name: "Error",
      code: "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
      message: "Invalid key object type public, expected private.",
    });
    assert.throws(() => signed(createSecretKey("a")), type("options"));
    assert.throws(() => signed({}), type("options.key"));
    assert.throws(() => signed({ key: rsa }), type("options.key"));
    assert.throws(() => signed(K.rsaPub), error("Failed to parse private key"));
    assert.throws(() => verified(createSecretKey("a"), data), error("Invalid key for verify operation"));
  },
};

export const kindsThatDoNotSign = {
  test() {
    assert.throws(() => signed(ed), error("Failed to set signature digest"));
    assert.throws(() => signed(createPrivateKey(K.x25519Priv)), error("Failed to initialize signing context"));
    assert.throws(() => signed(createPrivateKey(K.dsaPriv)), error("Signing with DSA keys is not currently supported"));
    assert.throws(() => verified(edPublic, Buffer.alloc(64)), error("Unsupported operation for this key"));
    assert.throws(() => verify("sha256", data, createPublicKey(K.dsaPub), data),
      error("Verifying with DSA keys is not currently supported"));
  },
};

export const usedOnce = {
  test() {
    const signing = createSign("sha256").update("data");
    signing.sign(rsa);
    assert.throws(() => signing.sign(rsa), error("Signing context has already been finalized"));
    assert.throws(() => signing.update("x"), error("Signing context has already been finalized"));
    const verifying = createVerify("sha256").update("data");
    verifying.verify(ecPublic, data);
    assert.throws(() => verifying.verify(ecPublic, data), error("Verification context has already been finalized"));
  },
};

export const encodingsOfSignatures = {
  test() {
    assert.strictEqual(createSign("sha256").update("data").sign(rsa, "hex").length, 512);
    assert.ok(Buffer.isBuffer(createSign("sha256").update("data").sign(rsa, "buffer")));
    assert.throws(() => createSign("sha256").update(1), type("data"));
    assert.throws(() => createSign("sha256").update(new ArrayBuffer(1)), type("data"));
    assert.throws(() => createVerify("sha256").verify(ecPublic), {
      name: "TypeError",
      message: "Failed to execute 'verify' on 'VerifyHandle': parameter 2 is not of type 'JsBufferSource'.",
    });
  },
};

export const signersAreStreams = {
  async test() {
    assert.ok(Sign("sha256") instanceof Sign);
    assert.ok(Verify("sha256") instanceof Writable);
    const stream = createSign("sha256");
    stream.write("da");
    await new Promise((resolve) => stream.end("ta", resolve));
    assert.deepStrictEqual(stream.sign(rsa), signed(rsa));
  },
};

export const ed25519 = {
  test() {
    const signature = sign(null, data, ed);
    assert.strictEqual(signature.length, 64);
    assert.ok(verify(null, data, edPublic, signature));
    assert.ok(verify(undefined, data, edPublic, signature));
    assert.deepStrictEqual(sign(undefined, data, K.ed25519Priv), signature);
    assert.throws(() => sign("sha256", data, ed), error("Failed to initialize signing context"));
  },
};

export const atOnce = {
  test() {
    assert.ok(verify("sha256", data, ecPublic, sign("sha256", data, ec)));
    assert.ok(!verify("sha256", data, rsaPublic, Buffer.alloc(256)));
    assert.ok(verify("sha256", data, rsa, sign("sha256", data, rsa)));
    assert.throws(() => sign(null, data, rsa), error("Failed to initialize signing context"));
    assert.throws(() => sign("nope", data, rsa), error("Unknown digest: nope"));
    assert.throws(() => sign("sha256", "x", rsa), type("data"));
    assert.throws(() => sign("sha256", data), required);
    assert.throws(() => sign(1, data, rsa), type("algorithm"));
    assert.throws(() => verify("sha256", data, rsaPublic, "x"), type("signature"));
  },
};

export const withACallback = {
  async test() {
    const called = (run) => new Promise((resolve) => run((...args) => resolve(args)));
    const [none, signature] = await called((callback) => sign("sha256", data, rsa, callback));
    assert.strictEqual(none, null);
    assert.ok(Buffer.isBuffer(signature));
    assert.deepStrictEqual(await called((callback) => verify("sha256", data, rsaPublic, signature, callback)), [null, true]);
    const [failed] = await called((callback) => sign("nope", data, rsa, callback));
    assert.strictEqual(failed.message, "Unknown digest: nope");
  },
};

export const withCryptoKeys = {
  async test() {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const signature = sign("sha256", data, pair.privateKey);
    assert.ok(verify("sha256", data, pair.publicKey, signature));
    assert.strictEqual(sign("sha256", data, pair.publicKey).length, 0);
  },
};

export const encryptingWithPublicKeys = {
  test() {
    assert.strictEqual(privateDecrypt(rsa, publicEncrypt(rsaPublic, data)).toString(), "data");
    assert.strictEqual(privateDecrypt(K.rsaPriv, publicEncrypt(K.rsaPub, "h\u00e9")).toString(), "h\u00e9");
    assert.strictEqual(publicEncrypt(K.rsaPriv, data).length, 256);
    const oaep = (key, more) => ({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, ...more });
    const encrypted = publicEncrypt(oaep(K.rsaPub, { oaepHash: "sha1", oaepLabel: "label" }), data);
    assert.strictEqual(privateDecrypt(oaep(K.rsaPriv, { oaepHash: "sha1", oaepLabel: Buffer.from("label") }), encrypted).toString(), "data");
    assert.throws(() => privateDecrypt(oaep(K.rsaPriv, { oaepHash: "sha1" }), encrypted), error("Failed to cipher/decipher"));
    const usual = publicEncrypt(oaep(K.rsaPub), data);
    assert.strictEqual(privateDecrypt(oaep(K.rsaPriv, { oaepHash: "sha256" }), usual).toString(), "data");
  },
};

export const encryptingWithPrivateKeys = {
  test() {
    assert.strictEqual(publicDecrypt(rsaPublic, privateEncrypt(rsa, data)).toString(), "data");
    const bare = (key) => ({ key, padding: constants.RSA_NO_PADDING });
    const block = Buffer.concat([Buffer.alloc(252), data]);
    assert.deepStrictEqual(publicDecrypt(bare(K.rsaPub), privateEncrypt(bare(K.rsaPriv), block)), block);
    assert.throws(() => privateEncrypt({ key: K.rsaPriv, padding: 4 }, data), error("Failed to set the padding"));
    assert.throws(() => publicDecrypt(rsaPublic, Buffer.alloc(256, 1)), error("Failed to cipher/decipher"));
  },
};

export const encryptingThatFails = {
  test() {
    assert.throws(() => publicEncrypt(rsaPublic, Buffer.alloc(300)), error("Failed to cipher/decipher"));
    assert.throws(() => publicEncrypt({ key: K.rsaPub, padding: 99 }, data), error("Failed to set the padding"));
    assert.throws(() => publicEncrypt({ key: K.rsaPub, padding: "x" }, data), type("options.padding"));
    assert.throws(() => publicEncrypt({ key: K.rsaPub, padding: 4, oaepHash: "nope" }, data), error("Unsupported hash digest"));
    assert.throws(() => publicEncrypt({ key: K.rsaPub, padding: 4, oaepLabel: 1 }, data), type("options.oaepLabel"));
    assert.throws(() => publicEncrypt(ecPublic, data), error("publicEncrypt() currently only supports RSA keys"));
    assert.throws(() => publicEncrypt(rsa, data), { code: "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE" });
    assert.throws(() => privateDecrypt(rsaPublic, data), { message: "Invalid key object type public, expected private." });
    assert.throws(() => publicEncrypt(), { code: "ERR_MISSING_ARGS", message: 'The "key" argument must be specified' });
    assert.throws(() => privateEncrypt(), { message: 'The "privateKey" argument must be specified' });
    assert.throws(() => publicEncrypt(rsaPublic), { message: 'The "buffer" argument must be specified' });
    assert.throws(() => privateDecrypt(rsa, Buffer.alloc(5)), error("Failed to cipher/decipher"));
  },
};
