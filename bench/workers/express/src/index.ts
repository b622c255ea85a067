// An application of express behind node:http: what a Worker pays that leans on Node.
import { httpServerHandler } from "cloudflare:node";
import express from "express";
import { version } from "./version";

const app = express();
app.get("/", (_request, response) => {
  response.send("hello");
});
app.get("/version", (_request, response) => {
  response.type("text").send(version);
});
app.listen(3000);

export default httpServerHandler({ port: 3000 });
