# SPDX-License-Identifier: Apache-2.0
"""More models than fit: Zipf traffic over 300 models in a budget for 60. How many requests find their model in memory,
beside Belady's optimum for the same trace, which knows the future and always gives up what is needed last."""
import heapq
import random
import statistics
import time

from harness import Failed, Server, markdown, number, say
from many_models import EXPLICIT, Client, copies, write_layers

MODELS = 300
ROOM = 60
REQUESTS = 10_000
SKEWS = (0.8, 1.0, 1.2)
WIDTH = 1024  # 4 MiB of weights


def zipf_trace(models, requests, skew, seed=1):
    """Model numbers: the k-th most popular comes with probability 1/k^skew; popularity has nothing to do with names."""
    chance = random.Random(seed)
    order = list(range(models))
    chance.shuffle(order)
    return chance.choices(order, [1 / rank**skew for rank in range(1, models + 1)], k=requests)


def belady_hits(trace, room):
    """Hits of the best there can be: what is used again last goes first, and what is needed later than all others does
    not even come in the place of one of them."""
    next_use, seen = [0] * len(trace), {}
    for at in reversed(range(len(trace))):
        next_use[at] = seen.get(trace[at], len(trace))
        seen[trace[at]] = at
    hits, held, by_next_use = 0, {}, []
    for at, model in enumerate(trace):
        hits += model in held
        held[model] = next_use[at]
        heapq.heappush(by_next_use, (-next_use[at], model))
        while len(held) > room:
            when, worst = heapq.heappop(by_next_use)
            if held.get(worst) == -when:
                del held[worst]
    return hits


def lru_hits(trace, room):
    """The same of a cache that gives up what was used longest ago."""
    hits, held = 0, {}
    for model in trace:
        hits += held.pop(model, None) is not None
        held[model] = True
        if len(held) > room:
            held.pop(next(iter(held)))
    return hits


def measure_model(setup, folder, names):
    """Bytes of a model and bytes of everything else, as the server counts them; and a request that all take."""
    with Server(setup, [folder], *EXPLICIT, wait_for="live") as server:
        client, used = Client(server), []
        for name in names[:4]:
            client.load(name)
            request = client.request_for(name, 1)
            client.ask(name, request)
            used.append(client.metric("trireme_memory_used_bytes"))
        other = client.metric("trireme_memory_other_bytes")
    if used[0] is None or other is None:
        raise Failed("the server does not say how much memory its models use (trireme_memory_used_bytes)")
    return int((used[-1] - used[0]) / (len(used) - 1)), int(other), request


def percentile(values, share):
    return statistics.quantiles(values, n=100)[int(share * 100) - 1] if len(values) > 1 else values[0]


def play(setup, folder, names, request, trace, budget):
    """Loads that the trace cost, models in memory at its end, and how long hits and misses took in seconds."""
    with Server(setup, [folder], "--budget", str(budget), "--lazy") as server:
        client, seconds = Client(server), []
        for model in trace:
            began = time.perf_counter()
            client.ask(names[model], request)
            seconds.append(time.perf_counter() - began)
        loads, held = (int(client.metric(name) or 0) for name in ("trireme_model_loads_total",
                                                                  'trireme_models{state="ready"}'))
    # What waited for a load took longer than what did not: a model takes longer to load than to run.
    seconds.sort()
    return loads, held, seconds[:len(seconds) - loads], seconds[len(seconds) - loads:]


def run(setup):
    models, room, requests = (12, 4, 60) if setup.quick else (MODELS, ROOM, REQUESTS)
    model = write_layers(setup.scratch / "layer.onnx", width=64 if setup.quick else WIDTH)
    folder, names = copies(setup, model, models)
    each, other, request = measure_model(setup, folder, names)
    budget = each * room + each // 2 + other
    rows = []
    for skew in SKEWS:
        say(f"{requests} requests, skew {skew}")
        trace = zipf_trace(models, requests, skew)
        loads, held, hits, misses = play(setup, folder, names, request, trace, budget)
        rate, best, lru = (count / requests
                           for count in (requests - loads, belady_hits(trace, room), lru_hits(trace, room)))
        rows.append((skew, f"{rate:.3f}", f"{best:.3f}", f"{rate / best:.3f}", f"{lru:.3f}", held,
                     number(percentile(hits, 0.99) * 1000), number(statistics.median(misses) * 1000)))
    title = f"Zipf traffic, {requests:,} requests over {models} models of {each / 2**20:.1f} MiB, room for {room}"
    yield markdown(title, ("skew", "hit rate", "Belady's", "of it", "LRU's", "held at the end", "p99 of hits, ms",
                           "p50 of loads, ms"), rows)
