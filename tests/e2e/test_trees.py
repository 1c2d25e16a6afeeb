# SPDX-License-Identifier: Apache-2.0
"""Boosted trees as they lie: plain files, and folders of Triton's FIL backend with the answers that FIL gives."""
import json
import math
import shutil
import tempfile
from pathlib import Path

import tiny_trees
from serving import ServingTest

# mass <= 2.5, then energy <= 4 where it is more; and energy <= 3.
LIGHTGBM = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=mass energy
feature_infos=[0:10] [0:10]

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
threshold=2.5 4
decision_type=2 2
left_child=-1 -2
right_child=1 -3
leaf_value=-1 0.5 1.5

Tree=1
num_leaves=2
num_cat=0
split_feature=1
threshold=3
decision_type=2
left_child=-1
right_child=-2
leaf_value=-0.5 0.5

end of trees
"""
ROWS = [[1, 1], [3, 3.5], [3, 5]]
MARGINS = [-1.5, 1.0, 2.0]
PROBABILITIES = [1 / (1 + math.exp(-margin)) for margin in MARGINS]

FIL = """backend: "fil"
max_batch_size: 32768
input [ { name: "input__0" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "output__0" data_type: TYPE_FP32 dims: [ %d ] } ]
parameters [
  { key: "model_type" value: { string_value: "lightgbm" } },
  { key: "output_class" value: { string_value: "true" } },
  { key: "predict_proba" value: { string_value: "%s" } },
  { key: "threshold" value: { string_value: "0.8" } },
  { key: "storage_type" value: { string_value: "AUTO" } }
]
dynamic_batching {}
"""


class TreesTest(ServingTest):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root, True)

    def put(self, name, config=""):
        (self.root / name / "1").mkdir(parents=True)
        (self.root / name / "1" / "model.txt").write_text(LIGHTGBM)
        if config:
            (self.root / name / "config.pbtxt").write_text(config)

    def ask(self, server, model, rows, width=2):
        data = [value for row in rows for value in row]
        body = {"inputs": [{"name": "input__0", "datatype": "FP32", "shape": [len(data) // width, width], "data": data}]}
        return server.ask("POST", f"/v2/models/{model}/infer", json.dumps(body).encode())

    def outputs(self, server, model, rows=None):
        answer = self.ask(server, model, rows or ROWS)
        self.assertEqual(answer.status, 200, answer)
        return {output["name"]: output for output in json.loads(answer.body)["outputs"]}

    def assert_near(self, found, expected):
        self.assertEqual(len(found), len(expected), found)
        for one, other in zip(found, expected):
            self.assertAlmostEqual(one, other, places=6)


class Trees(TreesTest):
    def test_answer_as_fil_does(self):
        self.put("classes", FIL % (1, "false"))
        self.put("probabilities", FIL % (1, "true"))
        self.put("both", FIL % (2, "true"))
        with self.serve(self.root) as server:
            classes = self.outputs(server, "classes")["output__0"]
            self.assertEqual((classes["shape"], classes["data"]), ([3], [0, 0, 1]))
            self.assert_near(self.outputs(server, "probabilities")["output__0"]["data"], PROBABILITIES)
            both = self.outputs(server, "both")["output__0"]
            self.assertEqual(both["shape"], [3, 2])
            self.assert_near(both["data"], [value for p in PROBABILITIES for value in (1 - p, p)])
            config = json.loads(server.ask("GET", "/v2/models/classes/config").body)
            self.assertEqual((config["backend"], config["output"][0]["dims"]), ("fil", [1]))

    def test_are_served_without_a_config_and_with_more_outputs(self):
        (self.root / "plain.txt").write_text(LIGHTGBM)
        self.put("more", 'parameters { key: "extra_outputs" value { string_value: "margin,leaf" } }\n')
        with self.serve(self.root) as server:
            plain = self.outputs(server, "plain")
            self.assertEqual(list(plain), ["output__0"])
            metadata = json.loads(server.ask("GET", "/v2/models/plain").body)
            self.assertEqual(metadata["inputs"][0]["labels"], ["mass", "energy"])
            self.assert_near(plain["output__0"]["data"], PROBABILITIES)
            more = self.outputs(server, "more")
            self.assertEqual(more["margin"]["data"], MARGINS)
            self.assertEqual((more["leaf"]["shape"], more["leaf"]["data"]), ([3, 2], [0, 0, 1, 1, 2, 1]))

    def test_a_row_has_one_answer_in_any_batch(self):
        (self.root / "plain.txt").write_text(LIGHTGBM)
        with self.serve(self.root) as server:
            whole = self.outputs(server, "plain", ROWS * 100)["output__0"]["data"]
            for row, expected in zip(ROWS, whole):
                self.assertEqual(self.outputs(server, "plain", [row])["output__0"]["data"], [expected])

    def test_rows_of_another_width_are_the_clients_fault(self):
        (self.root / "plain.txt").write_text(LIGHTGBM)
        with self.serve(self.root) as server:
            answer = self.ask(server, "plain", [[1, 2, 3]], width=3)
            self.assertEqual(answer.status, 400, answer)
            self.assertIn("input__0", json.loads(answer.body)["error"])

    def test_say_what_is_wrong_with_file_or_config(self):
        self.put("cut")
        (self.root / "cut" / "1" / "model.txt").write_text(LIGHTGBM[:400])
        self.put("setting", 'parameters { key: "instruction_set" value { string_value: "neon" } }\n')
        (self.root / "boosted.txt").write_text(LIGHTGBM)
        with self.serve(self.root) as server:
            self.assertEqual(server.ask("GET", "/v2/models/boosted/ready").status, 200)
            for model, words in (("cut", "model.txt"), ("setting", "expected auto, scalar, avx2 or avx512")):
                answer = self.ask(server, model, ROWS)
                self.assertIn(answer.status, (400, 503), answer)
                self.assertIn(words, json.loads(answer.body)["error"])


class Xgboost(TreesTest):
    """XGBoost's own files, under the names that people and Triton give them."""

    def put_bytes(self, name, file, data, config=""):
        (self.root / name / "1").mkdir(parents=True)
        (self.root / name / "1" / file).write_bytes(data)
        if config:
            (self.root / name / "config.pbtxt").write_text(config)

    def test_files_are_served_in_both_forms(self):
        forms = {"json": tiny_trees.xgboost_json(), "ubj": tiny_trees.xgboost_ubjson()}
        for ending, data in forms.items():
            (self.root / f"plain_{ending}.{ending}").write_bytes(data)
            self.put_bytes(f"fil_{ending}", f"xgboost.{ending}", data, 'backend: "fil"\n')
        with self.serve(self.root) as server:
            for model in ("plain_json", "plain_ubj", "fil_json", "fil_ubj"):
                with self.subTest(model):
                    scores = self.outputs(server, model, tiny_trees.ROWS)["output__0"]
                    self.assertEqual((scores["shape"], scores["data"]), ([3], tiny_trees.SCORES))

    def test_fil_knows_no_best_iteration(self):
        data = tiny_trees.xgboost_json(best_iteration=0)
        (self.root / "plain.json").write_bytes(data)
        self.put_bytes("fil", "xgboost.json", data, 'backend: "fil"\n')
        best = 'backend: "fil"\nparameters { key: "all_iterations" value { string_value: "false" } }\n'
        self.put_bytes("best", "xgboost.json", data, best)
        with self.serve(self.root) as server:
            for model, expected in [("plain", tiny_trees.FIRST_SCORES), ("best", tiny_trees.FIRST_SCORES),
                                    ("fil", tiny_trees.SCORES)]:
                with self.subTest(model):
                    self.assertEqual(self.outputs(server, model, tiny_trees.ROWS)["output__0"]["data"], expected)
