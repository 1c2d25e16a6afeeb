# SPDX-License-Identifier: Apache-2.0
"""The sessions of TorchServe's documents, typed with curl: first steps, inference, batches, management, metrics.

The models are ours, of which the answers are known; paths, parameters, statuses and texts are TorchServe's.
"""
import json
import os
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from serving import ServingTest
from test_torchserve import TorchServe
from tiny_onnx import write_archive
from trireme import PATIENCE_SECONDS, wait_until

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


class SessionTest(ServingTest):
    def setUp(self):
        self.place = self.folder()
        self.store = self.place / "model_store"
        self.store.mkdir()
        for name, colour in COLOURS.items():
            Image.new("RGB", (300, 280), colour).save(self.place / f"{name}.jpg", quality=95)

    def start(self, *arguments):
        self.server = TorchServe(self.program, self.store, *arguments)
        self.addCleanup(self.server.__exit__)

    def curl(self, url, *arguments):
        """The status, and the body as JSON where it is some. Ports are written as people type them."""
        for usual, port in zip(("8080", "8081", "8082"), self.server.torchserve_ports):
            url = url.replace(f"localhost:{usual}", f"127.0.0.1:{port}")
        done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *map(str, arguments), url], cwd=self.place,
                              stdout=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS, check=True)
        body, _, status = done.stdout.rpartition("\n")
        try:
            return int(status), json.loads(body)
        except ValueError:
            return int(status), body

    def assert_said(self, answer, status, text):
        self.assertEqual(answer, (status, {"status": text}))

    def likeliest(self, answer):
        status, classes = answer
        self.assertEqual(status, 200, classes)
        return next(iter(classes))


class FirstSteps(SessionTest):
    """docs/getting_started.md and docs/inference_api.md"""

    def setUp(self):
        super().setUp()
        write_archive(self.store / "densenet161.mar", "densenet161")
        self.start("--models", "densenet161.mar")
        wait_until(lambda: self.curl("localhost:8080/ping") == (200, {"status": "Healthy"}), "the model serves")

    def test_a_picture_is_sent_in_every_way(self):
        url = "localhost:8080/predictions/densenet161"
        for name in COLOURS:
            for how in (("-T", f"{name}.jpg"), ("-F", f"data=@{name}.jpg"), ("-F", f"body=@{name}.jpg"),
                        ("--data-binary", f"@{name}.jpg"),
                        ("-X", "POST", "-H", "Content-Type: image/jpeg", "-T", f"{name}.jpg")):
                with self.subTest(how=how):
                    self.assertEqual(self.likeliest(self.curl(url, *how)), name)
        self.assertEqual(self.likeliest(self.curl(url + "/1.0", "-T", "blue.jpg")), "blue")

    def test_probabilities_add_up(self):
        _, classes = self.curl("localhost:8080/predictions/densenet161", "-T", "green.jpg")
        self.assertEqual(list(classes), sorted(classes, key=classes.get, reverse=True))
        self.assertAlmostEqual(sum(classes.values()), 1, places=6)

    def test_a_large_picture_waits_to_be_asked_for(self):
        """curl sends more than 1 MiB only after "100 Continue"."""
        noise = Image.frombytes("RGB", (900, 900), os.urandom(900 * 900 * 3))
        noise.paste(COLOURS["red"], (0, 0, 900, 600))
        noise.save(self.place / "large.png", compress_level=0)
        self.assertGreater((self.place / "large.png").stat().st_size, 1 << 20)
        self.assertEqual(self.likeliest(self.curl("localhost:8080/predictions/densenet161", "-T", "large.png")), "red")

    def test_kserves_path(self):
        (self.place / "request.json").write_text(json.dumps({"instances": [
            {"b64": subprocess.run(["base64", "-w0", self.place / f"{name}.jpg"], stdout=subprocess.PIPE,
                                   check=True).stdout.decode()} for name in COLOURS]}))
        status, answer = self.curl("localhost:8080/v1/models/densenet161:predict", "-H",
                                   "Content-Type: application/json", "--data", "@request.json")
        self.assertEqual(status, 200, answer)
        self.assertEqual([next(iter(each)) for each in answer["predictions"]], list(COLOURS))

    def test_descriptions_of_the_apis(self):
        for port, path in ((8080, "/predictions/{model}"), (8081, "/models/{model}"), (8082, "/metrics")):
            status, document = self.curl(f"localhost:{port}", "-X", "OPTIONS")
            self.assertEqual(status, 200)
            self.assertIn(path, document["paths"])

    def test_what_is_wrong_is_said(self):
        status, error = self.curl("localhost:8080/predictions/resnet-18", "-T", "red.jpg")
        self.assertEqual((status, error), (404, {"code": 404, "type": "ModelNotFoundException",
                                                 "message": "Model not found: resnet-18"}))
        (self.place / "cut.jpg").write_bytes((self.place / "red.jpg").read_bytes()[:300])
        status, error = self.curl("localhost:8080/predictions/densenet161", "-T", "cut.jpg")
        self.assertEqual((status, error["type"]), (400, "BadRequestException"))
        self.assertEqual(self.curl("localhost:8080/explanations/densenet161", "-T", "red.jpg")[0], 501)
        self.assertEqual(self.curl("localhost:8081/models?url=densenet161.mar", "-X", "POST")[0], 405)

    def test_metrics_by_name(self):
        self.curl("localhost:8080/predictions/densenet161", "-T", "red.jpg")
        status, page = self.curl("localhost:8082/metrics?name[]=ts_inference_latency_microseconds&"
                                 "name[]=ts_queue_latency_microseconds", "--globoff")
        self.assertEqual(status, 200)
        names = {line.split("{")[0] for line in page.splitlines() if line and not line.startswith("#")}
        self.assertEqual(names, {"ts_inference_latency_microseconds", "ts_queue_latency_microseconds"})
        self.assertIn('model_name="densenet161"', page)


