// The package "node-fetch": the runtime's own fetch.
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
export const fetch = (...args) => globalThis.fetch(...args);
export const Headers = globalThis.Headers;
export const Request = globalThis.Request;
export const Response = globalThis.Response;
export const AbortController = globalThis.AbortController;
export const FetchError = Error;
export const AbortError = Error;
export const isRedirect = (code) => REDIRECTS.has(code);
fetch.Promise = globalThis.Promise;
fetch.isRedirect = isRedirect;
export default fetch;
