// node:domain: domains that catch nothing.
import assert from "node:assert";
import domain, { active, create, createDomain, Domain } from "node:domain";
import { EventEmitter } from "node:events";

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(domain), ["Domain", "active", "createDomain", "create"]);
    assert.strictEqual(active, null);
    assert.ok(createDomain() instanceof Domain && createDomain() instanceof EventEmitter);
    // In production it is a domain, where Node has another name of `createDomain`.
    assert.ok(create instanceof Domain);
    assert.notStrictEqual(createDomain(), create);
    assert.strictEqual(createDomain().members, undefined);
  },
};

export const functionsRunAsTheyAre = {
  test() {
    const made = createDomain();
    let self;
    const result = made.run(function (a, b) {
      self = this;
      return a + b;
    }, 1, 2);
    assert.strictEqual(result, 3);
    assert.strictEqual(self, made);
    const callback = () => {};
    assert.strictEqual(made.bind(callback), callback);
    assert.strictEqual(made.intercept(callback), callback);
    assert.deepStrictEqual([made.enter(), made.exit(), made.add({}), made.remove({})], Array(4).fill(undefined));
  },
};

export const errorsAreNotCaught = {
  test() {
    const made = createDomain();
    made.on("error", () => assert.fail("nothing is passed on"));
    const error = new TypeError("mine");
    assert.throws(() => made.run(() => {
      throw error;
    }), error);
    assert.throws(() => made._errorHandler(error), error);
  },
};
