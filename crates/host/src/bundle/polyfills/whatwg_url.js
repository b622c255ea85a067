// The package "whatwg-url": the runtime's own URLs.
export const URL = globalThis.URL;
export const URLSearchParams = globalThis.URLSearchParams;
