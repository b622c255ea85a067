// A worker that is a network in which a server answers questions about names over HTTPS, as production's does.
const NUMBERS = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, CAA: 257 };

const hex = (bytes) => `\\# ${bytes.length} ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
const labelled = (text) => [text.length, ...Buffer.from(text)];

const DATA = {
  A: ["1.1.1.1", "1.0.0.1"],
  AAAA: ["2606:4700::1111"],
  CAA: [
    hex([0, ...labelled("issue"), ...Buffer.from("pki.goog")]),
    hex([0, ...labelled("iodef"), ...Buffer.from("mailto:a@b.test")]),
  ],
  CNAME: ["target.test."],
  MX: ["10 mail.test.", "0 ."],
  NAPTR: [hex([0, 10, 0, 100, ...["s", "SIP+D2T", "", "_sip", "_tcp", "test"].flatMap(labelled), 0])],
  NS: ["ns1.test."],
  PTR: ["one.one.one.one."],
  SOA: ["ns.test. admin.test. 2024 7200 3600 1209600 300"],
  SRV: ["5 0 80 cal.test."],
  TXT: ['"v=spf1 -all"', '"a""b c"', "plain"],
};

/** What some names are answered with. */
const SPECIAL = {
  badjson: () => new Response("x"),
  badmx: (base) => ({ ...base, Answer: [{ name: "badmx", type: 15, TTL: 1, data: "x" }] }),
  empty: (base) => ({ ...base, Answer: [] }),
  error: () => ({ error: "Invalid query name" }),
  missing: (base) => ({ ...base, Status: 3 }),
  question: (base) => ({ ...base, Question: [] }),
  status: () => new Response("x", { status: 500 }),
};

export default {
  fetch(request) {
    const url = new URL(request.url);
    if (url.origin + url.pathname !== "https://cloudflare-dns.com/dns-query") return new Response(null, { status: 404 });
    if (request.headers.get("accept") !== "application/dns-json") return new Response(null, { status: 400 });
    const name = url.searchParams.get("name");
    const type = url.searchParams.get("type");
    const base = { Status: 0, Question: [{ name, type: NUMBERS[type] }] };
    const special = SPECIAL[name]?.(base) ?? (name === "v4.test" && type === "AAAA" ? base : undefined);
    if (special !== undefined) return special instanceof Response ? special : Response.json(special);
    return Response.json({ ...base, Answer: DATA[type].map((data) => ({ name, type: NUMBERS[type], TTL: 60, data })) });
  },
};
