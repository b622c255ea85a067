// mysql2: a login and a question.
import { createConnection } from "mysql2/promise";

export default {
  async fetch(request: Request): Promise<Response> {
    const { port } = await request.json<{ port: number }>();
    const connection = await createConnection({
      host: "127.0.0.1",
      port,
      user: "root",
      password: "secret",
      // Workers make no functions of text.
      disableEval: true,
    });
    const [rows, fields] = await connection.query("SELECT 1 + 1 AS solution");
    await connection.end();
    return Response.json({ rows, columns: fields.map((field) => field.name) });
  },
};
