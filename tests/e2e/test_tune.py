# SPDX-License-Identifier: Apache-2.0
"""`trireme tune` finds settings with real servers, goes on where it was interrupted, and says what cannot be had."""
import csv
import json
import os
import shutil
import signal
import subprocess

import numpy

import tiny_onnx as onnx
from serving import ONES, ServingTest
from trireme import Trireme, wait_until, without_settings

WIDTH = 128
# As long as this machine needs.
QUICK = ("--window", "50ms", "--rounds", "1", "--users", "1,2")


def product(weights):
    """A ModelProto: scores = x w."""
    dims = b"".join(onnx.number(1, size) for size in weights.shape)
    constant = onnx.message(5, dims, onnx.number(2, onnx.FLOAT), onnx.message(8, "w"), onnx.message(9, weights.tobytes()))
    graph = onnx.message(7, onnx.node("MatMul", ["x", "w"], "scores"), onnx.message(2, "product"), constant,
                         onnx.value_info(11, "x", "n", WIDTH), onnx.value_info(12, "scores", "n", weights.shape[1]))
    return onnx.number(1, 8) + graph + onnx.message(8, onnx.number(2, 13))


class Tune(ServingTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder()
        self.out = self.root / "out"
        self.scratch = self.root / "scratch"
        self.scratch.mkdir()
        self.add = self.models / "good" / "add"

    def command(self, *arguments):
        return ["tune", *map(str, arguments), "--out", str(self.out)]

    def tune(self, *arguments, code=0):
        result = self.run_trireme(*self.command(*arguments), environment={"TMPDIR": str(self.scratch)})
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual(list(self.scratch.iterdir()), [], "it cleans up")
        return result

    def visits(self):
        """The lines of what was measured, once they are whole."""
        file = self.out / "state.jsonl"
        return [line for line in file.read_text().splitlines(True) if line.endswith("\n") and '{"visit"' in line] \
            if file.exists() else []

    def report(self):
        return json.loads((self.out / "report.json").read_text())["models"]


class Search(Tune):
    def test_a_model_that_refuses_what_it_is_sent_is_not_measured(self):
        result = self.tune(self.add, "--grid", "callers=1", "--shape", "INPUT0=1,3", *QUICK, code=1)
        self.assertIn("the model refuses what it is sent: ", result.stdout + result.stderr)
        self.assertIn("--shape or --samples say what to send", result.stdout + result.stderr)

    def test_a_grid_ends_in_settings_that_serve(self):
        result = self.tune(self.add, "--grid", "callers=1,2", "--slo", "p50=100ms", "--price-per-hour", "0.36", *QUICK)
        self.assertIn("within p50=100ms", result.stdout)
        self.assertIn("cost of a million requests: ", result.stdout)
        [model] = self.report()
        self.assertEqual(len(model["candidates"]), 3)
        self.assertTrue(model["keeps_goal"])
        self.assertGreater(model["candidates"][0]["requests_per_second"], 0)
        self.assertGreater(model["verified"]["requests_per_second"], 0)
        rows = list(csv.DictReader((self.out / "report.csv").read_text().splitlines()))
        self.assertEqual([row["kind"] for row in rows][:3], ["candidate"] * 3)
        self.assertIn("class=\"mark\"", (self.out / "report.html").read_text())
        self.assertIn("## add", (self.out / "report.md").read_text())
        # What it is for.
        with Trireme(self.program, "--config", self.out / "serve.yaml") as server:
            body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "data": ONES}]})
            self.assertEqual(server.ask("POST", "/v2/models/add/infer", body.encode()).status, 200)

    def test_halving_keeps_to_its_time_and_says_whom_it_left_out(self):
        self.tune(self.add, "--space", "batch=1..8,callers=1,2,threads=1", "--budget-time", "3s")
        [model] = self.report()
        self.assertEqual(len(model["candidates"]), 9)
        self.assertIn(model["candidates"][0]["verdict"], ("best",))
        self.assertTrue(any("time" in note for note in model["notes"]), model["notes"])

    def test_several_models_of_one_file(self):
        suite = self.root / "suite.yaml"
        suite.write_text(json.dumps({"grid": "callers=1", "window": "50ms", "rounds": 1, "users": "1", "models": [
            {"path": str(self.add)}, {"path": "none.onnx"}, {"path": str(self.models / "good" / "add_sub"), "rows": 2}]}))
        result = self.tune(suite, code=1)
        self.assertIn("none.onnx': expected a model, found no such file", result.stderr)
        self.assertEqual([model["model"] for model in self.report()], ["add", "add_sub"])
        self.assertTrue((self.out / "add_sub" / "serve.yaml").exists())

    def test_lower_precision_is_tried_where_the_outputs_stay_close(self):
        model = self.root / "product.onnx"
        chance = numpy.random.default_rng(7)
        model.write_bytes(product(chance.standard_normal((WIDTH, WIDTH), dtype=numpy.float32)))
        sample = self.root / "sample.json"
        sample.write_text(json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, WIDTH],
                                                  "data": chance.random(WIDTH).tolist()}]}))
        grid = ("--grid", "callers=1", "--precision", "fp32,int8", "--samples", sample, *QUICK)
        self.tune(model, *grid)
        [report] = self.report()
        self.assertEqual({each["precision"] for each in report["candidates"]}, {"fp32", "int8"})
        self.assertFalse([each for each in report["candidates"] if each["verdict"] == "too far off"])
        self.assertTrue(any(note.startswith("int8: ") and "value off" in note for note in report["notes"]), report["notes"])
        self.assertTrue((self.out / "int8" / "product.onnx").exists())
        # Nothing is as close as that.
        self.tune(model, *grid, "--tolerance", "0.000001", "--restart")
        [report] = self.report()
        self.assertEqual({each["precision"] for each in report["candidates"] if each["verdict"] == "too far off"}, {"int8"})
        self.assertTrue(any(note.startswith("int8 was not tried: ") for note in report["notes"]), report["notes"])


