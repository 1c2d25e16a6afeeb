# SPDX-License-Identifier: Apache-2.0
"""Folders that MLflow wrote, and rows as SageMaker's clients of trees send them."""
import json
import math
import shutil

import tiny_onnx
import tiny_trees
from serving import ServingTest
from test_trees import LIGHTGBM, MARGINS, PROBABILITIES
from trireme import wait_until

MLMODEL = """artifact_path: model
flavors:
  lightgbm:
    data: model.lgb
    lgb_version: 4.5.0
  python_function:
    loader_module: mlflow.lightgbm
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
run_id: 3c1b5b8f
utc_time_created: '2026-01-02 03:04:05.678901'
"""
CSV = {"Content-Type": "text/csv", "Accept": "text/csv"}
LIBSVM = {"Content-Type": "text/libsvm", "Accept": "text/csv"}


class Mlflow(ServingTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder()
        self.model = self.root / "boosted"
        self.model.mkdir()
        (self.model / "model.lgb").write_text(LIGHTGBM)
        (self.model / "MLmodel").write_text(MLMODEL)
        (self.model / "conda.yaml").write_text("name: mlflow-env\n")

    def rows(self, server, body, headers):
        answer = server.ask("POST", "/invocations", body, headers)
        self.assertEqual(answer.status, 200, answer.body)
        return [float(line) for line in answer.body.decode().split()]

    def assert_close(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for one, other in zip(found, expected):
            self.assertAlmostEqual(one, other, places=6)

    def test_is_served_by_its_native_flavour(self):
        server = self.serve(self.model)
        self.assert_close(self.rows(server, b"1,1\n3,3.5\n3,5\n", CSV), PROBABILITIES)
        self.assertEqual(json.loads(server.ask("GET", "/v2/models/boosted").body)["platform"], "fil")

    def put(self, flavour, file, data):
        model = self.root / flavour
        model.mkdir()
        (model / file).write_bytes(data)
        (model / "MLmodel").write_text(f"flavors:\n  {flavour}:\n    data: {file}\n  python_function: {{}}\n")
        return model

    def test_xgboost_is_served_whatever_its_file_is_called(self):
        # MLflow's own default is model.xgb, which has been UBJSON since XGBoost 2.1.
        for file, data in [("model.ubj", tiny_trees.xgboost_ubjson()), ("model.xgb", tiny_trees.xgboost_ubjson()),
                           ("model.json", tiny_trees.xgboost_json())]:
            with self.subTest(file):
                model = self.put("xgboost", file, data)
                with self.serve(model) as server:
                    rows = "".join(",".join(map(str, row)) + "\n" for row in tiny_trees.ROWS)
                    self.assertEqual(self.rows(server, rows.encode(), CSV), tiny_trees.SCORES)
                shutil.rmtree(model)

    def test_the_flavour_onnx_is_served(self):
        with self.serve(self.put("onnx", "model.onnx", tiny_onnx.channel_means())) as server:
            metadata = json.loads(server.ask("GET", "/v2/models/onnx").body)
            self.assertEqual(metadata["inputs"][0]["shape"], [-1, 3, 224, 224])

    def test_missing_values_may_be_left_out(self):
        server = self.serve(self.model)
        missing = 1 / (1 + math.exp(-(MARGINS[0] + 1)))  # of these trees what is missing is 0: the mass
        self.assert_close(self.rows(server, b",3.5\n3,5", CSV), [missing, PROBABILITIES[2]])
        self.assert_close(self.rows(server, b"1:3.5\n1 0:3 1:5\n", LIBSVM), [missing, PROBABILITIES[2]])
        refused = server.ask("POST", "/invocations", b"0:1 2:1", LIBSVM)
        self.assertEqual(refused.status, 400)
        self.assertIn("line 1: expected an index from 0 to 1, found 2", refused.error())
        refused = server.ask("POST", "/invocations", b"1,x\n", CSV)
        self.assertEqual(refused.status, 400)
        self.assertIn("line 1, field 2: expected FP32, found 'x'", refused.error())

    def test_a_change_of_its_files_is_served(self):
        server = self.serve(self.root)
        changed = self.root / "new.lgb"
        changed.write_text(LIGHTGBM.replace("leaf_value=-0.5 0.5", "leaf_value=-1.5 0.5"))
        changed.rename(self.model / "model.lgb")
        less = 1 / (1 + math.exp(-(MARGINS[0] - 1)))
        wait_until(lambda: abs(self.rows(server, b"1,1\n", CSV)[0] - less) < 1e-6, "the new file is served")

    def test_what_needs_python_is_named(self):
        (self.model / "MLmodel").write_text("flavors:\n  sklearn: {pickled_model: model.pkl}\n  python_function: {}\n")
        shutil.move(self.model / "model.lgb", self.model / "model.pkl")
        checked = self.run_trireme("check", self.model)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("'sklearn': it is a pickle: convert it with skl2onnx", checked.stdout)
