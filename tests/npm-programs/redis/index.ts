// ioredis: commands one by one and several at once.
import { Redis } from "ioredis";

export default {
  async fetch(request: Request): Promise<Response> {
    const { port } = await request.json<{ port: number }>();
    const redis = new Redis({ host: "127.0.0.1", port, enableReadyCheck: false, maxRetriesPerRequest: 1 });
    const set = await redis.set("name", "value");
    const get = await redis.get("name");
    const missing = await redis.get("other");
    const piped = (await redis.pipeline().set("a", "2").get("a").exec())?.map(([, value]) => value);
    const pong = await redis.ping();
    redis.disconnect();
    return Response.json({ set, get, missing, piped, pong });
  },
};
