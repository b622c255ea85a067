// drizzle-orm on D1: its migrator, queries, relations, transactions by batch, prepared statements, column types.
import { and, asc, count, desc, eq, gt, inArray, like, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { migrate } from "drizzle-orm/d1/migrator";
import { blob, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

const users = sqliteTable("users", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull().unique(),
  admin: integer("admin", { mode: "boolean" }).notNull().default(false),
  createdAt: integer("created_at", { mode: "timestamp_ms" }).notNull(),
  avatar: blob("avatar", { mode: "buffer" }),
  score: real("score").default(1.5),
});

const posts = sqliteTable("posts", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  authorId: integer("author_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  title: text("title").notNull(),
  tags: text("tags", { mode: "json" }).$type<string[]>().notNull().default([]),
});

const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
const postsRelations = relations(posts, ({ one }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id] }),
}));

const schema = { users, posts, usersRelations, postsRelations };

async function work(db: ReturnType<typeof drizzle<typeof schema>>) {
  const seen: Record<string, unknown> = {};
  const createdAt = new Date(1_760_000_000_123);
  const [ann] = await db.insert(users).values({ name: "Ann", admin: true, createdAt }).returning();
  seen.returned = { ...ann, createdAt: ann.createdAt.toISOString() };
  await db.insert(users).values([{ name: "Bob", createdAt }, { name: "Cy", createdAt, score: 9.25 }]);
  const again = db.insert(users).values({ name: "Ann", createdAt });
  seen.conflict = await again.then(() => "no error", (error) => String(error.cause ?? error));
  await again.onConflictDoUpdate({ target: users.name, set: { score: 3 } });
  await db.insert(posts).values([
    { authorId: 1, title: "First", tags: ["a", "b"] },
    { authorId: 1, title: "Second" },
    { authorId: 2, title: "Third" },
  ]);
  seen.joined = await db
    .select({ name: users.name, posts: count(posts.id) })
    .from(users)
    .leftJoin(posts, eq(posts.authorId, users.id))
    .groupBy(users.id)
    .orderBy(desc(count(posts.id)), asc(users.name));
  seen.nested = await db.query.users.findMany({
    columns: { name: true },
    with: { posts: { columns: { title: true, tags: true }, orderBy: asc(posts.id) } },
    where: inArray(users.name, ["Ann", "Bob"]),
  });
  const prepared = db.select({ title: posts.title }).from(posts).where(like(posts.title, sql.placeholder("like"))).prepare();
  seen.prepared = [await prepared.all({ like: "F%" }), await prepared.get({ like: "%ird" })];
  const [changed, all] = await db.batch([
    db.update(users).set({ admin: true }).where(and(eq(users.admin, false), gt(users.score, 5))).returning({ name: users.name }),
    db.select({ total: sql<number>`sum(${users.score})` }).from(users),
  ]);
  seen.batch = [changed, all];
  const failing = db.batch([
    db.insert(users).values({ name: "Dan", createdAt }),
    db.insert(users).values({ name: "Ann", createdAt }),
  ]);
  seen.failed = await failing.then(() => "no error", () => "rolled back");
  await db.delete(users).where(eq(users.name, "Ann"));
  seen.left = [await db.$count(users), await db.$count(posts)];
  seen.values = await db.values(sql`SELECT name, admin FROM users ORDER BY id`);
  return seen;
}

export default {
  async fetch(request: Request, env: { DB: D1Database; OWN: D1Database }): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/own") {
      const db = drizzle(env.OWN, { schema });
      await migrate(db, { migrationsFolder: "/bundle/migrations" });
      await migrate(db, { migrationsFolder: "/bundle/migrations" });
      const [applied] = await db.values(sql`SELECT count(*) FROM __drizzle_migrations`);
      return Response.json({ applied, ...(await work(db)) });
    }
    return Response.json(await work(drizzle(env.DB, { schema })));
  },
};
