// dns.lookup. Another worker is the network here, and answers as production's server does.
import assert from "node:assert";
import dns from "node:dns";
import promises from "node:dns/promises";

const called = (act) => new Promise((resolve) => act((...args) => resolve(args)));

const FOUR = [{ address: "1.1.1.1", family: 4 }, { address: "1.0.0.1", family: 4 }];
const SIX = [{ address: "2606:4700::1111", family: 6 }];

export const oneAddress = {
  async test() {
    assert.deepStrictEqual(await promises.lookup("e.test"), FOUR[0]);
    assert.deepStrictEqual(await promises.lookup("e.test", 6), SIX[0]);
    assert.deepStrictEqual(await promises.lookup("e.test", { family: "IPv6" }), SIX[0]);
    assert.deepStrictEqual(await promises.lookup("e.test", { order: "ipv6first" }), SIX[0]);
    assert.deepStrictEqual(await promises.lookup("e.test", null), FOUR[0]);
  },
};

export const allAddresses = {
  async test() {
    assert.deepStrictEqual(await promises.lookup("e.test", { all: true }), [...FOUR, ...SIX]);
    assert.deepStrictEqual(await promises.lookup("e.test", { all: true, family: 4 }), FOUR);
    assert.deepStrictEqual(await promises.lookup("e.test", { all: true, order: "ipv6first" }), [...SIX, ...FOUR]);
    assert.deepStrictEqual(await promises.lookup("v4.test", { all: true }), FOUR);
  },
};

export const theDefaultOrder = {
  async test() {
    dns.setDefaultResultOrder("ipv6first");
    assert.deepStrictEqual(await promises.lookup("e.test"), SIX[0]);
    assert.deepStrictEqual(await promises.lookup("e.test", { verbatim: true }), FOUR[0]);
    dns.setDefaultResultOrder("verbatim");
  },
};

export const addressesAreThemselves = {
  async test() {
    assert.deepStrictEqual(await promises.lookup("1.2.3.4", 6), { address: "1.2.3.4", family: 4 });
    assert.deepStrictEqual(await promises.lookup("::1", { all: true }), [{ address: "::1", family: 6 }]);
  },
};

export const nothing = {
  async test() {
    for (const host of ["", undefined, null, false]) {
      assert.deepStrictEqual(await promises.lookup(host), { address: null, family: 4 });
    }
    assert.deepStrictEqual(await promises.lookup("", 6), { address: null, family: 6 });
    assert.deepStrictEqual(await promises.lookup("", { all: true }), []);
  },
};

export const whatIsNotThere = {
  async test() {
    const missing = { code: "ENOTFOUND", message: "queryA ENOTFOUND missing", hostname: "missing" };
    await assert.rejects(promises.lookup("missing"), missing);
    await assert.rejects(promises.lookup("missing", { all: true }), missing);
    await assert.rejects(promises.lookup("missing", 4), missing);
    await assert.rejects(promises.lookup("v4.test", 6), { code: "ENOTFOUND", syscall: "queryAAAA" });
    await assert.rejects(promises.lookup("status"), { code: "ENOTFOUND", syscall: "queryA" });
    await assert.rejects(promises.lookup("status", 6), { code: "EBADRESP", syscall: "queryAAAA" });
  },
};

export const withCallbacks = {
  async test() {
    assert.deepStrictEqual(await called((callback) => dns.lookup("e.test", callback)), [null, "1.1.1.1", 4]);
    assert.deepStrictEqual(await called((callback) => dns.lookup("e.test", 6, callback)), [null, "2606:4700::1111", 6]);
    assert.deepStrictEqual(await called((callback) => dns.lookup("e.test", { all: true }, callback)), [
      null,
      [...FOUR, ...SIX],
    ]);
    assert.deepStrictEqual(await called((callback) => dns.lookup("1.1.1.1", callback)), [null, "1.1.1.1", 4]);
    assert.strictEqual((await called((callback) => dns.lookup("missing", callback)))[0].code, "ENOTFOUND");
  },
};

export const optionsAreChecked = {
  test() {
    const refused = [
      [{ hints: 1 }, "ERR_OPTION_NOT_IMPLEMENTED", "The options.hints option is not implemented"],
      [{ hints: "a" }, "ERR_INVALID_ARG_TYPE", `The "options.hints" property must be of type number. Received type string ('a')`],
      [{ family: 5 }, "ERR_INVALID_ARG_VALUE", "The property 'options.family' must be one of: 0, 4, 6. Received 5"],
      [7, "ERR_INVALID_ARG_VALUE", "The argument 'family' must be one of: 0, 4, 6. Received 7"],
      [{ all: 1 }, "ERR_INVALID_ARG_TYPE", 'The "options.all" property must be of type boolean. Received type number (1)'],
      [
        { verbatim: 1 },
        "ERR_INVALID_ARG_TYPE",
        'The "options.verbatim" property must be of type boolean. Received type number (1)',
      ],
      [
        { order: "x" },
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.order' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received 'x'",
      ],
      ["s", "ERR_INVALID_ARG_TYPE", /^The "options" argument must be of type object or integer\. Received/],
    ];
    for (const [options, code, message] of refused) {
      assert.throws(() => dns.lookup("e.test", options, () => {}), { code, message });
    }
    assert.throws(() => dns.lookup(5, () => {}), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const callbacksAreChecked = {
  test() {
    for (const args of [["e.test"], ["e.test", {}], ["e.test", 4], ["e.test", "x"]]) {
      assert.throws(() => dns.lookup(...args), {
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "callback" argument must be of type function\. Received /,
      });
    }
  },
};
