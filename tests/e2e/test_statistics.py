# SPDX-License-Identifier: Apache-2.0
"""What is counted of a model adds up, under load too, and is the same wherever one looks."""
import random
import shutil
import threading

from serving import ServingTest
from trireme import wait_until

DURATIONS = {"success": "request", "queue": "queue", "compute_input": "compute_input",
             "compute_infer": "compute_infer", "compute_output": "compute_output"}


def simple(rows):
    """Inputs of the model `simple`."""
    data = list(range(16 * rows))
    return [("INPUT0", "INT32", [rows, 16], data), ("INPUT1", "INT32", [rows, 16], data)]


class Statistics(ServingTest):
    def setUp(self):
        self.repository = self.folder() / "repository"
        shutil.copytree(self.models / "triton" / "simple", self.repository / "simple")
        self.server = self.serve(self.repository, "--repository-poll-secs", 0.05)

    def stats(self, path="/v2/models/simple/stats"):
        models = self.server.ask("GET", path).json()["model_stats"]
        self.assertEqual(len(models), 1)
        return models[0]

    def assert_adds_up(self, stats):
        inference = stats["inference_stats"]
        batches = stats["batch_stats"]
        for batch in batches:
            counts = {batch[stage]["count"] for stage in ("compute_input", "compute_infer", "compute_output")}
            self.assertEqual(len(counts), 1, batch)
        runs = sum(batch["compute_infer"]["count"] for batch in batches)
        rows = sum(batch["compute_infer"]["count"] * int(batch["batch_size"]) for batch in batches)
        self.assertEqual((runs, rows), (stats["execution_count"], stats["inference_count"]))
        # Requests that ran together each count the time of their run.
        for stage in ("queue", "compute_input", "compute_infer", "compute_output"):
            self.assertEqual(inference[stage]["count"], inference["success"]["count"], stage)
        parts = sum(inference[stage]["ns"] for stage in ("queue", "compute_input", "compute_infer", "compute_output"))
        self.assertLessEqual(parts, inference["success"]["ns"])

    def assert_metrics_agree(self, stats):
        samples = self.server.metrics()
        labels = f'{{model="simple",version="{stats["version"]}"}}'
        inference = stats["inference_stats"]
        self.assertEqual(samples["nv_inference_request_success" + labels], inference["success"]["count"])
        self.assertEqual(self.server.metric("nv_inference_request_failure", model="simple"), inference["fail"]["count"])
        self.assertEqual(samples["nv_inference_count" + labels], stats["inference_count"])
        self.assertEqual(samples["nv_inference_exec_count" + labels], stats["execution_count"])
        for stage, name in DURATIONS.items():
            self.assertEqual(samples[f"nv_inference_{name}_duration_us" + labels], inference[stage]["ns"] // 1000, stage)
        self.assertEqual(samples["nv_inference_pending_request_count" + labels], 0)
        self.assertEqual(self.server.metric("trireme_requests_total", model="simple", code="ok"),
                         inference["success"]["count"])
        self.assertEqual(self.server.metric("trireme_batch_rows_sum", model="simple"), stats["inference_count"])

    def ask_from_many(self, connections, requests):
        """How many succeeded, with how many rows, and how many failed."""
        sums = [0, 0, 0]
        lock = threading.Lock()

        def ask(seed):
            choose = random.Random(seed)
            with self.server.connect() as connection:
                for _ in range(requests):
                    rows = choose.choice((1, 1, 2, 3, 8))
                    faulty = choose.random() < 0.1
                    inputs = simple(rows)[:1] if faulty else simple(rows)
                    answer = connection.infer("simple", *inputs)
                    self.assertEqual(answer.status, 400 if faulty else 200, answer)
                    with lock:
                        sums[2 if faulty else 0] += 1
                        sums[1] += 0 if faulty else rows

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sums[0] + sums[2], connections * requests)
        return sums

    def test_a_model_that_was_never_asked_has_none(self):
        stats = self.stats()
        self.assertEqual((stats["name"], stats["version"]), ("simple", "1"))
        self.assertEqual((stats["inference_count"], stats["execution_count"], stats["last_inference"]), (0, 0, 0))
        self.assertEqual(stats["batch_stats"], [])
        self.assert_adds_up(stats)
        self.assert_metrics_agree(stats)

    def test_they_add_up_under_load(self):
        succeeded, rows, failed = self.ask_from_many(connections=8, requests=100)
        stats = self.stats()
        inference = stats["inference_stats"]
        self.assertEqual((inference["success"]["count"], stats["inference_count"], inference["fail"]["count"]),
                         (succeeded, rows, failed))
        self.assertLessEqual(stats["execution_count"], succeeded)
        self.assertGreater(stats["last_inference"], 0)
        self.assert_adds_up(stats)
        self.assert_metrics_agree(stats)

    def test_they_add_up_at_any_moment(self):
        done = threading.Event()
        looks = []

        def look():
            while not done.is_set():
                looks.append(self.stats())

        looker = threading.Thread(target=look)
        looker.start()
        try:
            self.ask_from_many(connections=4, requests=100)
        finally:
            done.set()
            looker.join()
        self.assertTrue(looks)
        for stats in looks:
            self.assert_adds_up(stats)
        counts = [stats["inference_count"] for stats in looks]
        self.assertEqual(counts, sorted(counts))

    def test_the_same_is_told_of_all_of_a_model_and_of_a_version(self):
        self.ask_from_many(connections=1, requests=10)
        stats = self.stats()
        self.assertEqual(self.stats("/v2/models/stats"), stats)
        self.assertEqual(self.stats("/v2/models/simple/versions/1/stats"), stats)

    def test_they_go_on_through_a_reload(self):
        self.ask_from_many(connections=1, requests=20)
        before = self.stats()
        config = self.repository / "simple" / "config.pbtxt"
        config.write_text(config.read_text().replace("max_batch_size: 8", "max_batch_size: 9"))
        wait_until(lambda: self.server.infer("simple", *simple(9)).status == 200, "it is loaded with its new settings")
        after = self.stats()
        self.assertGreaterEqual(after["inference_count"], before["inference_count"] + 9)
        self.assert_adds_up(after)
        self.assert_metrics_agree(after)
