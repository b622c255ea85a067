// What the garden's pages ask for beside their files, and a page that is made of one.

interface Env {
  FILES: Fetcher;
}

const SOWING = ["broad beans", "radishes", "beetroot", "carrots", "lettuce", "spinach", "garlic"];

export default {
  async fetch(request, env): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/api/sow") {
      // One thing a day, the same for everybody.
      const day = Math.floor(Date.now() / 86_400_000);
      return Response.json({ sow: SOWING[day % SOWING.length] });
    }
    if (url.pathname === "/api/upside-down") {
      // A file, fetched by its binding and changed on the way.
      const page = await env.FILES.fetch(new URL("/beds/herbs", request.url));
      return new HTMLRewriter()
        .on("html", { element: (element) => void element.setAttribute("class", "bat") })
        .transform(page);
    }
    return new Response("Nothing grows here.\n", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
