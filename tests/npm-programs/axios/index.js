// Axios against an endpoint; in a Worker it speaks by fetch.
import axios from "axios";

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const client = axios.create({ baseURL: `http://${url.searchParams.get("at")}`, timeout: 5_000 });
    const results = {};
    const got = await client.get("/echo", { params: { a: 1 }, headers: { "X-One": "1" } });
    results.get = [got.status, got.data.url, got.data.headers["x-one"]];
    const posted = await client.post("/echo", { hello: "there" });
    results.post = [posted.data.method, posted.data.body, posted.data.headers["content-type"]];
    results.missing = await client.get("/missing").catch((error) => [error.name, error.code, error.response.status]);
    results.packed = (await client.get("/packed")).data;
    return Response.json(results);
  },
};
