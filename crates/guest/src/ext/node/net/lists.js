// `net.SocketAddress`, and `net.BlockList`, which is a list of rules in the order in which they were made.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeMap,
  ArrayPrototypePush,
  JSONParse,
  MathMax,
  MathMin,
  NumberIsInteger,
  NumberParseInt,
  RegExpPrototypeExec,
  SafeRegExp,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} = primordials;
const { inspect } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
const { validateNumber, validateString, validateUint32 } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { parse4, parse6 } = core.loadExtScript("ext:lopata_node/net/addresses.js");
const {
  ERR_INVALID_ADDRESS,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_IP_ADDRESS,
  ERR_OUT_OF_RANGE,
  validatePort,
} = core.loadExtScript("ext:lopata_node/net/errors.js");

const FAMILIES = "must be one of: 'ipv4', 'ipv6'";

class SocketAddress {
  #address;
  #port;
  #family;
  #flowlabel;

  static isSocketAddress(value) {
    return typeof value === "object" && value !== null && #address in value;
  }

  /** @returns {SocketAddress | undefined} undefined for what is no address with or without a port */
  static parse(input) {
    validateString(input, "input");
    let url;
    try {
      url = new URL(`http://${input}`);
    } catch {
      return undefined;
    }
    const bracketed = StringPrototypeStartsWith(url.hostname, "[");
    const address = bracketed ? StringPrototypeSlice(url.hostname, 1, -1) : url.hostname;
    try {
      const port = url.port === "" ? 0 : NumberParseInt(url.port, 10);
      return new SocketAddress({ address, port, family: bracketed ? "ipv6" : "ipv4" });
    } catch {
      return undefined;
    }
  }

  constructor(options = { __proto__: null }) {
    if (typeof options !== "object" || options === null || ArrayIsArray(options)) {
      throw new ERR_INVALID_ARG_TYPE("options", "object", options);
    }
    const { family = "ipv4", port = 0, flowlabel = 0 } = options;
    const lower = typeof family === "string" ? StringPrototypeToLowerCase(family) : family;
    if (lower !== "ipv4" && lower !== "ipv6") throw new ERR_INVALID_ARG_VALUE("options.family", family, FAMILIES);
    const { address = lower === "ipv4" ? "127.0.0.1" : "::" } = options;
    validateString(address, "options.address");
    this.#port = validatePort(port, "options.port");
    validateUint32(flowlabel, "options.flowlabel");
    if ((lower === "ipv4" ? parse4(address) : parse6(address)) === null) throw new ERR_INVALID_ADDRESS();
    this.#address = address;
    this.#family = lower;
    this.#flowlabel = flowlabel;
  }

  get address() {
    return this.#address;
  }

  get port() {
    return this.#port;
  }

  get family() {
    return this.#family;
  }

  get flowlabel() {
    return this.#flowlabel;
  }

  toJSON() {
    return { address: this.#address, port: this.#port, family: this.#family, flowlabel: this.#flowlabel };
  }

  [inspect.custom](depth, options) {
    return depth < 0 ? "[SocketAddress]" : `SocketAddress ${inspect(this.toJSON(), { ...options, depth: null })}`;
  }
}

/** A rule as text: its kind, its family, its address, and what stands after that. */
const RULE = new SafeRegExp("^(Address|Range|Subnet): IPv([46]) ([^-/\\s]+)(?:[-/](\\S+))?\\s*$");

/**
 * The bytes of an address that is given as text and family or as a SocketAddress.
 * @returns {{ bytes: number[] | null, text: string, family: "ipv4" | "ipv6" }}
 */
function read(given, name, family) {
  if (SocketAddress.isSocketAddress(given)) return parsed(given.address, given.family);
  validateString(given, name);
  if (family !== "ipv4" && family !== "ipv6") throw new ERR_INVALID_ARG_VALUE("family", family, FAMILIES);
  return parsed(given, family);
}

function parsed(text, family) {
  return { bytes: family === "ipv4" ? parse4(text) : parse6(text), text, family };
}

/** The same for a rule, which needs an address. */
function needed(given, name, family) {
  const found = read(given, name, family);
  if (found.bytes === null) {
    throw new ERR_INVALID_IP_ADDRESS(`Invalid ${found.family === "ipv4" ? "IPv4" : "IPv6"} address`);
  }
  return found;
}

/** @returns {number} below zero if `a` comes before `b` */
function compare(a, b) {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return 0;
}

/** The bytes of the IPv4 address that an IPv6 address stands for. @returns {number[] | null} */
function mapped(bytes) {
  for (let i = 0; i < 10; i++) {
    if (bytes[i] !== 0) return null;
  }
  return bytes[10] === 255 && bytes[11] === 255 ? [bytes[12], bytes[13], bytes[14], bytes[15]] : null;
}

class BlockList {
  #rules = [];

