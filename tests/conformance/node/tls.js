// node:tls where no connection is needed, and what becomes of one that cannot be encrypted.
import assert from "node:assert";
import common from "node:_tls_common";
import wrap from "node:_tls_wrap";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";

export const namesOfTheModules = {
  async test() {
    assert.deepStrictEqual(Object.keys(await import("node:tls")).sort(), [
      "CLIENT_RENEG_LIMIT", "CLIENT_RENEG_WINDOW", "DEFAULT_CIPHERS", "DEFAULT_ECDH_CURVE", "DEFAULT_MAX_VERSION",
      "DEFAULT_MIN_VERSION", "SecureContext", "Server", "TLSSocket", "checkServerIdentity", "connect",
      "convertALPNProtocols", "createSecureContext", "createSecurePair", "createServer", "default", "getCiphers",
      "rootCertificates",
    ]);
    assert.deepStrictEqual(Object.keys(common).sort(), ["SecureContext", "createSecureContext", "translatePeerCertificate"]);
    assert.deepStrictEqual(Object.keys(wrap).sort(), ["TLSSocket", "connect"]);
    assert.strictEqual(wrap.TLSSocket, tls.TLSSocket);
    assert.strictEqual(common.SecureContext, tls.SecureContext);
  },
};

export const constants = {
  test() {
    assert.deepStrictEqual(
      [tls.CLIENT_RENEG_LIMIT, tls.CLIENT_RENEG_WINDOW, tls.DEFAULT_CIPHERS, tls.DEFAULT_ECDH_CURVE],
      [3, 600, "", "auto"],
    );
    assert.deepStrictEqual([tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION], ["TLSv1.2", "TLSv1.3"]);
    assert.deepStrictEqual(tls.rootCertificates, []);
  },
};

export const whatThereIsNot = {
  test() {
    for (const name of ["Server", "createServer", "getCiphers"]) {
      assert.throws(() => tls[name](), { name: "Error", message: "Not implemented" }, name);
    }
    assert.throws(() => tls.createSecurePair(), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The createSecurePair method is not implemented",
    });
  },
};

export const secureContexts = {
  test() {
    for (const options of [undefined, {}, { ca: "x" }, { minVersion: "TLSv1.2", key: "y" }, { secureOptions: 5 }]) {
      const context = tls.createSecureContext(options);
      assert.ok(context instanceof tls.SecureContext);
      assert.deepStrictEqual(Object.keys(context), ["context"]);
    }
    assert.ok(tls.SecureContext() instanceof tls.SecureContext);
    assert.throws(() => tls.createSecureContext({ secureOptions: "x" }), {
      code: "ERR_INVALID_ARG_TYPE",
      message: `The "secureOptions" argument must be of type number. Received type string ('x')`,
    });
  },
};

export const listsOfProtocols = {
  test() {
    const convert = (protocols) => {
      const out = {};
      assert.strictEqual(tls.convertALPNProtocols(protocols, out), undefined);
      return out.ALPNProtocols;
    };
    assert.strictEqual(convert(["h2", "http/1.1"]).toString("latin1"), "\x02h2\x08http/1.1");
    assert.deepStrictEqual([...convert(new Uint16Array([1, 2]))], [1, 0, 2, 0]);
    assert.strictEqual(convert("x"), undefined);
    assert.strictEqual(convert([]).length, 0);
    assert.throws(() => convert(["a".repeat(256)]), {
      code: "ERR_OUT_OF_RANGE",
      message: "The byte length of the protocol at index 0 exceeds the maximum length. It must be <= 255. Received 256",
    });
  },
};

