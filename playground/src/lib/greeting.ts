// A leaf module. Change a word, save, and reload the page.

import { env } from "cloudflare:workers";

/** The greeting of the configuration, for one name. */
export function greet(name: string): string {
  const text = `${env.GREETING}, ${name}!`;
  return env.SHOUT ? text.toUpperCase() : text;
}
