# SPDX-License-Identifier: Apache-2.0
"""`trireme models`, the owner-only socket behind it, and what index, metrics and probes say of models."""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import termios
from pathlib import Path

from raw_http import Connection
from serving import ServingTest, ones
from trireme import PATIENCE_SECONDS, wait_until, without_settings


class ModelsTest(ServingTest):
    def setUp(self):
        self.runtime = self.folder()  # of a session of its own
        self.environment = {"XDG_RUNTIME_DIR": str(self.runtime)}

    def serve_here(self, *arguments):
        server = self.serve(*arguments, environment=self.environment)
        # Named to the commands that follow: others of this user's may be running.
        self.environment["TRIREME_SOCKET"] = str(self.socket_of(server))
        return server

    def serve_two(self, *arguments):
        good = self.models / "good"
        return self.serve_here(good / "add", good / "scalar", *arguments)

    def models_command(self, *arguments):
        return self.run_trireme("models", *arguments, environment=self.environment)

    def did(self, *arguments):
        result = self.models_command(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        return result.stdout

    def refused(self, *arguments, code=1):
        result = self.models_command(*arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result)
        return result.stderr

    def listed(self, name=None):
        entries = json.loads(self.did("--json"))["models"]
        return entries if name is None else next(entry for entry in entries if entry["name"] == name)

    def socket_of(self, server):
        return self.runtime / "trireme" / f"{server.process.pid}.sock"


class List(ModelsTest):
    def test_shows_every_version_and_the_memory_of_all(self):
        server = self.serve_two()
        self.assert_adds_one(server.infer("add", ones()))
        lines = self.did().splitlines()
        self.assertRegex(lines[0], r"^NAME +VERSION +STATE +LABELS +MEMORY +P99 +LAST USE +AGE")
        self.assertRegex(lines[1], r"^add +1 +ready +- +\S+ \S+ +- +(now|\d+s ago) +(now|\d+s)$")
        self.assertRegex(lines[2], r"^scalar +1 +ready +- +\S+ \S+ +- +never +(now|\d+s)$")
        self.assertRegex(lines[3], r"^Memory of cpu: \S+ \S+ by models, \S+ \S+ by all else; \d+ % of the budget of ")
        self.assertEqual(lines[4], "2 ready")

    def test_says_where_each_came_from(self):
        self.serve_two()
        wait_until(lambda: "digest" in self.listed("add")["provenance"], "the digest is known")
        entry = self.listed("add")
        self.assertEqual((entry["version"], entry["state"], entry["pinned"]), (1, "ready", False))
        origin = entry["provenance"]
        self.assertTrue(Path(origin["source"]).exists(), origin)
        self.assertRegex(origin["digest"], r"^sha256:[0-9a-f]{64}$")
        self.assertGreater(origin["load_seconds"], 0)
        self.assertIn(origin["digest"][:len("sha256:") + 12], self.did("list", "--wide"))

    def test_what_comes_back_unchanged_keeps_its_digest(self):
        self.serve_two("--model-control-mode=explicit", "--load-model=*")
        wait_until(lambda: "digest" in self.listed("add")["provenance"], "the digest is known")
        digest = self.listed("add")["provenance"]["digest"]
        self.did("unload", "add")
        self.did("load", "add")
        self.assertEqual(self.listed("add")["provenance"]["digest"], digest)  # at once

    def test_gives_the_reason_of_what_failed(self):
        self.serve_here(self.models / "bad" / "empty", self.models / "good" / "add")
        self.assertRegex(self.did(), r"empty +1 +failed .*the file is empty")

    def test_fits_the_terminal(self):
        self.serve_here(self.models / "bad" / "empty", self.models / "good" / "add")
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = subprocess.run([self.program, "models"], stdout=theirs, timeout=PATIENCE_SECONDS,
                                 env={**without_settings(os.environ), **self.environment})
        os.close(theirs)
        self.assertEqual(process.returncode, 0)
        lines = os.read(ours, 1 << 16).decode().splitlines()
        self.assertEqual(max(map(len, lines)), 60, lines)
        self.assertTrue(any(line.endswith("...") for line in lines), lines)


class Actions(ModelsTest):
    def test_unload_and_load(self):
        server = self.serve_two("--load-on-demand=false")
        self.did("unload", "add")
        self.assertEqual(server.infer("add", ones()).status, 503)
        self.assertRegex(self.did("load", "add"), r"(?m)^add +1 +ready ")
        self.assert_adds_one(server.infer("add", ones()))

    def test_what_is_unloaded_comes_back_on_demand(self):
        server = self.serve_two()
        self.assertRegex(self.did("unload", "add"), r"(?m)^add +1 +on demand ")
        self.assert_adds_one(server.infer("add", ones()))
        self.assertEqual(self.listed("add")["state"], "ready")

    def test_pin_and_unpin(self):
        self.serve_two()
        self.assertRegex(self.did("pin", "add"), r"(?m)^add +1 +ready, pinned ")
        self.assertTrue(self.listed("add")["pinned"])
        self.did("unpin", "add")
        self.assertFalse(self.listed("add")["pinned"])

    def test_labels_are_routes_at_once(self):
        repository = self.folder() / "versions"
        for version in (1, 2):
            (repository / "a" / str(version)).mkdir(parents=True)
            shutil.copy(self.models / "triton" / "versions_all" / str(version) / "model.onnx",
                        repository / "a" / str(version))
        (repository / "a" / "config.pbtxt").write_text("version_policy { all {} }\n")
        server = self.serve_here(repository)
        ask = lambda: server.ask("GET", "/v2/models/a/versions/stable")
        self.assertEqual(ask().status, 404)
        for version in (1, 2):
            self.did("label", "a", f"stable={version}")
            self.assertEqual(ask().json()["versions"], [str(version)])
            entry = next(entry for entry in self.listed() if entry["version"] == version)
            self.assertEqual(entry["labels"], ["stable"])
        self.did("label", "a", "stable-")
        self.assertEqual(ask().status, 404)
        self.assertRegex(self.refused("label", "a", "stable=7"), r"^trireme: .*7")

    def test_a_label_of_the_config_that_waits_is_seen(self):
        repository = self.folder() / "versions"
        (repository / "a" / "1").mkdir(parents=True)
        shutil.copy(self.models / "triton" / "versions_all" / "1" / "model.onnx", repository / "a" / "1")
        (repository / "a" / "config.pbtxt").write_text(
            'parameters { key: "version_labels" value { string_value: "stable=1,canary=4" } }\n')
        server = self.serve_here(repository)
        listed = self.did()
        self.assertRegex(listed, r"(?m)^a +4 +awaited +canary .*label 'canary' waits for version 4, which is not there")
        self.assertRegex(listed, r"(?m)^1 ready, 1 awaited$")
        entry = next(entry for entry in server.ask("POST", "/v2/repository/index").json() if entry["version"] == "4")
        self.assertEqual((entry["state"], entry["labels"]), ("UNAVAILABLE", ["canary"]))
        answer = server.ask("GET", "/v2/models/a/versions/canary")
        self.assertEqual(answer.status, 404)
        self.assertIn("waits for version 4", answer.json()["error"])

    def test_what_is_not_there_is_said(self):
        self.serve_two()
        for action in (("load",), ("unload",), ("pin",)):
            self.assertRegex(self.refused(*action, "nobody"), r"^trireme: .*nobody")
        self.assertRegex(self.refused("label", "nobody", "stable=1"), r"^trireme: .*nobody")

    def test_names_of_any_form_are_taken_and_harmless(self):
        self.serve_two()
        for name in ("../x", "a/b", "a b", "%2e", "\x1b[31mred", "\u00e4", "x" * 5000):
            said = self.refused("load", name)
            self.assertNotIn("\x1b", said)
            self.assertLess(len(said), 500)

    def test_wrong_usage_is_told_apart(self):
        for arguments in (("lod",), ("load",), ("load", "a", "b"), ("label", "a", "x"), ("--jason",)):
            self.assertNotEqual(self.refused(*arguments, code=2), "")
        for arguments in (("--help",), ("label", "--help")):
            self.assertIn("trireme models", self.did(*arguments))


class Watch(ModelsTest):
    def test_says_what_changes(self):
        self.serve_two()
        process = subprocess.Popen([self.program, "models", "watch"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**without_settings(os.environ), **self.environment})
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        self.assertEqual(process.stderr.readline(), "watching 2 versions; Ctrl-C ends it\n")
        self.did("pin", "add")
        self.assertRegex(process.stdout.readline(), r"^20\S+Z  add version 1: ready, pinned, ")
        self.did("unload", "scalar")
        lines = (process.stdout.readline() for _ in range(3))  # a slow machine shows what is between
        self.assertTrue(any(re.match(r"20\S+Z  scalar version 1: on demand", line) for line in lines))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_SECONDS), -signal.SIGINT)

    def test_ends_with_its_server(self):
        server = self.serve_two()
        process = subprocess.Popen([self.program, "models", "watch"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**without_settings(os.environ), **self.environment})
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        process.stderr.readline()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
        self.assertEqual(process.stderr.read(), "the server has ended\n")


