// Stripe's client against an endpoint that stands in for it, and its webhooks.
import Stripe from "stripe";

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const [host, port] = url.searchParams.get("at").split(":");
    const stripe = new Stripe("sk_test_123", { host, port: Number(port), protocol: "http", maxNetworkRetries: 1 });
    if (url.pathname === "/customer") {
      const customer = await stripe.customers.create({ email: "a@b.co", metadata: { plan: "x" } });
      return Response.json({ id: customer.id, requestId: customer.lastResponse.requestId });
    }
    if (url.pathname === "/list") {
      const ids = [];
      for await (const customer of stripe.customers.list({ limit: 2 })) ids.push(customer.id);
      return Response.json(ids);
    }
    if (url.pathname === "/declined") {
      try {
        await stripe.charges.create({ amount: 100, currency: "usd", source: "tok" });
      } catch (error) {
        return Response.json({ type: error.type, code: error.code, status: error.statusCode, message: error.message });
      }
    }
    const payload = JSON.stringify({ id: "evt_1", object: "event", type: "charge.succeeded" });
    const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: "whsec" });
    const event = await stripe.webhooks.constructEventAsync(payload, header, "whsec");
    const forged = await stripe.webhooks.constructEventAsync(`${payload} `, header, "whsec").catch((error) => error.type);
    return Response.json({ type: event.type, forged });
  },
};
