// pg: PostgreSQL, plain and encrypted. Under `wrangler.jsonc` over the sockets that it takes on Workers by itself; under
// `wrangler.node.jsonc`, where it does not see that it is on one, over node:net and node:tls.
import pg from "pg";

interface Given {
  port: number;
  password: string;
  ssl: boolean;
}

async function work(client: pg.PoolClient) {
  const sum = (await client.query("SELECT $1::int + $2::int AS sum", [1, 2])).rows[0].sum;
  const encrypted = (await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).rows[0].ssl;
  await client.query("CREATE TEMP TABLE things (id int, name text)");
  await client.query("INSERT INTO things VALUES ($1, $2), ($3, $4)", [1, "one", 2, "two \u00fc"]);
  const { rows } = await client.query({ name: "all", text: "SELECT * FROM things ORDER BY id" });
  const many = (await client.query("SELECT repeat('x', 1000) AS text FROM generate_series(1, 1000)")).rowCount;
  const failed = await client.query("SELECT * FROM nothing").catch((error) => error.code);
  await client.query("BEGIN");
  await client.query("DELETE FROM things");
  await client.query("ROLLBACK");
  const rolledBack = Number((await client.query("SELECT count(*) FROM things")).rows[0].count);
  return { sum, encrypted, rows, many, failed, rolledBack };
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { port, password, ssl } = await request.json<Given>();
    const options: pg.ClientConfig = { host: "localhost", port, user: "lopata", password, database: "postgres", ssl };
    if (pathname === "/wrong") {
      const client = new pg.Client(options);
      client.on("error", () => {});
      return Response.json(await client.connect().then(() => "connected", (error) => error.code ?? error.message));
    }
    const pool = new pg.Pool({ ...options, max: 2 });
    const client = await pool.connect();
    const result = await work(client);
    client.release();
    await pool.end();
    return Response.json(result);
  },
};
