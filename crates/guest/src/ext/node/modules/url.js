// The module "node:url".
(function () {
const { core } = __bootstrap;
const node = core.loadExtScript("ext:deno_node/url.ts");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { ERR_MISSING_ARGS } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const files = core.loadExtScript("ext:lopata_node/url/files.js");

/** The host as a URL would have it; empty if it would have none. */
function domainToASCII(domain = undefined) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS("domain");
  return typeof domain === "number" ? URL.parse(`ws://${domain}`)?.hostname ?? "" : node.domainToASCII(domain);
}

function domainToUnicode(domain = undefined) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS("domain");
  return node.domainToUnicode(domain);
}

/** @param {string | URL} fileURLOrPath */
function toPathIfFileURL(fileURLOrPath) {
  return fileURLOrPath instanceof URL ? files.fileURLToPath(fileURLOrPath) : fileURLOrPath;
}

// As a method it has the name of the function.
node.Url.prototype.parse = function parse(url, parseQueryString, slashesDenoteHost) {
  return this.urlParse(url, parseQueryString, slashesDenoteHost);
};

const url = {
  domainToASCII,
  domainToUnicode,
  URL: globalThis.URL,
  URLSearchParams: globalThis.URLSearchParams,
  fileURLToPath: files.fileURLToPath,
  pathToFileURL: files.pathToFileURL,
  toPathIfFileURL,
  urlToHttpOptions: node.urlToHttpOptions,
  format: node.format,
  parse: node.parse,
  resolve: node.resolve,
  resolveObject: node.resolveObject,
  Url: node.Url,
};

return { ...url, default: url };
})();
