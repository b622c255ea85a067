// Remembers what it was asked, and answers what it was told to.
let requests = [];
let answers = [];

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.hostname === "control") {
      if (url.pathname === "/answer") answers.push(await request.json());
      const taken = requests;
      if (url.pathname === "/taken") requests = [];
      return Response.json(taken);
    }
    const headers = Object.fromEntries(request.headers);
    delete headers["content-length"];
    delete headers["transfer-encoding"];
    const body = await request.text();
    requests.push({ method: request.method, path: url.pathname + url.search, host: url.host, headers, body });
    const { status = 200, statusText, headers: answered = {}, body: text = "" } = answers.shift() ?? {};
    return new Response(status === 204 || status === 304 ? null : text, { status, statusText, headers: answered });
  },
};
