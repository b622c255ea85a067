#!/usr/bin/env python3
"""Asks wrangler what it answers to every path in every mode, and writes answers.tsv.

    record.py path/to/wrangler

The files are those of files.txt; each holds its own name. Columns: whether there is a worker, html_handling,
not_found_handling, whether the request is a navigation, path, status, Location, the start of the body.
"""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
MODES = ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"]
MISSING = ["none", "404-page", "single-page-application"]
CODE = 'export default { fetch() { return new Response("WORKER") } }'
PATHS = [
    '/', '//', '/index', '/index.html', '/index/', '/index.html/', '/index//', '/about', '/about/', '/about.html',
    '/about.html/', '/about/index', '/about/index.html', '/about/index.html/', '//about', '/about//', '//about//',
    '/foo', '/foo/', '/foo.html', '/foo/index', '/foo/index.html', '/foo/index/', '/foo/index.html/',
    '/foo//index.html', '/foo%2Findex.html', '/foo%2F', '/foo%2findex', '/both', '/both/', '/both.html',
    '/both/index', '/both/index.html', '/both.html/', '/both/index/', '/both.html/index.html', '/bin', '/bin/',
    '/bin.html', '/bin/index', '/bin/index.html', '/dir', '/dir/', '/dir/index', '/dir/index/', '/dir/index.html',
    '/dir/page', '/dir/page/', '/dir/page.html', '/dir/none', '/dir/none/more', '/dir.html', '/404', '/404.html',
    '/404/', '/dir/404', '/dir/404.html', '/none', '/none/', '/none.html', '/none/index.html', '/none/index',
    '/none/more/still', '/file.txt', '/file.txt/', '/file.txt.html', '/file.txt/index.html', '/file', '/FILE.txt',
    '/File.TXT', '/a%20b', '/a%20b.html', '/a+b', '/a+b.html', '/a%2Bb', '/a%2bb.html', '/a%20b/', '/%61bout',
    '/%61bout.html', '/about%2Ehtml', '/%41bout', '/[boop]', '/[boop].html', '/%5Bboop%5D', '/%5bboop%5d',
    '/%5Bboop%5D.html', '/%5Bboop].html', '/%C3%BC', '/%c3%bc', '/%C3%BC.html', '/%C3%BC/', '/%FC', '/%FC.html',
    '/%5Bx%5D', '/%5Bx%5D.html', '/%255Bx%255D', '/%255Bx%255D.html', '/100%', '/100%25', '/100%.txt',
    '/100%25.txt', '/a&b.txt', '/a%26b.txt', '/.dot', '/%2Edot', '/.well-known/x.json', '/.well-known/', '/deep',
    '/deep/', '/deep/er', '/deep/er/', '/deep/er/page', '/deep/er/page.html', '/deep/er/page/', '/deep/er/index',
    '/deep/er.html', '/deep//er//page.html', '/x', '/x/', '/x.html', '/x.html/', '/x.html/y.txt', '/x.html/index',
    '/x.html/index.html', '/x/index.html', '/upper', '/UPPER', '/upper.html', '/UPPER.html', "/it's(ok)!*.txt",
    '/it%27s%28ok%29%21%2A.txt', '/index.html?q=1', '/about.html?q=1&r=%20', '/about/?', '/foo?x=y',
    '/foo/index?a#b', '/file.txt?v=1', '/%5bboop%5d?z', '/a&b.txt?u=1', '/../about.html', '/foo/../about',
    '/foo/./index.html', '/foo/%2e%2e/about', '/foo/%2e%2e%2fabout', '/%2e%2e/%2e%2e/etc/passwd',
    '/%2e%2e%2f%2e%2e%2fetc%2fpasswd', '/..%2f..%2fetc/passwd', '/%252e%252e/about', '/about%00.html', '/%00',
    '/about%00', '/foo\\index.html', '/foo%5Cindex.html', '/foo%5cindex', '/back%5Cslash.txt', '/back\\slash.txt',
    '/..%5c..%5cetc', '/C:/windows', '/C%3A%5Cwindows', '/a:b.txt', '/a%3Ab.txt', '/@at', '/%40at', '/@at.html',
    '/semi;colon', '/semi%3Bcolon', '/semi;colon.html', '/q%3Fx.txt', '/h%23h.txt', '/trail', '/trail.html',
    '/trail.html.html', '/trail/', '/trail.html/', '/index/index', '/index/index.html', '/dir2/', '/dir2',
    '/dir2/index.html', '/dir2/index.html/z.txt', '/dir2/index', '/dir/page.html/', '/dir/../404', '/about;x',
    '/about%3Fx', '/~about', '/%7Eabout', '/about.htm', '/about.HTML', '/ABOUT', '/.', '/..', '/./', '/foo/.',
    '/foo/..', '/foo/%2e', '/foo/%2E%2E', '/a%2fb', '/foo%2F%2Findex.html', '/%2F', '/%2Fabout', '/%2f%2fabout',
    '/%2e', '/_headers', '/_redirects', '/.assetsignore', '/http://evil.com/', '/%2F%2Fevil.com', '/%5C%5Cevil.com',
    '/%09about', '/about%20', '/about.', '/about%2e', '/foo/%2F/index.html',
]


def start(wrangler, site, config, port):
    (site / "wrangler.json").write_text(json.dumps(config))
    log = open(site / "log", "w")
    command = [wrangler, "dev", "--port", str(port), "--inspector-port", "0"]
    env = dict(os.environ, WRANGLER_SEND_METRICS="false", CI="1")
    process = subprocess.Popen(
        command, cwd=site, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )
    while "Ready on" not in (site / "log").read_text():
        if process.poll() is not None:
            raise SystemExit((site / "log").read_text())
        time.sleep(0.1)
    return process


def ask(connection, path, navigation):
    connection.putrequest("GET", path, skip_accept_encoding=True)
    if navigation:
        connection.putheader("Sec-Fetch-Mode", "navigate")
    connection.endheaders()
    response = connection.getresponse()
    body = response.read().decode("utf8", "replace")[:60].replace("\n", " ")
    return str(response.status), response.getheader("location", ""), body


def main(wrangler):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        site = pathlib.Path(folder)
        for name in (HERE / "files.txt").read_text().splitlines():
            path = site / "public" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("FILE " + name)
        (site / "w.js").write_text(CODE)
        modes = [(worker, html, missing) for worker in (True, False) for html in MODES for missing in MISSING]
        for number, (worker, html, missing) in enumerate(modes):
            first = html == MODES[0]
            if not worker and not first:
                continue
            assets = {"directory": "public", "html_handling": html, "not_found_handling": missing}
            config = {"name": "m", "compatibility_date": "2026-04-26", "assets": assets}
            if worker:
                config["main"] = "w.js"
            port = 19700 + number
            process = start(wrangler, site, config, port)
            connection = http.client.HTTPConnection("127.0.0.1", port)
            try:
                for path in PATHS:
                    for navigation in (False, True) if worker and first else (False,):
                        answer = ask(connection, path, navigation)
                        rows.append([str(int(worker)), html, missing, str(int(navigation)), path, *answer])
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
    (HERE / "answers.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


if __name__ == "__main__":
    main(sys.argv[1])
