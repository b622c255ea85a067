// `tls.checkServerIdentity`: whether a certificate is that of a host.
//
// A certificate says so with its alternative names; only one without any is asked for its common name.
(function () {
const { core } = __bootstrap;
const { format, isIP, parse } = core.loadExtScript("ext:lopata_node/net/addresses.js");
const { ERR_TLS_CERT_ALTNAME_FORMAT, ERR_TLS_CERT_ALTNAME_INVALID } = core.loadExtScript(
  "ext:lopata_node/net/errors.js",
);

const QUOTED = /^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/;

/** An address in the one form in which it is compared; what is none stays as it is. */
function canonical(text) {
  const bytes = parse(text);
  return bytes === null ? text : format(bytes);
}

function withoutDot(name) {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** Labels, in lower case as far as that is the same everywhere. */
function labels(name) {
  return withoutDot(name).replace(/[A-Z]/g, (letter) => letter.toLowerCase()).split(".");
}

/** The names in a list in which some stand as JSON strings, since they have a comma. */
function split(list) {
  if (!list.includes('"')) return list.split(", ");
  const names = [];
  let name = "";
  for (let at = 0; at < list.length;) {
    if (list[at] === '"') {
      const quoted = QUOTED.exec(list.slice(at));
      if (quoted === null) throw new ERR_TLS_CERT_ALTNAME_FORMAT();
      name += JSON.parse(quoted[0]);
      at += quoted[0].length;
    } else if (list[at] === ",") {
      names.push(name);
      name = "";
      at += 2;
    } else {
      name += list[at++];
    }
  }
  return [...names, name];
}

/** @param {string[]} host @param {string | undefined} pattern a name that may have one star in its first label */
function matches(host, pattern) {
  if (!pattern) return false;
  const wanted = labels(pattern);
  if (wanted.length !== host.length || wanted.some((label) => label === "" || /[^\u0021-\u007f]/u.test(label))) {
    return false;
  }
  if (wanted.slice(1).some((label, i) => label !== host[i + 1])) return false;
  const parts = wanted[0].split("*");
  // Encoded names are what they are.
  if (parts.length === 1 || wanted[0].includes("xn--")) return wanted[0] === host[0];
  if (parts.length > 2 || wanted.length < 3) return false;
  const [start, end] = parts;
  return start.length + end.length <= host[0].length && host[0].startsWith(start) && host[0].endsWith(end);
}

/** @returns {string | null} why the certificate is not the host's */
function refusal(hostname, { subject, subjectaltname }) {
  const names = subjectaltname ? split(subjectaltname) : [];
  const of = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  if (isIP(hostname) !== 0) {
    const addresses = of("IP Address:").map(canonical);
    if (addresses.includes(canonical(hostname))) return null;
    return `IP: ${hostname} is not in the cert's list: ${addresses.join(", ")}`;
  }
  const host = labels(hostname);
  const dns = of("DNS:");
  if (dns.length > 0) {
    if (dns.some((name) => matches(host, name))) return null;
    return `Host: ${hostname}. is not in the cert's altnames: ${subjectaltname}`;
  }
  const common = subject?.CN;
  if (!common) return "Cert does not contain a DNS name";
  const known = Array.isArray(common) ? common : [common];
  return known.some((name) => matches(host, name)) ? null : `Host: ${hostname}. is not cert's CN: ${common}`;
}

/** @returns {Error | undefined} */
function checkServerIdentity(hostname, cert) {
  const host = withoutDot(`${hostname}`);
  const reason = refusal(host, cert);
  return reason === null ? undefined : new ERR_TLS_CERT_ALTNAME_INVALID(reason, host, cert);
}

return { checkServerIdentity };
})();
