# SPDX-License-Identifier: Apache-2.0
"""What a server that is told a goal and nothing else keeps of it, against settings that somebody has chosen; more load than it
can take; models beside one another; tenants beside one another; and what all that costs a request."""
import json
import statistics
import subprocess
import urllib.request

from harness import Failed, Server, load, markdown, number, say, spread
from model_rows import find_model, served_name
from tree_rows import FEATURES, boosted_trees

GOAL = "p99=100ms"
TOLD = ("--slo", GOAL)
ROUNDS = 2
SETTLING_S = 120  # of traffic, before a server that finds its own settings is measured
OVERLOAD = 2.0
QUOTA = 20  # requests a second of each tenant
CONNECTIONS = 16
TINY = "A tiny model"
PARTICLES = (("points", 2), ("features", 7), ("mask", 1))
TREE_ROWS = 1000


def grid():
    """Eight of the fixed settings (batch, delay in ms, callers, threads), as flags by name."""
    points = [(1, 0, 2, 1), (1, 0, 1, 2), (8, 0, 2, 1), (8, 5, 2, 1), (8, 5, 1, 2), (32, 0, 1, 2), (32, 1, 2, 1), (32, 20, 2, 1)]
    return {f"batch {batch}, delay {delay} ms, {callers} x {threads}":
            ("--max-batch", str(batch), "--max-delay", f"{delay}ms", "--instances", str(callers), "--threads", str(threads))
            for batch, delay, callers, threads in points}


def tiny_model(setup):
    folder = setup.scratch / "tiny"
    if not folder.exists():
        subprocess.run([setup.program("make_test_models"), str(folder)], check=True, timeout=60)
    return folder / "good" / "add"


def bench(setup, server, *flags, patience_s):
    """`trireme bench`, whatever it thinks of what it saw."""
    done = subprocess.run([setup.program("trireme"), "bench", server.url, "--json", "--pid", str(server.process.pid),
                           *map(str, flags)], capture_output=True, text=True, timeout=patience_s, check=False)
    if not done.stdout.startswith("{"):
        raise Failed(f"trireme bench ended with {done.returncode}: {done.stderr[-1000:]}")
    return json.loads(done.stdout)


def goodput(setup, server, model):
    """The highest rate that keeps the goal."""
    window, longest = ("300ms", "1s") if setup.quick else ("2s", "12s")
    report = bench(setup, server, "--model", model, "--goodput", "--slo", GOAL, "--warm-up", "500ms", "--window", window,
                   "--longest-try", longest, "--connections", CONNECTIONS, patience_s=900)
    found = report["loads"][0]["servers"][0].get("requests_per_second")
    return found["median"] if found else 0.0


def open_load(setup, server, model, rate, seconds, *flags):
    return bench(setup, server, "--model", model, "--rate", f"{rate:.1f}", "--connections", 64, "--slo", GOAL, "--windows", 3,
                 "--window", f"{1000 * seconds / 3:.0f}ms", "--max-waiting", 100000, *flags, patience_s=seconds + 120)


def metric(server, name, **labels):
    """The sum of a metric's samples with these labels."""
    port = server.command[server.command.index("--metrics-port") + 1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.split("{")[0].split(" ")[0] == name and all(one in line for one in wanted))


def settle(setup, server, model):
    seconds = 2 if setup.quick else SETTLING_S
    bench(setup, server, "--model", model, "--connections", CONNECTIONS, "--windows", 1, "--window", f"{seconds}s",
          patience_s=seconds + 60)


def overload(setup, server, model, peak):
    """A row: what comes of twice the rate that it can answer in time."""
    counted = ("trireme_late_total", "nv_inference_request_success")
    before = [metric(server, name, model=model) for name in counted]
    report = open_load(setup, server, model, OVERLOAD * peak, 1 if setup.quick else 15)
    late, answered = (metric(server, name, model=model) - then for name, then in zip(counted, before))
    in_time = report["in_time"] * OVERLOAD * peak
    return (number(OVERLOAD * peak), number(in_time), f"{in_time / peak:.2f}", f"{100 * late / max(answered, 1):.2f} %",
            f"{100 * metric(server, 'trireme_prediction_error_ratio', model=model):.0f} %")


