// node:diagnostics_channel.
import assert from "node:assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";

const AS_PROPERTY = Cloudflare.compatibilityFlags.diagnostics_channel_has_subscribers_getter === true;
const heard = (of) => (AS_PROPERTY ? of.hasSubscribers : of.hasSubscribers());

export const aNameIsOneChannel = {
  test() {
    assert.strictEqual(channel("a"), channel("a"));
    assert.ok(channel("a") instanceof Channel);
    assert.throws(() => new Channel("x"), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const messagesReachSubscribersOnce = {
  test() {
    const seen = [];
    const listen = (message, name) => seen.push([message, name]);
    const sent = channel("b");
    assert.strictEqual(heard(sent), false);
    sent.subscribe(listen);
    sent.subscribe(listen);
    assert.strictEqual(heard(sent), true);
    assert.ok(hasSubscribers("b"));
    sent.publish(1);
    sent.unsubscribe(listen);
    sent.publish(2);
    assert.deepStrictEqual(seen, [[1, "b"]]);
    assert.ok(!hasSubscribers("b"));
  },
};

export const subscribingByName = {
  test() {
    const seen = [];
    const listen = (message) => {
      seen.push(message);
    };
    subscribe("c", listen);
    channel("c").publish("x");
    unsubscribe("c", listen);
    unsubscribe("never made", listen);
    channel("c").publish("y");
    assert.deepStrictEqual(seen, ["x"]);
  },
};

export const whatIsNoFunctionIsRefused = {
  test() {
    assert.throws(() => channel("d").subscribe(5), {
      name: "TypeError",
      message: "Failed to execute 'subscribe' on 'Channel': parameter 1 is not of type 'function'.",
    });
  },
};

export const storesAreBoundToAChannel = {
  test() {
    const storage = new AsyncLocalStorage();
    const bound = channel("e");
    bound.bindStore(storage, (message) => ({ of: message }));
    const seen = bound.runStores(1, function (...args) {
      return [storage.getStore(), this, args];
    }, "me", 2, 3);
    assert.deepStrictEqual(seen, [{ of: 1 }, "me", [2, 3]]);
    bound.unbindStore(storage);
    assert.strictEqual(bound.runStores(1, () => storage.getStore()), undefined);
  },
};

function recorder(name) {
  const events = [];
  const tracing = tracingChannel(name);
  const handlers = {};
  for (const event of ["start", "end", "asyncStart", "asyncEnd", "error"]) {
    handlers[event] = (context) => {
      events.push([event, { ...context }]);
    };
  }
  tracing.subscribe(handlers);
  return { events, tracing, handlers };
}

export const tracingOfSynchronousCalls = {
  test() {
    const { events, tracing } = recorder("sync");
    const result = tracing.traceSync(function (a) {
      return [this, a];
    }, { c: 1 }, "me", 5);
    assert.deepStrictEqual(result, ["me", 5]);
    assert.deepStrictEqual(events, [["start", { c: 1 }], ["end", { c: 1, result }]]);
    events.length = 0;
    const thrown = new Error("x");
    assert.throws(() =>
      tracing.traceSync(() => {
        throw thrown;
      }, {}), /x/);
    assert.deepStrictEqual(events.map(([event]) => event), ["start", "error", "end"]);
    assert.strictEqual(events[1][1].error, thrown);
  },
};

export const tracingOfPromises = {
  async test() {
    const { events, tracing } = recorder("promise");
    assert.strictEqual(await tracing.tracePromise(async (a) => a, {}, null, 6), 6);
    assert.deepStrictEqual(events.map(([event]) => event), ["start", "end", "asyncStart", "asyncEnd"]);
    events.length = 0;
    await assert.rejects(tracing.tracePromise(() => Promise.reject(new Error("r")), {}), /r/);
    assert.deepStrictEqual(events.map(([event]) => event), ["start", "end", "error", "asyncStart", "asyncEnd"]);
  },
};

export const tracingOfCallbacks = {
  test() {
    const { events, tracing } = recorder("callback");
    let given;
    tracing.traceCallback((a, done) => done(null, a), 1, {}, null, 5, (...args) => {
      given = args;
    });
    assert.deepStrictEqual(given, [null, 5]);
    assert.deepStrictEqual(events.map(([event]) => event), ["start", "asyncStart", "asyncEnd", "end"]);
    assert.throws(() => tracing.traceCallback(() => 1, 0, {}, null, 5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const tracingChannelsHaveNames = {
  test() {
    const tracing = tracingChannel("named");
    assert.strictEqual(tracing.start, channel("tracing:named:start"));
    assert.strictEqual(tracing.asyncEnd, channel("tracing:named:asyncEnd"));
    assert.strictEqual(heard(tracing), false);
    assert.throws(() => tracingChannel(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};
