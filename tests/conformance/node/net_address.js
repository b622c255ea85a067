// Addresses and lists of them: net.isIP, net.SocketAddress, net.BlockList, and the settings of node:net.
import assert from "node:assert";
import net from "node:net";
import { inspect } from "node:util";

export const namesOfTheModule = {
  async test() {
    const module = await import("node:net");
    assert.deepStrictEqual(Object.keys(module).sort(), [
      "BlockList", "Server", "Socket", "SocketAddress", "Stream", "_normalizeArgs", "connect", "createConnection",
      "createServer", "default", "getDefaultAutoSelectFamily", "getDefaultAutoSelectFamilyAttemptTimeout", "isIP",
      "isIPv4", "isIPv6", "setDefaultAutoSelectFamily", "setDefaultAutoSelectFamilyAttemptTimeout",
    ]);
    assert.strictEqual(module.Stream, module.Socket);
    assert.strictEqual(module.createConnection, module.connect);
    assert.strictEqual(module.connect.name, "connect");
    assert.strictEqual(module.isIP.length, 1);
  },
};

export const families = {
  test() {
    const four = ["1.2.3.4", "0.0.0.0", "255.255.255.255", { toString: () => "1.1.1.1" }];
    const six = [
      "::", "::1", "1::", "::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::1.2.3.4", "1::1.2.3.4", "fe80::1%eth0",
      "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
    ];
    const none = [
      "", "x", "01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "1.2.3.4%x", ":::", "1:::2", "::1::2", "12345::",
      "g::", ":1", "1:", "::1%", "::1%a b", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:300.1.1.1", 5, null,
      undefined,
    ];
    for (const address of four) assert.strictEqual(net.isIP(address), 4, inspect(address));
    for (const address of six) assert.strictEqual(net.isIP(address), 6, inspect(address));
    for (const address of none) assert.strictEqual(net.isIP(address), 0, inspect(address));
  },
};

export const oneFamily = {
  test() {
    assert.deepStrictEqual(["1.1.1.1", "::1"].map(net.isIPv4), [true, false]);
    assert.deepStrictEqual(["1.1.1.1", "::1"].map(net.isIPv6), [false, true]);
    assert.throws(() => net.isIP(Symbol("x")), TypeError);
  },
};

export const aSocketAddress = {
  test() {
    const plain = new net.SocketAddress();
    assert.deepStrictEqual([plain.address, plain.port, plain.family, plain.flowlabel], ["127.0.0.1", 0, "ipv4", 0]);
    const given = new net.SocketAddress({ family: "IPv6", address: "2001:DB8::1", port: "80", flowlabel: 5 });
    assert.deepStrictEqual(given.toJSON(), { address: "2001:DB8::1", port: 80, family: "ipv6", flowlabel: 5 });
    assert.strictEqual(new net.SocketAddress({ family: "ipv6" }).address, "::");
    assert.strictEqual(
      inspect(plain),
      "SocketAddress { address: '127.0.0.1', port: 0, family: 'ipv4', flowlabel: 0 }",
    );
    assert.deepStrictEqual([plain, {}, null].map(net.SocketAddress.isSocketAddress), [true, false, false]);
  },
};

export const socketAddressesAreChecked = {
  test() {
    const refused = [
      [{ address: "zz" }, "ERR_INVALID_ADDRESS", "Invalid socket address"],
      [{ address: "::1" }, "ERR_INVALID_ADDRESS", "Invalid socket address"],
      [{ port: 99999 }, "ERR_SOCKET_BAD_PORT", "options.port should be >= 0 and < 65536. Received number."],
      [
        { family: "x" },
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.family' must be one of: 'ipv4', 'ipv6'. Received 'x'",
      ],
      [
        { flowlabel: -1 },
        "ERR_OUT_OF_RANGE",
        'The value of "options.flowlabel" is out of range. It must be >= 0 && < 4294967296. Received -1',
      ],
      [5, "ERR_INVALID_ARG_TYPE", 'The "options" argument must be of type object. Received type number (5)'],
      [null, "ERR_INVALID_ARG_TYPE", 'The "options" argument must be of type object. Received null'],
      [
        { address: 5 },
        "ERR_INVALID_ARG_TYPE",
        'The "options.address" property must be of type string. Received type number (5)',
      ],
    ];
    for (const [options, code, message] of refused) {
      assert.throws(() => new net.SocketAddress(options), { code, message });
    }
  },
};

