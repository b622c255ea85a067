// The page frame: an imported .html file whose {{holes}} are filled here.

import { env } from "cloudflare:workers";
import layout from "@content/layout.html";
import motto from "@content/motto.txt";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char]);
}

/** A whole page around `body`, which is HTML already. */
export function page(title: string, body: string, init?: ResponseInit): Response {
  const holes: Record<string, string> = { ...env.PALETTE, title: escape(title), motto: escape(motto.trim()), body };
  const html = layout.replace(/\{\{(\w+)\}\}/g, (_, name: string) => holes[name] ?? "");
  const headers = new Headers(init?.headers);
  headers.set("content-type", "text/html; charset=utf-8");
  return new Response(html, { ...init, headers });
}
