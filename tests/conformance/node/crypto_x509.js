// node:crypto: certificates, signed public keys, and what belongs to the module as a whole.
import assert from "node:assert";
import * as namespace from "node:crypto";
import crypto, { Certificate, constants, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import K from "fixtures";

const type = (name) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${name}"`) });
const ca = new X509Certificate(K.ca);
const leaf = new X509Certificate(Buffer.from(K.leaf));
const caName = "C=CZ\nST=Praha\nL=Praha\\, 1\nO=Lopata\nOU=Dev + CN=lopata.test\nemailAddress=a@lopata.test";

export const namesOfACertificate = {
  test() {
    assert.strictEqual(ca.subject, caName);
    assert.strictEqual(ca.issuer, caName);
    assert.strictEqual(leaf.subject, "CN=leaf.lopata.test");
    assert.strictEqual(leaf.issuer, caName);
    assert.strictEqual(ca.subjectAltName, "DNS:lopata.test, DNS:*.lopata.test, IP Address:127.0.0.1, " +
      "IP Address:0:0:0:0:0:0:0:1, email:a@lopata.test, URI:https://lopata.test/a");
    assert.strictEqual(leaf.subjectAltName, undefined);
    assert.strictEqual(ca.infoAccess, "OCSP - URI:http://ocsp.lopata.test\nCA Issuers - URI:http://ca.lopata.test/ca.crt\n");
    assert.strictEqual(leaf.infoAccess, undefined);
  },
};

export const factsOfACertificate = {
  test() {
    assert.match(ca.validFrom, /^[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \d{4} GMT$/);
    assert.ok(new Date(ca.validTo) > new Date(ca.validFrom));
    assert.strictEqual(leaf.serialNumber, "1F00AB");
    assert.strictEqual(ca.ca, true);
    assert.strictEqual(leaf.ca, false);
    assert.strictEqual(ca.issuerCertificate, undefined);
    for (const [name, size] of [["fingerprint", 20], ["fingerprint256", 32], ["fingerprint512", 64]]) {
      assert.match(ca[name], new RegExp(`^([0-9A-F]{2}:){${size - 1}}[0-9A-F]{2}$`));
    }
    assert.strictEqual(ca.fingerprint256.replaceAll(":", "").toLowerCase(), crypto.hash("sha256", ca.raw));
  },
};

export const theKeyOfACertificate = {
  test() {
    assert.strictEqual(ca.publicKey.type, "public");
    assert.strictEqual(ca.publicKey.export({ format: "pem", type: "spki" }), K.rsaPub);
    assert.strictEqual(leaf.publicKey.asymmetricKeyType, "ec");
    assert.strictEqual(leaf.publicKey, leaf.publicKey);
  },
};

export const formsOfACertificate = {
  test() {
    assert.strictEqual(ca.toString(), K.ca);
    assert.strictEqual(JSON.parse(JSON.stringify(ca)), K.ca);
    assert.ok(Buffer.isBuffer(ca.raw));
    assert.strictEqual(new X509Certificate(ca.raw).subject, ca.subject);
    assert.strictEqual(new X509Certificate(new DataView(ca.raw.buffer, ca.raw.byteOffset, ca.raw.length)).ca, true);
  },
};

export const whatIsNoCertificate = {
  test() {
    for (const data of ["x", "", Buffer.from("x"), K.rsaPub, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
      assert.throws(() => new X509Certificate(data), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_VALUE",
        message: /^The argument 'buffer' is not a valid certificate\. Received <Buffer /,
      });
    }
    for (const data of [1, null, undefined, {}, new ArrayBuffer(2)]) {
      assert.throws(() => new X509Certificate(data), type("buffer"));
    }
    assert.throws(() => X509Certificate(K.ca), {
      name: "TypeError",
      message: "Class constructor X509Certificate cannot be invoked without 'new'",
    });
  },
};

export const hostsOfACertificate = {
  test() {
    assert.strictEqual(ca.checkHost("lopata.test"), "lopata.test");
    assert.strictEqual(ca.checkHost("LOPATA.test"), "lopata.test");
    assert.strictEqual(ca.checkHost("a.lopata.test"), "*.lopata.test");
    assert.strictEqual(ca.checkHost("a.b.lopata.test"), undefined);
    assert.strictEqual(ca.checkHost("nope.test"), undefined);
    assert.strictEqual(ca.checkHost(""), undefined);
    assert.strictEqual(ca.checkHost("a.lopata.test", { wildcards: false }), undefined);
    assert.strictEqual(leaf.checkHost("leaf.lopata.test"), "leaf.lopata.test");
    assert.strictEqual(leaf.checkHost("lopata.test", { subject: "never" }), undefined);
    assert.throws(() => ca.checkHost("x", { subject: "x" }), { name: "Error", message: "Invalid subject option" });
    assert.throws(() => ca.checkHost("x", { subject: 1 }), type("options.subject"));
    assert.throws(() => ca.checkHost("x", { wildcards: 1 }), type("options.wildcards"));
    assert.throws(() => ca.checkHost("x", 1), type("options"));
    assert.throws(() => ca.checkHost(1), type("name"));
  },
};

export const addressesOfACertificate = {
  test() {
    assert.strictEqual(ca.checkEmail("a@lopata.test"), "a@lopata.test");
    assert.strictEqual(ca.checkEmail("b@lopata.test"), undefined);
    assert.throws(() => ca.checkEmail(1), type("email"));
    assert.strictEqual(ca.checkIP("127.0.0.1"), "127.0.0.1");
    assert.strictEqual(ca.checkIP("::1"), "::1");
    assert.strictEqual(ca.checkIP("1.1.1.1"), undefined);
    assert.throws(() => ca.checkIP("nope"), { name: "Error", message: "Invalid IP" });
    assert.throws(() => ca.checkIP(1), type("ip"));
  },
};

export const whoIssued = {
  test() {
    assert.strictEqual(leaf.checkIssued(ca), true);
    assert.strictEqual(ca.checkIssued(ca), true);
    assert.strictEqual(ca.checkIssued(leaf), false);
    assert.throws(() => ca.checkIssued({}), type("otherCert"));
    assert.strictEqual(leaf.verify(ca.publicKey), true);
    assert.strictEqual(leaf.verify(createPublicKey(K.p384Pub)), false);
    assert.throws(() => leaf.verify(createPrivateKey(K.rsaPriv)), type("pkey"));
    assert.throws(() => leaf.verify({}), type("pkey"));
    assert.throws(() => ca.checkPrivateKey(ca.publicKey), type("pkey"));
  },
};

export const signedPublicKeys = {
  test() {
    assert.strictEqual(Certificate.exportChallenge(K.spkac).toString(), "hello");
    assert.strictEqual(Certificate.exportPublicKey(Buffer.from(K.spkac)).toString(), K.rsaPub);
    assert.strictEqual(Certificate.exportChallenge(`${K.spkac}\n`).toString(), "hello");
    assert.strictEqual(Certificate.exportChallenge(Buffer.from(K.spkac).toString("hex"), "hex").toString(), "hello");
    // MD5 is not among what signatures may use there.
    assert.strictEqual(Certificate.verifySpkac(K.spkac), false);
    assert.ok(Certificate() instanceof Certificate);
    assert.strictEqual(new Certificate().exportChallenge(K.spkac).length, 5);
    for (const name of ["exportPublicKey", "exportChallenge"]) {
      for (const data of ["x", "", new ArrayBuffer(2)]) assert.strictEqual(Certificate[name](data).length, 0);
      for (const data of [1, null, undefined]) assert.throws(() => Certificate[name](data), type("spkac"));
    }
  },
};

export const constantsAreThere = {
  test() {
    assert.strictEqual(Object.getPrototypeOf(constants), null);
    assert.deepStrictEqual(Object.keys(constants), []);
    assert.strictEqual(Object.getOwnPropertyNames(constants).length, 56);
    const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;
    assert.deepStrictEqual([RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST], [1, 4, 6, -1]);
    assert.strictEqual(constants.TLS1_3_VERSION, 772);
    assert.throws(() => {
      constants.RSA_PKCS1_PADDING = 2;
    }, TypeError);
  },
};

export const fips = {
  test() {
    assert.strictEqual(crypto.fips, true);
    assert.strictEqual(crypto.getFips(), true);
    for (const run of [() => crypto.setFips(true), () => (crypto.fips = false), () => crypto.setEngine("x")]) {
      assert.throws(run, { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED" });
    }
    assert.deepStrictEqual(crypto.secureHeapUsed(), { total: 0, used: 0, utilization: 0, min: 0 });
  },
};

export const webCrypto = {
  test() {
    assert.strictEqual(crypto.webcrypto, globalThis.crypto);
    assert.strictEqual(crypto.subtle, globalThis.crypto.subtle);
    assert.strictEqual(crypto.CryptoKey, CryptoKey);
    const bytes = new Uint8Array(8);
    assert.strictEqual(crypto.getRandomValues(bytes), bytes);
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)), { name: "QuotaExceededError" });
  },
};

export const theNamesOfTheModule = {
  test() {
    const names = Object.keys(namespace).filter((name) => name !== "default").sort();
    assert.deepStrictEqual(names.filter((name) => !(name in crypto)), ["diffieHellman"]);
    assert.deepStrictEqual(Object.keys(crypto).filter((name) => !names.includes(name)), []);
    assert.strictEqual(Object.keys(crypto).length, 74);
  },
};
