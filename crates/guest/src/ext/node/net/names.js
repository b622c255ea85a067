// Questions about names: whom they go to, and what their answers are made of.
//
// Production asks a server over HTTPS. Here the host's resolver answers, unless the network of this worker is another
// worker: that one is asked as the server would be. Either way a record is a list of fields, as text.
(function () {
const { core } = __bootstrap;
const { op_node_resolve } = core.ops;
const { fetch, outboundRoute } = core.loadExtScript("ext:lopata/fetch/fetch.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { DnsError } = core.loadExtScript("ext:lopata_node/net/errors.js");

/** Where production asks. */
const SERVER = "https://cloudflare-dns.com/dns-query";

/** What a record says: its seconds and its fields. @typedef {{ ttl: number, fields: string[] }} Answer */

/** Numbers of kinds as servers know them, for the two whose answers have aliases among them. */
const NUMBER = { __proto__: null, A: 1, AAAA: 28 };

/** `queryA` for "A", as production names its questions in errors. */
function syscall(kind) {
  return `query${kind}`;
}

/**
 * @param {string} name
 * @param {string} kind
 * @returns {Promise<Answer[] | null>} null where there is no answer
 */
async function ask(name, kind) {
  if (outboundRoute() !== null) return await askServer(name, kind);
  try {
    io.takeSubrequest(io.required());
  } catch (cause) {
    // Source: production, whose question is a fetch that fails.
    throw Object.assign(new DnsError(name, "EBADQUERY", syscall(kind)), { cause });
  }
  const { records, failure } = await op_node_resolve(name, kind);
  if (failure === "ENOTFOUND") return null;
  if (failure !== undefined) throw new DnsError(name, failure, syscall(kind));
  return records.map(({ 0: ttl, 1: fields }) => ({ ttl, fields, alias: false }));
}

async function askServer(name, kind) {
  const url = `${SERVER}?${new URLSearchParams({ name, type: kind })}`;
  let answer;
  try {
    const response = await fetch(url, { headers: { Accept: "application/dns-json" } });
    if (!response.ok) throw new DnsError(name, "EBADRESP", syscall(kind));
    answer = await response.json();
  } catch (error) {
    throw error instanceof DnsError ? error : new DnsError(name, "EBADQUERY", syscall(kind));
  }
  if (answer.error !== undefined || !answer.Question?.[0]) throw new DnsError(name, "EBADRESP", syscall(kind));
  if (answer.Answer === undefined || answer.Answer === null) return null;
  if (answer.Answer[0]?.name === "") throw new DnsError(name, "ENOTFOUND", syscall(kind));
  return answer.Answer.map(({ TTL, data, type }) => ({
    ttl: TTL,
    fields: split(data, kind),
    alias: kind in NUMBER && type !== NUMBER[kind],
  }));
}

/** The fields of a record as a server writes it. */
function split(data, kind) {
  switch (kind) {
    case "CAA":
      return caaFields(data);
    case "NAPTR":
      return naptrFields(data);
    case "TXT":
      return textFields(data);
    case "MX":
    case "SOA":
    case "SRV":
      return data.split(" ");
    default:
      return [data];
  }
}

/** Texts stand in quotation marks, one after the other. */
function textFields(data) {
  if (!data.startsWith('"') || !data.endsWith('"')) return [data];
  return (data.match(/"(?:[^"]|"(?!"))*"/g) ?? []).map((text) => text.slice(1, -1));
}

/** The bytes of a record of which servers know no better: `\# 4 01 02 03 04`. @returns {string[]} in hexadecimal */
function hexadecimal(data) {
  return data.split(" ").slice(2).filter((byte) => byte !== "");
}

function decode(bytes) {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => parseInt(byte, 16)));
}

function caaFields(data) {
  const bytes = hexadecimal(data);
  if (bytes.length < 2) throw new Error("CAA record data too short: expected critical and prefix length fields");
  const end = 2 + parseInt(bytes[1], 16);
  return [bytes[0], decode(bytes.slice(2, end)), decode(bytes.slice(end))];
}

function naptrFields(data) {
  const bytes = hexadecimal(data);
  if (bytes.length < 6) throw new Error("NAPTR record data too short: expected at least 6 fields");
  let at = 4;
  const next = () => {
    const end = at + 1 + parseInt(bytes[at], 16);
    const text = decode(bytes.slice(at + 1, end));
    at = end;
    return text;
  };
  const number = (from) => `${parseInt(bytes[from] + bytes[from + 1], 16)}`;
  const fields = [number(0), number(2), next(), next(), next()];
  const labels = [];
  while (at < bytes.length && bytes[at] !== "00") labels.push(next());
  return [...fields, labels.join(".")];
}

function withoutDot(name) {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** A record as Node gives it, by kind. */
const SHAPE = {
  __proto__: null,
  CAA: ([critical, tag, value]) => ({ critical: parseInt(critical, 10), [tag]: value }),
  CNAME: ([target]) => withoutDot(target),
  MX([priority, exchange], name) {
    if (priority === undefined || exchange === undefined) throw new DnsError(name, "EBADRESP", "queryMx");
    return { exchange: withoutDot(exchange), priority: parseInt(priority, 10) };
  },
  NAPTR: ([order, preference, flags, service, regexp, replacement]) => ({
    flags,
    service,
    regexp,
    replacement: withoutDot(replacement),
    order: parseInt(order, 10),
    preference: parseInt(preference, 10),
  }),
  NS: ([target]) => withoutDot(target),
  PTR: ([target]) => withoutDot(target),
  SOA(fields) {
    const names = ["nsname", "hostmaster", "serial", "refresh", "retry", "expire", "minttl"];
    const record = {};
    names.forEach((name, i) => {
      validateString(fields[i], name);
      record[name] = i < 2 ? fields[i] : parseInt(fields[i], 10);
    });
    return record;
  },
  SRV(fields) {
    ["priority", "weight", "port", "name"].forEach((name, i) => validateString(fields[i], name));
    const { 0: priority, 1: weight, 2: port, 3: name } = fields;
    return { priority: parseInt(priority, 10), weight: parseInt(weight, 10), port: parseInt(port, 10), name };
  },
  TXT: (fields) => fields,
};

/**
 * Records of a kind, as Node gives them.
 * @param {string} name
 * @param {string} kind
 */
async function records(name, kind) {
  const answers = await ask(name, kind);
  const what = `query${kind[0]}${kind.slice(1).toLowerCase()}`;
  if (answers === null) throw new DnsError(name, "ENOTFOUND", what);
  return answers.map(({ fields }) => SHAPE[kind](fields, name));
}

/** Addresses with the time they hold. @param {string} name @param {"A" | "AAAA"} kind */
async function addresses(name, kind) {
  const answers = await ask(name, kind);
  if (answers === null) throw new DnsError(name, "ENOTFOUND", kind === "A" ? "queryA" : "queryAaaa");
  return answers.map(({ ttl, fields }) => ({ ttl, address: fields[0] }));
}

/** Addresses of one family, without the aliases that led to them. @returns {Promise<string[] | null>} */
async function hosts(name, kind) {
  const answers = await ask(name, kind);
  return answers === null ? null : answers.filter(({ alias }) => !alias).map(({ fields }) => fields[0]);
}

return { addresses, hosts, records };
})();
