#!/usr/bin/env python3
"""serve.py [--port N] [--folder DIR] [--base YYYY-MM-DD] [--fractional] [--outage tsa,ocsp,crl,cert] [--stop-with-stdin]

Serves the CA of pki.yml on 127.0.0.1 with certomancer: two timestamp authorities, OCSP, CRLs, certificates.
The signers' keys are also served for remote signing (CSC API v1, certomancer-csc-dummy), on another port.
Prints one JSON line when all answer ({"url", "csc", "folder"}) and runs until it is killed.

FOLDER (a temporary one if not given, then removed at the end) gets
  pki.yml, keys/            what certomancer was given: dates and addresses filled in
  passphrase, LABEL.p12     the key of each signer with its chain; LABEL.key.pem: the key alone, PKCS #8
  LABEL.pem                 its certificate alone; root.pem, ca.pem, tsa-ca.pem, other-root.pem are those of CAs

The dates of pki.yml count from midnight (UTC) of the base day, which is today unless given: the same base makes
the same certificates. OCSP and timestamps come in whole seconds; --fractional leaves them as certomancer makes
them, which is legal, too.

/control (GET, POST of JSON with some of these) changes the weather at run time:
  "outages": ["tsa", …]     these answer 503
  "failure_rate": 0.3, "seed": 7   every request fails by lot; the same seed draws the same lots
  "clock": "2041-03-01T10:00:00Z"  the services live at that time from now on; null: at the machine's
and answers all that with "requests", how many each service had.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import argparse  # noqa: E402
import asyncio  # noqa: E402
import collections  # noqa: E402
import datetime  # noqa: E402
import functools  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import shutil  # noqa: E402
import socket  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402

import keys  # noqa: E402
import yaml  # noqa: E402
from aiohttp import web  # noqa: E402
from asn1crypto import pem  # noqa: E402
from certomancer.integrations import animator  # noqa: E402
from certomancer.registry import CertLabel, CertomancerConfig  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

SERVICES = {"tsa": "tsa", "ocsp": "ocsp", "crls": "crl", "certs": "cert"}
PASSPHRASE = "thu nghiem"
UTC = datetime.timezone.utc
SERVICE_CERTIFICATES = {"root", "ca", "tsa-ca", "ocsp", "tsa", "tsa-ending", "other-root"}


class Weather:
    """What the services suffer from, and what time they live at."""

    def __init__(self, outages, fractional):
        self.lock = threading.Lock()
        self.requests = collections.Counter()
        self.fractional = fractional
        self.state = {"outages": outages, "failure_rate": 0.0, "seed": 0, "clock": None}
        self.ahead = datetime.timedelta()

    def now(self):
        """The services' time, which goes on from where it was set."""
        now = datetime.datetime.now(UTC) + self.ahead
        return now if self.fractional else now.replace(microsecond=0)

    def change(self, wishes):
        """Takes what is known; a KeyError for what is not."""
        with self.lock:
            for name, value in wishes.items():
                self.state[name]
                self.state[name] = value
            if "clock" in wishes:
                clock = wishes["clock"] and datetime.datetime.fromisoformat(wishes["clock"].replace("Z", "+00:00"))
                self.ahead = clock - datetime.datetime.now(UTC) if clock else datetime.timedelta()
            if "seed" in wishes:
                self.requests.clear()

    def fails(self, service):
        """Counts a request of this service and says whether it is to fail."""
        with self.lock:
            self.requests[service] += 1
            if service in self.state["outages"]:
                return True
            lot = hashlib.sha256(f"{self.state['seed']} {service} {self.requests[service]}".encode()).digest()
            return int.from_bytes(lot[:6], "big") / 2**48 < self.state["failure_rate"]

    def report(self):
        """The state, as JSON."""
        with self.lock:
            return Response(json.dumps(self.state | {"requests": self.requests}), mimetype="application/json")


class World:
    """The WSGI application: weather before certomancer."""

    def __init__(self, weather):
        self.weather = weather
        self.services = None

    def answer(self, request):
        """The answer to one request."""
        if request.path == "/control":
            if request.method == "POST":
                self.weather.change(request.get_json(force=True))
            return self.weather.report()
        service = SERVICES.get(request.path.split("/")[2]) if request.path.count("/") > 1 else None
        if service and self.weather.fails(service):
            request.get_data()  # a client that is still sending would see a reset connection, not the answer
            return Response("out of order\n", status=503)
        return self.services

    def __call__(self, environ, start_response):
        return self.answer(Request(environ))(environ, start_response)


