# SPDX-License-Identifier: Apache-2.0
"""What a request costs around the model: the server's CPU time, from its process clock, on models that do next to
nothing; and how long the server takes to start and to stop."""
import subprocess

from harness import Server, load, markdown, number, say, spread

IMAGE = "INPUT0=1,150528"  # 3 x 224 x 224 floats: 602 KB, as [batch, d] of the identity model

# Name, model, form, connections, shapes.
LOADS = (
    *[(f"tiny, JSON, connections: {n}", "add", "json", n, ()) for n in (1, 8, 64)],
    *[(f"tiny, binary, connections: {n}", "add", "binary", n, ()) for n in (1, 8, 64)],
    ("602 KB in and out, binary, connections: 1", "identity_fp32", "binary", 1, (IMAGE,)),
    ("602 KB in and out, binary, connections: 8", "identity_fp32", "binary", 8, (IMAGE,)),
    ("150,528 floats in and out, JSON, connections: 1", "identity_fp32", "json", 1, (IMAGE,)),
)


def make_models(setup):
    folder = setup.scratch / "test-models"
    subprocess.run([setup.program("make_test_models"), str(folder)], check=True, timeout=60)
    return folder / "good"


def cost_rows(setup, repository):
    paths = [repository / "add", repository / "identity_fp32"]
    with Server(setup, paths) as server:
        for name, model, form, connections, shapes in LOADS:
            say(name)
            yield name, load(setup, server, model, connections=connections, form=form, shapes=shapes)


def cost_table(setup, repository):
    rows = []
    for name, report in cost_rows(setup, repository):
        cpu, rate = report["server_cpu_us"], report["requests_per_second"]
        rows.append((name, spread([cpu["min"], cpu["median"], cpu["max"]]), number(rate["median"]),
                     number(report["latency_us"]["p50"]), number(report["latency_us"]["p99"]),
                     number(report["client_cores"]["median"])))
    return markdown("A request over HTTP", ("request", "server CPU, us (least-most)", "requests/s", "p50, us", "p99, us",
                                            "client, processors"), rows)


def start_stop(setup, path, flags, wait_for, times):
    ready, stop = [], []
    for _ in range(times):
        with Server(setup, [path], *flags, wait_for=wait_for) as server:
            pass
        ready.append(server.ready_s * 1000)
        stop.append(server.stop_s * 1000)
    return spread(ready), spread(stop)


def start_table(setup, repository):
    times = 1 if setup.quick else 5
    empty = setup.scratch / "empty"
    empty.mkdir(exist_ok=True)
    rows = []
    # A server without a model never gets ready: there it is the first answer that counts.
    for name, *how in (("no model", empty, ("--exit-on-error=false",), "live"),
                       ("a tiny model", repository / "add", (), "ready")):
        say(f"starting and stopping with {name}, {times} times")
        rows.append((name, *start_stop(setup, *how, times)))
    return markdown("Start and stop", ("with", "ready after, ms", "stopped after, ms"), rows)


def run(setup):
    repository = make_models(setup)
    yield cost_table(setup, repository)
    yield start_table(setup, repository)
