// Stands where deno_fetch expects deno_net's TLS module, which only custom HTTP clients would use.
(function () {
return {
  loadTlsKeyPair() {
    throw new TypeError("custom TLS clients are not part of the Workers runtime");
  },
};
})();
