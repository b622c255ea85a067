// `tls.createSecureContext`: options that production takes and does nothing with. Trust is the runtime's.
(function () {
const { core } = __bootstrap;
const { validateInteger } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

function SecureContext(_secureProtocol, secureOptions, _minVersion, _maxVersion) {
  if (!(this instanceof SecureContext)) {
    return new SecureContext(_secureProtocol, secureOptions, _minVersion, _maxVersion);
  }
  this.context = undefined;
  if (secureOptions) validateInteger(secureOptions, "secureOptions");
  return undefined;
}

function createSecureContext(options = {}) {
  const { secureProtocol, secureOptions, minVersion, maxVersion } = options;
  return new SecureContext(secureProtocol, secureOptions, minVersion, maxVersion);
}

/** Gives the lists of a certificate the form that programs know. @param {object | null} certificate changed in place */
function translatePeerCertificate(certificate) {
  if (!certificate) return null;
  const { infoAccess, issuerCertificate } = certificate;
  if (issuerCertificate && issuerCertificate !== certificate) translatePeerCertificate(issuerCertificate);
  if (typeof infoAccess === "string") {
    const lists = { __proto__: null };
    for (const [, key, value] of infoAccess.matchAll(/([^\n:]*):([^\n]*)(?:\n|$)/g)) (lists[key] ??= []).push(value);
    certificate.infoAccess = lists;
  }
  return certificate;
}

return { createSecureContext, SecureContext, translatePeerCertificate };
})();