class Socket(ModelsTest):
    def ask(self, path, method, target, body=b""):
        raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        raw.settimeout(PATIENCE_SECONDS)
        raw.connect(str(path))
        self.addCleanup(raw.close)
        raw.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        said = b""
        while piece := raw.recv(1 << 16):
            said += piece
        return int(said.split()[1]), said.partition(b"\r\n\r\n")[2]

    def test_is_its_owners_alone(self):
        server = self.serve_two()
        path = self.socket_of(server)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertIn(f'"admin_socket":"{path}"', server.log())
        self.assertEqual(server.stop(), 0)
        self.assertFalse(path.exists())

    def test_turns_other_users_away(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be somebody else")
        path = self.runtime / "admin.sock"
        server = self.serve_two("--admin-socket", path)
        path.chmod(0o666)
        self.runtime.chmod(0o755)
        script = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
                  "s.sendall(b'GET /admin/models HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(100))")
        said = subprocess.run(["/usr/bin/python3", "-c", script, path], text=True, capture_output=True, user=65534,
                              group=65534, timeout=PATIENCE_SECONDS)
        self.assertNotIn("200", said.stdout)
        self.assertIn("it is of another user", server.log())

    def test_speaks_the_admin_dialect_and_nothing_else(self):
        server = self.serve_two("--keys", self.keys_for_nobody())
        path = self.socket_of(server)
        self.assertEqual(self.ask(path, "GET", "/admin/models")[0], 200)
        for method, target in (("GET", "/v2"), ("GET", "/metrics"), ("POST", "/v2/models/add/infer"), ("GET", "/livez")):
            self.assertEqual(self.ask(path, method, target)[0], 404, target)
        self.assertEqual(server.ask("GET", "/admin/models").status, 404)

    def keys_for_nobody(self):
        file = self.folder() / "keys"
        self.assertEqual(self.run_trireme("keys", "add", file, "ops", "--role", "admin", "--model", "*").returncode, 0)
        return file

    def test_refuses_what_is_no_command(self):
        path = self.socket_of(self.serve_two())
        for target, body, status in [("/admin/load", b"", 400), ("/admin/load", b"[]", 400),
                                     ("/admin/load", b'{"model":"add","x":1}', 400),
                                     ("/admin/load", b'{"model":"nobody"}', 404),
                                     ("/admin/label", b'{"model":"add","label":"stable"}', 400),
                                     ("/admin/label", b'{"model":"add","label":"7","version":1}', 400),
                                     ("/admin/load", b'{"model":"' + b"x" * 20000 + b'"}', 413),
                                     ("/admin/other", b"{}", 404)]:
            with self.subTest(target=target, body=body[:40]):
                answered, said = self.ask(path, "POST", target, body)
                self.assertEqual(answered, status, said)
                self.assertNotEqual(json.loads(said)["error"], "")
        self.assertEqual(self.ask(path, "GET", "/admin/load")[0], 405)

    def test_servers_are_found_and_several_are_named(self):
        first = self.serve_two()
        second = self.serve_here(self.models / "good" / "add")
        self.assertNotIn("scalar", self.did())
        self.assertIn("scalar", self.did("--socket", self.socket_of(first)))
        del self.environment["TRIREME_SOCKET"]
        said = self.refused()
        self.assertRegex(said, "^trireme: several servers are running: choose one with --socket: ")
        for server in (first, second):
            self.assertRegex(said, rf" {re.escape(str(self.socket_of(server)))} \(\S*trireme serve ")

    def test_what_a_killed_server_left_is_cleared_away(self):
        killed = self.serve_two()
        left = self.socket_of(killed)
        killed.process.kill()
        killed.process.wait()
        self.assertTrue(left.exists())
        self.assertRegex(self.refused(), r"^trireme: unix:\S+: .*refused")
        self.serve_here(self.models / "good" / "add")
        self.assertFalse(left.exists())
        self.assertIn("add", self.did())

    def test_a_server_without_one_says_so_and_serves(self):
        (self.runtime / "trireme").mkdir(mode=0o755)
        (self.runtime / "trireme").chmod(0o755)
        server = self.serve_two()
        self.assertRegex(server.log(), "there is no admin socket.*open to others")
        self.assert_adds_one(server.infer("add", ones()))

    def test_a_path_that_was_given_must_be_had(self):
        result = self.run_trireme("serve", self.models / "good" / "add", "--admin-socket", "/nowhere/a.sock",
                                  "--http-port", 0, "--grpc-port", 0, "--metrics-port", 0)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "--admin-socket: cannot listen on unix:/nowhere/a.sock")

    def test_it_can_be_off(self):
        server = self.serve_two("--admin-socket", "off")
        self.assertIn('"admin_socket":""', server.log())
        self.assertFalse((self.runtime / "trireme").exists())


