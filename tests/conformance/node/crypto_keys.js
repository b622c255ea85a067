// node:crypto: key objects.
import assert from "node:assert";
import crypto, {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  KeyObject,
  PrivateKeyObject,
  PublicKeyObject,
  SecretKeyObject,
} from "node:crypto";
import { inspect, promisify, types } from "node:util";
import K from "fixtures";

const error = (message) => ({ name: "Error", message });
const parsePrivate = error("Failed to parse private key");
const parsePublic = error("Failed to parse public key");
const type = (start) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${start}"`) });
const value = (message) => ({ name: "TypeError", code: "ERR_INVALID_ARG_VALUE", message });
const present = (jwk) => Object.fromEntries(Object.entries(jwk).filter((entry) => entry[1] !== undefined));

export const secretKeys = {
  test() {
    const key = createSecretKey("abc");
    assert.ok(key instanceof SecretKeyObject);
    assert.ok(key instanceof KeyObject);
    assert.strictEqual(key.type, "secret");
    assert.strictEqual(key.symmetricKeySize, 3);
    assert.strictEqual(key.asymmetricKeyType, undefined);
    assert.strictEqual(key.asymmetricKeyDetails, undefined);
    assert.strictEqual(createSecretKey("6162", "hex").symmetricKeySize, 2);
    assert.strictEqual(createSecretKey(new ArrayBuffer(4)).symmetricKeySize, 4);
    assert.strictEqual(createSecretKey("").symmetricKeySize, 0);
    assert.strictEqual(types.isKeyObject(key), true);
    assert.strictEqual(types.isKeyObject({}), false);
  },
};

export const secretKeysAreExported = {
  test() {
    const key = createSecretKey("abc");
    assert.ok(Buffer.isBuffer(key.export()));
    assert.strictEqual(key.export({ format: "buffer" }).toString(), "abc");
    assert.deepStrictEqual(present(key.export({ format: "jwk" })), { kty: "oct", ext: true, k: "YWJj" });
    assert.throws(() => key.export({ format: "pem" }), {
      name: "TypeError",
      message: "Invalid format for secret key export: pem",
    });
    assert.throws(() => key.export(null), type("options"));
    assert.throws(() => key.export(1), type("options"));
    assert.throws(() => key.export({ format: 1 }), type("options.format"));
  },
};

export const jwkHasEveryField = {
  test() {
    const fields = "kty use key_ops alg ext crv x y d n e p q dp dq qi oth k";
    assert.strictEqual(Object.keys(createSecretKey("a").export({ format: "jwk" })).join(" "), fields);
    assert.strictEqual(Object.keys(createPrivateKey(K.rsaPriv).export({ format: "jwk" })).join(" "), fields);
  },
};

