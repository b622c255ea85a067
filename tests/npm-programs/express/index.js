// An application of express behind a server of node:http.
import { httpServerHandler } from "cloudflare:node";
import express from "express";
import { Readable } from "node:stream";

const app = express();

app.use((request, response, next) => {
  response.setHeader("x-before", request.method);
  next();
});

app.get("/", (request, response) => response.send("hello"));
app.get("/users/:id", (request, response) => response.json({ ...request.params, ...request.query }));
app.get("/request", (request, response) => {
  const { hostname, protocol, ip, path, originalUrl, secure, xhr } = request;
  response.json({ hostname, protocol, ip, path, originalUrl, secure, xhr, accepts: request.accepts("json", "html") });
});
app.post("/json", express.json(), (request, response) => response.status(201).json({ got: request.body }));
app.post("/form", express.urlencoded({ extended: true }), (request, response) => response.json(request.body));
app.post("/text", express.text(), (request, response) => response.type("text/plain").send(request.body.toUpperCase()));
app.get("/redirect", (request, response) => response.redirect("/"));
app.get("/cookie", (request, response) => {
  response.cookie("a", "1", { httpOnly: true }).cookie("b", "2").append("vary", "cookie").sendStatus(204);
});
app.get("/bytes", (request, response) => response.send(Buffer.from([1, 2, 3])));
app.get("/stream", async (request, response) => {
  response.type("text");
  for (const piece of ["a", "b", "c"]) {
    response.write(piece);
    await scheduler.wait(1);
  }
  response.end();
});
app.get("/pipe", (request, response) => Readable.from(["one ", "two ", "three"]).pipe(response));
app.get("/fails", () => {
  throw Object.assign(new Error("teapot"), { status: 418 });
});
app.get("/rejects", async () => {
  await null;
  throw new Error("rejected");
});
app.get("/env", (request, response) => response.json([request.cloudflare.env.NAME, typeof request.cloudflare.ctx.waitUntil]));

const api = express.Router();
api.use((request, response, next) => request.get("authorization") === "Bearer key" ? next() : response.sendStatus(401));
api.route("/items").get((request, response) => response.json(["item"])).delete((request, response) => response.status(202).end());
app.use("/api", api);

app.use((error, request, response, next) => {
  response.status(error.status ?? 500).send(`failed: ${error.message}`);
});

app.listen(3000);

export default httpServerHandler({ port: 3000 });
