// jose: signing, verifying and encrypting with Web Crypto.
import * as jose from "jose";

export default {
  async fetch(): Promise<Response> {
    const result: Record<string, unknown> = {};
    for (const alg of ["HS256", "RS256", "PS384", "ES256", "EdDSA"]) {
      const key = alg === "HS256"
        ? { privateKey: new TextEncoder().encode("a secret of at least 32 characters!"), publicKey: undefined }
        : await jose.generateKeyPair(alg, { extractable: true });
      const token = await new jose.SignJWT({ a: 1 })
        .setProtectedHeader({ alg })
        .setIssuedAt()
        .setIssuer("lopata")
        .setExpirationTime("2h")
        .sign(key.privateKey);
      const verified = await jose.jwtVerify(token, key.publicKey ?? key.privateKey, { issuer: "lopata" });
      result[alg] = verified.payload.a;
      const broken = `${token.slice(0, -4)}AAAA`;
      result[`${alg} broken`] = await jose.jwtVerify(broken, key.publicKey ?? key.privateKey).then(
        () => "verified",
        (error) => error.code,
      );
    }
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const sealed = await new jose.EncryptJWT({ hidden: true })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(secret);
    result.decrypted = (await jose.jwtDecrypt(sealed, secret)).payload;
    const { publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
    result.thumbprint = (await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey))).length;
    return Response.json(result);
  },
};
