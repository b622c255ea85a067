// What is called.

import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  override fetch(): Response {
    return new Response("hello");
  }
  add(a: number, b: number): number {
    return a + b;
  }
  size(bytes: Uint8Array): number {
    return bytes.byteLength;
  }
}
