// bcryptjs: hashes by its three forms, comparisons, rounds, and what it refuses.
import bcrypt from "bcryptjs";

const known = "$2b$04$abcdefghijklmnopqrstuuJOPEDcqj0yLkIzGHCZjkdPCGzjOk/nG";

export default {
  async fetch() {
    const sync = bcrypt.hashSync("secret", 4);
    const promised = await bcrypt.hash("p\u00e4ssword", await bcrypt.genSalt(5));
    const called = await new Promise<string>((resolve, reject) => {
      bcrypt.hash("secret", 4, (error, hash) => (error ? reject(error) : resolve(hash!)));
    });
    return Response.json({
      salted: bcrypt.hashSync("secret", known.slice(0, 29)),
      sync: [sync.slice(0, 7), bcrypt.compareSync("secret", sync), bcrypt.compareSync("Secret", sync)],
      promised: [promised.slice(0, 7), await bcrypt.compare("p\u00e4ssword", promised), await bcrypt.compare("", promised)],
      called: [called.length, called !== sync, await bcrypt.compare("secret", called)],
      rounds: [bcrypt.getRounds(sync), bcrypt.getRounds(promised)],
      salt: bcrypt.getSalt(known),
      truncates: [bcrypt.truncates("x".repeat(72)), bcrypt.truncates("x".repeat(73))],
      refused: await bcrypt.hash(5 as unknown as string, 4).catch((error: Error) => error.message),
    });
  },
};
