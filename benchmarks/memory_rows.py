# SPDX-License-Identifier: Apache-2.0
"""The memory of many models: what one more takes, what remains once they are gone, what a small one costs."""
import shutil
import time

from harness import Server, markdown, number, say
from many_models import (EXPLICIT, Client, copies, make_room, memory_of, mib, settled_memory, write_layers)
from model_rows import find_model

GIB = 2**30
ROWS = 8  # of the batch that each model has answered


def fill(setup, server, client, names, marks):
    """Loads and asks one after the other; the server's memory by how many there are, at the marks."""
    memory, request = {}, None
    for count, name in enumerate(names, 1):
        client.load(name)
        request = request or client.request_for(name, ROWS)
        client.ask(name, request)
        if count in marks:
            say(f"{count} models loaded")
            memory[count] = settled_memory(setup, server)
    return memory


def slope(memory):
    (few, before), (many, after) = sorted(memory.items())
    return (after - before) / (many - few)


def time_until_back(server, empty, full, share, patience_s):
    """Seconds until that share of what the models took is back with the system; None if it does not come."""
    began = time.perf_counter()
    while time.perf_counter() - began < patience_s:
        if full - memory_of(server) >= share * (full - empty):
            return time.perf_counter() - began
        time.sleep(0.1)
    return None


def density(setup, folder, names, marks):
    """Bytes a model; share that is back after unloading all; seconds until 95 % were."""
    with Server(setup, [folder], *EXPLICIT, wait_for="live") as server:
        client = Client(server)
        empty = memory_of(server)
        memory = fill(setup, server, client, names, marks)
        full = memory[max(marks)]
        say("unloading all")
        for name in names:
            client.unload(name)
        seconds = time_until_back(server, empty, full, 0.95, patience_s=5 if setup.quick else 60)
        back = (full - settled_memory(setup, server)) / (full - empty)
    return slope(memory), back, seconds


def density_table(setup):
    model = find_model(setup, "resnet50")
    few, many = (2, 4) if setup.quick else (5, 40)
    rows = []
    folder, names = copies(setup, model, many)
    rows.append(("every file with other weights", *density(setup, folder, names, (few, many))))
    shutil.rmtree(folder)
    folder = setup.scratch / "one-model"
    folder.mkdir()
    make_room(folder, many * model.stat().st_size)
    for name in names:
        shutil.copyfile(model, folder / f"{name}.onnx")
    rows.append(("one file under many names", *density(setup, folder, names, (few, many))))
    shutil.rmtree(folder)
    return markdown(f"ResNet50, copy {few} to {many}",
                    ("models", "MiB a model", "models per GiB", "back after unloading all, %", "95 % back after, s"),
                    [(name, mib(bytes_), number(GIB / bytes_), f"{back * 100:.1f}",
                      number(seconds) if seconds is not None else "never") for name, bytes_, back, seconds in rows])


def cycles(setup, model, marks):
    """Loads, asks and unloads a model over and over; the server's memory after so many times, without and with it."""
    with Server(setup, [model], *EXPLICIT, wait_for="live") as server:
        client, request, without, having = Client(server), None, {}, {}
        for count in range(1, max(marks) + 1):
            client.load(model.stem)
            request = request or client.request_for(model.stem, ROWS)
            client.ask(model.stem, request)
            if count in marks:
                having[count] = settled_memory(setup, server)
            client.unload(model.stem)
            if count in marks:
                say(f"{model.stem}: {count} cycles")
                without[count] = settled_memory(setup, server)
    return without, having


def growth_table(setup):
    small = write_layers(setup.scratch / "small.onnx", width=64, layers=2)
    rows = []
    for model, marks in ((small, (2, 4) if setup.quick else (10, 1000)),
                         (find_model(setup, "resnet50"), (1, 2) if setup.quick else (10, 200))):
        early, late = marks
        for how, memory in zip(("unloaded", "loaded"), cycles(setup, model, marks)):
            grown = memory[late] - memory[early]
            rows.append((f"{model.stem}, {how}", early, mib(memory[early]), late, mib(memory[late]), mib(grown),
                         f"{grown / memory[early] * 100:+.2f}"))
    return markdown("After many loads and unloads", ("model", "cycle", "MiB", "cycle", "MiB", "grown, MiB", "%"), rows)


def small_table(setup):
    many = 20 if setup.quick else 500
    folder, names = copies(setup, write_layers(setup.scratch / "tiny.onnx", width=64, layers=2), many)
    memory, ready = {}, {}
    for count in (1, many):
        say(f"starting with {count} small models")
        paths = [folder / f"{name}.onnx" for name in names[:count]] if count == 1 else [folder]
        with Server(setup, paths) as server:
            ready[count] = server.ready_s
            memory[count] = settled_memory(setup, server)
    rows = [(count, number(ready[count] * 1000), mib(memory[count])) for count in memory]
    rows.append(("each", number((ready[many] - ready[1]) * 1000 / (many - 1)), f"{slope(memory) / 1024:,.0f} KiB"))
    return markdown("Small models (two layers of 64 x 64)", ("models", "ready after, ms", "memory, MiB"), rows)


def run(setup):
    yield small_table(setup)
    yield density_table(setup)
    yield growth_table(setup)
