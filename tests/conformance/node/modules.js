// Which modules a date brings, by which names.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const V2 = flags.nodejs_compat_v2 === true;

export const bareNamesNeedTheSecondVersion = {
  async test() {
    if (V2) {
      assert.strictEqual((await import("assert")).default, assert);
      assert.strictEqual((await import("fs/promises".replace("fs", "timers"))).default, (await import("node:timers/promises")).default);
    } else {
      await assert.rejects(import("assert"), { message: 'No such module "assert".' });
    }
  },
};

export const unknownNamesAreNoModules = {
  async test() {
    await assert.rejects(import("node:nope"), { message: 'No such module "node:nope".' });
    await assert.rejects(import("node:internal/errors"), { message: 'No such module "node:internal/errors".' });
  },
};

export const flagsBringModules = {
  async test() {
    const punycode = import("node:punycode");
    if (flags.enable_nodejs_punycode_module) {
      assert.strictEqual((await punycode).toASCII("ma\u00f1ana.com"), "xn--maana-pta.com");
    } else {
      await assert.rejects(punycode, { message: 'No such module "node:punycode".' });
    }
  },
};

export const testNeedsItsPrefix = {
  async test() {
    assert.ok((await import("node:test")).mock);
    await assert.rejects(import("test"), { message: 'No such module "test".' });
  },
};

export const sysIsUtil = {
  async test() {
    if (!V2) return;
    assert.strictEqual((await import("node:sys")).inspect, (await import("node:util")).inspect);
  },
};

export const builtinModulesByName = {
  async test() {
    const { default: process } = await import("node:process");
    assert.strictEqual(process.getBuiltinModule("node:assert"), assert);
    assert.strictEqual(process.getBuiltinModule("nope"), undefined);
    assert.strictEqual(process.getBuiltinModule(1), undefined);
  },
};