class State(Tune):
    GRID = ("--grid", "callers=1,2", "--window", "300ms", "--rounds", "2", "--users", "1")

    def test_it_goes_on_after_whatever_ended_it(self):
        for end, code in ((signal.SIGINT, 1), (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(end):
                before = len(self.visits())
                with subprocess.Popen([self.program, *self.command(self.add, *self.GRID)], stderr=subprocess.PIPE,
                                      stdout=subprocess.DEVNULL, text=True, env=without_settings(os.environ)) as process:
                    wait_until(lambda: len(self.visits()) > before or process.poll() is not None, "something was measured")
                    process.send_signal(end)
                    said = process.communicate(timeout=60)[1]
                    self.assertEqual(process.returncode, code, said)
                if end == signal.SIGINT:
                    self.assertIn("interrupted; the same command goes on", said)
        measured = self.visits()
        self.assertGreaterEqual(len(measured), 2)
        result = self.tune(self.add, *self.GRID)
        self.assertIn(f"going on after {len(measured)} measurements", result.stderr)
        self.assertEqual(self.visits()[:len(measured)], measured)
        self.assertEqual(len(self.visits()), 1 + 2 * 3)
        # And once more there is nothing left to measure.
        self.tune(self.add, *self.GRID)
        self.assertEqual(len(self.visits()), 1 + 2 * 3)

    def test_the_models_that_are_done_have_their_report_when_it_is_interrupted(self):
        suite = self.root / "suite.yaml"
        suite.write_text(json.dumps({"grid": "callers=1", "window": "50ms", "rounds": 1, "users": "1", "models": [
            {"path": str(self.add)}, {"path": str(self.models / "good" / "add_sub"), "grid": "batch=1..64+1"}]}))
        state = self.out / "add_sub" / "state.jsonl"
        with subprocess.Popen([self.program, *self.command(suite)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              text=True, env=without_settings(os.environ)) as process:
            wait_until(lambda: state.exists() or process.poll() is not None, "the second model is being searched")
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 1, said)
        self.assertIn("1 of 2 models are done", said)
        self.assertEqual([model["model"] for model in self.report()], ["add"])

    def test_a_folder_that_keeps_answers_and_has_a_goal_is_measured_without_them(self):
        folder = self.root / "add"
        shutil.copytree(self.add, folder)
        (folder / "trireme.yaml").write_text("cache: 1MiB\nslo: p50=100ms\n")
        self.tune(folder, "--grid", "callers=1", *QUICK)
        self.assertIn('slo: "add:p50=100ms"\n', (self.out / "serve.yaml").read_text())
        [model] = self.report()
        self.assertIn("p50=100ms", json.dumps(model))
        # What it says is part of what was measured.
        (folder / "trireme.yaml").write_text("cache: 1MiB\nslo: p50=100ms\nweight: 2\n")
        self.assertIn("is of another search: model is ", self.tune(folder, "--grid", "callers=1", *QUICK, code=1).stderr)

    def test_another_search_does_not_go_on_with_it(self):
        self.tune(self.add, "--grid", "callers=1", *QUICK)
        result = self.tune(self.add, "--grid", "callers=1", "--slo", "p99=5s", *QUICK, code=1)
        self.assertIn("is of another search: slo is not set there and p99=5s here; --restart", result.stderr)
        result = self.tune(self.models / "good" / "add_sub", "--grid", "callers=1", *QUICK, code=1)
        self.assertIn("is of another search: model is ", result.stderr)
        self.tune(self.add, "--grid", "callers=1", "--slo", "p50=100ms", *QUICK, "--restart")


class Refusals(Tune):
    def test_a_goal_below_one_run_is_said_with_the_best_that_can_be_had(self):
        result = self.tune(self.add, "--grid", "callers=1", "--slo", "p99=10us", *QUICK, code=1)
        self.assertRegex(result.stdout, r"p99=10us cannot be kept: one request alone takes [0-9.]+ ms \(p99; p50 [0-9.]+ ms\)")
        self.assertIn("nearest to the goal", result.stdout)
        written = (self.out / "serve.yaml").read_text()
        self.assertIn("these come nearest", written)
        self.assertIn("slo: p99=10us\n", written, "whichever settings they are")

    def test_the_others_go_on_where_a_candidate_cannot_be_served(self):
        result = self.tune(self.add, "--grid", "device=cpu,cuda:63", *QUICK)
        self.assertIn("add: as the server decides, cuda:63: the server does not start: ", result.stderr)
        [model] = self.report()
        self.assertEqual([each["verdict"] for each in model["candidates"]], ["best", "failed"])
        self.assertTrue(any(note.startswith("Could not be measured: ") for note in model["notes"]), model["notes"])

    def test_what_cannot_be_tuned_is_said(self):
        self.assertIn("expected a model, found no such file or folder", self.tune(self.root / "none.onnx", code=1).stderr)
        self.assertRegex(self.tune(self.models / "good", code=1).stderr, "expected one model, found .*add.* and [0-9]+ more")
        broken = self.root / "broken.onnx"
        broken.write_bytes(b"no model")
        self.assertIn("broken", self.tune(broken, code=1).stderr)
        self.assertIn("--samples: cannot read", self.tune(self.add, "--samples", "none.json", code=1).stderr)
        for wrong, words in ((("--slo", "p99=0"), "--slo: "), (("--slo", "100ms"), "--slo: "),
                             (("--grid", "batch=1,calers=2"), "--grid: at character 9: "), ((), "")):
            result = self.run_trireme("tune", *((self.add, *wrong) if wrong else ()))
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)
