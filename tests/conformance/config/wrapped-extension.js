import { helper } from "test-ext:helper";

export default (env) => ({
  text: env.TEXT,
  helped: helper(env.TEXT),
  key: env.KEY,
  names: Object.keys(env),
  fetch: async () => await (await env.SERVICE.fetch("http://x/")).text(),
});

export function named(env) {
  return class {
    static a = env.JSON.a;
  };
}
