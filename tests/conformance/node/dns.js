// node:dns and node:dns/promises: what is asked, and what becomes of the answers. Another worker is the network here, and
// answers as production's server does.
import assert from "node:assert";
import dns from "node:dns";
import promises from "node:dns/promises";

/** What a function with a callback gives. */
const called = (act) => new Promise((resolve) => act((...args) => resolve(args)));

export const namesOfTheModules = {
  async test() {
    const names = [
      "ADDRCONFIG", "ADDRGETNETWORKPARAMS", "ALL", "BADFAMILY", "BADFLAGS", "BADHINTS", "BADNAME", "BADQUERY", "BADRESP",
      "BADSTR", "CANCELLED", "CONNREFUSED", "DESTRUCTION", "EOF", "FILE", "FORMERR", "LOADIPHLPAPI", "NODATA", "NOMEM",
      "NONAME", "NOTFOUND", "NOTIMP", "NOTINITIALIZED", "REFUSED", "Resolver", "SERVFAIL", "TIMEOUT", "V4MAPPED", "default",
      "getDefaultResultOrder", "getServers", "lookup", "lookupService", "resolve", "resolve4", "resolve6", "resolveAny",
      "resolveCaa", "resolveCname", "resolveMx", "resolveNaptr", "resolveNs", "resolvePtr", "resolveSoa", "resolveSrv",
      "resolveTxt", "reverse", "setDefaultResultOrder", "setServers",
    ];
    assert.deepStrictEqual(Object.keys(await import("node:dns/promises")).sort(), names);
    assert.deepStrictEqual(Object.keys(await import("node:dns")).sort(), [...names, "promises"].sort());
    assert.strictEqual(dns.promises.resolve4, promises.resolve4);
  },
};

export const constants = {
  test() {
    assert.deepStrictEqual([dns.ADDRCONFIG, dns.ALL, dns.V4MAPPED], [1024, 256, 2048]);
    assert.deepStrictEqual(
      [dns.NODATA, dns.NOTFOUND, dns.SERVFAIL, dns.EOF, dns.CANCELLED],
      ["ENODATA", "ENOTFOUND", "ESERVFAIL", "EOF", "ECANCELLED"],
    );
    assert.strictEqual(promises.NOTFOUND, "ENOTFOUND");
    assert.strictEqual(promises.ALL, undefined);
  },
};

export const serversAreTheRuntimes = {
  test() {
    const servers = ["1.1.1.1", "2606:4700:4700::1111", "1.0.0.1", "2606:4700:4700::1001"];
    assert.deepStrictEqual(dns.getServers(), servers);
    assert.deepStrictEqual(promises.getServers(), servers);
    assert.deepStrictEqual(new dns.Resolver().getServers(), servers);
    for (const act of [() => dns.setServers(["1.1.1.1"]), () => new dns.Resolver().setServers(["1.1.1.1"])]) {
      assert.throws(act, { name: "Error", message: "Not implemented" });
    }
  },
};

export const orders = {
  test() {
    assert.strictEqual(dns.getDefaultResultOrder(), "verbatim");
    promises.setDefaultResultOrder("ipv6first");
    assert.strictEqual(dns.getDefaultResultOrder(), "ipv6first");
    dns.setDefaultResultOrder("verbatim");
    assert.throws(() => dns.setDefaultResultOrder("x"), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'dnsOrder' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received 'x'",
    });
  },
};

export const addresses = {
  async test() {
    assert.deepStrictEqual(await promises.resolve4("e.test"), ["1.1.1.1", "1.0.0.1"]);
    assert.deepStrictEqual(await promises.resolve6("e.test"), ["2606:4700::1111"]);
    assert.deepStrictEqual(await promises.resolve4("e.test", { ttl: true }), [
      { ttl: 60, address: "1.1.1.1" },
      { ttl: 60, address: "1.0.0.1" },
    ]);
  },
};

export const namesOfMany = {
  async test() {
    assert.deepStrictEqual(await promises.resolveCname("e.test"), ["target.test"]);
    assert.deepStrictEqual(await promises.resolveNs("e.test"), ["ns1.test"]);
    assert.deepStrictEqual(await promises.resolvePtr("e.test"), ["one.one.one.one"]);
    assert.deepStrictEqual(await promises.reverse("1.1.1.1"), ["one.one.one.one"]);
  },
};

export const mail = {
  async test() {
    assert.deepStrictEqual(await promises.resolveMx("e.test"), [
      { exchange: "mail.test", priority: 10 },
      { exchange: "", priority: 0 },
    ]);
    await assert.rejects(promises.resolveMx("badmx"), { code: "EBADRESP", syscall: "queryMx" });
  },
};

export const zones = {
  async test() {
    assert.deepStrictEqual(await promises.resolveSoa("e.test"), {
      nsname: "ns.test.",
      hostmaster: "admin.test.",
      serial: 2024,
      refresh: 7200,
      retry: 3600,
      expire: 1209600,
      minttl: 300,
    });
    await assert.rejects(promises.resolveSoa("empty"), { code: "ENOTFOUND", syscall: "querySoa" });
  },
};