class Batches(SessionTest):
    """docs/batch_inference_with_ts.md"""

    def predict_at_once(self, model, count):
        names = [list(COLOURS)[i % 3] for i in range(count)]
        with ThreadPoolExecutor(count) as pool:
            answers = pool.map(lambda name: self.curl(f"localhost:8080/predictions/{model}", "-T", f"{name}.jpg"), names)
            self.assertEqual([self.likeliest(answer) for answer in answers], names)

    def test_by_parameters(self):
        write_archive(self.store / "resnet-152-batch_v2.mar", "resnet-152-batch_v2")
        self.start("--enable-model-api")
        self.assert_said(self.curl("localhost:8081/models?url=resnet-152-batch_v2.mar&batch_size=8&max_batch_delay=50&"
                                   "initial_workers=1", "-X", "POST"), 200,
                         'Model "resnet-152-batch_v2" Version: 1.0 registered with 1 initial workers')
        _, (described,) = self.curl("localhost:8081/models/resnet-152-batch_v2")
        self.assertEqual((described["batchSize"], described["maxBatchDelay"]), (8, 50))
        self.predict_at_once("resnet-152-batch_v2", 6)

    def test_by_the_archive(self):
        write_archive(self.store / "batched.mar", "batched", config="minWorkers: 2\nmaxWorkers: 2\nbatchSize: 4\n"
                                                                     "maxBatchDelay: 20\n")
        self.start("--models", "batched.mar")
        wait_until(lambda: self.curl("localhost:8080/ping")[0] == 200, "the model serves")
        _, (described,) = self.curl("localhost:8081/models/batched")
        self.assertEqual((described["batchSize"], described["maxBatchDelay"], len(described["workers"])), (4, 20, 2))
        self.predict_at_once("batched", 6)


