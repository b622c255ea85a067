// A notebook in a Durable Object: each has a database of its own.

import { DurableObject } from "cloudflare:workers";

export type Line = { id: number; text: string; written: string };

export class Notebook extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL, written TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
      CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(text, content='lines', content_rowid='id');
      CREATE TRIGGER IF NOT EXISTS line_in AFTER INSERT ON lines BEGIN INSERT INTO search (rowid, text) VALUES (new.id, new.text); END;
      CREATE TRIGGER IF NOT EXISTS line_out AFTER DELETE ON lines BEGIN INSERT INTO search (search, rowid, text) VALUES ('delete', old.id, old.text); END;
    `);
  }

  /** Writes several lines, or none if one of them is empty. */
  write(texts: string[]): Line[] {
    return this.ctx.storage.transactionSync(() =>
      texts.map((text) => {
        if (!text.trim()) throw new RangeError("A line is empty");
        return this.ctx.storage.sql.exec<Line>("INSERT INTO lines (text) VALUES (?) RETURNING *", text.trim()).one();
      }),
    );
  }

  read(wanted = ""): { lines: Line[]; bytes: number } {
    const { sql } = this.ctx.storage;
    const cursor = wanted
      ? sql.exec<Line>("SELECT lines.* FROM search JOIN lines ON lines.id = search.rowid WHERE search MATCH ? ORDER BY rank LIMIT 20", `"${wanted.replaceAll('"', '""')}"`)
      : sql.exec<Line>("SELECT * FROM lines ORDER BY id DESC LIMIT 20");
    return { lines: cursor.toArray(), bytes: sql.databaseSize };
  }

  tear(id: number): boolean {
    return this.ctx.storage.sql.exec("DELETE FROM lines WHERE id = ?", id).rowsWritten > 0;
  }
}
