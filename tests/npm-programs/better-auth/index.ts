// better-auth on D1: sign up, sign in, sessions, accounts, sign out, by its handler and by its own calls.
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";

interface Env {
  DB: D1Database;
  BETTER_AUTH_SECRET: string;
  BETTER_AUTH_URL: string;
}

function authOf(env: Env) {
  return betterAuth({
    database: env.DB,
    secret: env.BETTER_AUTH_SECRET,
    baseURL: env.BETTER_AUTH_URL,
    emailAndPassword: { enabled: true, minPasswordLength: 8 },
    user: { additionalFields: { plan: { type: "string", defaultValue: "free", input: false } } },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
  });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const auth = authOf(env);
    const { pathname } = new URL(request.url);
    if (pathname === "/migrate") {
      const { toBeCreated, runMigrations } = await getMigrations(auth.options);
      await runMigrations();
      const again = await getMigrations(auth.options);
      return Response.json({ made: toBeCreated.map(({ table }) => table).sort(), left: again.toBeCreated.length });
    }
    if (pathname === "/me") {
      const session = await auth.api.getSession({ headers: request.headers });
      return Response.json(session && { email: session.user.email, name: session.user.name, plan: session.user.plan });
    }
    return auth.handler(request);
  },
};
