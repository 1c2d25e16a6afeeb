# SPDX-License-Identifier: Apache-2.0
"""What TF Serving's dialect costs beside KServe's: the same tensors to the same models of one server, alternated in one
run."""
import statistics

from harness import Server, load, markdown, number, say, spread

from grpc_rows import At
from http_rows import IMAGE, make_models

ROWS = "INPUT0=1000,16"
ROUNDS = 5

# Name, model, shapes.
REST_LOADS = (("tiny", "add", ()), ("1,000 rows of 16 floats", "add", (ROWS,)),
              ("150,528 floats", "identity_fp32", (IMAGE,)))
REST_WAYS = (("JSON", {"form": "json", "dialect": "tfserving"}), ("V2 JSON", {"form": "json"}),
             ("V2 binary", {"form": "binary"}))
# Name, model, connections, calls, shapes.
GRPC_LOADS = (("tiny, 1 x 1", "add", 1, 1, ()), ("tiny, 8 x 8", "add", 8, 8, ()),
              ("1,000 rows of 16 floats, 1 x 1", "add", 1, 1, (ROWS,)),
              ("602 KB, 1 x 1", "identity_fp32", 1, 1, (IMAGE,)))
GRPC_WAYS = (("Predict", {"dialect": "tfserving"}), ("ModelInfer", {}))


def alternate(setup, server, name, model, ways, **how):
    """CPU microseconds a request of each way, several times in turn, and its p50."""
    cpu, p50 = ([[] for _ in ways] for _ in range(2))
    for _ in range(1 if setup.quick else ROUNDS):
        for i, (way, options) in enumerate(ways):
            say(f"{name}, {way}")
            report = load(setup, server, model, seconds=2.0, windows=1, **how, **options)
            cpu[i].append(report["server_cpu_us"]["median"])
            p50[i].append(report["latency_us"]["p50"])
    return cpu, p50


def row(name, cpu, p50):
    ratio = number(statistics.median(cpu[0]) / statistics.median(cpu[1]))
    return (name, *map(spread, cpu), ratio, *(number(statistics.median(each)) for each in p50[:2]))


def run(setup):
    repository = make_models(setup)
    with Server(setup, [repository / "add", repository / "identity_fp32"]) as server:
        rows = [row(name, *alternate(setup, server, name, model, REST_WAYS, shapes=shapes))
                for name, model, shapes in REST_LOADS]
        yield markdown("TF Serving's REST, in and out, 1 connection",
                       ("request", "JSON, server CPU, us", "V2 JSON's", "V2 binary's", "to V2 JSON", "p50, us",
                        "V2 JSON's"), rows)
        grpc = At(server, server.grpc_url)
        rows = [row(name, *alternate(setup, grpc, name, model, GRPC_WAYS, connections=c, calls=n, shapes=shapes))
                for name, model, c, n, shapes in GRPC_LOADS]
        yield markdown("TF Serving's gRPC, in and out (connections x calls under way on each)",
                       ("call", "Predict, server CPU, us", "ModelInfer's", "ratio", "p50, us", "ModelInfer's"), rows)
