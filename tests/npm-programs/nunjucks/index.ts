// nunjucks: templates that are compiled elsewhere, since code cannot be made here; inheritance, macros, filters.
import nunjucks from "nunjucks";
import { templates } from "./templates.js";

const PrecompiledLoader = nunjucks.PrecompiledLoader;
const environment = new nunjucks.Environment(new PrecompiledLoader(templates), { autoescape: true });
environment.addFilter("shout", (text: string) => `${text.toUpperCase()}!`);
environment.addFilter("later", (text: string, done: (error: Error | null, text: string) => void) => {
  setTimeout(() => done(null, `later ${text}`), 0);
}, true);
environment.addGlobal("site", "a <site>");

export default {
  async fetch(request: Request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/compiles") {
      return new Response(await Promise.resolve().then(() => nunjucks.renderString("{{ a }}", { a: 1 })).catch(String));
    }
    const page = await new Promise<string>((resolve, reject) => {
      environment.render("page.html", { items: ["x", "<y>"], user: { name: "Ann" } }, (error, text) =>
        error ? reject(error) : resolve(text!));
    });
    return new Response(page, { headers: { "content-type": "text/html" } });
  },
};
