// node:crypto: Diffie-Hellman, with numbers and on curves.
import assert from "node:assert";
import crypto, {
  constants,
  createDiffieHellman,
  createDiffieHellmanGroup,
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  DiffieHellman,
  DiffieHellmanGroup,
  ECDH,
  generateKeyPairSync,
  getCurves,
  getDiffieHellman,
} from "node:crypto";
import K from "fixtures";

const error = (message) => ({ name: "Error", message });
const type = (name) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${name}"`) });
const range = (message) => ({ name: "RangeError", message });
const prime = getDiffieHellman("modp14").getPrime();
const init = (what) => error(`DiffieHellman init failed: ${what}`);

export const groups = {
  test() {
    const sizes = { modp14: 256, modp15: 384, modp16: 512, modp17: 768, modp18: 1024, MODP14: 256 };
    for (const [name, size] of Object.entries(sizes)) {
      const group = getDiffieHellman(name);
      assert.ok(group instanceof DiffieHellmanGroup);
      assert.strictEqual(group.getPrime().length, size);
      assert.strictEqual(group.getGenerator("hex"), "02");
    }
    assert.strictEqual(getDiffieHellman("modp14").setPrivateKey, undefined);
    for (const name of ["modp1", "modp5", "nope", undefined]) {
      assert.throws(() => createDiffieHellmanGroup(name), error(
        "Failed to init DiffieHellmanGroup: invalid group. Only groups {modp14, modp15, modp16, modp17, modp18} are supported.",
      ));
    }
  },
};

export const twoAgree = {
  test() {
    const alice = createDiffieHellman(prime);
    const bob = createDiffieHellmanGroup("modp14");
    const fromAlice = alice.generateKeys();
    const fromBob = bob.generateKeys("hex");
    assert.strictEqual(typeof fromBob, "string");
    assert.strictEqual(alice.computeSecret(fromBob, "hex", "hex"), bob.computeSecret(fromAlice, null, "hex"));
    assert.strictEqual(alice.computeSecret(fromBob, "hex").length, 256);
    assert.strictEqual(alice.getPublicKey("hex"), fromAlice.toString("hex"));
    assert.strictEqual(alice.verifyError, constants.DH_NOT_SUITABLE_GENERATOR);
  },
};

export const keysAreMissing = {
  test() {
    const none = createDiffieHellman(prime);
    assert.throws(() => none.getPrivateKey(), error("No private key"));
    assert.throws(() => none.getPublicKey(), error("No public key"));
    assert.throws(() => none.computeSecret(Buffer.from([5])),
      error("DiffieHellman computeSecret() failed: error computing shared secret"));
  },
};

export const keysAreSet = {
  test() {
    const one = createDiffieHellman(prime);
    assert.strictEqual(one.setPrivateKey("05", "hex"), one);
    one.setPublicKey(Buffer.from([32]));
    assert.deepStrictEqual([one.getPrivateKey("hex"), one.getPublicKey("hex")], ["05", "20"]);
    one.setPrivateKey(Buffer.from([6]));
    assert.strictEqual(one.generateKeys("hex"), "40");
    assert.throws(() => one.setPrivateKey(1), type("key"));
  },
};

export const keysOfOthers = {
  test() {
    const one = createDiffieHellman(prime);
    one.generateKeys();
    const secret = (key) => () => one.computeSecret(key);
    const text = "DiffieHellman computeSecret() failed: ";
    for (const small of [0, 1]) assert.throws(secret(Buffer.from([small])), range(`${text}Supplied key is too small`));
    assert.throws(secret(Buffer.alloc(257, 255)), range(`${text}Supplied key is too large`));
    assert.throws(secret(""), error(`${text}invalid key`));
    assert.throws(secret(1), type("key"));
  },
};

