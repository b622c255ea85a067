// The worker of tests/killed.rs: one write for each POST, and what is there for each GET of /state/<writer>.

import { DurableObject } from "cloudflare:workers";

interface Operation {
  do: string;
  key: string;
  /** 0 deletes. */
  version: number;
  length: number;
  how: number;
  id: string;
  etag: string;
}

const PART = 5 << 20;
const url = (key: string) => `http://cache.test/${key}`;

/** A value that says what it is: a line of key, version and length, bytes that follow from it, and their sum. */
function value({ key, version, length }: Operation): Uint8Array {
  const head = new TextEncoder().encode(`${key} ${version} ${length}\n`);
  const bytes = new Uint8Array(head.length + length + 4);
  bytes.set(head);
  let state = 1 + version * 2654435761 + length;
  for (let at = head.length; at < bytes.length - 4; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  new DataView(bytes.buffer).setUint32(bytes.length - 4, sum(bytes.subarray(0, -4)));
  return bytes;
}

function sum(bytes: Uint8Array): number {
  let hash = 2166136261;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at], 16777619);
  return hash >>> 0;
}

/** The version of a value; `undefined` when it is not whole. */
function versionOf(key: string, buffer: ArrayBuffer | null): number | undefined {
  if (buffer === null || buffer.byteLength < 4) return undefined;
  const bytes = new Uint8Array(buffer);
  const end = bytes.indexOf(10);
  const [name, version, length] = new TextDecoder().decode(bytes.subarray(0, end)).split(" ");
  const whole = bytes.length === end + 1 + Number(length) + 4;
  const stored = new DataView(buffer).getUint32(bytes.length - 4);
  return name === key && whole && stored === sum(bytes.subarray(0, -4)) ? Number(version) : undefined;
}

/** The bytes in pieces, as a body of known length. */
function pieces(bytes: Uint8Array): ReadableStream {
  const { readable, writable } = new FixedLengthStream(bytes.length);
  const writer = writable.getWriter();
  void (async () => {
    for (let at = 0; at < bytes.length; at += 20_000) await writer.write(bytes.subarray(at, at + 20_000));
    await writer.close();
  })().catch(() => {});
  return readable;
}

/** No alarm rings during the test. */
const FAR = Date.UTC(2150, 0);

