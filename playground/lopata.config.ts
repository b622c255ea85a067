// Both workers in one process. `lopata dev` finds this file; wrangler takes `-c` twice instead.

import { defineConfig } from "lopata";

export default defineConfig({
  main: "./wrangler.jsonc",
  workers: [{ config: "./workshop/wrangler.jsonc", hosts: ["workshop.localhost"] }],
});
