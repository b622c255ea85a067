// Hyperdrive: what `env.HYPERDRIVE` is in a worker, for drivers that want to know where a database is.
//
// The host is a name that nobody else has; a connection to it is one to the service behind the binding.
(function () {
const { core, primordials } = __bootstrap;
const { JSONParse, NumberPrototypeToString, ObjectDefineProperty, StringPrototypePadStart, SymbolToStringTag, TypeError } =
  primordials;
const { setOwnHost } = core.loadExtScript("ext:lopata/sockets/sockets.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** Given to the constructor by this script only. */
const construct = {};

class Hyperdrive {
  /** What connects to the database. */
  #fetcher;

  constructor(token, fetcher, settings, host) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#fetcher = fetcher;
    const { database, user, password, scheme } = settings;
    const mysql = scheme === "mysql";
    const port = mysql ? 3306 : 5432;
    // Drivers that open a connection of their own reach the database by its name.
    setOwnHost(`${host}:${port}`, (options) => fetcher.connect(`${host}:${port}`, options));
    const connectionString = `${scheme}://${user}:${password}@${host}:${port}/${database}` +
      (mysql ? "?ssl-mode=disabled" : "?sslmode=disable");
    for (const { 0: name, 1: value } of [
      ["connectionString", connectionString],
      ["port", port],
      ["host", host],
      ["password", password],
      ["user", user],
      ["database", database],
    ]) {
      ObjectDefineProperty(this, name, { __proto__: null, value, enumerable: true, configurable: true });
    }
  }

  /** @returns {Socket} */
  connect() {
    if (typeof this !== "object" || this === null || !(#fetcher in this)) throw illegalInvocation();
    return this.#fetcher.connect(`${this.host}:${this.port}`);
  }
}

ObjectDefineProperty(Hyperdrive.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "Hyperdrive",
  configurable: true,
});

let made = 0;

/** A name of the length that production's have, the same each time a worker starts. */
function hostName(name) {
  let hash = 2166136261 ^ made++;
  let digits = "";
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < name.length; i++) {
      hash = primordials.MathImul(hash ^ primordials.StringPrototypeCharCodeAt(name, i), 16777619);
    }
    hash = primordials.MathImul(hash ^ round, 16777619);
    digits += StringPrototypePadStart(NumberPrototypeToString(hash >>> 0, 16), 8, "0");
  }
  return `${digits}.hyperdrive.local`;
}

/**
 * @param {object} fetcher the service behind the binding
 * @param {string} settings as JSON
 * @param {string} name the binding's
 */
function hyperdrive(fetcher, settings, name) {
  return new Hyperdrive(construct, fetcher, JSONParse(settings), hostName(name));
}

return { hyperdrive };
})();
