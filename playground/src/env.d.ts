// The shape of `env` and of the imports that are not code.

declare namespace Cloudflare {
  interface Env {
    GUESTBOOK: KVNamespace;
    NOTES: D1Database;
    FILES: R2Bucket;
    COUNTERS: DurableObjectNamespace<import("./objects/counter").Counter>;
    NOTEBOOKS: DurableObjectNamespace<import("./objects/notebook").Notebook>;
    ROOMS: DurableObjectNamespace<import("./objects/room").Room>;
    /** The second worker, in `workshop/`. */
    WORKSHOP: Service<typeof import("../workshop/src/index").default>;
    GREETING: string;
    MAX_ENTRIES: number;
    SHOUT: boolean;
    PALETTE: { accent: string; ink: string; paper: string };
    LANGUAGES: string[];
    /** Only there when .dev.vars gives it. */
    API_TOKEN?: string;
  }
}

interface Env extends Cloudflare.Env {}

declare module "*.txt" {
  const text: string;
  export default text;
}

declare module "*.html" {
  const text: string;
  export default text;
}
