// node chat/client.mjs http://localhost:8787 [chat/index.ts]: two people and a third who is too fast, across a reload.
import { Socket, check, equal, reload } from "../lib/client.mjs";

const [origin, file] = process.argv.slice(2);
const at = (path) => `${origin.replace("http", "ws")}${path}`;

await check(async () => {
  const room = await (await fetch(`${origin}/room`, { method: "POST" })).text();
  equal(/^[0-9a-f]{64}$/.test(room), true, "an id");
  const ann = await Socket.open(at(`/room/${room}/socket`));
  const bob = await Socket.open(at(`/room/${room}/socket`));
  equal(await (await fetch(`${origin}/room/${room}/names`)).json(), [null, null], "nobody is named");
  ann.send({ name: "Ann" });
  equal([await ann.next(), await ann.next()], [{ joined: "Ann" }, { ready: true }], "Ann joins");
  await pause(700);
  ann.send({ message: "hello" });
  const { time, ...hello } = await ann.next();
  equal(hello, { name: "Ann", message: "hello" }, "Ann speaks");

  // Bob has a name only now; what was said meanwhile waited for it.
  bob.send({ name: "Bob" });
  const seen = [await bob.next(), await bob.next(), await bob.next(), await bob.next()];
  equal(seen, [{ joined: "Ann" }, { name: "Ann", message: "hello", time }, { joined: "Bob" }, { ready: true }], "Bob joins");
  equal(await ann.next(), { joined: "Bob" }, "Ann sees him");

  // The sockets outlive the code.
  const before = await (await fetch(`${origin}/room/${room}/instance`)).text();
  await reload(origin, file);
  await pause(600);
  bob.send({ message: "after the reload" });
  equal((await ann.next()).message, "after the reload", "Ann hears Bob");
  equal((await bob.next()).message, "after the reload", "Bob hears himself");
  const after = await (await fetch(`${origin}/room/${room}/instance`)).text();
  equal(before !== after, file !== undefined, "another instance");
  equal((await (await fetch(`${origin}/room/${room}/names`)).json()).sort(), ["Ann", "Bob"], "names are kept");

  // A newcomer sees what was stored.
  const cy = await Socket.open(at(`/room/${room}/socket`));
  await pause(1000);
  cy.send({ name: "Cy" });
  equal([(await cy.next()).joined, (await cy.next()).joined].sort(), ["Ann", "Bob"], "who is there, in any order");
  equal([(await cy.next()).message, (await cy.next()).message], ["hello", "after the reload"], "the backlog");
  await cy.find((message) => message.ready);

  // Who is too fast is told so.
  for (let index = 0; index < 20; index++) cy.send({ message: `fast ${index}` });
  equal((await cy.find((message) => message.error)).error, "Your address writes too fast.", "a limit");
  await ann.close();
  equal((await bob.find((message) => message.left)).left, "Ann", "Ann leaves");

  // Other rooms are other objects.
  const dan = await Socket.open(at("/room/another/socket"));
  equal(await (await fetch(`${origin}/room/another/names`)).json(), [null], "another room");
  equal((await fetch(`${origin}/room/${"x".repeat(33)}/names`)).status, 404, "a name that is too long");
  equal((await fetch(`${origin}/room/another/socket`)).status, 400, "no upgrade");
  await pause(600);
  dan.send({ name: "x".repeat(33) });
  equal(await dan.next(), { error: "The name is too long." }, "a long name");
});

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
