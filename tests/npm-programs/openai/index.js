// OpenAI's client against an endpoint that stands in for it.
import OpenAI from "openai";

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const client = new OpenAI({ apiKey: "key", baseURL: `http://${url.searchParams.get("at")}/v1`, maxRetries: 1 });
    if (url.pathname === "/chat") {
      const messages = [{ role: "user", content: "hi" }];
      const completion = await client.chat.completions.create({ model: "m", messages });
      return Response.json({ said: completion.choices[0].message.content, id: completion._request_id });
    }
    if (url.pathname === "/stream") {
      const messages = [{ role: "user", content: "hi" }];
      const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
      let said = "";
      for await (const chunk of stream) said += chunk.choices[0]?.delta?.content ?? "";
      return new Response(said);
    }
    if (url.pathname === "/retry") {
      const models = await client.models.list();
      return Response.json(models.data.map((model) => model.id));
    }
    try {
      await client.models.retrieve("none");
    } catch (error) {
      return Response.json({ name: error.constructor.name, status: error.status, message: error.message });
    }
  },
};
