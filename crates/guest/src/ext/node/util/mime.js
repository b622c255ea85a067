// `MIMEType` and `MIMEParams` of "node:util", with production's errors, which have no codes.
(function () {
const { core, primordials } = __bootstrap;
const { SymbolIterator, TypeError } = primordials;
const node = core.loadExtScript("ext:deno_node/util.ts");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { configureClass } = core.loadExtScript("ext:lopata/event/shape.js");

/** @param {ArrayLike<unknown>} args @param {number} count */
function strings(args, count, method) {
  const found = [];
  for (let i = 0; i < count; i++) {
    if (args.length <= i) {
      throw new TypeError(
        `Failed to execute '${method}' on 'MIMEParams': parameter ${i + 1} is not of type 'string'.`,
      );
    }
    found[i] = webidl.converters.DOMString(args[i]);
  }
  return found;
}

class MIMEParams {
  #inner = new node.MIMEParams();
  #attached = false;

  delete() {
    this.#inner.delete(strings(arguments, 1, "delete")[0]);
  }

  get() {
    return this.#inner.get(strings(arguments, 1, "get")[0]);
  }

  has() {
    return this.#inner.has(strings(arguments, 1, "has")[0]);
  }

  set() {
    const { 0: name, 1: value } = strings(arguments, 2, "set");
    // Where they belong to no type, nothing is kept.
    if (!this.#attached) return;
    try {
      this.#inner.set(name, value);
    } catch {
      throw new TypeError("Not a valid MIME parameter");
    }
  }

  entries() {
    return this.#inner.entries();
  }

  keys() {
    return this.#inner.keys();
  }

  values() {
    return this.#inner.values();
  }

  toString() {
    return this.#inner.toString();
  }

  toJSON() {
    return this.#inner.toString();
  }

  [SymbolIterator]() {
    return this.#inner.entries();
  }

  static of(inner) {
    const params = new MIMEParams();
    params.#inner = inner;
    params.#attached = true;
    return params;
  }
}
const paramsOf = MIMEParams.of;
delete MIMEParams.of;

class MIMEType {
  #inner;
  #params;

  constructor(type) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'MIMEType': constructor parameter 1 is not of type 'string'.");
    }
    type = webidl.converters.DOMString(type);
    try {
      this.#inner = new node.MIMEType(type);
    } catch {
      throw new TypeError(`Not a valid MIME type: ${type}`);
    }
    this.#params = paramsOf(this.#inner.params);
  }

  get type() {
    return this.#inner.type;
  }

  set type(value) {
    value = webidl.converters.DOMString(value);
    try {
      this.#inner.type = value;
    } catch {
      throw new TypeError("Not a valid MIME type");
    }
  }

  get subtype() {
    return this.#inner.subtype;
  }

  set subtype(value) {
    value = webidl.converters.DOMString(value);
    try {
      this.#inner.subtype = value;
    } catch {
      throw new TypeError("Not a valid MIME subtype");
    }
  }

  get essence() {
    return this.#inner.essence;
  }

  get params() {
    return this.#params;
  }

  toString() {
    return this.#inner.toString();
  }

  toJSON() {
    return this.#inner.toString();
  }
}

configureClass(MIMEParams);
configureClass(MIMEType);

return { MIMEParams, MIMEType };
})();
