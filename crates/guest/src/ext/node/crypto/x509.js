// X509Certificate, and Certificate for signed public keys.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isArrayBufferView } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateBoolean, validateObject, validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { nativeOf, PrivateKeyObject, PublicKeyObject, wrap } = core.loadExtScript("ext:lopata_node/crypto/keys.js");
const { bufferOf, bytesFrom, bytesOf } = core.loadExtScript("ext:lopata_node/crypto/util.js");

/** What the library calls the options. */
const FLAGS = { alwaysSubject: 1, noWildcards: 2, noPartial: 4, multiLabel: 8, singleLabel: 16, neverSubject: 32 };

const BOOLEANS = ["multiLabelWildcards", "partialWildcards", "singleLabelSubdomains", "wildcards"];

/** @returns {number} */
function flagsOf(options) {
  if (options == null) return 0;
  validateObject(options, "options");
  for (const name of BOOLEANS) {
    if (options[name] !== undefined) validateBoolean(options[name], `options.${name}`);
  }
  const { multiLabelWildcards, partialWildcards, singleLabelSubdomains, wildcards, subject } = options;
  if (subject !== undefined) validateString(subject, "options.subject");
  let flags = 0;
  if (wildcards === false) flags |= FLAGS.noWildcards;
  if (partialWildcards === false) flags |= FLAGS.noPartial;
  if (multiLabelWildcards === true) flags |= FLAGS.multiLabel;
  if (singleLabelSubdomains === true) flags |= FLAGS.singleLabel;
  if (subject === "always") flags |= FLAGS.alwaysSubject;
  else if (subject === "never") flags |= FLAGS.neverSubject;
  else if (subject !== undefined && subject !== "default") throw new Error("Invalid subject option");
  return flags;
}

class X509Certificate {
  #native;
  /** What was asked before, by name. */
  #known = new Map();

  constructor(buffer) {
    const bytes = typeof buffer === "string" ? Buffer.from(buffer) : buffer;
    if (!isArrayBufferView(bytes)) {
      throw new ERR_INVALID_ARG_TYPE("buffer", ["string", "Buffer", "TypedArray", "DataView"], buffer);
    }
    const native = ops.op_nodecrypto_x509(bytesOf(bytes));
    if (native == null) throw new ERR_INVALID_ARG_VALUE("buffer", bytes, "is not a valid certificate");
    this.#native = native;
  }

  #once(name, compute) {
    if (!this.#known.has(name)) this.#known.set(name, compute(this.#native));
    return this.#known.get(name);
  }