def below(setup, server, model, peak):
    """A row: what comes of nine tenths of that rate."""
    report = open_load(setup, server, model, 0.9 * peak, 1 if setup.quick else 15)
    return number(0.9 * peak), number(report["latency_us"]["p99"] / 1000), f"{100 * report['in_time']:.2f} %"


def goodput_tables(setup, name, path):
    model = served_name(path) if path.suffix == ".onnx" else path.name
    found = {}
    calm, overloaded = [], []
    for turn in range(1 if setup.quick else ROUNDS):
        for setting, flags in {f"--slo {GOAL} and nothing else": TOLD, **grid()}.items():
            say(f"{name}, round {turn + 1}: {setting}")
            with Server(setup, [path], *flags) as server:
                if flags == TOLD:
                    settle(setup, server, model)
                found.setdefault(setting, []).append(goodput(setup, server, model))
                if flags == TOLD:
                    calm.append(below(setup, server, model, found[setting][-1]))
                if flags == TOLD and name != TINY:
                    overloaded.append(overload(setup, server, model, found[setting][-1]))
    best = [max(values) for values in zip(*(rates for setting, rates in found.items() if "slo" not in setting))]
    rows = [(setting, spread(rates), f"{statistics.median(a / b for a, b in zip(rates, best) if b):.2f}")
            for setting, rates in found.items()]
    yield markdown(f"{name}: requests a second within {GOAL}", ("settings", "goodput/s", "of the best fixed setting's"), rows)
    yield markdown(f"{name}: nine tenths of that", ("come/s", "p99, ms", "in time"), calm)
    if name == TINY:  # the client cannot ask for so much
        return
    yield markdown(f"{name}: twice that", ("come/s", "in time/s", "of the goodput", "answers in vain", "predictions' error, p90"),
                   overloaded)


