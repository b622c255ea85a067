// What the requests of `http_streams.js` reach.
export default {
  async fetch(request) {
    const { hostname } = new URL(request.url);
    if (hostname === "127.0.0.1") throw new Error("refused");
    if (hostname === "slow.example") await scheduler.wait(5_000);
    return new Response("quick");
  },
};
