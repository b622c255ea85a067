// node:os and node:constants: a system that there is nothing to know about.
import assert from "node:assert";
import constants from "node:constants";
import os from "node:os";

export const whatItIs = {
  test() {
    assert.strictEqual(os.EOL, "\n");
    assert.strictEqual(os.devNull, "/dev/null");
    assert.strictEqual(os.platform(), "linux");
    assert.strictEqual(os.type(), "Linux");
    assert.strictEqual(os.arch(), "x64");
    assert.strictEqual(os.machine(), "x86_64");
    assert.strictEqual(os.endianness(), "LE");
    assert.strictEqual(os.release(), "");
    assert.strictEqual(os.version(), "");
  },
};

export const whatItHas = {
  test() {
    assert.strictEqual(os.availableParallelism(), 1);
    assert.deepStrictEqual(os.cpus(), []);
    assert.strictEqual(os.freemem(), 0);
    assert.strictEqual(os.totalmem(), 0);
    assert.deepStrictEqual(os.loadavg(), [0, 0, 0]);
    assert.deepStrictEqual(os.networkInterfaces(), {});
    assert.strictEqual(os.uptime(), 0);
  },
};

export const whereItIs = {
  test() {
    assert.strictEqual(os.hostname(), "localhost");
    assert.strictEqual(os.homedir(), "/tmp/");
    assert.strictEqual(os.tmpdir(), "/tmp/");
  },
};

export const users = {
  test() {
    assert.deepStrictEqual(os.userInfo(), {});
    assert.deepStrictEqual(os.userInfo({ encoding: "buffer" }), {});
    assert.throws(() => os.userInfo(5), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "options" argument must be of type object. Received type number (5)',
    });
    assert.throws(() => os.userInfo({ encoding: "nope" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.encoding' must be a valid encoding. Received 'nope'",
    });
  },
};

export const priorities = {
  test() {
    assert.strictEqual(os.getPriority(), 0);
    assert.strictEqual(os.getPriority(5), 0);
    assert.strictEqual(os.setPriority(0, 5), undefined);
    assert.throws(() => os.getPriority("x"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => os.setPriority(5), {
      message: 'The "priority" argument must be of type number. Received undefined',
    });
  },
};

export const numbersOfTheSystem = {
  test() {
    assert.strictEqual(os.constants.signals.SIGTERM, 15);
    assert.strictEqual(os.constants.errno.ENOENT, 2);
    assert.strictEqual(os.constants.priority.PRIORITY_LOW, 19);
    assert.strictEqual(os.constants.dlopen.RTLD_NOW, 2);
    assert.strictEqual(os.constants.UV_UDP_REUSEADDR, 4);
    assert(Object.isFrozen(os.constants) && Object.isFrozen(os.constants.signals));
    assert.strictEqual(Object.getPrototypeOf(os.constants), null);
  },
};

export const allConstantsInOne = {
  test() {
    assert.strictEqual(Object.keys(constants).length, 239);
    assert.strictEqual(constants.E2BIG, 7);
    assert.strictEqual(constants.O_CREAT, 512);
    assert.strictEqual(constants.RSA_PKCS1_PADDING, 1);
    assert.strictEqual(constants.SIGINFO, 29);
    assert.throws(() => {
      constants.E2BIG = 9;
    }, TypeError);
  },
};
