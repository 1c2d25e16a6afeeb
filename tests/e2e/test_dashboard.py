# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard asks for what the server shows: a real Prometheus scrapes one, and answers every query of it."""
import json
import re
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from serving import ServingTest, ones
from trireme import wait_until

DASHBOARD = Path(__file__).resolve().parents[2] / "deploy/grafana/trireme.json"

CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: trireme
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


class Prometheus:
    """Scrapes one port of this machine every second."""

    def __init__(self, folder, port):
        (folder / "prometheus.yml").write_text(CONFIG.format(port=port))
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 "--web.listen-address=127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.port = None

    def wait_until_ready(self):
        found = wait_until(lambda: re.search(r"component=web .*address=\S+:([1-9]\d*)\s", self.log.read_text()),
                           "Prometheus listens")
        self.port = int(found.group(1))
        wait_until(lambda: self.get("/-/ready") is not None, "Prometheus is ready")

    def get(self, target):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{target}") as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{target}: {error.code} {error.read().decode()}") from error

    def query(self, expression):
        """The samples: [({label: value}, number)]."""
        answer = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        return [(sample["metric"], float(sample["value"][1])) for sample in answer["data"]["result"]]

    def stop(self):
        self.process.kill()
        self.process.wait()


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def filled_in(expression):
    """What Grafana would send with everything chosen."""
    return (expression.replace("$__rate_interval", "10s").replace("$__interval", "10s").replace("$__range", "1m")
            .replace("$instance", ".*").replace("$model", ".*"))


class Dashboard(ServingTest):
    def setUp(self):
        self.dashboard = json.loads(DASHBOARD.read_text())

    def keep_asking(self, server):
        """Some requests succeed and some do not, until the test ends."""
        done = threading.Event()

        def ask():
            with server.connect() as connection:
                while not done.wait(0.02):
                    connection.infer("add", ones(2))
                    connection.infer("add", ("INPUT0", "FP32", [1, 1], [1]))
        thread = threading.Thread(target=ask)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(done.set)

    def test_every_query_has_an_answer(self):
        server = self.serve(self.models / "good" / "add", self.models / "good" / "scalar", "--quota", "*=1000/s",
                            "--slo", "p99=100ms")
        prometheus = Prometheus(self.folder(), server.metrics_port)
        self.addCleanup(prometheus.stop)
        prometheus.wait_until_ready()
        self.keep_asking(server)

        def has_numbers(expression):
            return any(value == value for _, value in prometheus.query(expression))  # NaN: nothing happened yet

        wait_until(lambda: has_numbers('min(count_over_time(up{job="trireme"}[1m])) >= 3'), "it was scraped thrice")
        for panel in panels_of(self.dashboard):
            for target in panel.get("targets", []):
                expression = filled_in(target["expr"])
                with self.subTest(panel=panel["title"], query=expression):
                    self.assertNotIn("$", expression)
                    wait_until(lambda: has_numbers(expression), "the query has an answer", patience=20)

    def test_its_variables_have_values(self):
        server = self.serve(self.models / "good" / "add")
        shown = server.metrics()
        for variable in self.dashboard["templating"]["list"]:
            if variable["type"] != "query":
                continue
            found = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["query"]["query"])
            self.assertTrue(found, variable["query"])
            name, label = found.groups()
            samples = [sample for sample in shown if sample.startswith(name + "{")]
            self.assertTrue(samples, name)
            # Prometheus itself says which instance it scraped.
            self.assertTrue(label == "instance" or all(f'{label}="' in sample for sample in samples), variable["query"])

    def test_it_is_a_dashboard(self):
        self.assertEqual((self.dashboard["title"], self.dashboard["uid"]), ("Trireme", "trireme"))
        identities = [panel["id"] for panel in panels_of(self.dashboard)]
        self.assertEqual(len(identities), len(set(identities)))
        for panel in panels_of(self.dashboard):
            with self.subTest(panel=panel["title"]):
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24)
                if panel["type"] != "row":
                    self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                    self.assertTrue(panel["targets"])
