# SPDX-License-Identifier: Apache-2.0
"""How many copies of real models a memory budget holds, and how many users they bear: `trireme bench --max-models`."""
import os
import subprocess
import sys
from pathlib import Path

from harness import Failed, markdown, number, run_json, say
from model_rows import find_model

MODELS = ("resnet50", "resnet50_int8", "convnext_base", "vit_l_16", "bert_base", "roberta_large")
BUDGET = "16GiB"
# A sentence, for those who read text: an image has its size already.
WORDS = 128
TEXT = ("--shape", f"input_ids=1,{WORDS}", "--shape", f"attention_mask=1,{WORDS}")
MAKER = Path(__file__).resolve().parent / "models/make_models.py"


def measure(setup, name):
    model = find_model(setup, name)
    shapes = TEXT if name in ("bert_base", "roberta_large") else ()
    budget = ("--budget", "1GiB", "--stages", "1@1s,2@1s") if setup.quick else ("--budget", BUDGET)
    say(f"filling {budget[1]} with {name}")
    report = run_json([setup.program("trireme"), "bench", "--json", "--max-models", str(model), *budget, *shapes],
                      timeout_s=7200)
    for note in report["notes"]:
        say(note)
    return report["models"][0]


def row(told):
    one = told["stages"][0] if told["stages"] else None
    latency = one["latency_us"] if one else {"p50": 0, "p99": 0}
    users = f"{told['users_before_failure']}{'' if told['failure'] else ' or more'}"
    return (told["model"], told["models"], number(told["bytes_a_model"] / 2**20),
            number(told["process_bytes"] / 2**30), number(told["load_ms"]),
            number(one["requests_per_second"] if one else 0), number(latency["p50"] / 1000),
            number(latency["p99"] / 1000), users, number(told["best_requests_per_second"]))


def run(setup):
    if setup.models is None:
        raise Failed("where are the models? --models FOLDER or TRIREME_BENCHMARK_MODELS")
    models = MODELS[:2] if setup.quick else MODELS
    subprocess.run([sys.executable, str(MAKER), str(setup.models), *models], check=True, stdout=sys.stderr)
    os.environ.setdefault("TMPDIR", "/var/tmp")  # on disk, whatever /tmp is: the copies take as much as the budget
    rows = [row(measure(setup, name)) for name in models]
    yield markdown(f"Models in a budget of {'1GiB' if setup.quick else BUDGET}",
                   ("model", "held", "MiB a model", "process, GiB", "load, ms", "one user, requests/s", "p50, ms",
                    "p99, ms", "users before a failure", "most requests/s"), rows)
