#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs benchmarks and writes their tables, in Markdown, to stdout: run.py [NAME...]

`./dev bench` builds what this needs and calls it. Names: http (4 minutes), grpc (6), model (6, on two processors), check
(seconds), memory (8), neighbour (8), swap (3), zipf (6), pictures (3), savedmodel (3), tfserving (5), schedule (10), goal (45), trees (4),
predict (5), and after `./dev build --with torch` torch (15) and first (6), capacity (an hour); without a name the first four. `--quick` only
shows that everything runs: its numbers mean nothing."""
import argparse
import os
import sys
import tempfile
from pathlib import Path

import capacity_rows
import check_rows
import first_rows
import goal_rows
import grpc_rows
import http_rows
import memory_rows
import model_rows
import neighbour_rows
import picture_rows
import predict_rows
import savedmodel_rows
import schedule_rows
import swap_rows
import tfserving_rows
import torch_rows
import tree_rows
import zipf_rows
from harness import Failed, Setup, machine, say

BENCHMARKS = {"http": http_rows.run, "grpc": grpc_rows.run, "model": model_rows.run, "check": check_rows.run,
              "memory": memory_rows.run, "neighbour": neighbour_rows.run, "swap": swap_rows.run, "zipf": zipf_rows.run,
              "torch": torch_rows.run, "pictures": picture_rows.run, "first": first_rows.run,
              "capacity": capacity_rows.run, "savedmodel": savedmodel_rows.run, "tfserving": tfserving_rows.run,
              "schedule": schedule_rows.run, "goal": goal_rows.run, "trees": tree_rows.run,
              "predict": predict_rows.run}
# Of those that nobody names; the others take long and say little about a single request.
USUAL = ["http", "grpc", "model", "check"]


def arguments():
    root = Path(__file__).resolve().parent.parent
    models = os.environ.get("TRIREME_BENCHMARK_MODELS")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which: " + ", ".join(BENCHMARKS))
    parser.add_argument("--build", type=Path, default=root / "build/release", help="the build folder [%(default)s]")
    parser.add_argument("--models", type=Path, default=Path(models) if models else None,
                        help="what benchmarks/models/make_models.py made [$TRIREME_BENCHMARK_MODELS]")
    parser.add_argument("--quick", action="store_true", help="a smoke test: short windows, one round")
    parsed = parser.parse_args()
    parsed.names = parsed.names or USUAL
    unknown = [name for name in parsed.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: expected {', '.join(BENCHMARKS)}")
    return parsed


def main():
    options = arguments()
    print(f"Machine: {machine()}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="trireme-bench-") as scratch:
        setup = Setup(build=options.build, models=options.models, scratch=Path(scratch), quick=options.quick)
        for name in options.names:
            try:
                for table in BENCHMARKS[name](setup):
                    print(table, flush=True)
            except Failed as failure:
                say(f"{name}: {failure}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
