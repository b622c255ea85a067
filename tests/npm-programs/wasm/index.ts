// A WebAssembly module of two megabytes, which the test makes.
import module from "./large.wasm";

export default {
  async fetch(): Promise<Response> {
    const { exports } = await WebAssembly.instantiate(module);
    const { add, memory } = exports as { add(a: number, b: number): number; memory: WebAssembly.Memory };
    return Response.json({ sum: add(40, 2), bytes: memory.buffer.byteLength, last: new Uint8Array(memory.buffer)[2 ** 21 - 1] });
  },
};
