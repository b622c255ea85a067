// One operation of a storage binding a request, or many in a loop inside one request.

interface Env {
  KV: any;
  R2: any;
  D1: any;
}

type Operation = (env: Env, turn: number) => Promise<unknown>;

const KIB = new Uint8Array(1024).fill(7);
const MIB = new Uint8Array(1024 * 1024).fill(7);
const ROWS = 1000;
const CACHED = "https://cached.example/page";
let turn = 0;

/** Reads a whole body, as whoever uses it would. */
async function length(object: any): Promise<number> {
  return (await object.arrayBuffer()).byteLength;
}

const operations: Record<string, Operation> = {
  kvGet: ({ KV }) => KV.get("key"),
  kvPut: ({ KV }, turn) => KV.put(`key:${turn % 100}`, "x".repeat(1000)),
  r2Get1k: async ({ R2 }) => length(await R2.get("kib")),
  r2Put1k: ({ R2 }, turn) => R2.put(`kib:${turn % 100}`, KIB),
  r2Get1m: async ({ R2 }) => length(await R2.get("mib")),
  r2Put1m: ({ R2 }, turn) => R2.put(`mib:${turn % 20}`, MIB),
  d1Select: ({ D1 }, turn) => D1.prepare("SELECT * FROM items WHERE id = ?").bind(1 + (turn % ROWS)).first(),
  d1Insert: ({ D1 }, turn) => D1.prepare("INSERT INTO log (item, text) VALUES (?, ?)").bind(turn % ROWS, "an entry").run(),
  cacheHit: async () => length(await (caches as any).default.match(CACHED)),
};

async function seed({ KV, R2, D1 }: Env): Promise<void> {
  await KV.put("key", "x".repeat(1000));
  await R2.put("kib", KIB);
  await R2.put("mib", MIB);
  await D1.batch([
    D1.prepare("CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL)"),
    D1.prepare("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, item INTEGER NOT NULL, text TEXT NOT NULL)"),
    D1.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
       INSERT OR IGNORE INTO items SELECT i, 'item ' || i, i * 1.5 FROM n`,
    ),
  ]);
  const response = new Response("x".repeat(1000), { headers: { "cache-control": "max-age=3600" } });
  await (caches as any).default.put(CACHED, response);
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return new Response("hello");
    if (pathname === "/seed") {
      await seed(env);
      return new Response("seeded");
    }
    const operation = operations[pathname.slice(1)];
    if (!operation) return new Response("no", { status: 404 });
    const count = Number(searchParams.get("count") ?? 1);
    const at_once = Number(searchParams.get("at_once") ?? 1);
    for (let i = 0; i < count; i += at_once) {
      if (at_once === 1) await operation(env, turn++);
      else await Promise.all(Array.from({ length: at_once }, () => operation(env, turn++)));
    }
    return new Response("done");
  },
};
