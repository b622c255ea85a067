// An application of fastify behind a server of node:http.
import { httpServerHandler } from "cloudflare:node";
import Fastify from "fastify";
import { Readable } from "node:stream";

// No timers outside of a request.
const app = Fastify({ pluginTimeout: 0 });

app.addHook("onRequest", async (request, reply) => {
  reply.header("x-before", request.method);
});
app.get("/", async () => "hello");
app.get("/users/:id", async (request) => ({ ...request.params, ...request.query }));
const schema = {
  body: { type: "object", required: ["name"], properties: { name: { type: "string" }, age: { type: "integer" } } },
  response: { 201: { type: "object", properties: { name: { type: "string" }, next: { type: "integer" } } } },
};
app.post("/users", { schema }, async (request, reply) => {
  reply.code(201);
  return { name: request.body.name, next: request.body.age + 1, hidden: true };
});
app.get("/stream", (request, reply) => reply.type("text/plain").send(Readable.from(["a", "b", "c"])));
app.get("/redirect", (request, reply) => reply.redirect("/"));
app.get("/fails", async () => {
  throw Object.assign(new Error("teapot"), { statusCode: 418 });
});
app.register(async (scope) => {
  scope.decorateRequest("role", "guest");
  scope.get("/role", async (request) => ({ role: request.role, ip: request.ip, host: request.host }));
}, { prefix: "/scope" });

await app.ready();

export default httpServerHandler(app.server);