class Probes(ModelsTest):
    def test_say_ok(self):
        server = self.serve_two()
        for path in ("/livez", "/readyz", "/startupz"):
            answer = server.ask("GET", path)
            self.assertEqual((answer.status, answer.body), (200, b"ok\n"), path)
            with Connection(server.metrics_port) as connection:
                self.assertEqual(connection.ask("GET", path).status, 200)

    def test_say_which_required_model_is_missing(self):
        server = self.serve_here(self.models / "good" / "add", "--required-models", "add,nobody")
        for path in ("/readyz", "/startupz", "/v2/health/ready"):
            answer = server.ask("GET", path)
            self.assertEqual(answer.status, 503, path)
            self.assertIn(b"nobody", answer.body)
        self.assertRegex(server.log(), r"""not ready","reason":"model 'nobody', which is required, does not serve""")
        self.assertEqual(server.ask("GET", "/livez").status, 200)
        self.assertEqual(server.ask("GET", "/v2/health/live").status, 200)
        self.assert_adds_one(server.infer("add", ones()))

    def test_do_not_name_models_to_those_without_a_key(self):
        keys = self.folder() / "keys"
        self.run_trireme("keys", "add", keys, "ops", "--role", "admin", "--model", "*")
        server = self.serve_here(self.models / "good" / "add", "--required-models", "nobody", "--keys", keys)
        for path in ("/readyz", "/startupz", "/v2/health/ready"):
            answer = server.ask("GET", path)
            self.assertEqual(answer.status, 503, path)
            self.assertNotIn(b"nobody", answer.body)

    def test_a_server_that_stops_is_started_and_not_ready(self):
        server = self.serve_two("--drain-delay", "60s")
        self.assertEqual(server.ask("GET", "/startupz").status, 200)
        server.terminate()
        wait_until(lambda: server.ask("GET", "/readyz").status == 503, "readiness is withdrawn")
        self.assertIn(b"shutting down", server.ask("GET", "/readyz").body)
        self.assertEqual(server.ask("GET", "/startupz").status, 200)
        self.assertEqual(server.ask("GET", "/livez").status, 200)


