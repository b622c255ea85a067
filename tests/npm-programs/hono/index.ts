// Hono: routing, middleware, validation of a body, streaming, cookies.
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";

const app = new Hono<{ Bindings: Record<string, string> }>();

app.use("/api/*", cors({ origin: "https://example.com" }));
app.use("/etag/*", etag());
app.get("/", (c) => c.text("hello"));
app.get("/users/:id{[0-9]+}", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q") }));
app.get("/api/x", (c) => c.json({ ok: true }));
app.get("/etag/x", (c) => c.text("tagged"));
app.get("/cookie", (c) => {
  setCookie(c, "seen", "yes", { httpOnly: true });
  return c.text(getCookie(c, "name") ?? "none");
});
app.post("/form", async (c) => {
  const body = await c.req.parseBody();
  const file = body.file as File;
  return c.json({ name: body.name, file: file.name, size: file.size, text: await file.text() });
});
app.get("/stream", (c) =>
  stream(c, async (out) => {
    for (const word of ["a", "b", "c"]) await out.write(word);
  }));
app.get("/fails", () => {
  throw new HTTPException(418, { message: "teapot" });
});
app.notFound((c) => c.text("nothing here", 404));

export default app;