class Silent(WSGIRequestHandler):
    """No line for each request: the tests that ask say what went wrong."""

    def log_request(self, *_):
        """Nothing."""


def written_out(base, url):
    """pki.yml with its dates and the address of this server."""
    days = {"y": 365, "d": 1}
    midnight = datetime.datetime.combine(base, datetime.time(), UTC)

    def date(match):
        return (midnight + datetime.timedelta(days=int(match[1]) * days[match[2]])).isoformat()

    text = (Path(__file__).resolve().parent / "pki.yml").read_text("utf-8")
    config = yaml.safe_load(re.sub(r"@([+-]\d+)([yd])", date, text))
    return {"external-url-prefix": url} | config


def fill(folder, config):
    """Writes what the folder is to hold and returns certomancer's view of it."""
    names = [entry["path"] for entry in config["keysets"]["keys"]["keys"].values()]
    source = keys.ensure(names)
    (folder / "keys").mkdir(exist_ok=True)
    for name in names:
        shutil.copy(source / name, folder / "keys" / name)
    config["keysets"]["keys"]["path-prefix"] = "keys"
    (folder / "pki.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")
    (folder / "passphrase").write_text(PASSPHRASE)
    world = CertomancerConfig.from_file(str(folder / "pki.yml"))
    for name, arch in world.pki_archs.items():
        for label in config["pki-architectures"][name.value]["certs"]:
            certificate = arch.get_cert(CertLabel(label)).dump()
            (folder / f"{label}.pem").write_bytes(pem.armor("certificate", certificate))
            if label not in SERVICE_CERTIFICATES:
                packed = arch.package_pkcs12(CertLabel(label), password=PASSPHRASE.encode())
                (folder / f"{label}.p12").write_bytes(packed)
                key = config["keysets"]["keys"]["keys"][label]["path"]
                shutil.copy(source / key, folder / f"{label}.key.pem")
    return world


def serve_csc(certomancer):
    """Remote signing with the same keys, in a thread of its own; answers its address."""
    service = CSCWithCertomancer(certomancer, service_params=DummyServiceParams(hash_pinning_required=True))
    service.register_routes()
    listener = socket.create_server(("127.0.0.1", 0))

    async def run():
        runner = web.AppRunner(service.app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await asyncio.Event().wait()

    threading.Thread(target=asyncio.run, args=[run()], daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/csc/v1"


def stop_with_stdin(folder):
    """Ends the process when whoever started it is gone, and with it the pipe."""
    sys.stdin.buffer.read()
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="serve.py", usage=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--base", type=datetime.date.fromisoformat, default=datetime.datetime.now(UTC).date())
    parser.add_argument("--fractional", action="store_true")
    parser.add_argument("--outage", type=lambda text: text.split(","), default=[])
    parser.add_argument("--stop-with-stdin", action="store_true")
    return parser.parse_args()


def trust_own_keys():
    """certomancer loads a key for each signature, and each time its primes are tested: a tenth of a second."""
    for name in ("load_der_private_key", "load_pem_private_key"):
        fast = functools.partial(getattr(serialization, name), unsafe_skip_rsa_key_validation=True)
        setattr(serialization, name, fast)


def main():
    trust_own_keys()
    wanted = arguments()
    temporary = None if wanted.folder else tempfile.mkdtemp(prefix="sohoa-pki-")
    folder = wanted.folder or Path(temporary)
    folder.mkdir(parents=True, exist_ok=True)
    weather = Weather(wanted.outage, wanted.fractional)
    animator._now = weather.now
    world = World(weather)
    server = make_server("127.0.0.1", wanted.port, world, threaded=True, request_handler=Silent)
    url = f"http://127.0.0.1:{server.server_port}"
    filled = fill(folder, written_out(wanted.base, url))
    world.services = animator.Animator(animator.AnimatorArchStore(filled.pki_archs), with_web_ui=False)
    csc = serve_csc(filled)
    if wanted.stop_with_stdin:
        threading.Thread(target=stop_with_stdin, args=[temporary], daemon=True).start()
    # Both sockets listen already; who connects now is served when the loops run.
    print(json.dumps({"url": url, "csc": csc, "folder": str(folder)}), flush=True)
    try:
        server.serve_forever()
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


if __name__ == "__main__":
    main()
