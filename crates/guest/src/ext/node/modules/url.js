// The module "node:url".
(function () {
const { core } = __bootstrap;
const node = core.loadExtScript("ext:deno_node/url.ts");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

/** @param {string | URL} fileURLOrPath */
function toPathIfFileURL(fileURLOrPath) {
  return fileURLOrPath instanceof URL ? node.fileURLToPath(fileURLOrPath) : fileURLOrPath;
}

const url = {
  domainToASCII: node.domainToASCII,
  domainToUnicode: node.domainToUnicode,
  URL: globalThis.URL,
  URLSearchParams: globalThis.URLSearchParams,
  fileURLToPath: node.fileURLToPath,
  pathToFileURL: node.pathToFileURL,
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
