#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What docs/deploying.md and deploy/ promise is so: deploy_test.py BUILD_FOLDER [UNITTEST...]"""
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/deploying.md"
DOCKERFILE = ROOT / "deploy/Dockerfile"
UNIT = ROOT / "deploy/trireme.service"
SCALING = ROOT / "docs/autoscaling.md"
MANIFEST = ROOT / "deploy/kubernetes.yaml"

PROGRAM = "trireme"
PLUGINS = ["libtrireme_onnx.so", "libtrireme_repeat.so", "libtrireme_tensorflow.so", "libtrireme_trees.so",
           "libonnxruntime.so.1"]
# That the program opens by name when it first needs it.
OPENED = "libarchive.so.13"
# For those who want them, with libraries of their own; and a driver that tests make up.
OTHERS = {"libtrireme_torch.so", "libtrireme_duckdb.so", "libtrireme_fake_cuda.so"}
# What no Debian is without.
EVERYWHERE = {"libc6", "libgcc-s1"}


def output(*command):
    return subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE).stdout


def joined_lines(path):
    """The text with lines that end with a backslash put together."""
    return path.read_text().replace("\\\n", " ")


def seconds(text):
    return int(re.fullmatch(r"(\d+)s?", text).group(1))


def value_of(flag, arguments):
    """`--flag VALUE` or `--flag=VALUE`."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    return words[words.index(flag) + 1]


class Deploy(unittest.TestCase):
    build = None

    def service(self):
        return re.search(r"^ExecStart=(.*)$", joined_lines(UNIT), re.MULTILINE).group(1)

    def container(self):
        deployment, _ = yaml.safe_load_all(MANIFEST.read_text())
        return deployment["spec"]["template"]["spec"], deployment["spec"]["template"]["spec"]["containers"][0]

    def needed_packages(self):
        """Of the libraries that the program and its plug-ins are linked with."""
        libraries = set()  # their paths
        for file in [PROGRAM, *PLUGINS]:
            libraries.update(re.findall(r"=> (/\S+)", output("ldd", self.build / file)))
        self.assertFalse([library for library in libraries if OPENED in library], "it is opened when it is needed")
        opened = re.search(rf"{re.escape(OPENED)} .*=> (/\S+)", output("/sbin/ldconfig", "-p")).group(1)
        libraries.update([opened, *re.findall(r"=> (/\S+)", output("ldd", opened))])
        if any(re.search(r"/lib[a-z]+san\.so", library) for library in libraries):
            self.skipTest("a sanitizer's build is linked with other libraries")
        packages = set()
        for library in libraries:
            # Debian's packages have /lib/... or /usr/lib/..., which are the same folder.
            names = [library, "/usr" + library, library.removeprefix("/usr")]
            found = subprocess.run(["dpkg-query", "--search", *names], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL).stdout
            self.assertTrue(found, f"{library} is in no package")
            packages.add(found.split(":")[0])
        return packages - EVERYWHERE

    def test_the_packages_named_are_those_the_program_is_linked_with(self):
        needed = self.needed_packages()
        named = re.search(r"^apt-get install (.*)$", PAGE.read_text(), re.MULTILINE).group(1)
        self.assertEqual(needed, set(named.split()), PAGE)
        named = re.findall(r"apt-get install -y --no-install-recommends ([^&]*)", joined_lines(DOCKERFILE))[0]
        self.assertEqual(needed, set(named.split()) - {"ca-certificates"}, DOCKERFILE)

    def test_the_files_named_are_those_that_the_program_opens(self):
        for page in (PAGE, DOCKERFILE):
            for file in [PROGRAM, *PLUGINS]:
                self.assertIn(file, page.read_text(), page)
        built = {path.name for path in self.build.glob("libtrireme_*.so")} - OTHERS
        self.assertEqual((built - {"libtrireme_fake_nvml.so"}) | {"libonnxruntime.so.1"}, set(PLUGINS))
        for file in ("libtrireme_torch.so", "libtrireme_duckdb.so"):
            self.assertIn(file, PAGE.read_text(), PAGE)

    def test_every_flag_is_one_that_the_server_has(self):
        known = set(re.findall(r"--[a-z][a-z0-9-]*", output(self.build / PROGRAM, "serve", "--help")))
        _, container = self.container()
        used = set()
        for text in (self.service(), " ".join(container["args"]), *re.findall(r"^# +(--.*)$", UNIT.read_text(), re.M),
                     *re.findall(r"(?:trireme serve|trireme:0\.1\.0) .*", joined_lines(PAGE))):
            used.update(re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", text))
        self.assertGreater(len(used), 4)
        self.assertLessEqual(used, known)

    def test_the_unit_is_one_that_systemd_takes(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd is not installed")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, UNIT.name)
            copy.write_text(UNIT.read_text().replace("/opt/trireme/trireme", str(self.build / PROGRAM)))
            done = subprocess.run(["systemd-analyze", "verify", copy], text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_whoever_stops_it_waits_until_it_has_drained(self):
        pod, container = self.container()
        arguments = shlex.split(self.service())
        allowed = seconds(re.search(r"^TimeoutStopSec=(.*)$", UNIT.read_text(), re.MULTILINE).group(1))
        for patience, flags in ((allowed, arguments), (pod["terminationGracePeriodSeconds"], container["args"])):
            drain = [seconds(value_of(flag, flags)) for flag in ("--drain-delay", "--exit-timeout-secs")]
            self.assertGreater(patience, sum(drain))

    def test_the_manifest_fits_together(self):
        deployment, service = yaml.safe_load_all(MANIFEST.read_text())
        pod, container = self.container()
        self.assertEqual((deployment["kind"], service["kind"]), ("Deployment", "Service"))
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(labels, deployment["spec"]["selector"]["matchLabels"])
        self.assertEqual(labels, service["spec"]["selector"])
        ports = {port["name"] for port in container["ports"]}
        self.assertLessEqual({port["targetPort"] for port in service["spec"]["ports"]}, ports)
        self.assertLessEqual({container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")}, ports)
        self.assertEqual({mount["name"] for mount in container["volumeMounts"]},
                         {volume["name"] for volume in pod["volumes"]})


    def test_the_autoscalers_of_the_page_scale_what_is_deployed(self):
        deployment, _ = yaml.safe_load_all(MANIFEST.read_text())
        blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", SCALING.read_text(), re.DOTALL)]
        scalers = {block["kind"]: block["spec"] for block in blocks if "kind" in block}
        self.assertEqual(set(scalers), {"ScaledObject", "HorizontalPodAutoscaler"})
        for kind, spec in scalers.items():
            self.assertEqual(spec["scaleTargetRef"]["name"], deployment["metadata"]["name"], kind)
            self.assertIn("trireme_replicas_wanted", str(spec), kind)


if __name__ == "__main__":
    Deploy.build = Path(sys.argv.pop(1)).resolve()
    unittest.main()