export const socketAddressesAreParsed = {
  test() {
    const parse = (text) => net.SocketAddress.parse(text)?.toJSON();
    assert.deepStrictEqual(parse("1.2.3.4:8080"), { address: "1.2.3.4", port: 8080, family: "ipv4", flowlabel: 0 });
    assert.deepStrictEqual(parse("[2001:DB8:0::1]:9"), { address: "2001:db8::1", port: 9, family: "ipv6", flowlabel: 0 });
    assert.strictEqual(parse("1.2.3.4").port, 0);
    for (const text of ["::1", "x", "host:80", "1.2.3.4:99999", "", "256.1.1.1"]) assert.strictEqual(parse(text), undefined);
    assert.throws(() => parse(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const rulesOfABlockList = {
  test() {
    const list = new net.BlockList();
    assert.strictEqual(list.addSubnet("10.0.0.0", 8), undefined);
    list.addRange("1.1.1.1", "1.1.1.5");
    list.addAddress("9.9.9.9");
    list.addAddress(new net.SocketAddress({ family: "ipv6", address: "::5" }));
    list.addSubnet("2001:db8::5", 32, "ipv6");
    const rules = [
      "Subnet: IPv4 10.0.0.0/8", "Range: IPv4 1.1.1.1-1.1.1.5", "Address: IPv4 9.9.9.9", "Address: IPv6 ::5",
      "Subnet: IPv6 2001:db8::5/32",
    ];
    assert.deepStrictEqual(list.rules, rules);
    assert.deepStrictEqual(list.toJSON(), rules);
    const inside = ["10.200.1.1", "1.1.1.1", "1.1.1.5", "9.9.9.9"];
    for (const address of inside) assert.ok(list.check(address), address);
    for (const address of ["11.0.0.0", "1.1.1.6", "9.9.9.8", "zz"]) assert.ok(!list.check(address), address);
    assert.ok(list.check("2001:db8:1::", "ipv6") && list.check("::5", "ipv6"));
    assert.ok(!list.check("2001:db9::", "ipv6"));
    assert.ok(list.check(new net.SocketAddress({ address: "10.1.1.1" })));
  },
};

export const aBlockListKnowsMappedAddresses = {
  test() {
    const list = new net.BlockList();
    list.addAddress("1.2.3.4");
    assert.ok(list.check("::ffff:1.2.3.4", "ipv6"));
    assert.ok(!list.check("::ffff:1.2.3.5", "ipv6"));
    const all = new net.BlockList();
    all.addSubnet("1.1.1.1", 0);
    assert.ok(all.check("200.1.1.1"));
  },
};

export const rulesAreChecked = {
  test() {
    const list = new net.BlockList();
    const refused = [
      [() => list.addAddress("x"), "ERR_INVALID_IP_ADDRESS", "Invalid IP address: Invalid IPv4 address"],
      [() => list.addAddress("x", "ipv6"), "ERR_INVALID_IP_ADDRESS", "Invalid IP address: Invalid IPv6 address"],
      [
        () => list.addAddress(5),
        "ERR_INVALID_ARG_TYPE",
        'The "address" argument must be of type string. Received type number (5)',
      ],
      [
        () => list.addAddress("1.1.1.1", "ipv9"),
        "ERR_INVALID_ARG_VALUE",
        "The argument 'family' must be one of: 'ipv4', 'ipv6'. Received 'ipv9'",
      ],
      [
        () => list.addRange("10.0.0.9", "10.0.0.1"),
        "ERR_INVALID_ARG_VALUE",
        "The argument 'start' must come before end. Received '10.0.0.9'",
      ],
      [
        () => list.addSubnet("10.0.0.9", 33),
        "ERR_OUT_OF_RANGE",
        'The value of "prefix" is out of range. It must be between 0 and 32. Received 33',
      ],
      [
        () => list.addSubnet("::1", 129, "ipv6"),
        "ERR_OUT_OF_RANGE",
        'The value of "prefix" is out of range. It must be between 0 and 128. Received 129',
      ],
      [
        () => list.addSubnet("1.1.1.1", 1.5),
        "ERR_OUT_OF_RANGE",
        'The value of "prefix" is out of range. It must be an integer. Received 1.5',
      ],
      [() => list.addSubnet("1.1.1.1"), "ERR_INVALID_ARG_TYPE", /The "prefix" argument must be of type number/],
      [() => list.check(), "ERR_INVALID_ARG_TYPE", /The "address" argument must be of type string/],
    ];
    for (const [act, code, message] of refused) assert.throws(act, { code, message });
    assert.deepStrictEqual(list.rules, []);
  },
};

export const blockListsAsText = {
  test() {
    const list = new net.BlockList();
    list.fromJSON(["Subnet: IPv4 10.0.0.0/8", "Address: IPv6 ::1", "Range: IPv4 2.2.2.2-2.2.2.9", "x"]);
    assert.deepStrictEqual(list.rules, ["Subnet: IPv4 10.0.0.0/8", "Address: IPv6 ::1", "Range: IPv4 2.2.2.2-2.2.2.9"]);
    assert.throws(() => list.fromJSON(5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => list.fromJSON("zz"), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'data' must be valid JSON. Received 'zz'",
    });
    assert.strictEqual(inspect(new net.BlockList()), "BlockList {\n  rules: []\n}");
    assert.deepStrictEqual([list, {}].map(net.BlockList.isBlockList), [true, false]);
    assert.throws(() => net.BlockList(), TypeError);
  },
};

export const thereAreNoServers = {
  test() {
    assert.throws(() => new net.Server(), { name: "Error", message: "Server is not implemented" });
    assert.throws(() => net.createServer(), { name: "Error", message: "createServer() is not implemented" });
  },
};

export const whichFamilyIsTried = {
  test() {
    assert.strictEqual(net.getDefaultAutoSelectFamily(), false);
    net.setDefaultAutoSelectFamily(false);
    assert.throws(() => net.setDefaultAutoSelectFamily(true), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'val' is invalid. Received true",
    });
    assert.strictEqual(net.getDefaultAutoSelectFamilyAttemptTimeout(), 10);
    net.setDefaultAutoSelectFamilyAttemptTimeout(500);
    assert.strictEqual(net.getDefaultAutoSelectFamilyAttemptTimeout(), 500);
    net.setDefaultAutoSelectFamilyAttemptTimeout(5);
    assert.strictEqual(net.getDefaultAutoSelectFamilyAttemptTimeout(), 10);
    for (const value of ["1", 0, 1.5]) assert.throws(() => net.setDefaultAutoSelectFamilyAttemptTimeout(value));
  },
};

export const argumentsOfConnect = {
  test() {
    const of = (...args) => net._normalizeArgs(args);
    const callback = () => {};
    assert.deepStrictEqual([...of()], [{}, null]);
    assert.deepStrictEqual([...of(80, "host", callback)], [{ port: 80, host: "host" }, callback]);
    assert.deepStrictEqual([...of("/path")], [{ path: "/path" }, null]);
    assert.deepStrictEqual([...of("80")], [{ port: "80" }, null]);
    assert.deepStrictEqual([...of({ port: 1 }, callback)], [{ port: 1 }, callback]);
  },
};
