// All workers in one process. `lopata dev` finds this file; wrangler takes `-c` for each of them instead.

import { defineConfig } from "lopata";

export default defineConfig({
  main: "./wrangler.jsonc",
  workers: [
    { config: "./workshop/wrangler.jsonc", hosts: ["workshop.localhost"] },
    { config: "./garden/wrangler.jsonc", hosts: ["garden.localhost"] },
  ],
});
