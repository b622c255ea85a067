// What is said of arguments of the wrong type, and of methods that are called on the wrong object.

function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(action, name, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}

const ILLEGAL = "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

export const aMissingArgumentIsOfTheWrongType = {
  test() {
    throws(
      () => new Headers().get(),
      "TypeError",
      "Failed to execute 'get' on 'Headers': parameter 1 is not of type 'string'.",
    );
    throws(
      () => new Headers().append("a"),
      "TypeError",
      "Failed to execute 'append' on 'Headers': parameter 2 is not of type 'string'.",
    );
    if (!Cloudflare.compatibilityFlags.url_standard) return;
    throws(
      () => new URL(),
      "TypeError",
      "Failed to construct 'URL': constructor parameter 1 is not of type 'USVString'.",
    );
    throws(
      () => new URLSearchParams().append("a"),
      "TypeError",
      "Failed to execute 'append' on 'URLSearchParams': parameter 2 is not of type 'USVString'.",
    );
  },
};

export const constructorsSayConstructorParameter = {
  test() {
    for (const Class of [Event, CustomEvent, CloseEvent, ErrorEvent, MessageEvent]) {
      throws(
        () => new Class(),
        "TypeError",
        `Failed to construct '${Class.name}': constructor parameter 1 is not of type 'string'.`,
      );
    }
  },
};

export const dictionariesHaveNamesOfTheirOwn = {
  test() {
    const names = [[CustomEvent, "CustomEventInit"], [CloseEvent, "Initializer"], [MessageEvent, "Initializer"]];
    for (const [Class, type] of names) {
      throws(
        () => new Class("a", 1),
        "TypeError",
        `Failed to construct '${Class.name}': constructor parameter 2 is not of type '${type}'.`,
      );
    }
    throws(
      () => new TextDecoder().decode(new Uint8Array(1), 1),
      "TypeError",
      "Failed to execute 'decode' on 'TextDecoder': parameter 2 is not of type 'DecodeOptions'.",
    );
  },
};

export const symbolsAreNoStringsAndNoNumbers = {
  test() {
    throws(() => new Headers().get(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a string");
    throws(() => new Event(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a string");
    throws(() => AbortSignal.timeout(Symbol("s")), "TypeError", "Cannot convert a Symbol value to a number");
  },
};

export const whatCanBecomeAStringDoes = {
  test() {
    const headers = new Headers();
    headers.set("a", 1);
    headers.set("b", null);
    headers.set("c", { toString: () => "text" });
    equal([headers.get("a"), headers.get("b"), headers.get("c")], ["1", "null", "text"]);
  },
};

export const sequencesAreIterable = {
  test() {
    throws(() => new Headers([1]), "TypeError", "Incorrect type: the provided value is not of type 'Sequence'.");
  },
};

export const methodsNeedTheirObject = {
  test() {
    throws(() => Headers.prototype.get.call({}, "a"), "TypeError", ILLEGAL);
    throws(() => AbortController.prototype.abort.call({}), "TypeError", ILLEGAL);
    throws(() => EventTarget.prototype.dispatchEvent.call(new Headers(), new Event("a")), "TypeError", ILLEGAL);
    throws(() => HTMLRewriter.prototype.on.call(new Headers(), "a", {}), "TypeError", ILLEGAL);
  },
};

export const aProxyIsNotTheObject = {
  test() {
    throws(() => new Proxy(new AbortController(), {}).abort(), "TypeError", ILLEGAL);
    throws(() => new Proxy(new Event("a"), {}).preventDefault(), "TypeError", ILLEGAL);
  },
};

export const someConstructorsAreIllegal = {
  test() {
    for (const Class of [AbortSignal, Crypto, SubtleCrypto, CryptoKey]) {
      throws(() => new Class(), "TypeError", "Illegal constructor");
    }
  },
};
