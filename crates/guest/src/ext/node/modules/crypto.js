// The module "node:crypto".
(function () {
const { core } = __bootstrap;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { crypto: webcrypto, CryptoKey } = core.loadExtScript("ext:lopata/crypto/crypto.js");
const agree = core.loadExtScript("ext:lopata_node/crypto/agree.js");
const { constants } = core.loadExtScript("ext:lopata_node/crypto/constants.js");
const cipher = core.loadExtScript("ext:lopata_node/crypto/cipher.js");
const derive = core.loadExtScript("ext:lopata_node/crypto/derive.js");
const hash = core.loadExtScript("ext:lopata_node/crypto/hash.js");
const keys = core.loadExtScript("ext:lopata_node/crypto/keys.js");
const random = core.loadExtScript("ext:lopata_node/crypto/random.js");
const sign = core.loadExtScript("ext:lopata_node/crypto/sign.js");
const x509 = core.loadExtScript("ext:lopata_node/crypto/x509.js");

const { subtle } = webcrypto;

const getRandomValues = webcrypto.getRandomValues.bind(webcrypto);
Object.defineProperty(getRandomValues, "length", { value: 0, configurable: true });

const { timingSafeEqual } = {
  timingSafeEqual(a, b) {
    return subtle.timingSafeEqual(a, b);
  },
};

function secureHeapUsed() {
  return { total: 0, used: 0, utilization: 0, min: 0 };
}

function setEngine(_engine, _flags) {
  throw notImplemented("setEngine");
}

function setFips(_fips) {
  throw notImplemented("setFips");
}

/** Production's library is always in that mode. */
function getFips() {
  return true;
}

/** What Node has done away with: there to say so, until the flag takes it away as well. */
function gone(name) {
  if (compat.has("remove_nodejs_compat_eol_v22")) return undefined;
  const { fn } = {
    fn: () => {
      throw notImplemented(name);
    },
  };
  return Object.defineProperty(fn, "name", { value: name, configurable: true });
}

const shared = {
  constants,
  DiffieHellman: agree.DiffieHellman,
  DiffieHellmanGroup: agree.DiffieHellmanGroup,
  createDiffieHellman: agree.createDiffieHellman,
  createDiffieHellmanGroup: agree.createDiffieHellmanGroup,
  getDiffieHellman: agree.getDiffieHellman,
  ECDH: agree.ECDH,
  createECDH: agree.createECDH,
  KeyObject: keys.KeyObject,
  PublicKeyObject: keys.PublicKeyObject,
  PrivateKeyObject: keys.PrivateKeyObject,
  SecretKeyObject: keys.SecretKeyObject,
  generateKey: keys.generateKey,
  generateKeyPair: keys.generateKeyPair,
  generateKeyPairSync: keys.generateKeyPairSync,
  generateKeySync: keys.generateKeySync,
  createPrivateKey: keys.createPrivateKey,
  createPublicKey: keys.createPublicKey,
  createSecretKey: keys.createSecretKey,
  getRandomValues,
  pseudoRandomBytes: random.randomBytes,
  randomBytes: random.randomBytes,
  randomFillSync: random.randomFillSync,
  randomFill: random.randomFill,
  randomInt: random.randomInt,
  randomUUID: random.randomUUID,
  generatePrime: random.generatePrime,
  generatePrimeSync: random.generatePrimeSync,
  checkPrime: random.checkPrime,
  checkPrimeSync: random.checkPrimeSync,
  Hash: hash.Hash,
  Hmac: hash.Hmac,
  createHash: hash.createHash,
  createHmac: hash.createHmac,
  getHashes: hash.getHashes,
  hash: hash.hash,
  hkdf: derive.hkdf,
  hkdfSync: derive.hkdfSync,
  pbkdf2: derive.pbkdf2,
  pbkdf2Sync: derive.pbkdf2Sync,
  scrypt: derive.scrypt,
  scryptSync: derive.scryptSync,
  getCiphers: cipher.getCiphers,
  getCurves: agree.getCurves,
  secureHeapUsed,
  setEngine,
  timingSafeEqual,
  getFips,
  setFips,
  fips: true,
  subtle,
  webcrypto,
  Certificate: x509.Certificate,
  X509Certificate: x509.X509Certificate,
  createSign: sign.createSign,
  createVerify: sign.createVerify,
  sign: sign.sign,
  verify: sign.verify,
  Sign: sign.Sign,
  Verify: sign.Verify,
  Cipheriv: cipher.Cipheriv,
  Decipheriv: cipher.Decipheriv,
  createCipheriv: cipher.createCipheriv,
  createDecipheriv: cipher.createDecipheriv,
  publicDecrypt: cipher.publicDecrypt,
  publicEncrypt: cipher.publicEncrypt,
  privateDecrypt: cipher.privateDecrypt,
  privateEncrypt: cipher.privateEncrypt,
  getCipherInfo: cipher.getCipherInfo,
  CryptoKey,
  createCipher: gone("createCipher"),
  createDecipher: gone("createDecipher"),
  Cipher: gone("Cipher"),
  Decipher: gone("Decipher"),
};

const crypto = { ...shared };
Object.defineProperty(crypto, "fips", { get: getFips, set: setFips, enumerable: true, configurable: true });

// Production's default export does not have it.
return { ...shared, diffieHellman: agree.diffieHellman, default: crypto };
})();
