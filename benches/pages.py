"""Measures the pages of a running project: bytes, server time, first paint, and what open pages cost the server.

    cargo run --release -- demo --once --dir DIR
    NODE_PATH=$(scripts/setup-tests --browser) python benches/pages.py target/release/tidewheel DIR

Server time is the median of 20 requests of one page over one connection after a first one; sizes are as sent, with
and without gzip. First paint is Chromium's first contentful paint in an open window without a cache, the
median of 7 visits; that of `/health`, one line of text, is what Chromium takes by itself.
"""

import argparse
import contextlib
import gzip
import http.client
import json
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time

PAINT = """
import { launch, reader, base } from "%s/browser.mjs";
const browser = await launch(), page = await reader(browser), paths = JSON.parse(process.argv[3]), found = {};
await (await page.context().newCDPSession(page)).send("Network.setCacheDisabled", { cacheDisabled: true });
for (const path of paths) {
  const times = [];
  for (let visit = 0; visit < 7; visit++) {
    await page.goto("about:blank");
    await page.goto(base + path, { waitUntil: "load" });
    times.push(await page.evaluate(() => new Promise((done) => {
      const of = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
      const wait = () => of() === undefined ? setTimeout(wait, 5) : done(of());
      wait();
    })));
  }
  found[path] = times.sort((a, b) => a - b)[3];
}
await browser.close();
console.log(JSON.stringify(found));
"""


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@contextlib.contextmanager
def serving(binary, project):
    command = [binary, "-C", project, "serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process, re.search(r"http://([\d.:]+)", process.stdout.readline())[1]
    finally:
        process.terminate()
        process.wait(30)


def get(connection, path, accept="identity"):
    start = time.perf_counter()
    connection.request("GET", path, headers={"accept-encoding": accept, "accept": "text/html"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - start) * 1000
    if answer.status != 200:
        sys.exit(f"{path} is answered with {answer.status}")
    return body, took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="the built tidewheel")
    parser.add_argument("project", help="a project that has turned")
    parser.add_argument("--pages", nargs="+", help="paths; default: those of the navigation, a decision, a version")
    parser.add_argument("--clients", type=int, default=200, help="open pages")
    args = parser.parse_args()
    with serving(args.binary, args.project) as (process, address):
        connection = http.client.HTTPConnection(address, timeout=30)
        home = get(connection, "/ui/")[0].decode()
        pages = args.pages
        if not pages:
            navigation = re.search(r'<nav class="nav".*?</nav>', home, re.S)[0]
            pages = re.findall(r'href="(/ui/[^"]*)"', navigation) + ["/ui/decisions/2", "/ui/models/1"]
        paint = {}
        if not args.pages:
            script = pathlib.Path(__file__).parent.parent / "tests" / "ui"
            command = ["node", "--input-type=module", "-", f"http://{address}", json.dumps(["/health", *pages])]
            text = subprocess.run(command, input=PAINT % script.resolve(), capture_output=True, text=True)
            if text.returncode:
                sys.exit(text.stderr)
            paint = json.loads(text.stdout)
            # the server has given an idle connection up
            connection = http.client.HTTPConnection(address, timeout=30)
        print(f"{'page':28} {'bytes':>8} {'gzip':>8} {'ms':>8} {'paint ms':>9}")
        if paint:
            print(f"{'/health, first paint only':55} {paint['/health']:9.0f}")
        for path in pages:
            body, _ = get(connection, path)
            packed, _ = get(connection, path, "gzip")
            if gzip.decompress(packed)[:9] != body[:9]:
                sys.exit(f"{path} differs when it is packed")
            times = [get(connection, path)[1] for _ in range(20)]
            print(f"{path:28} {len(body):8,} {len(packed):8,} {statistics.median(times):8.2f} {paint.get(path, 0):9.0f}")
        before = resident_mib(process)
        host, port = address.split(":")
        clients = []
        for _ in range(args.clients):
            client = socket.create_connection((host, int(port)))
            client.sendall(f"GET /ui/events HTTP/1.1\r\nhost: {address}\r\n\r\n".encode())
            clients.append(client)
        time.sleep(6)
        heard = sum(b"event: state" in client.recv(65536) for client in clients)
        print(f"{args.clients} open pages: {resident_mib(process) - before:.1f} MiB more, {heard} heard an event")


if __name__ == "__main__":
    main()
