// node:trace_events: what can be switched on and records nothing.
import assert from "node:assert";
import trace, { createTracing, getEnabledCategories } from "node:trace_events";
import util from "node:util";

export const tracing = {
  test() {
    const tracing = createTracing({ categories: ["node", "v8"] });
    assert.strictEqual(tracing.constructor.name, "Tracing");
    assert.strictEqual(tracing.categories, "node,v8");
    assert.strictEqual(tracing.enabled, false);
    assert.strictEqual(tracing.enable(), undefined);
    assert.strictEqual(tracing.enabled, true);
    assert.strictEqual(getEnabledCategories(), undefined);
    tracing.disable();
    assert.strictEqual(tracing.enabled, false);
    assert.strictEqual(util.inspect(tracing), "Tracing { enabled: false, categories: 'node,v8' }");
    assert.deepStrictEqual(Object.keys(trace), ["createTracing", "getEnabledCategories"]);
  },
};

export const argumentsAreChecked = {
  test() {
    const code = "ERR_INVALID_ARG_TYPE";
    assert.throws(() => createTracing(), {
      code,
      message: 'The "options" argument must be of type object. Received undefined',
    });
    assert.throws(() => createTracing({}), {
      code,
      message: 'The "options.categories" property must be an instance of Array. Received undefined',
    });
    assert.throws(() => createTracing({ categories: [1] }), {
      code,
      message: 'The "options.categories[0]" property must be of type string. Received type number (1)',
    });
    assert.throws(() => createTracing({ categories: [] }), {
      name: "TypeError",
      code: "ERR_TRACE_EVENTS_CATEGORY_REQUIRED",
      message: "At least one category is required",
    });
  },
};
