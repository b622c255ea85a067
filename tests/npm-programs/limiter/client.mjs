// node limiter/client.mjs http://localhost:8787: bursts of two keys at once.
import { check, equal, until } from "../lib/client.mjs";

const [origin] = process.argv.slice(2);
const ask = (key, path = "/") => fetch(`${origin}${path}`, { headers: { "x-key": key } });

await check(async () => {
  const burst = (key) => Promise.all(Array.from({ length: 20 }, () => ask(key)));
  const [ann, bob] = await Promise.all([burst("ann"), burst("bob")]);
  for (const [name, answers] of [["ann", ann], ["bob", bob]]) {
    const allowed = answers.filter((answer) => answer.status === 200);
    // A slow machine may have given one back meanwhile.
    equal(allowed.length >= 5 && allowed.length <= 8, true, `${name}: ${allowed.length} of 20 are let in`);
    const left = allowed.map((answer) => Number(answer.headers.get("x-left")));
    equal(new Set(left.slice(0, 5)).size, 5, `${name}: no token twice`);
    const refused = answers.find((answer) => answer.status === 429);
    equal(refused.headers.get("retry-after"), "1", `${name}: when to come back`);
  }
  await until("a token comes back", async () => (await ask("ann")).status === 200);
  equal((await ask("ann", "/?cost=9")).status, 429, "nothing for so much");
  await until("the bucket forgets itself", async () => {
    const { keys, alarm } = await (await ask("ann", "/inside")).json();
    return keys.length === 0 && !alarm;
  });
  equal((await ask("ann")).headers.get("x-left"), "4", "a full bucket");
});
