// What the page asks for beside its files.
export default {
  fetch(request: Request): Response {
    const harbour = new URL(request.url).pathname.match(/^\/api\/tides\/([^/]+)$/)?.[1];
    if (!harbour) return new Response("not found", { status: 404 });
    return Response.json([
      { time: "04:12", metres: 1.4 },
      { time: "10:31", metres: 0.3 },
    ]);
  },
};
