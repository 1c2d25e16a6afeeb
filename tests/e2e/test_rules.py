# SPDX-License-Identifier: Apache-2.0
"""The rules for Prometheus say what their tests say, and ask for what the server shows."""
import re
import subprocess
from pathlib import Path

import yaml

from serving import ServingTest, ones
from trireme import wait_until

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
RULES = FOLDER / "rules.yaml"

# Shown while there is something to show.
SOMETIMES = {"trireme_model_reload_failed"}


def expressions():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


class Rules(ServingTest):
    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_they_say_what_they_should(self):
        self.promtool("check", "rules", "rules.yaml")
        self.promtool("test", "rules", "rules_test.yaml")

    def test_every_alert_is_tried(self):
        tried = (FOLDER / "rules_test.yaml").read_text()
        for group in yaml.safe_load(RULES.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    self.assertRegex(tried, rf"alertname: {rule['alert']}\n +exp_alerts:\n +- exp_labels")

    def test_they_ask_for_what_the_server_shows_and_the_page_explains(self):
        server = self.serve(self.models / "good" / "add", "--quota", "*=1000/s", "--slo", "p99=100ms")
        server.infer("add", ones())
        # Models are looked at every second.
        wait_until(lambda: any(name.startswith("trireme_model_load_ratio") for name in server.metrics()), "it is shown")
        shown = {sample.split("{")[0] for sample in server.metrics()}
        asked = set()
        for expression in expressions():
            asked.update(re.findall(r"(?<![:\w])trireme_\w+", expression))
        self.assertGreater(len(asked), 8)
        self.assertLessEqual(asked - SOMETIMES, shown)
        explained = (ROOT / "docs/operating.md").read_text() + (ROOT / "docs/autoscaling.md").read_text()
        for name in asked:
            self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), explained)

    def test_every_state_and_code_is_one_that_there_is(self):
        server = self.serve(self.models / "good" / "add")
        shown = "\n".join(server.metrics())
        for expression in expressions():
            for label, values in re.findall(r'(code|state)=~?"([^"]+)"', expression):
                for value in values.split("|"):
                    self.assertIn(f'{label}="{value}"', shown)
