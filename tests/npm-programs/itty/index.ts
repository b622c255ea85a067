// itty-router: parameters, middleware, errors.
import { AutoRouter, error, withParams } from "itty-router";

const router = AutoRouter({ base: "/v1" });

router
  .all("*", withParams)
  .get("/hello/:name", ({ name }) => `hello ${name}`)
  .get("/json", () => ({ a: [1, 2] }))
  .get("/query", ({ query }) => query)
  .post("/echo", async (request) => await request.json())
  .get("/teapot", () => error(418, "short and stout"));

export default { ...router };
