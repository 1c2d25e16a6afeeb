# SPDX-License-Identifier: Apache-2.0
"""TorchScript models behind the server against libtorch alone, and against the same models on ONNX Runtime: rounds of
all, alternated; processor time an item. Then what eight workers of one cost in memory."""
import contextlib
import json
import os
import shutil
import statistics
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from harness import Server, free_ports, load, markdown, number, run_json, say, spread

ROUNDS = 3
TORCHVISION = Path("/usr/lib/python3/dist-packages/torchvision")


@dataclass
class Model:
    shape: str
    seconds: float = 4.0  # of a round
    onnx: bool = False    # whether it is also measured on ONNX Runtime
    list: bool = False    # whether it takes a list of pictures
    ofi: bool = True      # whether libtorch's optimize_for_inference is for it


MODELS = {"mobilenet_v3_large": Model("1x3x224x224", onnx=True), "mobilenet_v3_large_int8": Model("1x3x224x224", ofi=False),
          "resnet50": Model("1x3x224x224", onnx=True), "efficientnet_b7": Model("1x3x600x600", 10, onnx=True),
          "mask_rcnn": Model("1x3x480x640", 16, list=True, ofi=False)}
WORKERS = (1, 8)


def making(setup, maker, name):
    sys.path.insert(0, str(Path(__file__).resolve().parent / "models"))
    import make_models

    with contextlib.redirect_stdout(sys.stderr):  # which the tables go to
        return getattr(make_models, maker)(name, setup.models or setup.scratch)


def seconds_of(setup, model):
    return model.seconds / 5 if setup.quick else model.seconds


def measured(report):
    return report["items_per_second"], report["cpu_us_per_item"]


def torch_round(setup, path, model, optimize):
    command = [setup.program("bare_torch"), str(path), model.shape, "--callers", str(os.cpu_count()), "--optimize",
               optimize, "--seconds", str(seconds_of(setup, model)), "--list", str(int(model.list))]
    operators = next(TORCHVISION.glob("_C*.so"), None)
    if operators:
        command += ["--library", str(operators)]
    return measured(run_json(command, timeout_s=model.seconds + 120))


def onnx_round(setup, path, model):
    return measured(run_json([setup.program("bare_onnx"), str(path), "--callers", str(os.cpu_count()), "--spin", "0",
                              "--seconds", str(seconds_of(setup, model))], timeout_s=model.seconds + 120))


def input_name(server, name):
    with urllib.request.urlopen(f"{server.url}/v2/models/{name}", timeout=10) as answer:
        return json.load(answer)["inputs"][0]["name"]


def server_round(setup, name, path, model):
    # A batch of one picture; what takes a list takes a picture.
    shape = model.shape.removeprefix("1x") if model.list else model.shape
    with Server(setup, [path]) as server:
        report = load(setup, server, name, connections=2 * os.cpu_count(), seconds=seconds_of(setup, model) * 6 / 5,
                      windows=1, shapes=(f"{input_name(server, name)}={shape.replace('x', ',')}",))
    return report["requests_per_second"]["median"], report["server_cpu_us"]["median"]


def measure(setup, name, model):
    path = making(setup, "make_torchscript", name)
    onnx = making(setup, "make", name) if model.onnx else None
    rows = {}
    for turn in range(1, (1 if setup.quick else ROUNDS) + 1):
        for optimize in ("plain", "ofi") if model.ofi else ("plain",):
            say(f"{name}, round {turn}: libtorch alone, {optimize}")
            rows.setdefault(f"libtorch alone, {optimize}", []).append(torch_round(setup, path, model, optimize))
        say(f"{name}, round {turn}: server")
        rows.setdefault("server, TorchScript", []).append(server_round(setup, name, path, model))
        if onnx:
            say(f"{name}, round {turn}: ONNX Runtime, and behind the server")
            rows.setdefault("ONNX Runtime alone", []).append(onnx_round(setup, onnx, model))
            rows.setdefault("server, ONNX", []).append(server_round(setup, name, onnx, model))
    return rows


def table(name, rows):
    best = min(statistics.median(cpu for _, cpu in values) for key, values in rows.items() if key.startswith("libtorch"))
    return markdown(f"{name} (TorchScript) against libtorch alone",
                    ("arrangement", "items/s", "CPU us an item", "of libtorch's best"),
                    [(key, spread([rate for rate, _ in values]), spread([cpu for _, cpu in values]),
                      f"{statistics.median(cpu for _, cpu in values) / best:.2f}") for key, values in rows.items()])


def memory_mib(process):
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def memory_of_workers(setup, path, workers):
    """Of the whole server, in MiB: empty, and after all workers of a model were busy for a while."""
    store = setup.scratch / "store"
    store.mkdir(exist_ok=True)
    shutil.copy(path, store)
    ports = free_ports(5)
    flags = ["--dialects", "kserve,torchserve", "--enable-model-api"]
    for flag, port in zip(("port", "management-port", "metrics-port", "grpc-port", "grpc-management-port"), ports):
        flags += [f"--torchserve-{flag}", str(port)]
    with Server(setup, [store], *flags) as server:
        empty = memory_mib(server.process)
        register = urllib.request.Request(f"http://127.0.0.1:{ports[1]}/models?url={path.name}&model_name={path.stem}"
                                          f"&initial_workers={workers}&synchronous=true", method="POST")
        with urllib.request.urlopen(register, timeout=120) as answer:
            say(json.load(answer)["status"])
        load(setup, server, path.stem, connections=2 * workers, seconds=10, windows=1, shapes=("x=1,3,224,224",))
        return empty, memory_mib(server.process)


def memory_table(setup, name):
    path = making(setup, "make_torchscript", name)
    size = path.stat().st_size / 2**20
    rows = []
    for workers in WORKERS:
        empty, full = memory_of_workers(setup, path, workers)
        rows.append((workers, number(empty), number(full), number((full - empty) / size)))
    return markdown(f"Memory of {name}'s workers; its file has {size:.0f} MiB",
                    ("workers", "server without a model, MiB", "after load, MiB", "the difference in files"), rows)


def run(setup):
    for name, model in MODELS.items():
        yield table(name, measure(setup, name, model))
    yield memory_table(setup, "resnet50")
