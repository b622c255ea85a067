// What stands for a function or a class that is there to be imported and not to be used.
//
// Source: the texts are those of wrangler's stand-ins.

export function error(what) {
  return new Error(`[unenv] ${what} is not implemented yet!`);
}

export function missing(what) {
  const fails = () => {
    throw error(what);
  };
  fails.__unenv__ = true;
  fails.native = fails;
  fails.__promisify__ = () => missing(`${what}.__promisify__`);
  return fails;
}

export function missingClass(what) {
  return class {
    constructor() {
      throw error(what);
    }
  };
}

/** A function that does nothing. */
export function nothing() {
  return () => {};
}

/** Anything at all: every property of it is another one, and so is the result of every call. */
export function anything(name) {
  const known = { __proto__: null };
  const promised = (callback) => Promise.resolve(callback?.());
  return new Proxy(function () {}, {
    get(_target, key) {
      if (key === "caller") return null;
      if (key === "__unenv__") return true;
      if (key === "then" || key === "finally") return promised;
      if (key === "catch") return () => Promise.resolve();
      return (known[key] ??= anything(`${name}.${String(key)}`));
    },
    apply: () => anything(`${name}()`),
    construct: () => anything(`[${name}]`),
  });
}