/** The object of one writer. Each write of a key is a pair, rows that must agree with it, and the alarm. */
export class Holder extends DurableObject {
  constructor(ctx: any, env: any) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, version INTEGER, rows INTEGER);
      CREATE TABLE IF NOT EXISTS part (key TEXT, version INTEGER, n INTEGER, PRIMARY KEY (key, version, n))`);
  }

  #rows({ key, version, length }: Operation) {
    const { sql } = (this as any).ctx.storage;
    const rows = 1 + (length % 20);
    sql.exec("DELETE FROM part WHERE key = ?", key);
    if (version === 0) return sql.exec("DELETE FROM item WHERE key = ?", key);
    sql.exec("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", key, version, rows);
    for (let n = 0; n < rows; n++) sql.exec("INSERT INTO part VALUES (?, ?, ?)", key, version, n);
  }

  async write(operation: Operation) {
    const { storage } = (this as any).ctx;
    const { key, version, how } = operation;
    const pair = (to: any) => (version === 0 ? to.delete(key) : to.put(key, value(operation)));
    const last = ((await storage.get("last")) ?? 0) + 1;
    if (how === 2) {
      // It takes several turns.
      await storage.transaction(async (txn: any) => {
        await pair(txn);
        await scheduler.wait(0);
        this.#rows(operation);
        await txn.put("last", last);
        await txn.setAlarm(FAR + last);
      });
    } else if (how === 3) {
      storage.transactionSync(() => {
        pair(storage.kv);
        this.#rows(operation);
        storage.kv.put("last", last);
        void storage.setAlarm(FAR + last);
      });
    } else {
      void pair(storage);
      void storage.put("last", last);
      void storage.setAlarm(FAR + last);
      this.#rows(operation);
    }
  }

  async raise(key: string) {
    const { storage } = (this as any).ctx;
    await storage.put(`n ${key}`, ((await storage.get(`n ${key}`)) ?? 0) + 1);
  }

  async fetch(request: Request): Promise<Response> {
    await this.write((await request.json()) as Operation);
    return new Response("written");
  }

  async alarm() {}

  /** What there is of each key, and what does not agree. */
  async state(writer: string) {
    const { storage } = (this as any).ctx;
    const items = [...storage.sql.exec("SELECT * FROM item")];
    const groups = [
      ...storage.sql.exec("SELECT key, version, count(*) AS count, max(n) AS last FROM part GROUP BY key, version"),
    ];
    const found: [string, number | undefined, number][] = [];
    for (const { key, version, rows } of items) {
      const mine = groups.filter((group) => group.key === key);
      const whole = mine.length === 1 && mine[0].version === version && mine[0].count === rows && mine[0].last === rows - 1;
      const stored = await storage.get(key);
      found.push([key, whole && stored ? versionOf(key, stored.buffer) : undefined, version]);
    }
    const keys = [...(await storage.list({ prefix: `${writer}/` })).keys()];
    const wrong = keys.filter((key) => !items.some((item) => item.key === key)).map((key) => `object ${key}: no item`);
    wrong.push(...groups.filter(({ key }) => !keys.includes(key)).map(({ key }) => `object ${key}: rows of nothing`));
    const last = await storage.get("last");
    const alarm = await storage.getAlarm();
    if (alarm !== (last === undefined ? null : FAR + last)) wrong.push(`object of ${writer}: alarm ${alarm}, last ${last}`);
    const tally = [...(await storage.list({ prefix: "n " }))].map(([key, n]) => [key.slice(2), n]);
    return { found, wrong, tally };
  }
}

const WRITES: Record<string, (operation: Operation, env: any) => Promise<unknown>> = {
  async kv(operation, { KV }) {
    if (operation.version === 0) return await KV.delete(operation.key);
    const bytes = value(operation);
    await KV.put(operation.key, operation.how === 0 ? pieces(bytes) : bytes, { metadata: { version: operation.version } });
  },
  async r2(operation, { R2 }) {
    if (operation.version === 0) return await R2.delete(operation.how === 0 ? [operation.key, "none"] : operation.key);
    const bytes = value(operation);
    const customMetadata = { version: String(operation.version) };
    await R2.put(operation.key, operation.how < 2 ? pieces(bytes) : bytes, { customMetadata });
  },
  async begin(operation, { R2 }) {
    const upload = await R2.createMultipartUpload(operation.key, { customMetadata: { version: String(operation.version) } });
    const bytes = value(operation);
    const parts = [];
    for (let at = 0, number = 1; at < bytes.length; at += PART, number++) {
      parts.push(await upload.uploadPart(number, bytes.subarray(at, at + PART)));
    }
    return { id: upload.uploadId, etag: JSON.stringify(parts) };
  },
  async complete({ key, id, etag }, { R2 }) {
    await R2.resumeMultipartUpload(key, id).complete(JSON.parse(etag));
  },
  async abort({ key, id }, { R2 }) {
    await R2.resumeMultipartUpload(key, id).abort();
  },
  async d1({ key, version, length }, { D1 }) {
    const rows = version === 0 ? 0 : 1 + (length % 20);
    const batch = [D1.prepare("DELETE FROM part WHERE key = ?").bind(key)];
    if (version === 0) batch.push(D1.prepare("DELETE FROM item WHERE key = ?").bind(key));
    else batch.push(D1.prepare("INSERT OR REPLACE INTO item VALUES (?, ?, ?)").bind(key, version, rows));
    const part = D1.prepare("INSERT INTO part VALUES (?, ?, ?, ?)");
    for (let n = 0; n < rows; n++) batch.push(part.bind(key, version, n, "x".repeat(length % 5000)));
    await D1.batch(batch);
  },
  async counter({ key }, { D1 }) {
    await D1.prepare("INSERT INTO counter VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1").bind(key).run();
  },
  async object(operation, { HOLDER }) {
    const stub = HOLDER.getByName(operation.key.split("/")[0]);
    if (operation.length % 2 === 0) await stub.write(operation);
    else await stub.fetch("http://object/", { method: "POST", body: JSON.stringify(operation) });
  },
  async tally({ key }, { HOLDER }) {
    await HOLDER.getByName(key.split("/")[0]).raise(key);
  },
  async cache(operation) {
    if (operation.version === 0) return await caches.default.delete(url(operation.key));
    const bytes = value(operation);
    const headers = { "cache-control": "max-age=3600" };
    await caches.default.put(url(operation.key), new Response(operation.how === 0 ? pieces(bytes) : bytes, { headers }));
  },
};

async function tables({ D1 }: any) {
  await D1.batch([
    D1.prepare("CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, version INTEGER, rows INTEGER)"),
    D1.prepare("CREATE TABLE IF NOT EXISTS part (key TEXT, version INTEGER, n INTEGER, text TEXT, PRIMARY KEY (key, version, n))"),
    D1.prepare("CREATE TABLE IF NOT EXISTS counter (key TEXT PRIMARY KEY, n INTEGER)"),
  ]);
}

type Note = (store: string, key: string, version: number | undefined, claimed?: number) => void;

/** What a writer has in each store: notes the version of each key, and gives what else is wrong. */
const READS: Record<string, (writer: string, env: any, note: Note) => Promise<string[]>> = {
  async kv(writer, { KV }, note) {
    for (const { name, metadata } of (await KV.list({ prefix: `${writer}/` })).keys) {
      note("kv", name, versionOf(name, await KV.get(name, "arrayBuffer")), metadata.version);
    }
    return [];
  },
  async r2(writer, { R2 }, note) {
    const { objects } = await R2.list({ prefix: `${writer}/`, include: ["customMetadata"] });
    const wrong = [];
    for (const { key, size, customMetadata } of objects) {
      const bytes = await (await R2.get(key)).arrayBuffer();
      if (bytes.byteLength !== size) wrong.push(`r2 ${key}: ${bytes.byteLength} bytes of ${size}`);
      note("r2", key, versionOf(key, bytes), Number(customMetadata.version));
    }
    return wrong;
  },
  async d1(writer, { D1 }, note) {
    const items = (await D1.prepare("SELECT * FROM item WHERE key LIKE ?").bind(`${writer}/%`).all()).results;
    const groups = await D1.prepare(
      "SELECT key, version, count(*) AS count, max(n) AS last FROM part WHERE key LIKE ? GROUP BY key, version",
    ).bind(`${writer}/%`).all();
    for (const { key, version, rows } of items) {
      const mine = groups.results.filter((group: any) => group.key === key);
      const whole = mine.length === 1 && mine[0].version === version && mine[0].count === rows && mine[0].last === rows - 1;
      note("d1", key, whole ? version : undefined, version);
    }
    const orphans = groups.results.filter(({ key }: any) => !items.some((item: any) => item.key === key));
    return orphans.map(({ key }: any) => `d1 ${key}: rows of nothing`);
  },
  async counter(writer, { D1 }, note) {
    const { results } = await D1.prepare("SELECT * FROM counter WHERE key LIKE ?").bind(`${writer}/%`).all();
    for (const { key, n } of results) note("counter", key, n);
    return [];
  },
  async object(writer, { HOLDER }, note) {
    const { found, wrong } = await HOLDER.getByName(writer).state(writer);
    for (const [key, version, claimed] of found) note("object", key, version, claimed);
    return [...wrong];
  },
  async tally(writer, { HOLDER }, note) {
    for (const [key, n] of (await HOLDER.getByName(writer).state(writer)).tally) note("tally", key, n);
    return [];
  },
  async cache(writer, _env, note) {
    for (let number = 0; number < 10; number++) {
      const key = `${writer}/${number}`;
      const response = await caches.default.match(url(key));
      if (response) note("cache", key, versionOf(key, await response.arrayBuffer()));
    }
    return [];
  },
};

/** The versions of all that a writer has, and what is not whole. */
async function state(writer: string, stores: string[], env: any) {
  const torn: string[] = [];
  const found: Record<string, Record<string, number>> = { kv: {}, r2: {}, d1: {}, counter: {}, cache: {}, object: {}, tally: {} };
  const note: Note = (store, key, version, claimed = version) => {
    if (version === undefined || version !== claimed) torn.push(`${store} ${key}: ${version}, ${claimed}`);
    else found[store][key] = version;
  };
  if (stores.includes("d1") || stores.includes("counter")) await tables(env);
  for (const store of stores) torn.push(...(await READS[store](writer, env, note)));
  return { ...found, torn };
}

export default {
  async fetch(request: Request, env: any): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "GET") {
      return Response.json(await state(pathname.split("/")[2], searchParams.get("stores")!.split(","), env));
    }
    const operation = (await request.json()) as Operation;
    return Response.json((await WRITES[operation.do](operation, env)) ?? {});
  },
};