export const services = {
  async test() {
    assert.deepStrictEqual(await promises.resolveSrv("e.test"), [{ priority: 5, weight: 0, port: 80, name: "cal.test." }]);
  },
};

export const texts = {
  async test() {
    assert.deepStrictEqual(await promises.resolveTxt("e.test"), [["v=spf1 -all"], ["a", "b c"], ["plain"]]);
  },
};

export const authorities = {
  async test() {
    assert.deepStrictEqual(await promises.resolveCaa("e.test"), [
      { critical: 0, issue: "pki.goog" },
      { critical: 0, iodef: "mailto:a@b.test" },
    ]);
  },
};

export const rewriters = {
  async test() {
    assert.deepStrictEqual(await promises.resolveNaptr("e.test"), [{
      flags: "s",
      service: "SIP+D2T",
      regexp: "",
      replacement: "_sip._tcp.test",
      order: 10,
      preference: 100,
    }]);
  },
};

export const whatIsNotThere = {
  async test() {
    for (const [method, syscall] of [["resolve4", "queryA"], ["resolve6", "queryAaaa"], ["resolveTxt", "queryTxt"]]) {
      await assert.rejects(promises[method]("missing"), {
        name: "Error",
        message: `${syscall} ENOTFOUND missing`,
        code: "ENOTFOUND",
        hostname: "missing",
        syscall,
      });
    }
    const error = await promises.resolve4("missing").catch((error) => error);
    assert.ok("errno" in error && error.errno === undefined);
    assert.deepStrictEqual(await promises.resolve4("empty"), []);
  },
};

export const serversThatFail = {
  async test() {
    const codes = { status: "EBADRESP", badjson: "EBADQUERY", error: "EBADRESP", question: "EBADRESP" };
    for (const [name, code] of Object.entries(codes)) {
      await assert.rejects(promises.resolve4(name), { code, message: `queryA ${code} ${name}` });
      await assert.rejects(promises.resolveTxt(name), { code, syscall: "queryTXT" });
    }
  },
};

export const byType = {
  async test() {
    assert.deepStrictEqual(await promises.resolve("e.test", "A"), ["1.1.1.1", "1.0.0.1"]);
    assert.deepStrictEqual(await promises.resolve("e.test", "NS"), ["ns1.test"]);
    assert.deepStrictEqual((await promises.resolve("e.test", "SOA")).serial, 2024);
    await assert.rejects(promises.resolve("e.test", "ANY"), { message: "Not implemented" });
    for (const type of ["TLSA", "a", undefined, 5]) {
      assert.throws(() => promises.resolve("e.test", type), {
        code: "ERR_INVALID_ARG_VALUE",
        message: /^The argument 'rrtype' is invalid\. Received /,
      });
    }
  },
};

export const namesAreChecked = {
  test() {
    const message = 'The "name" argument must be of type string. Received type number (5)';
    for (const method of ["resolve", "resolve4", "resolveMx", "resolveTxt", "reverse"]) {
      assert.throws(() => promises[method](5), { code: "ERR_INVALID_ARG_TYPE", message }, method);
    }
  },
};

export const whatThereIsNot = {
  async test() {
    const message = "Not implemented";
    await assert.rejects(promises.resolveAny("e.test"), { message });
    await assert.rejects(promises.lookupService("1.1.1.1", 80), { message });
    assert.strictEqual((await called((callback) => dns.resolveAny("e.test", callback)))[0].message, message);
    const resolver = new promises.Resolver();
    assert.throws(() => resolver.cancel(), { message });
    assert.throws(() => resolver.setLocalAddress("0.0.0.0"), { message });
  },
};

export const withCallbacks = {
  async test() {
    assert.deepStrictEqual(await called((callback) => dns.resolve4("e.test", callback)), [null, ["1.1.1.1", "1.0.0.1"]]);
    assert.deepStrictEqual(await called((callback) => dns.resolve("e.test", "NS", callback)), [null, ["ns1.test"]]);
    const { 0: error } = await called((callback) => dns.resolve4("missing", callback));
    assert.strictEqual(error.code, "ENOTFOUND");
    assert.throws(() => dns.resolve4("e.test"), {
      code: "ERR_INVALID_ARG_TYPE",
      message: "The last argument must be of type function. Received type string ('e.test')",
    });
  },
};

export const resolvers = {
  async test() {
    assert.deepStrictEqual(await new promises.Resolver().resolve4("e.test"), ["1.1.1.1", "1.0.0.1"]);
    const resolver = new dns.Resolver({ timeout: 5 });
    assert.ok(!(new promises.Resolver() instanceof dns.Resolver));
    assert.deepStrictEqual(await called((callback) => resolver.resolve("e.test", "PTR", callback)), [
      null,
      ["one.one.one.one"],
    ]);
    assert.deepStrictEqual(await called((callback) => resolver.reverse("1.1.1.1", callback)), [null, ["one.one.one.one"]]);
    assert.throws(() => dns.Resolver(), TypeError);
  },
};