export const primesOfAnySize = {
  test() {
    const one = createDiffieHellman(64);
    assert.strictEqual(one.getPrime().length, 8);
    assert.strictEqual(one.verifyError, 0);
    assert.strictEqual(createDiffieHellman(64, 5).getGenerator("hex"), "05");
    for (const size of [-1, 0, 2]) assert.throws(() => createDiffieHellman(size), init("could not generate parameters"));
    assert.throws(() => createDiffieHellman(20000), range("DiffieHellman init failed: requested prime size too large"));
    assert.throws(() => createDiffieHellman(64, Buffer.from([2])), init("invalid parameters"));
    assert.throws(() => createDiffieHellman(1.5), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const primesAndGeneratorsGiven = {
  test() {
    const hex = "ffffffffffffffff";
    assert.strictEqual(createDiffieHellman(hex, "hex").verifyError, 9);
    assert.strictEqual(createDiffieHellman(hex, "hex", 3).getGenerator("hex"), "03");
    assert.strictEqual(createDiffieHellman(hex, "hex", "03", "hex").verifyError, 5);
    assert.strictEqual(createDiffieHellman(prime, Buffer.from([5])).getGenerator("hex"), "05");
    assert.throws(() => createDiffieHellman(hex, "hex", 1), range("DiffieHellman init failed: generator too small"));
    for (const wrong of [Buffer.from([1]), Buffer.alloc(0)]) {
      assert.throws(() => createDiffieHellman(hex, "hex", wrong), init("invalid generator"));
    }
    assert.throws(() => createDiffieHellman(hex, "hex", {}), type("generator"));
    assert.throws(() => createDiffieHellman("fffffffffffffffe", "hex"), init("Invalid DH prime generated"));
    assert.throws(() => createDiffieHellman(""), init("invalid key"));
    assert.throws(() => createDiffieHellman(Buffer.alloc(2000, 255)), range("DiffieHellman init failed: key is too large"));
    for (const wrong of [undefined, null, {}]) assert.throws(() => createDiffieHellman(wrong), type("sizeOrKey"));
  },
};

export const withoutNew = {
  test() {
    assert.ok(DiffieHellman(prime) instanceof DiffieHellman);
    assert.ok(DiffieHellmanGroup("modp14") instanceof DiffieHellmanGroup);
    assert.ok(ECDH("prime256v1") instanceof ECDH);
  },
};

export const statelessSecrets = {
  test() {
    const one = generateKeyPairSync("dh", { group: "modp14" });
    const other = generateKeyPairSync("dh", { prime, generator: 2 });
    const secret = diffieHellman({ privateKey: one.privateKey, publicKey: other.publicKey });
    assert.strictEqual(secret.length, 256);
    assert.deepStrictEqual(diffieHellman({ privateKey: other.privateKey, publicKey: one.publicKey }), secret);
    // Production does it for these keys only.
    const keys = { privateKey: createPrivateKey(K.x25519Priv), publicKey: createPublicKey(K.x25519Pub) };
    assert.throws(() => diffieHellman(keys), error("Failed to derive shared diffie-hellman secret"));
    assert.strictEqual(crypto.diffieHellman, undefined);
  },
};

export const statelessArguments = {
  test() {
    const privateKey = createPrivateKey(K.p256Priv);
    const publicKey = createPublicKey(K.p256Pub);
    assert.throws(() => diffieHellman(), type("options"));
    assert.throws(() => diffieHellman({}), type("options.publicKey"));
    assert.throws(() => diffieHellman({ publicKey }), type("options.privateKey"));
    assert.throws(() => diffieHellman({ publicKey: privateKey, privateKey }), {
      message: 'The "options.publicKey" property must be public key. Received an instance of PrivateKeyObject',
    });
    assert.throws(() => diffieHellman({ publicKey, privateKey: createPrivateKey(K.rsaPriv) }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.publicKey.asymmetricKeyType' must equal privateKey.asymmetricKeyType. Received 'ec'",
    });
  },
};

export const curves = {
  test() {
    assert.deepStrictEqual(getCurves(), ["secp224r1", "prime256v1", "secp384r1", "secp521r1"]);
    for (const name of ["P-256", "secp256r1", "nope", "PRIME256V1"]) {
      assert.throws(() => createECDH(name), error("Invalid curve"));
    }
    assert.throws(() => createECDH("secp256k1"), error("Failed to create key using named curve"));
    assert.throws(() => createECDH(1), type("curveName"));
  },
};

export const twoAgreeOnACurve = {
  test() {
    for (const name of getCurves()) {
      const alice = createECDH(name);
      const bob = createECDH(name);
      const fromAlice = alice.generateKeys();
      const fromBob = bob.generateKeys("hex", "compressed");
      assert.strictEqual(fromAlice[0], 4);
      assert.strictEqual(alice.computeSecret(fromBob, "hex", "hex"), bob.computeSecret(fromAlice, undefined, "hex"), name);
    }
  },
};

export const keysOnACurve = {
  test() {
    const one = createECDH("prime256v1");
    assert.throws(() => one.getPrivateKey(), error("Failed to get ECDH private key"));
    assert.throws(() => one.getPublicKey(), error("Failed to get ECDH public key"));
    assert.throws(() => one.computeSecret(Buffer.alloc(65, 4)), error("Invalid keypair"));
    assert.strictEqual(one.setPrivateKey("01".repeat(32), "hex"), undefined);
    assert.strictEqual(one.getPublicKey("hex", "compressed"),
      "026ff03b949241ce1dadd43519e6960e0a85b41a69a05c328103aa2bce1594ca16");
    for (const wrong of [Buffer.alloc(32), Buffer.alloc(32, 255)]) {
      assert.throws(() => one.setPrivateKey(wrong), error("Private key is not valid for specified curve."));
    }
    assert.throws(() => one.setPrivateKey(1), type("key"));
    assert.throws(() => one.computeSecret(Buffer.alloc(65, 4)), error("Failed to set point"));
    assert.throws(() => one.computeSecret(1), type("otherPublicKey"));
    one.setPrivateKey("0001", "hex");
    assert.strictEqual(one.getPrivateKey("hex"), "01");
    assert.strictEqual(one.setPublicKey, undefined);
  },
};

export const formsOfPoints = {
  test() {
    const one = createECDH("prime256v1");
    one.generateKeys();
    assert.strictEqual(one.getPublicKey().length, 65);
    assert.strictEqual(one.getPublicKey(undefined, "compressed").length, 33);
    // The library has no such form.
    assert.throws(() => one.getPublicKey("hex", "hybrid"), error("Failed to get public key length"));
    for (const form of ["x", null]) {
      assert.throws(() => one.getPublicKey("hex", form), {
        code: "ERR_INVALID_ARG_VALUE",
        message: /^The argument 'format' must be one of: 'compressed', 'uncompressed', 'hybrid'\. Received/,
      });
    }
    assert.throws(() => one.getPublicKey(1), type("encoding"));
    assert.throws(() => one.getPublicKey("buffer"), { code: "ERR_UNKNOWN_ENCODING" });
  },
};

export const pointsAreConverted = {
  test() {
    const compressed = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    const whole = ECDH.convertKey(compressed, "prime256v1", "hex", "hex");
    assert.strictEqual(whole.length, 130);
    assert.strictEqual(ECDH.convertKey(Buffer.from(whole, "hex"), "prime256v1", undefined, "hex", "compressed"), compressed);
    assert.throws(() => ECDH.convertKey("00", "prime256v1", "hex"), error("Failed to set point"));
    assert.throws(() => ECDH.convertKey(compressed, "nope", "hex"), error("Invalid curve"));
    assert.throws(() => ECDH.convertKey(compressed, "secp256k1", "hex"), error("Failed to allocate EC_POINT for a public key"));
    assert.throws(() => ECDH.convertKey(1, "prime256v1"), type("key"));
    assert.throws(() => ECDH.convertKey(compressed, 1, "hex"), type("curve"));
  },
};
