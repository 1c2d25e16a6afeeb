# SPDX-License-Identifier: Apache-2.0
"""Answers that are kept are given again, as they were, and counted as Triton counts them."""
import json
import shutil

from grpc_client import Client, add_request
from serving import ServingTest, ones
from trireme import wait_until


class Cache(ServingTest):
    def stats(self, server, model):
        return server.ask("GET", f"/v2/models/{model}/stats").json()["model_stats"][0]

    def assert_counted(self, server, model, hits, runs):
        stats = self.stats(server, model)
        inference = stats["inference_stats"]
        self.assertEqual((inference["cache_hit"]["count"], inference["cache_miss"]["count"]), (hits, runs))
        self.assertEqual(inference["success"]["count"], hits + runs)
        self.assertEqual(inference["compute_infer"]["count"], runs)
        self.assertEqual(server.metric("nv_cache_num_hits_per_model", model=model), hits)
        self.assertEqual(server.metric("nv_cache_num_misses_per_model", model=model), runs)
        self.assertEqual(server.metric("nv_inference_request_success", model=model), hits + runs)

    def test_nothing_is_kept_unless_it_is_wanted(self):
        server = self.serve(self.models / "good" / "add")
        for _ in range(2):
            self.assert_adds_one(server.infer("add", ones()))
        self.assertEqual(self.stats(server, "add")["inference_stats"]["cache_miss"]["count"], 0)
        self.assertNotIn("nv_cache", "".join(server.metrics()))
        self.assertNotIn("response_cache", "".join(server.metrics()))

    def test_the_same_request_is_run_once_whatever_its_form(self):
        server = self.serve(self.models / "good" / "add", "--cache", "1MiB")
        for _ in range(3):
            self.assert_adds_one(server.infer("add", ones()))
        self.assert_adds_one(server.infer("add", ones(), id="another"))
        self.assert_adds_one(server.infer("add", ones(2)), rows=2)
        self.assert_counted(server, "add", hits=3, runs=2)
        self.assertEqual(server.metric("trireme_response_cache_answers"), 2)
        self.assertGreater(server.metric("trireme_response_cache_bytes"), 64)
        self.assertEqual(server.ask("GET", "/v2/models/add/config").json()["response_cache"], {"enable": True})

    def test_the_answer_says_that_it_came_from_there(self):
        server = self.serve(self.models / "good" / "add", "--cache", "1MiB")
        timings = [server.infer("add", ones()).header("Server-Timing") for _ in range(2)]
        self.assertRegex(timings[0], r"^decode;dur=[\d.]+, queue;.*, compute;")
        self.assertRegex(timings[1], r"^cache;dur=[\d.]+, encode;dur=[\d.]+$")
        refused = server.infer("add", ("INPUT0", "FP32", [1, 15], [1.0] * 15))
        self.assertEqual((refused.status, refused.header("Server-Timing")), (400, None))
        with Client(server.grpc_port) as client:
            request, trailers = add_request(first=5), []
            for _ in range(2):
                _, call = client.infer_method().with_call(request)
                trailers.append(dict(call.trailing_metadata())["server-timing"])
        self.assertRegex(trailers[0], "compute;dur=")
        self.assertRegex(trailers[1], r"^cache;dur=[\d.]+, encode;dur=[\d.]+$")

    def test_other_protocols_are_answered_from_it_too(self):
        server = self.serve(self.models / "good" / "add", "--cache", "1MiB", "--dialects", "kserve,tfserving",
                            "--tfserving-port", 0, "--tfserving-grpc-port", 0)
        body = json.dumps({"inputs": {"INPUT0": [[1.0] * 16]}}).encode()
        for _ in range(2):
            self.assertEqual(server.ask("POST", "/v1/models/add:predict", body).json(), {"outputs": [[2.0] * 16]})
        self.assert_counted(server, "add", hits=1, runs=1)

    def test_a_models_config_decides_in_tritons_words(self):
        repository = self.folder() / "repository"
        for name, text in (("on", "response_cache { enable: true }"), ("off", "response_cache { enable: false }")):
            (repository / name / "1").mkdir(parents=True)
            shutil.copy(self.models / "good" / "add" / "1" / "model.onnx", repository / name / "1" / "model.onnx")
            (repository / name / "config.pbtxt").write_text(text)
        server = self.serve(repository, "--cache-config", "local,size=1048576")
        for name in ("on", "off"):
            for _ in range(2):
                self.assert_adds_one(server.infer(name, ones()))
        self.assert_counted(server, "on", hits=1, runs=1)
        self.assertEqual(self.stats(server, "off")["inference_stats"]["cache_miss"]["count"], 0)

    def test_nothing_is_kept_where_triton_is_told_to_keep_nothing(self):
        repository = self.folder() / "repository"
        (repository / "m" / "1").mkdir(parents=True)
        shutil.copy(self.models / "good" / "add" / "1" / "model.onnx", repository / "m" / "1" / "model.onnx")
        (repository / "m" / "config.pbtxt").write_text("response_cache { enable: true }")
        server = self.serve(repository, "--response-cache-byte-size", 0)
        for _ in range(2):
            self.assert_adds_one(server.infer("m", ones()))
        self.assertEqual(self.stats(server, "m")["inference_stats"]["cache_miss"]["count"], 0)

    def test_it_is_bounded(self):
        server = self.serve(self.models / "good" / "add", "--cache", "4KiB")
        for value in range(40):
            server.infer("add", ("INPUT0", "FP32", [1, 16], [float(value)] * 16))
        self.assertLessEqual(server.metric("trireme_response_cache_bytes"), 4096)
        self.assertGreater(server.metric("trireme_response_cache_evictions_total"), 0)

    def test_a_model_that_is_replaced_answers_for_itself(self):
        repository = self.folder() / "repository"
        (repository / "m" / "1").mkdir(parents=True)
        shutil.copy(self.models / "good" / "add" / "1" / "model.onnx", repository / "m" / "1" / "model.onnx")
        server = self.serve(repository, "--cache", "1MiB", "--repository-poll-secs", 0.05)
        self.assert_adds_one(server.infer("m", ones()))
        self.assert_adds_one(server.infer("m", ones()))
        self.assertEqual(server.metric("trireme_response_cache_answers"), 1)
        (repository / "m" / "config.pbtxt").write_text("max_batch_size: 4")
        wait_until(lambda: server.metric("trireme_response_cache_answers") == 0, "the old model has gone")
        self.assert_adds_one(server.infer("m", ones()))
        self.assertEqual(self.stats(server, "m")["inference_stats"]["cache_miss"]["count"], 2)

    def test_wrong_requests_are_refused_each_time(self):
        server = self.serve(self.models / "good" / "add", "--cache", "1MiB")
        for _ in range(2):
            self.assert_refused(server.infer("add", ("INPUT0", "INT32", [1, 16], [1] * 16)), 400, "expects FP32")

    def test_other_caches_of_tritons_are_refused(self):
        result = self.run_trireme("serve", self.models / "good", "--cache-config", "redis,host=x")
        self.assertEqual(result.returncode, 2)
        self.assertIn("expected local,size=BYTES, found 'redis,host=x'", result.stderr)