export const whatIsNoSecret = {
  test() {
    for (const key of [undefined, null]) {
      assert.throws(() => createSecretKey(key), {
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "key" argument must be of type string or an instance of ArrayBuffer, TypedArray, or DataView. Received ${key}`,
      });
    }
    assert.throws(() => createSecretKey(1), {
      name: "TypeError",
      message: "Failed to execute 'createSecretKey' on 'CryptoImpl': parameter 1 is not of type 'JsBufferSource'.",
    });
  },
};

export const keysAreNotConstructed = {
  test() {
    for (const Kind of [KeyObject, SecretKeyObject, PublicKeyObject, PrivateKeyObject]) {
      assert.throws(() => new Kind(), error("Illegal constructor"));
    }
    assert.strictEqual(Object.prototype.toString.call(createSecretKey("a")), "[object KeyObject]");
    assert.deepStrictEqual(Object.keys(createSecretKey("a")), []);
  },
};

export const privateKeysOfPem = {
  test() {
    const kinds = {
      rsaPriv: "rsa", rsaPriv1: "rsa", p256Priv: "ec", p256Sec1: "ec", p384Priv: "ec", p521Priv: "ec",
      ed25519Priv: "ed25519", x25519Priv: "x25519", dsaPriv: "dsa",
    };
    for (const [name, kind] of Object.entries(kinds)) {
      const key = createPrivateKey(K[name]);
      assert.strictEqual(key.type, "private");
      assert.strictEqual(key.asymmetricKeyType, kind, name);
      assert.ok(key instanceof PrivateKeyObject);
    }
    const bytes = Buffer.from(K.rsaPriv);
    for (const data of [bytes, new Uint8Array(bytes).buffer, { key: bytes }, { key: bytes.toString("hex"), encoding: "hex" }]) {
      assert.strictEqual(createPrivateKey(data).asymmetricKeyType, "rsa");
    }
    assert.ok(createPrivateKey(K.rsaPriv.replace(/\n/g, "\r\n")));
    assert.ok(createPrivateKey(`text before\n${K.rsaPriv}text behind`));
  },
};

export const kindsThatAreNotRead = {
  test() {
    for (const name of ["k1Priv", "ed448Priv", "pssPriv", "dhPriv", "rsaPub", "ca"]) {
      assert.throws(() => createPrivateKey(K[name]), parsePrivate, name);
    }
    for (const text of ["", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]) {
      assert.throws(() => createPrivateKey(text), parsePrivate);
      assert.throws(() => createPublicKey(text), parsePublic);
    }
    assert.throws(() => createPrivateKey(K.rsaPriv.replace(/\n/g, "")), parsePrivate);
  },
};

export const encryptedKeys = {
  test() {
    for (const name of ["rsaEnc", "rsaEnc1"]) {
      assert.ok(createPrivateKey({ key: K[name], passphrase: "secret" }));
      assert.ok(createPrivateKey({ key: K[name], passphrase: Buffer.from("secret") }));
      assert.throws(() => createPrivateKey(K[name]), parsePrivate);
      assert.throws(() => createPrivateKey({ key: K[name], passphrase: "wrong" }), parsePrivate);
      assert.throws(() => createPrivateKey({ key: K[name], passphrase: "x".repeat(1025) }), parsePrivate);
    }
    assert.strictEqual(createPublicKey({ key: K.rsaEnc, passphrase: "secret" }).type, "public");
    assert.throws(() => createPrivateKey({ key: K.rsaEnc, passphrase: 1 }), type("passphrase"));
  },
};

export const publicKeysOfPem = {
  test() {
    for (const name of ["rsaPub", "rsaPub1", "p256Pub", "ed25519Pub", "x25519Pub", "dsaPub"]) {
      assert.strictEqual(createPublicKey(K[name]).type, "public", name);
    }
    for (const name of ["rsaPriv", "p256Sec1", "dsaPriv", "ca", "leaf"]) {
      assert.ok(createPublicKey(K[name]) instanceof PublicKeyObject, name);
    }
    assert.strictEqual(createPublicKey(K.leaf).asymmetricKeyType, "ec");
  },
};

export const publicOfPrivate = {
  test() {
    for (const name of ["rsa", "p256", "ed25519", "x25519", "dsa"]) {
      const derived = createPublicKey(createPrivateKey(K[`${name}Priv`]));
      assert.ok(derived.equals(createPublicKey(K[`${name}Pub`])), name);
    }
    const key = createPublicKey(K.p256Pub);
    assert.throws(() => createPublicKey(key), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "key" argument must be an instance of PrivateKeyObject. Received an instance of PublicKeyObject',
    });
    assert.throws(() => createPublicKey(createSecretKey("a")), type("key"));
    assert.throws(() => createPublicKey({ key }), type("options.key"));
    assert.throws(() => createPrivateKey(createPrivateKey(K.p256Priv)), type("options.key"));
  },
};

export const keysOfDer = {
  test() {
    const rsa = createPrivateKey(K.rsaPriv);
    const ec = createPrivateKey(K.p256Priv);
    const back = (key, kind, asked = kind) =>
      createPrivateKey({ key: key.export({ format: "der", type: kind }), format: "der", type: asked }).equals(key);
    assert.ok(back(rsa, "pkcs8"));
    assert.ok(back(rsa, "pkcs1"));
    assert.ok(back(ec, "sec1"));
    assert.ok(back(rsa, "pkcs8", undefined));
    assert.throws(() => back(rsa, "pkcs1", "pkcs8"), parsePrivate);
    const encrypted = ec.export({ format: "der", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" });
    assert.ok(createPrivateKey({ key: encrypted, format: "der", type: "pkcs8", passphrase: "x" }).equals(ec));
    const publicKey = createPublicKey(K.rsaPub);
    for (const kind of ["spki", "pkcs1"]) {
      const der = publicKey.export({ format: "der", type: kind });
      assert.ok(createPublicKey({ key: der, format: "der", type: kind }).equals(publicKey));
    }
  },
};

export const formatsAndTypesAreChecked = {
  test() {
    assert.throws(() => createPrivateKey({ key: "x", format: "foo" }),
      value("The argument 'format' must be one of: 'pem', 'der'. Received 'foo'"));
    assert.throws(() => createPrivateKey({ key: "x", format: "der", type: "spki" }),
      value("The argument 'type' must be one of: 'pkcs1', 'pkcs8', 'sec1'. Received 'spki'"));
    assert.throws(() => createPublicKey({ key: "x", format: "der", type: "pkcs8" }),
      value("The argument 'type' must be one of: 'pkcs1', 'spki'. Received 'pkcs8'"));
    assert.throws(() => createPrivateKey({ key: "x", format: "der", type: "pkcs8" }), parsePrivate);
    for (const make of [createPrivateKey, createPublicKey]) {
      for (const key of [null, undefined]) assert.throws(() => make(key), type("key"));
      for (const key of [1, {}, { key: null }, { kty: "RSA" }]) assert.throws(() => make(key), type("options.key"));
      assert.throws(() => make({ key: 1 }), type("key"));
    }
  },
};

export const details = {
  test() {
    const rsa = createPublicKey(K.rsaPub).asymmetricKeyDetails;
    assert.strictEqual(rsa.modulusLength, 2048);
    assert.strictEqual(rsa.publicExponent, 65537n);
    assert.strictEqual(rsa.namedCurve, undefined);
    assert.deepStrictEqual(Object.keys(rsa), ["modulusLength", "publicExponent", "divisorLength", "namedCurve"]);
    assert.strictEqual(createPrivateKey(K.p256Priv).asymmetricKeyDetails.namedCurve, "prime256v1");
    assert.strictEqual(createPrivateKey(K.p384Priv).asymmetricKeyDetails.namedCurve, "secp384r1");
    assert.strictEqual(createPrivateKey(K.dsaPriv).asymmetricKeyDetails.divisorLength, 256);
    assert.strictEqual(createPrivateKey(K.ed25519Priv).asymmetricKeyDetails.namedCurve, undefined);
  },
};

export const privateKeysAreExported = {
  test() {
    const rsa = createPrivateKey(K.rsaPriv);
    assert.strictEqual(rsa.export({ format: "pem", type: "pkcs8" }), K.rsaPriv);
    assert.strictEqual(rsa.export({ format: "pem", type: "pkcs1" }), K.rsaPriv1);
    assert.strictEqual(createPrivateKey(K.p256Priv).export({ format: "pem", type: "sec1" }), K.p256Sec1);
    assert.strictEqual(createPrivateKey(K.ed25519Priv).export({ format: "pem", type: "pkcs8" }), K.ed25519Priv);
    assert.ok(Buffer.isBuffer(rsa.export({ format: "der", type: "pkcs8" })));
  },
};

export const publicKeysAreExported = {
  test() {
    const rsa = createPublicKey(K.rsaPub);
    assert.strictEqual(rsa.export({ format: "pem", type: "spki" }), K.rsaPub);
    assert.strictEqual(rsa.export({ format: "pem", type: "pkcs1" }), K.rsaPub1);
    assert.strictEqual(rsa.export({ format: "pem", type: "pkcs8" }), K.rsaPub);
    assert.strictEqual(createPublicKey(K.x25519Pub).export({ format: "der", type: "spki" }).length, 44);
  },
};

export const exportsThatCannotBe = {
  test() {
    const rsa = createPrivateKey(K.rsaPriv);
    const ec = createPrivateKey(K.p256Priv);
    for (const options of [undefined, {}, { format: "pem" }]) {
      assert.throws(() => ec.export(options), { name: "TypeError", message: "Missing type option" });
    }
    assert.throws(() => ec.export({ format: "pem", type: "pkcs1" }), error("PKCS1 can only be used for RSA keys"));
    assert.throws(() => rsa.export({ format: "pem", type: "sec1" }), error("SEC1 can only be used for EC keys"));
    assert.throws(() => rsa.export({ format: "pem", type: "spki" }), error("Failed to export key"));
    assert.throws(() => rsa.export({ format: "foo", type: "pkcs8" }), error("Invalid key format"));
    assert.throws(() => rsa.export({ format: "pem", type: "foo" }), error("Invalid key encoding"));
    assert.throws(() => createPrivateKey(K.dsaPriv).export({ format: "jwk" }),
      error("Key type is invalid for JWK export"));
  },
};

export const encryptedExports = {
  test() {
    const key = createPrivateKey(K.p256Priv);
    const pem = key.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" });
    assert.ok(pem.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert.ok(createPrivateKey({ key: pem, passphrase: "x" }).equals(key));
    const old = key.export({ format: "pem", type: "sec1", cipher: "aes-128-cbc", passphrase: Buffer.from("y") });
    assert.ok(old.includes("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"));
    assert.ok(createPrivateKey({ key: old, passphrase: "y" }).equals(key));
    const options = { format: "pem", type: "pkcs8" };
    assert.throws(() => key.export({ ...options, cipher: "nope", passphrase: "x" }), error("Unknown cipher: nope"));
    assert.throws(() => key.export({ ...options, cipher: "aes-256-cbc" }), type("options.passphrase"));
    assert.throws(() => key.export({ ...options, cipher: 1 }), type("options.cipher"));
  },
};

export const jwkThereAndBack = {
  test() {
    for (const name of ["rsa", "p256", "ed25519", "x25519"]) {
      const jwk = K[`${name}Jwk`];
      const key = createPrivateKey({ key: jwk, format: "jwk" });
      assert.ok(key.equals(createPrivateKey(K[`${name}Priv`])), name);
      const written = present(key.export({ format: "jwk" }));
      for (const field of Object.keys(jwk)) assert.strictEqual(written[field], jwk[field], `${name} ${field}`);
      const publicKey = createPublicKey({ key: jwk, format: "jwk" });
      assert.ok(publicKey.equals(createPublicKey(key)));
      assert.strictEqual(publicKey.export({ format: "jwk" }).d, undefined);
    }
    assert.strictEqual(createPrivateKey(K.ed25519Priv).export({ format: "jwk" }).alg, "EdDSA");
  },
};

export const jwkThatIsNotComplete = {
  test() {
    const without = (jwk, field) => ({ ...jwk, [field]: undefined });
    const read = (key) => createPrivateKey({ key, format: "jwk" });
    for (const field of ["n", "e", "d", "p", "q", "dp", "dq", "qi"]) {
      assert.throws(() => read(without(K.rsaJwk, field)), error(`RSA JWK missing ${field} parameter`));
    }
    for (const field of ["x", "y", "d", "crv"]) {
      assert.throws(() => read(without(K.p256Jwk, field)), error(`EC JWK missing ${field} parameter`));
    }
    assert.throws(() => read(without(K.ed25519Jwk, "crv")), error("OKP JWK missing crv parameter"));
    assert.throws(() => read(without(K.ed25519Jwk, "d")), error("OKP JWK missing d parameter"));
    assert.throws(() => read({ ...K.rsaJwk, n: "!!" }), error("RSA JWK invalid n parameter"));
    assert.throws(() => read({ ...K.p256Jwk, crv: "nope" }), error("EC JWK unsupported crv parameter"));
    assert.throws(() => read({ ...K.p256Jwk, x: K.p256Jwk.y }), error("EC JWK invalid public key"));
    assert.throws(() => read(K.k1Jwk), error("EC JWK unsupported curve"));
    assert.throws(() => read({ kty: "oct", k: "aa" }),
      error("JWK private key import is not implemented for this key type"));
    assert.throws(() => createPublicKey({ key: {}, format: "jwk" }),
      error("JWK public key import is not implemented for this key type"));
  },
};

export const equality = {
  test() {
    const key = createPrivateKey(K.p256Priv);
    const publicKey = createPublicKey(key);
    assert.ok(key.equals(key));
    assert.ok(key.equals(createPrivateKey(K.p256Sec1)));
    assert.ok(!key.equals(publicKey));
    assert.ok(!publicKey.equals(createPublicKey(K.p384Pub)));
    assert.ok(createSecretKey("a").equals(createSecretKey("a")));
    assert.ok(!createSecretKey("a").equals(createSecretKey("b")));
    assert.strictEqual(createSecretKey("a").equals({}), false);
    assert.throws(() => key.equals({ type: "private" }), type("otherKeyObject"));
  },
};

export const inspection = {
  test() {
    assert.strictEqual(inspect(createSecretKey("abc")), "SecretKeyObject { size: 3 }");
    assert.match(inspect(createPrivateKey(K.p256Priv)), /^PrivateKeyObject \{\n {2}type: 'ec',\n {2}details: \{/);
    assert.throws(() => createPrivateKey(K.p256Priv).toCryptoKey(), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
  },
};

export const ofCryptoKeys = {
  async test() {
    const { subtle } = crypto;
    const code = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const secret = KeyObject.from(code);
    assert.strictEqual(secret.type, "secret");
    assert.strictEqual(secret.export().length, 64);
    const { kty, alg, ext, key_ops } = secret.export({ format: "jwk" });
    assert.deepStrictEqual([kty, alg, ext, key_ops], ["oct", "HS256", true, ["sign"]]);
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    assert.strictEqual(KeyObject.from(pair.privateKey).asymmetricKeyType, "ec");
    assert.strictEqual(KeyObject.from(pair.publicKey).type, "public");
    assert.match(KeyObject.from(pair.privateKey).export({ format: "pem", type: "pkcs8" }), /^-----BEGIN PRIVATE KEY/);
    const locked = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
    assert.throws(() => KeyObject.from(locked).export(), {
      name: "TypeError",
      message: "Unable to export non-extractable key",
    });
    assert.throws(() => KeyObject.from({}), type("key"));
  },
};

export const generatedSecrets = {
  test() {
    assert.strictEqual(generateKeySync("hmac", { length: 64 }).symmetricKeySize, 8);
    assert.strictEqual(generateKeySync("hmac", { length: 15 }).symmetricKeySize, 1);
    assert.strictEqual(generateKeySync("aes", { length: 256 }).export().length, 32);
    assert.throws(() => generateKeySync("aes", { length: 100 }),
      value("The property 'options.length' must be one of: 128, 192, 256. Received 100"));
    assert.throws(() => generateKeySync("hmac", { length: 4 }), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "options.length" is out of range. It must be >= 8 && <= 65536. Received 4',
    });
    assert.throws(() => generateKeySync("x", { length: 8 }), value("The argument 'type' must be one of: 'hmac', 'aes'. Received 'x'"));
    assert.throws(() => generateKeySync("hmac"), type("options"));
  },
};

export const generatedSecretsLater = {
  async test() {
    const key = await promisify(generateKey)("hmac", { length: 64 });
    assert.strictEqual(key.type, "secret");
    await assert.rejects(promisify(generateKey)("x", { length: 8 }), { code: "ERR_INVALID_ARG_VALUE" });
  },
};

export const generatedPairs = {
  test() {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
    assert.strictEqual(rsa.publicKey.asymmetricKeyDetails.modulusLength, 1024);
    assert.strictEqual(rsa.privateKey.type, "private");
    for (const [curve, name] of [["P-256", "prime256v1"], ["secp384r1", "secp384r1"], ["P-521", "secp521r1"]]) {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
      assert.strictEqual(publicKey.asymmetricKeyDetails.namedCurve, name);
    }
    for (const kind of ["ed25519", "x25519"]) {
      assert.strictEqual(generateKeyPairSync(kind).publicKey.asymmetricKeyType, kind);
    }
    assert.strictEqual(generateKeyPairSync("dh", { group: "modp14" }).publicKey.asymmetricKeyType, "dh");
  },
};

export const generatedPairsAreEncoded = {
  test() {
    const pair = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { format: "pem", type: "spki" },
      privateKeyEncoding: { format: "der", type: "pkcs8" },
    });
    assert.match(pair.publicKey, /^-----BEGIN PUBLIC KEY-----\n/);
    assert.ok(Buffer.isBuffer(pair.privateKey));
    const options = (publicKeyEncoding) => ({ namedCurve: "P-256", publicKeyEncoding });
    assert.throws(() => generateKeyPairSync("ec", options({})), { message: "Missing type option" });
    assert.throws(() => generateKeyPairSync("ec", options("x")), type("options.publicKeyEncoding"));
    assert.throws(() => generateKeyPairSync("ec", options({ format: "pem", type: "xx" })), error("Invalid key encoding"));
  },
};

export const pairsThatAreNotGenerated = {
  test() {
    for (const kind of ["rsa-pss", "dsa", "ed448", "nope", 1, undefined]) {
      assert.throws(() => generateKeyPairSync(kind, {}), {
        code: "ERR_INVALID_ARG_VALUE",
        message: /^The argument 'type' must be one of: 'rsa', 'ec', 'ed25519', 'x25519', 'dh'\. Received/,
      });
    }
    assert.throws(() => generateKeyPairSync("rsa", {}), type("options.modulusLength"));
    assert.throws(() => generateKeyPairSync("rsa", { modulusLength: 0 }), error("Failed to set modulus length"));
    assert.throws(() => generateKeyPairSync("rsa", { modulusLength: 256 }), error("Failed to generate key"));
    const { publicKey } = generateKeyPairSync("dh", { group: "modp14" });
    assert.throws(() => publicKey.export({ format: "pem", type: "spki" }), error("Failed to export key"));
    assert.throws(() => generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 4 }), error("Failed to generate key"));
    assert.throws(() => generateKeyPairSync("ec", { namedCurve: "nope" }), error("Invalid or unsupported curve"));
    assert.throws(() => generateKeyPairSync("ec", { namedCurve: "secp256k1" }), error("Failed to initialize key"));
    assert.throws(() => generateKeyPairSync("ec", {}), type("options.namedCurve"));
    assert.throws(() => generateKeyPairSync("dh", {}), { code: "ERR_MISSING_OPTION" });
    assert.throws(() => generateKeyPairSync("dh", { group: "modp14", generator: 2 }), {
      name: "Error",
      code: "ERR_INCOMPATIBLE_OPTION_PAIR",
      message: 'The options "group" and "generator" are mutually exclusive.',
    });
  },
};

export const generatedPairsLater = {
  async test() {
    const { publicKey, privateKey } = await promisify(generateKeyPair)("ed25519", {});
    assert.ok(createPublicKey(privateKey).equals(publicKey));
    await assert.rejects(promisify(generateKeyPair)("ec", { namedCurve: "nope" }), { message: "Invalid or unsupported curve" });
    assert.throws(() => generateKeyPair("ec", { namedCurve: "P-256" }), type("callback"));
  },
};

// The numbers of a DSA key may be left to a certificate's issuer; such a key is of no use by itself.
export const dsaWithoutNumbers = {
  test() {
    const algorithm = Buffer.from("300906072a8648ce380401", "hex");
    const bits = Buffer.from("030400020105", "hex");
    const body = Buffer.concat([algorithm, bits]);
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
    assert.throws(() => createPublicKey({ key: der, format: "der", type: "spki" }), { message: "Failed to parse public key" });
  },
};
