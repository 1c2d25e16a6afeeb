# SPDX-License-Identifier: Apache-2.0
"""Boosted trees: this server's walks against XGBoost's own library and ONNX Runtime, in process and in turn
(bare_trees.cc), and the same model behind the server, by gRPC, REST and shared memory."""
import statistics
import subprocess

from harness import Failed, Server, load, markdown, number, run_json, say, spread

BATCHES = (1, 1000)
FEATURES = 28
ROUNDS = 3
NAMES = {"xgboost": "XGBoost's library", "trireme_avx512": "here, AVX-512", "trireme_avx2": "here, AVX2",
         "trireme_scalar": "here, scalar", "onnxruntime": "ONNX Runtime"}


def run_quietly(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-1000:]}")


def measure(setup, model, onnx, rows, rounds):
    return run_json([setup.program("bare_trees"), "measure", str(model), str(onnx), "--rows", str(rows), "--rounds",
                     str(rounds)], timeout_s=300)


def process_table(setup, model, onnx):
    lines = []
    for rows in BATCHES:
        say(f"{rows} rows in process")
        report = measure(setup, model, onnx, rows, 3 if setup.quick else 30)
        for name, shown in NAMES.items():
            if name not in report:
                continue
            result = report[name]
            lines.append((rows, shown, number(result["us"]), number(result["least_us"]),
                          f"{rows / result['us'] * 1e6:,.0f}", number(1 / result["against_xgboost"]),
                          f"{result['difference']:.0e}" if result["difference"] else "none"))
    return markdown("Boosted trees in process, one thread",
                    ("rows", "engine", "CPU us, median", "least", "rows/s", "times XGBoost's speed",
                     "largest difference to XGBoost"), lines)


def server_table(setup, model, onnx):
    """Each way in turn, and the library in between: the machine has other work, too."""
    ways = [("REST, binary", "url", {}), ("gRPC", "grpc_url", {}), ("REST, shared memory", "url", {"shared_memory": "system"}),
            ("gRPC, shared memory", "grpc_url", {"shared_memory": "system"})]
    lines = []
    with Server(setup, [model], "--allow-client-shm=true") as server:
        http = server.url
        for rows in BATCHES:
            cpu, p50, ours, xgboost = ([[] for _ in ways] for _ in range(4))
            for _ in range(1 if setup.quick else ROUNDS):
                for i, (name, url, how) in enumerate(ways):
                    say(f"{rows} rows, {name}")
                    server.url = http if url == "url" else server.grpc_url
                    report = load(setup, server, model.stem, shapes=(f"input__0={rows},{FEATURES}",), seconds=2.0,
                                  windows=1, **how)
                    cpu[i].append(report["server_cpu_us"]["median"])
                    p50[i].append(report["latency_us"]["p50"])
                    bare = measure(setup, model, onnx, rows, 3)
                    ours[i].append(min(bare[name]["us"] for name in bare if name.startswith("trireme_")))
                    xgboost[i].append(bare["xgboost"]["us"])
            server.url = http
            for i, (name, _, _) in enumerate(ways):
                lines.append((rows, name, spread(cpu[i]), spread(p50[i]), spread(ours[i]), spread(xgboost[i]),
                              number(statistics.median(c / o for c, o in zip(cpu[i], ours[i]))),
                              number(statistics.median(c / x for c, x in zip(cpu[i], xgboost[i])))))
    return markdown("Boosted trees behind the server, one request after the other",
                    ("rows", "way", "server CPU us a request", "p50, us", "in process, us", "XGBoost's library, us",
                     "server / in process", "server / XGBoost"), lines)


def boosted_trees(setup):
    """XGBoost's file of them."""
    model = setup.scratch / "boosted.json"
    if not model.exists():
        say("training 500 trees of depth 6")
        run_quietly([setup.program("bare_trees"), "train", str(model)])
    return model


def run(setup):
    model, onnx = boosted_trees(setup), setup.scratch / "boosted.onnx"
    run_quietly([setup.program("bare_trees"), "onnx", str(model), str(onnx)])
    yield process_table(setup, model, onnx)
    yield server_table(setup, model, onnx)
