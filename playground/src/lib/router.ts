// A router as small as it can be: a table from "METHOD /path" to a handler, and the list that the index page shows.

export interface Context {
  request: Request;
  url: URL;
  env: Env;
  ctx: ExecutionContext;
}

export type Handler = (context: Context) => Response | Promise<Response>;

export interface Route {
  method: string;
  path: string;
  about: string;
  /** What the index page links to, when the bare path would show nothing. */
  example?: string;
  handler: Handler;
}

export class Router {
  readonly #routes = new Map<string, Route>();

  add(method: string, path: string, about: string, handler: Handler, example?: string): this {
    this.#routes.set(`${method} ${path}`, { method, path, about, handler, example });
    return this;
  }

  get routes(): Route[] {
    return [...this.#routes.values()];
  }

  async handle(context: Context): Promise<Response> {
    const { method } = context.request;
    const { pathname } = context.url;
    const route = this.#routes.get(`${method === "HEAD" ? "GET" : method} ${pathname}`);
    if (route) return route.handler(context);
    const allowed = this.routes.filter((other) => other.path === pathname).map((other) => other.method);
    if (allowed.length > 0) {
      return new Response("Method Not Allowed\n", { status: 405, headers: { allow: allowed.join(", ") } });
    }
    return new Response("Not Found\n", { status: 404 });
  }
}
