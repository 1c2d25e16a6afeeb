# SPDX-License-Identifier: Apache-2.0
"""How long the first photos take, and those after them: a TorchScript classifier behind the server, each time started
anew, against the same in one Python process, without a server (bare_handler.py)."""
import http.client
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from harness import Failed, Server, markdown, number, run_json, say
from photos import photo
from torch_rows import making

MODEL = "resnet50"
REQUESTS = 60
SHOWN = (1, 2, 3, 4, 5, 10, 20)
ROUNDS = 3
# Of pictures that the model takes as they are: it may have any size.
OTHERS = [(320, 240), (400, 300), (352, 288), (300, 400), (384, 256), (256, 256), (448, 336), (280, 420)]
CASES = {
    "one photo": ("sized", [(500, 375)]),
    "varied photos of one size": ("sized", [(500, 375)] * 8),
    "varied sizes, made the same": ("sized", OTHERS),
    "one size, as it is": ("as-they-are", [(320, 240)] * 8),
    "varied sizes, as they are": ("as-they-are", OTHERS),
}
TRANSFORMS = {"sized": "{resize: 256, crop: 224, normalise: imagenet}",
              "as-they-are": "{resize: none, crop: none, normalise: imagenet, decode: full}"}
CONFIG = """backend: "pytorch"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
output [ { name: "scores" data_type: TYPE_FP32 dims: [ 1000 ] } ]
"""


def photos_of(setup, case):
    paths = []
    for number_, (width, height) in enumerate(CASES[case][1]):
        path = setup.scratch / f"{width}x{height}-{number_}.jpg"
        path.write_bytes(photo(width, height, seed=number_))
        paths.append(path)
    return [paths[turn % len(paths)] for turn in range(REQUESTS // 4 if setup.quick else REQUESTS)]


def make_repository(setup, model, how):
    folder = setup.scratch / f"first-{how}" / MODEL
    if not folder.exists():
        (folder / "1").mkdir(parents=True)
        shutil.copy(model, folder / "1/model.pt")
        (folder / "config.pbtxt").write_text(CONFIG)
        (folder / "trireme.yaml").write_text(f"transform:\n  image: {TRANSFORMS[how]}\n  classes: {{top: 5}}\n")
    return folder.parent


def ask(connection, body):
    began = time.perf_counter()
    connection.request("POST", "/invocations", body, {"Content-Type": "image/jpeg"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise Failed(f"a photo was answered with {answer.status}: {text[:300]!r}")
    return (time.perf_counter() - began) * 1000


def server_round(setup, repository, photos):
    # The one who asks waits for each answer: all processors are for one run, as in the Python process.
    with Server(setup, [repository], "--instances", "1", "--threads", str(os.cpu_count())) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        return server.ready_s * 1000, [ask(connection, path.read_bytes()) for path in photos]


def bare_round(model, how, photos):
    command = [sys.executable, str(Path(__file__).with_name("bare_handler.py")), str(model), how, *map(str, photos)]
    report = run_json(command, timeout_s=180)
    return report["load_ms"], report["ms"]


def row(who, rounds):
    """Of each request the median over the rounds; at the end that of those of the second half."""
    each = [statistics.median(times) for times in zip(*(times for _, times in rounds))]
    cells = [number(each[turn - 1]) if turn <= len(each) else "" for turn in SHOWN]
    return (who, number(statistics.median(ready for ready, _ in rounds)), *cells, number(statistics.median(each[len(each) // 2:])))


def run(setup):
    model = making(setup, "make_torchscript", MODEL)
    for case, (how, _) in CASES.items():
        photos = photos_of(setup, case)
        repository = make_repository(setup, model, how)
        rounds = {"server": [], "Python process": []}
        for turn in range(1 if setup.quick else ROUNDS):
            say(f"{case}, round {turn + 1}")
            rounds["server"].append(server_round(setup, repository, photos))
            rounds["Python process"].append(bare_round(model, how, photos))
        yield markdown(f"{MODEL}, {case}: milliseconds of the first photos after ready",
                       ("", "ready after", *map(str, SHOWN), f"{REQUESTS // 2} and later"),
                       [row(who, values) for who, values in rounds.items()])
