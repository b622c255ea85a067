// jsonwebtoken: tokens by every family of algorithms, claims, times, and what it says of those it refuses.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";

function message(work: () => unknown) {
  try {
    return work();
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

function rsa() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const claims = { sub: "ann" };
  return ["RS256", "RS512"].map((algorithm) => {
    const token = jwt.sign(claims, privateKey, { algorithm: algorithm as jwt.Algorithm, noTimestamp: true });
    return [algorithm, jwt.verify(token, publicKey), message(() => jwt.verify(`${token.slice(0, -4)}AAAA`, publicKey))];
  });
}

function ec() {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = createPrivateKey(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const token = jwt.sign({ sub: "bob" }, key, { algorithm: "ES256", noTimestamp: true });
  return [
    jwt.verify(token, createPublicKey(key), { algorithms: ["ES256"] }),
    message(() => jwt.verify(token, createPublicKey(key), { algorithms: ["ES384"] })),
    message(() => jwt.sign({}, key, { algorithm: "RS256" })),
  ];
}

async function called() {
  const token = await new Promise<string>((resolve, reject) => {
    jwt.sign({ a: 1 }, "secret", { noTimestamp: true }, (error, token) => (error ? reject(error) : resolve(token!)));
  });
  const good = await new Promise((resolve) => jwt.verify(token, "secret", (_error, claims) => resolve(claims)));
  const bad = await new Promise((resolve) => jwt.verify(token, "other", (error) => resolve(String(error))));
  return [token, good, bad];
}

export default {
  async fetch() {
    const now = 1_760_000_000;
    const token = jwt.sign({ sub: "ann", admin: true, iat: now }, "secret", { expiresIn: "1h", issuer: "me", audience: "you" });
    return Response.json({
      token,
      decoded: jwt.decode(token, { complete: true }),
      verified: jwt.verify(token, "secret", { clockTimestamp: now + 60, issuer: "me", audience: "you" }),
      expired: message(() => jwt.verify(token, "secret", { clockTimestamp: now + 3601 })),
      early: message(() => jwt.verify(jwt.sign({ nbf: now }, "s"), "s", { clockTimestamp: now - 1 })),
      wrong: message(() => jwt.verify(token, "Secret", { clockTimestamp: now })),
      audience: message(() => jwt.verify(token, "secret", { clockTimestamp: now, audience: "them" })),
      malformed: message(() => jwt.verify("a.b", "secret")),
      none: message(() => jwt.sign({}, "")),
      sizes: ["HS256", "HS384", "HS512"].map((algorithm) =>
        jwt.sign({ a: 1 }, "secret", { algorithm: algorithm as jwt.Algorithm, noTimestamp: true })
      ),
      rsa: rsa(),
      ec: ec(),
      called: await called(),
    });
  },
};
