// What `node:dns` and `node:dns/promises` have in common.
//
// As in production: questions are promises, of which `node:dns` makes functions with callbacks; there are no other
// servers than the runtime's; arguments are judged at once.
(function () {
const { core } = __bootstrap;
const { nextTick } = core.loadExtScript("ext:deno_node/_next_tick.ts");
const { validateBoolean, validateFunction, validateNumber, validateOneOf, validateString } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { isIP } = core.loadExtScript("ext:lopata_node/net/addresses.js");
const { DnsError, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OPTION_NOT_IMPLEMENTED } = core.loadExtScript(
  "ext:lopata_node/net/errors.js",
);
const names = core.loadExtScript("ext:lopata_node/net/names.js");

const FAMILIES = [0, 4, 6];
const ORDERS = ["verbatim", "ipv4first", "ipv6first"];

let defaultOrder = "verbatim";

const codes = {
  NODATA: "ENODATA",
  FORMERR: "EFORMERR",
  SERVFAIL: "ESERVFAIL",
  NOTFOUND: "ENOTFOUND",
  NOTIMP: "ENOTIMP",
  REFUSED: "EREFUSED",
  BADQUERY: "EBADQUERY",
  BADNAME: "EBADNAME",
  BADFAMILY: "EBADFAMILY",
  BADRESP: "EBADRESP",
  CONNREFUSED: "ECONNREFUSED",
  TIMEOUT: "ETIMEOUT",
  EOF: "EOF",
  FILE: "EFILE",
  NOMEM: "ENOMEM",
  DESTRUCTION: "EDESTRUCTION",
  BADSTR: "EBADSTR",
  BADFLAGS: "EBADFLAGS",
  NONAME: "ENONAME",
  BADHINTS: "EBADHINTS",
  NOTINITIALIZED: "ENOTINITIALIZED",
  LOADIPHLPAPI: "ELOADIPHLPAPI",
  ADDRGETNETWORKPARAMS: "EADDRGETNETWORKPARAMS",
  CANCELLED: "ECANCELLED",
};

/** Node's numbers. */
const hints = { ADDRCONFIG: 1024, ALL: 256, V4MAPPED: 2048 };

function notImplemented() {
  throw new Error("Not implemented");
}

/** Source: production's list, which are the servers it asks. */
function getServers() {
  return ["1.1.1.1", "2606:4700:4700::1111", "1.0.0.1", "2606:4700:4700::1001"];
}

function setServers() {
  notImplemented();
}

function getDefaultResultOrder() {
  return defaultOrder;
}

function setDefaultResultOrder(order) {
  validateOneOf(order, "dnsOrder", ORDERS);
  defaultOrder = order;
}

/** What the options of `lookup` say. */
function lookupOptions(options, callback) {
  const asked = { family: 0, all: false, order: defaultOrder };
  if (typeof options === "number") {
    validateFunction(callback, "callback");
    validateOneOf(options, "family", FAMILIES);
    asked.family = options;
    return asked;
  }
  if (options !== undefined && typeof options !== "object") {
    validateFunction(callback ?? options, "callback");
    throw new ERR_INVALID_ARG_TYPE("options", ["integer", "object"], options);
  }
  validateFunction(callback, "callback");
  const given = { ...options };
  const has = (name) => given[name] !== undefined && given[name] !== null;
  if (has("hints")) {
    validateNumber(given.hints, "options.hints");
    throw new ERR_OPTION_NOT_IMPLEMENTED("options.hints");
  }
  if (has("family")) {
    const family = given.family === "IPv4" ? 4 : given.family === "IPv6" ? 6 : given.family;
    validateOneOf(family, "options.family", FAMILIES);
    asked.family = family;
  }
  if (has("all")) {
    validateBoolean(given.all, "options.all");
    asked.all = given.all;
  }
  if (has("verbatim")) {
    validateBoolean(given.verbatim, "options.verbatim");
    asked.order = given.verbatim ? "verbatim" : "ipv4first";
  }
  if (has("order")) {
    validateOneOf(given.order, "options.order", ORDERS);
    asked.order = given.order;
  }
  return asked;
}

function lookup(hostname, options, callback) {
  if (hostname) validateString(hostname, "hostname");
  if (typeof options === "function") {
    callback = options;
    options = undefined;
  }
  const asked = lookupOptions(options, callback);
  if (!hostname) {
    if (asked.all) {
      nextTick(callback, null, []);
    } else {
      nextTick(callback, null, null, asked.family === 6 ? 6 : 4);
    }
    return;
  }
  const family = isIP(hostname);
  if (family !== 0) {
    if (asked.all) {
      nextTick(callback, null, [{ address: hostname, family }]);
    } else {
      nextTick(callback, null, hostname, family);
    }
    return;
  }
  found(hostname, asked).then((addresses) => {
    if (asked.all) {
      nextTick(callback, null, addresses);
    } else {
      nextTick(callback, null, addresses[0]?.address, addresses[0]?.family ?? asked.family);
    }
  }, (error) => nextTick(callback, error));
}

/** The addresses of a host in the order that was asked for. */
async function found(hostname, { family, order }) {
  if (family !== 0) {
    const kind = family === 4 ? "A" : "AAAA";
    const hosts = await names.hosts(hostname, kind);
    if (hosts === null) throw new DnsError(hostname, codes.NOTFOUND, `query${kind}`);
    return hosts.map((address) => ({ address, family }));
  }
  const none = () => null;
  const [four, six] = await Promise.all([
    names.hosts(hostname, "A").catch(none),
    names.hosts(hostname, "AAAA").catch(none),
  ]);
  const of = (hosts, of) => (hosts ?? []).map((address) => ({ address, family: of }));
  const addresses = order === "ipv6first" ? [...of(six, 6), ...of(four, 4)] : [...of(four, 4), ...of(six, 6)];
  if (addresses.length === 0) throw new DnsError(hostname, codes.NOTFOUND, "queryA");
  return addresses;
}

async function lookupService() {
  notImplemented();
}

async function resolveAny() {
  notImplemented();
}

function resolve4(name, options) {
  validateString(name, "name");
  const ttl = !!options?.ttl;
  return names.addresses(name, "A").then((found) => ttl ? found : found.map(({ address }) => address));
}

function resolve6(name, options) {
  validateString(name, "name");
  const ttl = !!options?.ttl;
  return names.addresses(name, "AAAA").then((found) => ttl ? found : found.map(({ address }) => address));
}

function resolveCaa(name) {
  validateString(name, "name");
  return names.records(name, "CAA");
}

function resolveCname(name) {
  validateString(name, "name");
  return names.records(name, "CNAME");
}

function resolveMx(name) {
  validateString(name, "name");
  return names.records(name, "MX");
}

function resolveNaptr(name) {
  validateString(name, "name");
  return names.records(name, "NAPTR");
}

function resolveNs(name) {
  validateString(name, "name");
  return names.records(name, "NS");
}

function resolvePtr(name) {
  validateString(name, "name");
  return names.records(name, "PTR");
}

function resolveSoa(name) {
  validateString(name, "name");
  return names.records(name, "SOA").then(({ 0: first }) => {
    if (first === undefined) throw new DnsError(name, codes.NOTFOUND, "querySoa");
    return first;
  });
}

function resolveSrv(name) {
  validateString(name, "name");
  return names.records(name, "SRV");
}

function resolveTxt(name) {
  validateString(name, "name");
  return names.records(name, "TXT");
}

function reverse(name) {
  validateString(name, "name");
  return names.records(name, "PTR");
}

const byType = {
  __proto__: null,
  A: resolve4,
  AAAA: resolve6,
  ANY: resolveAny,
  CAA: resolveCaa,
  CNAME: resolveCname,
  MX: resolveMx,
  NAPTR: resolveNaptr,
  NS: resolveNs,
  PTR: resolvePtr,
  SOA: resolveSoa,
  SRV: resolveSrv,
  TXT: resolveTxt,
};

function resolve(name, rrtype) {
  validateString(name, "name");
  if (typeof rrtype !== "string" || !(rrtype in byType)) throw new ERR_INVALID_ARG_VALUE("rrtype", rrtype);
  return byType[rrtype](name);
}

const questions = {
  lookupService,
  resolve,
  resolve4,
  resolve6,
  resolveAny,
  resolveCaa,
  resolveCname,
  resolveMx,
  resolveNaptr,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTxt,
  reverse,
};

const settings = { getServers, setServers, getDefaultResultOrder, setDefaultResultOrder };

return { codes, hints, lookup, notImplemented, questions, settings };
})();