def asked_at_once(setup, server, asked):
    """What comes of models that are asked at the same time, each by its flags: answers a second that were in time, the share of
    what was asked for that they are, and the p99 of those answered, in ms."""
    begun = {name: subprocess.Popen([setup.program("trireme"), "bench", server.url, "--json", "--model", name, *map(str, flags)],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
             for name, flags in asked.items()}
    reports = {name: json.loads(one.communicate(timeout=300)[0]) for name, one in begun.items()}
    return {name: (report["requests_per_second"]["median"] * report["in_time"], report["in_time"],
                   report["latency_us"]["p99"] / 1000) for name, report in reports.items()}


def together_table(setup, models):
    """Models at the same time, each asked for its part of what it can do in its time alone: of ideal time slicing all of that would
    be answered in time, up to a whole. A model is a file, its goal and the shapes of its inputs."""
    seconds, warm_up = ("1s", "500ms") if setup.quick else ("20s", "5s")
    names = [served_name(path) for path, _, _ in models]
    goals = {name: goal for name, (_, goal, _) in zip(names, models)}
    common = {name: [*(flag for shape in wanted for flag in ("--shape", shape)), "--slo", goal, "--warm-up", warm_up,
                     "--windows", 1, "--window", seconds] for name, (_, goal, wanted) in zip(names, models)}
    told = [flag for name in names for flag in ("--slo", f"{name}:{goals[name]}")]
    with Server(setup, [path for path, _, _ in models], *told) as server:
        alone = {name: asked_at_once(setup, server, {name: [*common[name], "--connections", 3]})[name][0] for name in names}
        if not all(alone.values()):
            raise Failed(f"one is never in time, even alone: {alone}")
        loads = (0.9, 1.0, 1.5)
        found = [asked_at_once(setup, server, {name: [*common[name], "--connections", 32, "--max-waiting", 100000,
                                                      "--rate", f"{load / len(names) * alone[name]:.2f}"] for name in names})
                 for load in loads]
    rows = [(name, goals[name], number(alone[name]),
             *(f"{100 * each[name][1]:.1f} %, {number(each[name][2])}" for each in found)) for name in names]
    sums = [sum(each[name][0] / alone[name] for name in names) for each in found]
    rows.append(("together, of alone", "", "", *(f"{total:.2f}" for total in sums)))
    header = ("model", "goal", "alone, in time/s", *(f"asked for {load:g} in all: in time; p99, ms" for load in loads))
    return markdown("Models together", header, rows)


def key_of(setup, tenant):
    """A file with a key of that tenant."""
    made = subprocess.run([setup.program("trireme"), "keys", "add", str(setup.scratch / "keys"), tenant, "--role", "infer",
                           "--model", "*", "--tenant", tenant], capture_output=True, text=True, timeout=10, check=True)
    file = setup.scratch / f"{tenant}.key"
    file.write_text(made.stdout)
    return str(file)


def tenants_table(setup, path):
    """A tenant's p99 while another asks for ten times what he may have, against the same at his quota."""
    name = served_name(path)
    seconds = 2 if setup.quick else 15
    quiet, loud = [], []
    keys = {tenant: key_of(setup, tenant) for tenant in ("aggressor", "victim")}
    with Server(setup, [path], *TOLD, "--keys", str(setup.scratch / "keys"), "--quota", f"aggressor={QUOTA}/s") as server:
        for turn in range(1 if setup.quick else 3):
            for times, results in ((1, quiet), (10, loud)):
                say(f"tenants, round {turn + 1}: the aggressor asks for {times} times his quota")
                aggressor = subprocess.Popen(
                    [setup.program("trireme"), "bench", server.url, "--json", "--model", name, "--rate", str(QUOTA * times),
                     "--connections", "16", "--key-file", keys["aggressor"], "--window", f"{seconds + 2}s", "--windows", "1"],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                report = open_load(setup, server, name, 5 * QUOTA, seconds, "--key-file", keys["victim"])
                results.append(report["latency_us"]["p99"] / 1000)
                aggressor.wait(60)
    rows = [("at his quota", spread(quiet), ""), ("ten times that", spread(loud),
            f"{statistics.median(b / a for a, b in zip(quiet, loud)):.2f}")]
    return markdown("A tenant beside another", ("the other asks for", "p99, ms", "of the quiet one's"), rows)


def cost_table(setup):
    """CPU of the server for a tiny request with a goal and without, alternated."""
    path = tiny_model(setup)
    found = {"without a goal": [], "with one": []}
    for turn in range(1 if setup.quick else 3):
        for name, flags in (("without a goal", ()), ("with one", TOLD)):
            say(f"cost, round {turn + 1}: {name}")
            with Server(setup, [path], *flags) as server:
                report = load(setup, server, path.name, connections=64, form="json", seconds=6)
                found[name].append(report["server_cpu_us"]["median"])
    without = found["without a goal"]
    return markdown("What a goal costs a tiny request", ("", "server CPU, us a request", "more, us"),
                    [(name, spread(values), "" if values is without else
                      f"{statistics.median(b - a for a, b in zip(without, values)):.2f}") for name, values in found.items()])


def run(setup):
    """Yields tables in Markdown."""
    mobilenet = find_model(setup, "mobilenet_v3_large")
    detector = find_model(setup, "detector")
    for name, path in (("MobileNetV3-large", mobilenet), ("A small detector", detector), (TINY, tiny_model(setup))):
        yield from goodput_tables(setup, name, path)
    yield together_table(setup, [(find_model(setup, "particlenet"), GOAL, [f"{name}=1,{width},100" for name, width in PARTICLES]),
                                 (find_model(setup, "resnet50"), "p99=400ms", []),
                                 (boosted_trees(setup), GOAL, [f"input__0={TREE_ROWS},{FEATURES}"])])
    yield tenants_table(setup, mobilenet)
    yield cost_table(setup)
