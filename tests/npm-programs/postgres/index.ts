// postgres: PostgreSQL, plain and encrypted.
import postgres from "postgres";

interface Given {
  port: number;
  password: string;
  ssl: boolean;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { port, password, ssl } = await request.json<Given>();
    const sql = postgres({
      host: "localhost",
      port,
      user: "lopata",
      password,
      database: "postgres",
      ssl: ssl && "verify-full",
      max: 1,
      fetch_types: false,
      onnotice() {},
    });
    const [{ sum }] = await sql`SELECT ${1}::int + ${2}::int AS sum`;
    const [{ encrypted }] = await sql`SELECT ssl AS encrypted FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
    await sql`CREATE TEMP TABLE things (id int, name text)`;
    await sql`INSERT INTO things ${sql([{ id: 1, name: "one" }, { id: 2, name: "two \u00fc" }])}`;
    const rows = await sql`SELECT * FROM things ORDER BY id`;
    let many = 0;
    await sql`SELECT repeat('x', 1000) AS text FROM generate_series(1, 1000)`.cursor(100, (batch) => {
      many += batch.length;
    });
    const failed = await sql`SELECT * FROM nothing`.catch((error) => error.code);
    await sql.begin(async (transaction) => {
      await transaction`DELETE FROM things`;
      throw new Error("no");
    }).catch(() => {});
    const [{ count }] = await sql`SELECT count(*)::int FROM things`;
    await sql.end();
    return Response.json({ sum, encrypted, rows, many, failed, rolledBack: count });
  },
};