class Elsewhere(ModelsTest):
    def test_index_and_metrics_say_where_a_version_came_from(self):
        server = self.serve_two()
        wait_until(lambda: "digest" in self.listed("add")["provenance"], "the digest is known")
        digest = self.listed("add")["provenance"]["digest"]
        entry = next(entry for entry in server.ask("POST", "/v2/repository/index").json() if entry["name"] == "add")
        self.assertEqual(entry["digest"], digest)
        self.assertLessEqual({"since", "source", "loaded_at", "load_seconds", "memory_bytes"}, set(entry))
        metrics = server.metrics()
        self.assertEqual(metrics[f'trireme_model_info{{model="add",version="1",digest="{digest}"}}'], 1)
        self.assertEqual(metrics['trireme_model_memory_bytes{model="add",version="1",device="cpu"}'],
                         entry["memory_bytes"])
        self.assertGreater(metrics['trireme_memory_budget_bytes{device="cpu"}'],
                           metrics['trireme_memory_used_bytes{device="cpu"}'])
        self.assertIn('trireme_memory_other_bytes{device="cpu"}', metrics)
        self.assertGreater(metrics['trireme_model_loaded_timestamp_seconds{model="add",version="1"}'], 1.7e9)
        self.assertNotRegex(" ".join(metrics), re.escape(str(self.models)))