class Management(SessionTest):
    """docs/management_api.md"""

    def setUp(self):
        super().setUp()
        for version in ("1.0", "2.0"):
            write_archive(self.store / f"noop_{version[0]}.mar", "noop", version)
        write_archive(self.store / "squeezenet1_1.mar", "squeezenet1_1")
        self.start("--enable-model-api")

    def test_a_model_is_registered_scaled_described_and_unregistered(self):
        self.assert_said(self.curl("localhost:8081/models?url=squeezenet1_1.mar", "-X", "POST"), 200,
                         'Model "squeezenet1_1" Version: 1.0 registered with 0 initial workers. '
                         "Use scale workers API to add workers for the model.")
        self.assertEqual(self.curl("localhost:8080/predictions/squeezenet1_1", "-T", "red.jpg")[0], 503)
        self.assert_said(self.curl("localhost:8081/models/squeezenet1_1?min_worker=3", "-X", "PUT"), 202,
                         "Processing worker updates...")
        self.assert_said(self.curl("localhost:8081/models/squeezenet1_1?min_worker=3&synchronous=true", "-X", "PUT"),
                         200, "Workers scaled to 3 for model: squeezenet1_1")
        self.assertEqual(self.likeliest(self.curl("localhost:8080/predictions/squeezenet1_1", "-T", "red.jpg")), "red")
        status, (described,) = self.curl("localhost:8081/models/squeezenet1_1")
        self.assertEqual((status, described["modelUrl"], described["minWorkers"]), (200, "squeezenet1_1.mar", 3))
        self.assertEqual({worker["status"] for worker in described["workers"]}, {"READY"})
        self.assertIn("customizedMetadata", self.curl("localhost:8081/models/squeezenet1_1?customized=true")[1][0])
        self.assert_said(self.curl("localhost:8081/models/squeezenet1_1/1.0", "-X", "DELETE"), 200,
                         'Model "squeezenet1_1" unregistered')
        self.assertEqual(self.curl("localhost:8081/models/squeezenet1_1")[0], 404)

    def test_workers_come_behind_the_answer(self):
        self.assert_said(self.curl("localhost:8081/models?initial_workers=1&synchronous=false&url=squeezenet1_1.mar", "-X",
                                   "POST"), 202, "Processing worker updates...")
        wait_until(lambda: self.curl("localhost:8080/predictions/squeezenet1_1", "-T", "red.jpg")[0] == 200,
                   "its worker is there")

    def test_versions(self):
        for file in ("noop_1.mar", "noop_2.mar"):
            self.assertEqual(self.curl(f"localhost:8081/models?url={file}&initial_workers=1&synchronous=true", "-X",
                                       "POST")[0], 200)
        self.assert_said(self.curl("localhost:8081/models/noop/2.0?min_worker=3&synchronous=true", "-X", "PUT"), 200,
                         "Workers scaled to 3 for model: noop, version: 2.0")
        _, (second,) = self.curl("localhost:8081/models/noop/2.0")
        self.assertEqual((second["modelVersion"], len(second["workers"])), ("2.0", 3))
        _, both = self.curl("localhost:8081/models/noop/all")
        self.assertEqual([each["modelVersion"] for each in both], ["1.0", "2.0"])
        for version in ("1.0", "2.0"):
            self.assertEqual(self.likeliest(self.curl(f"localhost:8080/predictions/noop/{version}", "-T", "blue.jpg")),
                             "blue")
        self.assert_said(self.curl("localhost:8081/models/noop/2.0/set-default", "-X", "PUT"), 200,
                         'Default version successfully updated for model "noop" to "2.0"')
        self.assertEqual(self.curl("localhost:8081/models/noop")[1][0]["modelVersion"], "2.0")
        self.assertEqual(self.curl("localhost:8081/models/noop/1.0", "-X", "DELETE")[0], 200)
        self.assertEqual(self.curl("localhost:8080/predictions/noop/1.0", "-T", "blue.jpg")[0], 404)
        self.assertEqual(self.likeliest(self.curl("localhost:8080/predictions/noop", "-T", "blue.jpg")), "blue")

    def test_lists_have_pages(self):
        for name in ("a", "b", "c"):
            self.curl(f"localhost:8081/models?url=squeezenet1_1.mar&model_name={name}", "-X", "POST")
        status, page = self.curl("localhost:8081/models?limit=2")
        self.assertEqual((status, [model["modelName"] for model in page["models"]]), (200, ["a", "b"]))
        _, rest = self.curl(f"localhost:8081/models?limit=2&next_page_token={page['nextPageToken']}")
        self.assertEqual(rest["models"], [{"modelName": "c", "modelUrl": "squeezenet1_1.mar"}])


if __name__ == "__main__":
    unittest.main()