  #text(name) {
    return this.#once(name, (native) => ops.op_nodecrypto_x509_text(native, name) ?? undefined);
  }

  get subject() {
    return this.#text("subject");
  }

  get subjectAltName() {
    return this.#text("subjectAltName");
  }

  get issuer() {
    return this.#text("issuer");
  }

  get issuerCertificate() {
    return undefined;
  }

  get infoAccess() {
    return this.#text("infoAccess");
  }

  get validFrom() {
    return this.#text("validFrom");
  }

  get validTo() {
    return this.#text("validTo");
  }

  get fingerprint() {
    return this.#text("fingerprint");
  }

  get fingerprint256() {
    return this.#text("fingerprint256");
  }

  get fingerprint512() {
    return this.#text("fingerprint512");
  }

  get keyUsage() {
    return this.#once("keyUsage", (native) => ops.op_nodecrypto_x509_usage(native)?.split(" "));
  }

  get serialNumber() {
    return this.#text("serialNumber");
  }

  get raw() {
    return this.#once("raw", (native) => bufferOf(ops.op_nodecrypto_x509_raw(native)));
  }

  get publicKey() {
    return this.#once("publicKey", (native) => {
      const key = ops.op_nodecrypto_x509_key(native);
      return key == null ? undefined : wrap(key);
    });
  }

  toString() {
    return this.#text("pem");
  }

  toJSON() {
    return this.toString();
  }

  get ca() {
    return this.#once("ca", ops.op_nodecrypto_x509_ca);
  }

  checkHost(name, options) {
    validateString(name, "name");
    return ops.op_nodecrypto_x509_host(this.#native, name, flagsOf(options)) ?? undefined;
  }

  checkEmail(email, options) {
    validateString(email, "email");
    return ops.op_nodecrypto_x509_email(this.#native, email, flagsOf(options)) ? email : undefined;
  }

  checkIP(ip, options) {
    validateString(ip, "ip");
    return ops.op_nodecrypto_x509_ip(this.#native, ip, flagsOf(options)) ? ip : undefined;
  }

  checkIssued(otherCert) {
    if (!(otherCert instanceof X509Certificate)) {
      throw new ERR_INVALID_ARG_TYPE("otherCert", "X509Certificate", otherCert);
    }
    return ops.op_nodecrypto_x509_issued(this.#native, otherCert.#native);
  }

  /** Production says no to every key, the right one included. */
  checkPrivateKey(pkey) {
    if (!(pkey instanceof PrivateKeyObject)) throw new ERR_INVALID_ARG_TYPE("pkey", "KeyObject", pkey);
    return false;
  }

  verify(pkey) {
    if (!(pkey instanceof PublicKeyObject)) throw new ERR_INVALID_ARG_TYPE("pkey", "KeyObject", pkey);
    return ops.op_nodecrypto_x509_verify(this.#native, nativeOf(pkey));
  }

  toLegacyObject() {
    return this.#once("legacy", (native) => ({
      subject: namesOf(native, false),
      issuer: namesOf(native, true),
      subjectAltName: this.subjectAltName ?? "",
      infoAccess: accessOf(this.infoAccess),
      ca: this.ca,
      ...keyOf(this.publicKey),
      valid_from: this.validFrom,
      valid_to: this.validTo,
      fingerprint: this.fingerprint,
      fingerprint256: this.fingerprint256,
      fingerprint512: this.fingerprint512,
      ext_key_usage: this.keyUsage,
      serialNumber: this.serialNumber,
      raw: this.raw,
    }));
  }
}
Object.defineProperty(X509Certificate.prototype.checkHost, "length", { value: 2, configurable: true });

/** A name as an object; what occurs more than once is a list. */
function namesOf(native, issuer) {
  const pairs = ops.op_nodecrypto_x509_names(native, issuer);
  const object = { __proto__: null };
  for (let i = 0; i < pairs.length; i += 2) {
    const [type, value] = [pairs[i], pairs[i + 1]];
    if (!(type in object)) object[type] = value;
    else if (Array.isArray(object[type])) object[type].push(value);
    else object[type] = [object[type], value];
  }
  return object;
}

function accessOf(text) {
  if (text === undefined) return undefined;
  const object = { __proto__: null };
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const value = line.slice(colon + 1);
    (object[line.slice(0, colon)] ??= []).push(value.startsWith('"') ? JSON.parse(value) : value);
  }
  return object;
}

/** What the legacy object says of the key. */
function keyOf(key) {
  const { modulusLength, namedCurve } = key?.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && key.asymmetricKeyType === "rsa") {
    const { n } = key.export({ format: "jwk" });
    return {
      modulus: Buffer.from(n, "base64url").toString("hex").toUpperCase(),
      bits: modulusLength,
      exponent: `0x${key.asymmetricKeyDetails.publicExponent.toString(16)}`,
      pubkey: key.export({ format: "der", type: "spki" }),
    };
  }
  if (namedCurve === undefined) return {};
  const { crv, x, y } = key.export({ format: "jwk" });
  const bits = { __proto__: null, "P-224": 224, "P-256": 256, "P-384": 384, "P-521": 521 }[crv];
  const point = [Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return { bits, pubkey: Buffer.concat(point), asn1Curve: namedCurve, nistCurve: crv };
}

// --- Signed public keys ---

/** Whether the warning was given. */
let warned = false;

function verifySpkac(spkac, encoding) {
  bytesFrom(spkac, "spkac", encoding);
  if (!warned) {
    warned = true;
    // Source: production's text.
    globalThis.console.warn(
      "The verifySpkac function is currently of limited value in workers because the SPKAC signature verification " +
        "uses MD5, which is not supported in FIPS mode. All workers run in FIPS mode. Accordingly, this method will " +
        "currently always return false even if the SPKAC signature is valid. This is a known limitation.",
    );
  }
  return false;
}

function exportPublicKey(spkac, encoding) {
  return bufferOf(ops.op_nodecrypto_spkac_key(bytesFrom(spkac, "spkac", encoding)));
}

function exportChallenge(spkac, encoding) {
  return bufferOf(ops.op_nodecrypto_spkac_challenge(bytesFrom(spkac, "spkac", encoding)));
}

function Certificate() {
  if (!(this instanceof Certificate)) return new Certificate();
}
Object.assign(Certificate.prototype, { verifySpkac, exportPublicKey, exportChallenge });
Object.assign(Certificate, { exportChallenge, exportPublicKey, verifySpkac });

return { Certificate, X509Certificate };
})();