export const certificatesOfHosts = {
  test() {
    const of = (host, subjectaltname, CN) => tls.checkServerIdentity(host, { subject: { CN }, subjectaltname })?.reason;
    const wild = "DNS:*.example.com";
    for (const host of ["foo.example.com", "FOO.example.COM", "foo.example.com."]) assert.strictEqual(of(host, wild), undefined);
    for (const host of ["a.b.example.com", "example.com"]) {
      assert.strictEqual(of(host, wild), `Host: ${host}. is not in the cert's altnames: ${wild}`);
    }
    assert.strictEqual(of("foobar.example.com", "DNS:f*bar.example.com"), undefined);
    assert.match(of("xn--abc.example.com", "DNS:xn--*.example.com"), /is not in the cert's altnames/);
    assert.match(of("a.com", "DNS:*.com"), /is not in the cert's altnames/);
    assert.match(of("a.b.c", "DNS:\u00e9.b.c"), /is not in the cert's altnames/);
  },
};

export const certificatesWithACommonName = {
  test() {
    const of = (host, subject, subjectaltname) => tls.checkServerIdentity(host, { subject, subjectaltname })?.reason;
    assert.strictEqual(of("a.com", { CN: "a.com" }), undefined);
    assert.strictEqual(of("a.com", { CN: ["b.com", "a.com"] }), undefined);
    assert.strictEqual(of("c.com", { CN: ["a.com", "b.com"] }), "Host: c.com. is not cert's CN: a.com,b.com");
    assert.strictEqual(of("a.com", { CN: "a.com" }, "URI:http://x/"), undefined);
    assert.match(of("a.com", { CN: "a.com" }, "DNS:b.com"), /is not in the cert's altnames: DNS:b.com/);
    assert.strictEqual(of("a.com", {}), "Cert does not contain a DNS name");
    assert.strictEqual(of("a.com", undefined), "Cert does not contain a DNS name");
  },
};

export const certificatesOfAddresses = {
  test() {
    const of = (host, subjectaltname) => tls.checkServerIdentity(host, { subject: {}, subjectaltname })?.reason;
    assert.strictEqual(of("1.2.3.4", "IP Address:1.2.3.4"), undefined);
    assert.strictEqual(of("2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:1, IP Address:1.2.3.4"), undefined);
    assert.strictEqual(
      of("9.9.9.9", "IP Address:2001:DB8:0:0:0:0:0:1, IP Address:1.2.3.4"),
      "IP: 9.9.9.9 is not in the cert's list: 2001:db8::1, 1.2.3.4",
    );
    assert.match(of("1.2.3.4", "DNS:1.2.3.4"), /is not in the cert's list: $/);
  },
};

export const namesWithACommaAreQuoted = {
  test() {
    const of = (subjectaltname) => tls.checkServerIdentity("good.com", { subject: {}, subjectaltname });
    assert.strictEqual(of('DNS:"good.com\\u002c evil", DNS:good.com'), undefined);
    assert.match(of('DNS:"x, DNS:good.com"').reason, /is not in the cert's altnames/);
    assert.throws(() => of('DNS:"x'), {
      name: "SyntaxError",
      code: "ERR_TLS_CERT_ALTNAME_FORMAT",
      message: "Invalid subject alternative name string",
    });
  },
};

export const whatIsWrongWithACertificate = {
  test() {
    const cert = { subject: { CN: "b" } };
    const error = tls.checkServerIdentity("a.com", cert);
    assert.ok(error instanceof Error);
    assert.strictEqual(error.message, "Host: a.com. is not cert's CN: b");
    assert.deepStrictEqual(
      [error.code, error.reason, error.host],
      ["ERR_TLS_CERT_ALTNAME_INVALID", error.message, "a.com"],
    );
    assert.strictEqual(error.cert, cert);
    assert.throws(() => tls.checkServerIdentity("a.com"), TypeError);
  },
};

export const certificatesInTheirForm = {
  test() {
    assert.strictEqual(common.translatePeerCertificate(null), null);
    const certificate = { infoAccess: "OCSP - URI:http://x\nCA Issuers - URI:http://y" };
    assert.strictEqual(common.translatePeerCertificate(certificate), certificate);
    assert.deepStrictEqual({ ...certificate.infoAccess }, {
      "OCSP - URI": ["http://x"],
      "CA Issuers - URI": ["http://y"],
    });
    assert.strictEqual(Object.getPrototypeOf(certificate.infoAccess), null);
  },
};

export const optionsThatAreRefused = {
  test() {
    const refused = {
      enableTrace: true, isServer: true, server: {}, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["a"],
      SNICallback() {}, requestOCSP: true, pskCallback() {},
    };
    for (const [name, value] of Object.entries(refused)) {
      assert.throws(() => new tls.TLSSocket(undefined, { [name]: value }), {
        code: "ERR_OPTION_NOT_IMPLEMENTED",
        message: `The options.${name} option is not implemented`,
      });
    }
    assert.throws(() => new tls.TLSSocket(undefined, { secureContext: {} }), {
      name: "TypeError",
      code: "ERR_TLS_INVALID_CONTEXT",
      message: "context must be a SecureContext",
    });
    assert.throws(() => new tls.TLSSocket(undefined, { checkServerIdentity: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
    new tls.TLSSocket(undefined, { ca: "x", cert: "y", minVersion: "TLSv1.3", rejectUnauthorized: true });
  },
};

export const argumentsOfConnect = {
  test() {
    const refused = [
      [{}, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified'],
      [{ path: "/x" }, "ERR_INVALID_ARG_VALUE", "The argument 'path' is not supported. Received '/x'"],
      [{ port: 1, minDHSize: -1 }, "ERR_OUT_OF_RANGE", /The value of "options.minDHSize" is out of range. It must be >= 1/],
      [{ port: 1, minDHSize: 5 }, "ERR_OPTION_NOT_IMPLEMENTED", "The options.minDHSize option is not implemented"],
      [{ port: 1, checkServerIdentity: 5 }, "ERR_INVALID_ARG_TYPE", /must be of type function/],
      [{ port: 1, ALPNProtocols: ["h2"] }, "ERR_OPTION_NOT_IMPLEMENTED", /options.ALPNProtocols/],
      [{ port: 1, rejectUnauthorized: false }, "ERR_OPTION_NOT_IMPLEMENTED", /options.rejectUnauthorized/],
    ];
    for (const [options, code, message] of refused) assert.throws(() => tls.connect(options), { code, message });
  },
};

export const aFreshTlsSocket = {
  test() {
    const socket = new tls.TLSSocket();
    assert.ok(socket instanceof net.Socket);
    assert.deepStrictEqual(
      [socket.encrypted, socket.authorized, socket.secureConnecting, socket.ssl, socket.servername],
      [true, false, true, null, null],
    );
    assert.strictEqual(socket.alpnProtocol, undefined);
    const parent = new net.Socket();
    assert.strictEqual(new tls.TLSSocket(parent)._parentWrap, parent);
    assert.throws(() => new tls.TLSSocket({}), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "duplex" argument must be an stream.Duplex. Received an instance of Object',
    });
  },
};

export const whatATlsSocketCannotSay = {
  test() {
    const socket = new tls.TLSSocket();
    const unknown = [
      "getCipher", "getSharedSigalgs", "getEphemeralKeyInfo", "getFinished", "getPeerFinished", "getProtocol", "getSession",
      "getTLSTicket", "isSessionReused", "enableTrace",
    ];
    for (const name of unknown) assert.strictEqual(socket[name](), null, name);
    assert.throws(() => socket.getPeerCertificate(), { message: "getPeerCertificate is not implemented" });
    for (const name of ["getCertificate", "getPeerX509Certificate", "getX509Certificate", "setKeyCert"]) {
      assert.throws(() => socket[name]({}), { message: `TLSSocket.${name} is not implemented` });
    }
    assert.throws(() => socket.exportKeyingMaterial(5, "x"), { message: "exportKeyingMaterial is not implemented" });
  },
};

export const whatATlsSocketTakes = {
  test() {
    const socket = new tls.TLSSocket();
    assert.strictEqual(socket.disableRenegotiation(), undefined);
    assert.strictEqual(socket.renegotiate({}), false);
    assert.throws(() => socket.renegotiate(), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => socket.renegotiate({}, 5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.strictEqual(socket.setMaxSendFragment(512), false);
    assert.throws(() => socket.setMaxSendFragment(), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => socket.exportKeyingMaterial(0, "x"), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "length" is out of range. It must be >= 1 && < 4294967296. Received 0',
    });
    assert.strictEqual(socket.setSession(Buffer.from("x")), undefined);
    assert.strictEqual(socket.setServername("a"), undefined);
    assert.throws(() => socket.setServername(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const connectionsThatFail = {
  async test() {
    // Another worker is the network here, and speaks no TLS.
    const socket = tls.connect({ host: "h", port: 1235 });
    const events = [];
    socket.on("secureConnect", () => events.push("secureConnect"));
    socket.on("_tlsError", (error) => events.push(`_tlsError ${error instanceof Error}`));
    const error = await new Promise((resolve) => socket.once("error", resolve));
    socket.on("error", () => {});
    assert.ok(error instanceof Error);
    assert.deepStrictEqual(events, ["_tlsError true"]);
    assert.strictEqual(socket.authorized, false);
  },
};

export const anyStreamMayBeWrapped = {
  async test() {
    const written = [];
    const stream = new Duplex({
      read() {},
      write(chunk, _encoding, callback) {
        written.push(chunk.toString());
        callback();
      },
    });
    const socket = tls.connect({ socket: stream });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    assert.strictEqual(socket.authorized, true);
    socket.write("x");
    const read = new Promise((resolve) => socket.once("data", resolve));
    stream.push("abc");
    assert.strictEqual(`${await read}`, "abc");
    assert.deepStrictEqual(written, ["x"]);
    socket.destroy();
  },
};
