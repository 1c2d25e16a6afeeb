# SPDX-License-Identifier: Apache-2.0
"""What a gRPC call costs around the model, against a grpc++ server of the same job (grpc_yardstick.cc), alternated in
one run; and what TLS, streams and shared memory make of it."""
import signal
import statistics
import subprocess

from harness import Failed, Server, free_ports, load, markdown, number, say, spread

from http_rows import IMAGE, make_models

# Connections and calls under way on each.
SHAPES = ((1, 1), (1, 8), (1, 64), (8, 8), (64, 1))
FILM = "INPUT0=1,5000000"  # 20 MB
ROUNDS = 3


class Yardstick:
    """benchmarks/grpc_yardstick.cc, in the server's place."""

    def __init__(self, setup):
        self.port = free_ports(1)[0]
        self.url = f"grpc://127.0.0.1:{self.port}"
        self.command = [setup.program("grpc_yardstick"), str(self.port)]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise Failed("the yardstick did not start")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def alternate(setup, servers, model, **how):
    """CPU microseconds a request and p50 of each server, several times in turn."""
    cpu, p50, rate = ([[] for _ in servers] for _ in range(3))
    for _ in range(1 if setup.quick else ROUNDS):
        for i, server in enumerate(servers):
            report = load(setup, server, model, seconds=2.0, windows=1, **how)
            cpu[i].append(report["server_cpu_us"]["median"])
            p50[i].append(report["latency_us"]["p50"])
            rate[i].append(report["requests_per_second"]["median"])
    return cpu, p50, rate


def call_table(setup, ours, yardstick):
    rows = []
    loads = [(f"tiny, {c} x {n}", "add", {"connections": c, "calls": n}) for c, n in SHAPES]
    loads += [(f"tiny, streams, {c} x {n}", "add", {"connections": c, "calls": n, "stream": True})
              for c, n in ((1, 1), (1, 64), (8, 8))]
    loads += [("602 KB in and out, 1 x 1", "identity_fp32", {"shapes": (IMAGE,)}),
              ("20 MB in and out, 1 x 1", "identity_fp32", {"shapes": (FILM,)})]
    for name, model, how in loads:
        say(name)
        cpu, p50, rate = alternate(setup, (ours, yardstick), model, **how)
        rows.append((name, spread(cpu[0]), spread(cpu[1]),
                     number(statistics.median(cpu[1]) / statistics.median(cpu[0])),
                     number(statistics.median(rate[0])), number(statistics.median(p50[0])),
                     number(statistics.median(p50[1]))))
    return markdown("A gRPC call (connections x calls under way on each)",
                    ("call", "server CPU, us", "grpc++'s, us", "ratio", "calls/s", "p50, us", "grpc++'s p50, us"), rows)


def variant_table(setup, title, first, others):
    """Rows of one load over several ways, alternated; first and others are (name, server, how)."""
    ways = [first, *others]
    rows = []
    for name, model, shapes in (("tiny", "add", ()), ("602 KB in and out", "identity_fp32", (IMAGE,)),
                                ("20 MB in and out", "identity_fp32", (FILM,))):
        results = [([], []) for _ in ways]
        for _ in range(1 if setup.quick else ROUNDS):
            for (way, server, how), (cpu, p50) in zip(ways, results):
                say(f"{title}: {name}, {way}")
                report = load(setup, server, model, shapes=shapes, seconds=2.0, windows=1, **how)
                cpu.append(report["server_cpu_us"]["median"])
                p50.append(report["latency_us"]["p50"])
        for (way, _, _), (cpu, p50) in zip(ways, results):
            rows.append((f"{name}, {way}", spread(cpu), number(statistics.median(p50))))
    return markdown(title, ("request, 1 connection", "server CPU, us", "p50, us"), rows)


class At:
    """A running server under another of its URLs."""

    def __init__(self, server, url):
        self.url, self.process = url, server.process


def make_certificate(setup):
    certificate, key = setup.scratch / "certificate.pem", setup.scratch / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key),
                    "-out", str(certificate)], check=True, capture_output=True, timeout=60)
    return certificate, key


def run(setup):
    repository = make_models(setup)
    paths = [repository / "add", repository / "identity_fp32"]
    with Server(setup, paths, "--allow-client-shm=true") as server, Yardstick(setup) as yardstick:
        grpc = At(server, server.grpc_url)
        yield call_table(setup, grpc, yardstick)
        yield variant_table(setup, "Shared memory", ("HTTP, binary bodies", server, {}),
                            [("HTTP, shared memory", server, {"shared_memory": "system"}),
                             ("gRPC, bodies", grpc, {}), ("gRPC, shared memory", grpc, {"shared_memory": "system"})])
        certificate, key = make_certificate(setup)
        with Server(setup, paths, "--tls-cert", str(certificate), "--tls-key", str(key)) as encrypted:
            yield variant_table(setup, "TLS", ("HTTP, in the clear", server, {}),
                                [("HTTP, TLS", At(encrypted, encrypted.url.replace("http:", "https:")),
                                  {"ca": certificate}),
                                 ("gRPC, in the clear", grpc, {}),
                                 ("gRPC, TLS", At(encrypted, encrypted.grpc_url.replace("grpc:", "grpcs:")),
                                  {"ca": certificate})])
