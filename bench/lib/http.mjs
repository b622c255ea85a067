// A small HTTP client with a connection that stays, quick enough to look for a change every millisecond.

import http from "node:http";

/** One GET; `agent` keeps the connection. */
export function ask(port, path, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent, timeout: 30_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => (body += piece));
      response.on("end", () => resolve({ status: response.statusCode, body }));
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in 30 s")));
    request.on("error", reject);
  });
}

export const keepAlive = () => new http.Agent({ keepAlive: true, maxSockets: 1 });