  static isBlockList(value) {
    return typeof value === "object" && value !== null && #rules in value;
  }

  addAddress(address, family = "ipv4") {
    const { bytes, text, family: kind } = needed(address, "address", family);
    this.#add(kind, "Address", text, bytes, bytes);
  }

  addRange(start, end, family = "ipv4") {
    const from = needed(start, "start", family);
    const to = needed(end, "end", family);
    if (from.family !== to.family) throw new ERR_INVALID_ARG_VALUE("end", end, "must be same family as start");
    if (compare(from.bytes, to.bytes) > 0) throw new ERR_INVALID_ARG_VALUE("start", start, "must come before end");
    this.#add(from.family, "Range", `${from.text}-${to.text}`, from.bytes, to.bytes);
  }

  addSubnet(network, prefix, family = "ipv4") {
    const { bytes, text, family: kind } = needed(network, "network", family);
    validateNumber(prefix, "prefix");
    if (!NumberIsInteger(prefix)) throw new ERR_OUT_OF_RANGE("prefix", "an integer", prefix);
    const most = bytes.length * 8;
    if (prefix < 0 || prefix > most) throw new ERR_OUT_OF_RANGE("prefix", `between 0 and ${most}`, prefix);
    const bits = (byte) => MathMax(0, MathMin(8, prefix - byte * 8));
    const from = ArrayPrototypeMap(bytes, (value, i) => value & (0xff00 >> bits(i)));
    const to = ArrayPrototypeMap(bytes, (value, i) => value | (0xff >> bits(i)));
    this.#add(kind, "Subnet", `${text}/${prefix}`, from, to);
  }

  #add(family, kind, what, from, to) {
    const text = `${kind}: ${family === "ipv4" ? "IPv4" : "IPv6"} ${what}`;
    ArrayPrototypePush(this.#rules, { text, from, to });
  }

  check(address, family = "ipv4") {
    const { bytes } = read(address, "address", family);
    if (bytes === null) return false;
    return this.#has(bytes) || (bytes.length === 16 && mapped(bytes) !== null && this.#has(mapped(bytes)));
  }

  #has(bytes) {
    for (let i = 0; i < this.#rules.length; i++) {
      const { from, to } = this.#rules[i];
      if (from.length === bytes.length && compare(from, bytes) <= 0 && compare(bytes, to) <= 0) return true;
    }
    return false;
  }

  get rules() {
    return ArrayPrototypeMap(this.#rules, (rule) => rule.text);
  }

  toJSON() {
    return this.rules;
  }

  /** Adds rules as `rules` and `toJSON` give them. What is none is left out. */
  fromJSON(data) {
    let rules = data;
    if (typeof data === "string") {
      try {
        rules = JSONParse(data);
      } catch {
        throw new ERR_INVALID_ARG_VALUE("data", data, "must be valid JSON");
      }
    }
    if (!ArrayIsArray(rules)) throw new ERR_INVALID_ARG_TYPE("data", "Array", rules);
    for (let i = 0; i < rules.length; i++) {
      validateString(rules[i], `data[${i}]`);
      const found = RegExpPrototypeExec(RULE, rules[i]);
      if (found === null) continue;
      const family = found[2] === "4" ? "ipv4" : "ipv6";
      if (found[1] === "Address") {
        this.addAddress(found[3], family);
      } else if (found[1] === "Range") {
        this.addRange(found[3], found[4], family);
      } else {
        this.addSubnet(found[3], NumberParseInt(found[4], 10), family);
      }
    }
  }

  [inspect.custom](depth, options) {
    return depth < 0 ? "[BlockList]" : `BlockList {\n  rules: ${inspect(this.rules, { ...options, depth: null })}\n}`;
  }
}

return { BlockList, SocketAddress };
})();
