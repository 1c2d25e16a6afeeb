# SPDX-License-Identifier: Apache-2.0
"""`trireme predict`: every row of a file through a model, once and in order, whatever happens to the process."""
import json
import os
import resource
import signal
import subprocess
import time
import unittest

import numpy
from PIL import Image

import tiny_onnx
from serving import ServingTest

# Enough for several milestones (a quarter of a million rows each).
MANY = 1_200_000


class PredictTest(ServingTest):
    def setUp(self):
        self.root = self.folder()
        if not (self.program.parent / "libtrireme_duckdb.so").exists():
            self.skipTest("built without DuckDB")

    def model(self, name):
        return self.models / "good" / name

    def write(self, name, text):
        path = self.root / name
        path.write_bytes(text.encode())
        return path

    def predict(self, *arguments, code=0, **how):
        result = self.run_trireme("predict", *arguments, **how)
        self.assertEqual(result.returncode, code, result.stderr + result.stdout)
        return result

    def partial(self, output):
        return output.with_name(output.name + ".partial")


class Tables(PredictTest):
    """Which columns go where, and what is written."""

    def test_the_input_is_not_written_over(self):
        rows = self.write("rows.csv", "x,y\n1,2\n")
        result = self.predict(self.model("identity_fp32"), rows, "-o", rows, "--force", code=1)
        self.assertIn("--output: expected another file than the input", result.stderr)
        self.assertEqual(rows.read_text(), "x,y\n1,2\n")

    def test_a_column_that_goes_in_and_is_kept(self):
        rows = self.write("rows.csv", "x,y,note\n1,2.50,a\n3,4,b\n")
        for ending in ("csv", "jsonl", "parquet"):
            for on_error in ("fail", "skip"):
                output = self.root / f"{on_error}.{ending}"
                self.predict(self.model("identity_fp32"), rows, "-o", output, "--columns", "x,y", "--keep", "y",
                             "--on-error", on_error)
                if ending == "csv":
                    self.assertEqual([line.split(",")[0] for line in output.read_text().splitlines()], ["y", "2.50", "4"])
        bad = self.write("bad.csv", "x,y\n1,2\n3,abc\n")
        result = self.predict(self.model("identity_fp32"), bad, "-o", self.root / "bad_out.csv", "--columns", "x,y", "--keep", "y",
                              code=1)
        self.assertIn("column \"y\": expected FP32, found 'abc'", result.stderr)

    def test_columns_in_their_order_and_one_that_is_kept(self):
        rows = self.write("rows.csv", "id,x,y\n007,1.5,2\n008,-3,4\n")
        output = self.root / "scores.csv"
        result = self.predict(self.model("identity_fp32"), rows, "-o", output, "--keep", "id")
        self.assertEqual(output.read_text(), "id,OUTPUT0_0,OUTPUT0_1\n007,1.5,2.0\n008,-3.0,4.0\n")
        self.assertIn(f"{output}: 2 rows in ", result.stdout)
        self.assertFalse(self.partial(output).exists())

    def test_columns_are_chosen_or_left_out(self):
        rows = self.write("rows.csv", "x,y,z\n1,2,3\n")
        for flags, expected in [(["--columns", "z,x"], "3.0,1.0"), (["--exclude", "y"], "1.0,3.0"),
                                (["--columns", "y", "--columns", "y"], "2.0,2.0")]:
            with self.subTest(flags):
                output = self.root / "chosen.csv"
                self.predict(self.model("identity_fp32"), rows, "-o", output, "--force", *flags)
                self.assertEqual(output.read_text().splitlines()[1], expected)

    def test_several_inputs_by_the_names_of_the_columns(self):
        names = [f"INPUT{k}_{i}" for k in (1, 0) for i in range(16)]
        rows = self.write("rows.csv", ",".join(names) + "\n" + ",".join(str(i) for i in range(32)) + "\n")
        output = self.root / "sums.jsonl"
        self.predict(self.model("add_sub"), rows, "-o", output, "--output-columns", "OUTPUT1,OUTPUT0_2")
        row = json.loads(output.read_text())
        self.assertEqual(list(row), ["OUTPUT0_2", *(f"OUTPUT1_{i}" for i in range(16))])
        self.assertEqual((row["OUTPUT0_2"], row["OUTPUT1_0"]), (20, 16))

    def test_whole_numbers_stay_whole(self):
        rows = self.write("rows.csv", "x\n9007199254740993\n-5\n")
        output = self.root / "out.csv"
        self.predict(self.model("identity_int64"), rows, "-o", output)
        self.assertEqual(output.read_text().splitlines()[1:], ["9007199254740993", "-5"])
        bad = self.write("bad.csv", "x\n1\n1.5\n")
        result = self.predict(self.model("identity_int64"), bad, "-o", output, "--force", code=1)
        self.assertIn("row 2: column \"x\": expected INT64, found '1.5'", result.stderr)

    def test_text_goes_into_a_model_of_text(self):
        rows = self.write("rows.csv", 'x\n"a, b"\né\n')
        output = self.root / "out.jsonl"
        self.predict(self.model("identity_bytes"), rows, "-o", output)
        self.assertEqual([json.loads(line)["OUTPUT0"] for line in output.read_text().splitlines()], ["a, b", "é"])

    def test_formats_lead_into_one_another(self):
        rows = self.write("rows.csv", "x,y\n1,2\n3,4\n5,6\n")
        model = self.model("identity_fp32")
        before = rows
        for name in ["a.parquet", "b.jsonl", "c.csv.gz", "d.parquet", "e.csv"]:
            output = self.root / name
            self.predict(model, before, "-o", output)
            before = output
        self.assertEqual(before.read_text(), "OUTPUT0_0,OUTPUT0_1\n1.0,2.0\n3.0,4.0\n5.0,6.0\n")

    def test_a_pattern_and_a_query(self):
        self.write("day-1.csv", "x,y\n1,2\n")
        self.write("day-2.csv", "x,y\n3,4\n")
        output = self.root / "out.csv"
        model = self.model("identity_fp32")
        self.predict(model, self.root / "day-*.csv", "-o", output)
        self.assertEqual(output.read_text().splitlines()[1:], ["1.0,2.0", "3.0,4.0"])
        query = f"select y from '{self.root}/day-*.csv' where x > 1 order by y;"
        self.predict(model, "--query", query, "-o", output, "--force")
        self.assertEqual(output.read_text(), "OUTPUT0\n4.0\n")

    def test_limit_batch_threads_and_header(self):
        rows = self.write("rows.csv", "".join(f"{i},{i}\n" for i in range(100)))
        output = self.root / "out.csv"
        result = self.predict(self.model("identity_fp32"), rows, "-o", output, "--limit", "7", "--batch", "2",
                              "--threads", "1", "--header", "no", "--json")
        self.assertEqual(len(output.read_text().splitlines()), 8)
        summary = json.loads(result.stdout)
        self.assertEqual((summary["rows_read"], summary["rows_written"], summary["skipped_count"]), (7, 7, 0))

    def test_a_table_without_rows(self):
        rows = self.write("rows.csv", "x,y\n")
        output = self.root / "out.csv"
        self.predict(self.model("tree"), rows, "-o", output)
        self.assertEqual(output.read_text(), "OUTPUT0\n")

    def test_a_table_of_which_no_row_can_be_scored(self):
        # As many as are settled at once: nothing is left to settle at the end.
        rows = self.write("rows.csv", "x,y\n" + "1e300,1\n" * (1 << 18))
        for name, expected in [("out.csv", b"OUTPUT0\n"), ("out.jsonl", b""), ("out.parquet", None)]:
            with self.subTest(name):
                output = self.root / name
                result = self.predict(self.model("tree"), rows, "-o", output, "--on-error", "skip")
                self.assertIn("262,144 passed over", result.stdout)
                if expected is not None:
                    self.assertEqual(output.read_bytes(), expected)
                    continue
                back = self.root / "back.csv"
                self.predict(self.model("identity_fp32"), "--query", f"select * from '{output}'", "-o", back)
                self.assertEqual(back.read_text(), "OUTPUT0\n")


class BadInput(PredictTest):
    BAD = 'x,y,id\n1,2,a\nabc,1,b\n3,,c\n4,5\n6,7,8,9\n"8","9",d\n'

    def test_the_first_bad_line_is_named(self):
        for text, problem in [("x,y\n1,2\n3,abc\n", "line 3: column \"y\": expected a number, found 'abc'"),
                              ("x,y\r\n1,2\r\n,4\r\n", "line 3: column \"x\": expected a number, found nothing"),
                              ("x,y\n1,2\n3,\n", "line 3: column \"y\": expected a number, found nothing"),
                              ("x,y\n1,2\n3\n", "line 3: expected 2 columns, found 1"),
                              ("x,y\n1,2\n3,4,5\n", "line 3: expected 2 columns, found 3"),
                              ("x,y\n1,2\n3,1e300\n", "row 2: column \"y\": expected FP32, found '1e+300'")]:
            with self.subTest(text):
                output = self.root / "out.csv"
                result = self.predict(self.model("tree"), self.write("bad.csv", text), "-o", output, "--missing", "fail",
                                      code=1)
                self.assertIn(problem, result.stderr)
                self.assertEqual(sorted(path.name for path in self.root.iterdir()), ["bad.csv"])

    def test_bad_lines_are_passed_over_and_counted(self):
        output = self.root / "out.csv"
        flags = ["-o", output, "--columns", "x,y", "--keep", "id", "--on-error", "skip", "--force"]
        rows = self.write("bad.csv", self.BAD)
        result = self.predict(self.model("identity_fp32"), rows, *flags)
        self.assertEqual(output.read_text(), "id,OUTPUT0_0,OUTPUT0_1\na,1.0,2.0\nd,8.0,9.0\n")
        self.assertIn("4 passed over:\n", result.stdout)
        self.assertIn(f"{rows} line 3: column \"x\": expected a number, found 'abc'", result.stdout)
        summary = json.loads(self.predict(self.model("identity_fp32"), rows, *flags, "--json").stdout)
        self.assertEqual(summary["skipped_count"], 4)
        self.assertEqual([bad["place"] for bad in summary["skipped"]], [f"{rows} line {i}" for i in (3, 4, 5, 6)])

    def test_a_quote_that_does_not_end_loses_no_row_in_silence(self):
        rows = self.write("rows.csv", 'x,y\n1,2\n"3,4\n5,6\n7,8\n')
        output = self.root / "out.csv"
        for on_error in ("fail", "skip"):
            result = self.predict(self.model("tree"), rows, "-o", output, "--on-error", on_error, code=1)
            self.assertIn(f"{rows} line 3: a quoted value that does not end", result.stderr)
            self.assertFalse(output.exists())

    def test_a_blank_may_be_no_number(self):
        output = self.root / "out.csv"
        rows = self.write("rows.csv", "x,y\n1,\n,4\n")
        self.predict(self.model("identity_fp32"), rows, "-o", output, "--missing", "nan")
        self.assertEqual(output.read_text().splitlines()[1:], ["1.0,nan", "nan,4.0"])

    def test_what_is_missing_is_nothing_wrong_for_trees(self):
        output = self.root / "out.csv"
        rows = self.write("rows.csv", "x,y\n1,\n,4\n")
        self.predict(self.model("tree"), rows, "-o", output)
        self.assertEqual(len(output.read_text().splitlines()), 3)

    def test_rows_of_json_are_named(self):
        rows = self.write("rows.jsonl", '{"x":1,"y":2}\n{"x":"abc","y":1}\n{"y":2}\n')
        output = self.root / "out.jsonl"
        result = self.predict(self.model("tree"), rows, "-o", output, code=1)
        self.assertIn("row 2: column \"x\": expected FP32, found 'abc'", result.stderr)
        result = self.predict(self.model("tree"), rows, "-o", output, "--on-error", "skip", "--missing", "fail")
        self.assertIn("2 passed over", result.stdout)
        self.assertIn("row 3: column \"x\": expected FP32, found nothing", result.stdout)

    def test_lines_that_are_no_json_become_no_rows(self):
        lines = ['{"x":1,"y":2}', "garbage", '{"x":1,"y":', "{}", '{"x":null,"y":3}', '{"z":4}', '{"x":4,"y":5}', '{"x":6,']
        rows = self.write("rows.jsonl", "\n".join(lines))
        for model, flags, bad in [("tree", [], [2, 3, 4, 6, 8]), ("tree", ["--keep", "x"], [2, 3, 4, 6, 8]),
                                  ("identity_fp32", [], [2, 3, 4, 5, 6, 8])]:
            with self.subTest(model=model, flags=flags):
                output = self.root / "out.jsonl"
                result = self.predict(self.model(model), rows, "-o", output, "--on-error", "skip", "--columns", "x,y",
                                      *flags, "--force", "--json")
                summary = json.loads(result.stdout)
                self.assertEqual([row["place"] for row in summary["skipped"]], [f"row {i}" for i in bad])
                self.assertEqual(summary["skipped"][0]["problem"],
                                 "expected a JSON object with columns of the table, found none")
                self.assertEqual(len(output.read_text().splitlines()), 8 - len(bad))
        rows = self.write("rows.jsonl", '{"x":1,"y":2}\n[1,2]\n')
        result = self.predict(self.model("tree"), rows, "-o", output, "--on-error", "skip", "--force", code=1)
        self.assertIn("expected a JSON object on each line", result.stderr)

    def test_a_line_of_brackets_is_named(self):
        deep = "[" * 200000 + "]" * 200000
        rows = self.write("rows.jsonl", '{"x":1,"y":2}\n' + f'{{"x":{deep},"y":2}}\n')
        for skip in ([], ["--on-error", "skip"]):
            result = self.predict(self.model("tree"), rows, "-o", self.root / "out.jsonl", *skip, code=1)
            self.assertIn("rows.jsonl line 2: expected JSON of at most 1000 levels", result.stderr)

    def test_rows_that_the_model_refuses_are_found(self):
        # The model looks up indexes, of which there are few.
        rows = self.write("rows.csv", "x\n0\n1\n999\n2\n")
        output = self.root / "out.csv"
        result = self.predict(self.model("gather"), rows, "-o", output, code=1)
        self.assertIn("row 3: ", result.stderr)
        result = self.predict(self.model("gather"), rows, "-o", output, "--on-error", "skip")
        self.assertIn("1 passed over:\n  row 3: ", result.stdout)
        self.assertEqual(output.read_text().splitlines()[1:], ["0.0,0.0", "1.0,10.0", "2.0,20.0"])

    def test_wishes_that_cannot_be_granted(self):
        rows = self.write("rows.csv", "first,second,third\n1,2,3\n")
        there = self.write("there.csv", "")
        output = self.root / "out.csv"
        tree = self.model("tree")
        for arguments, problem in [
                ([tree, rows, "-o", output], "the model takes 2 columns, the table has 3: \"first\", \"second\", \"third\""),
                ([tree, rows, "-o", output, "--columns", "first,secnd"], "no column \"secnd\"; did you mean \"second\"?"),
                ([tree, rows, "-o", output, "--exclude", "fourth"], "--exclude: there is no column \"fourth\""),
                ([tree, rows, "-o", output, "--keep", "fourth"], "--keep: there is no column \"fourth\""),
                ([tree, rows, "-o", output, "--exclude", "third", "--output-columns", "OUTPUT"], "did you mean \"OUTPUT0\"?"),
                ([tree, rows, "-o", there, "--exclude", "third"], "is there already; --force writes over it"),
                ([tree, rows, "-o", self.root / "no" / "out.csv"], "found no folder"),
                ([tree, self.root / "no.csv", "-o", output], "there is no file"),
                ([tree, self.root, "-o", output], "the model takes no pictures"),
                ([self.root / "no.onnx", rows, "-o", output], "found nothing"),
                ([self.models / "good", rows, "-o", output], "expected one model, found several"),
                ([tree, "--query", "selct 1", "-o", output], "syntax error"),
                ([tree, "--query", "select * from 'http://127.0.0.1:1/x.parquet'", "-o", output], "this machine alone"),
                ([self.models / "decoupled" / "repeat", rows, "-o", output], "any number of responses")]:
            with self.subTest(problem):
                result = self.predict(*arguments, code=1)
                self.assertIn(problem, result.stderr)
                self.assertFalse(self.partial(output).exists())
        for arguments, problem in [([tree, rows], "expected a model, an input and a file to write"),
                                   ([tree, rows, "-o", "out.xlsx"], "found 'out.xlsx'"),
                                   ([tree, rows, "--query", "select 1", "-o", output], "found both"),
                                   ([tree, rows, "-o", output, "--batch", "0"], "--batch: expected a whole number from 1"),
                                   ([tree, rows, "-o", output, "--on-error", "maybe"], "expected fail|skip")]:
            with self.subTest(problem):
                self.assertIn(problem, self.predict(*arguments, code=2).stderr)


class Arrays(PredictTest):
    def test_an_array_in_and_out(self):
        values = numpy.random.default_rng(3).standard_normal((5000, 6)).astype(numpy.float32)
        numpy.save(self.root / "x.npy", values)
        output = self.root / "y.npy"
        self.predict(self.model("identity_fp32"), self.root / "x.npy", "-o", output)
        numpy.testing.assert_array_equal(numpy.load(output), values)

    def test_arrays_that_are_no_input_of_the_model(self):
        for array, problem in [(numpy.zeros((3, 5), numpy.float32), "expected an array of shape [-1,2]"),
                               (numpy.zeros((3, 2), complex), "x.npy")]:
            numpy.save(self.root / "x.npy", array)
            result = self.predict(self.model("tree"), self.root / "x.npy", "-o", self.root / "y.npy", code=1)
            self.assertIn(problem, result.stderr)
        (self.root / "x.npy").write_bytes((self.root / "x.npy").read_bytes()[:-4])
        self.predict(self.model("tree"), self.root / "x.npy", "-o", self.root / "y.npy", code=1)


class Pictures(PredictTest):
    """A folder of pictures, of a model that takes them."""

    def setUp(self):
        super().setUp()
        store = self.folder()
        (store / "colours" / "1").mkdir(parents=True)
        (store / "colours" / "1" / "model.onnx").write_bytes(tiny_onnx.channel_means())
        (store / "colours" / "labels.txt").write_text("\n".join(tiny_onnx.CLASSES))
        (store / "colours" / "trireme.yaml").write_text("transform:\n  image: {normalise: zero_to_one}\n"
                                                        "  classes: {top: 1, labels: labels.txt}\n")
        self.colours = store / "colours"
        self.photos = self.root / "photos"
        (self.photos / "more").mkdir(parents=True)
        for name, colour in [("b.png", (255, 0, 0)), ("a.jpg", (0, 0, 255)), ("more/c.webp", (0, 255, 0))]:
            Image.new("RGB", (300, 260), colour).save(self.photos / name)
        (self.photos / "notes.txt").write_text("no picture")

    def test_classes_by_file(self):
        output = self.root / "classes.jsonl"
        self.predict(self.colours, self.photos, "-o", output)
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        self.assertEqual([row["file"] for row in rows], ["a.jpg", "b.png", "more/c.webp"])
        self.assertEqual([next(iter(json.loads(row["classes"]))) for row in rows], ["blue", "red", "green"])

    def test_scores_as_an_array(self):
        output = self.root / "scores.npy"
        self.predict(self.colours, self.photos, "-o", output, "--output-columns", "scores")
        scores = numpy.load(output)
        self.assertEqual(scores.shape, (3, 3))
        self.assertEqual(list(scores.argmax(axis=1)), [2, 0, 1])

    def test_a_file_that_is_no_picture(self):
        (self.photos / "b.png").write_bytes(b"no picture")
        output = self.root / "classes.jsonl"
        result = self.predict(self.colours, self.photos, "-o", output, code=1)
        self.assertIn("b.png", result.stderr)
        result = self.predict(self.colours, self.photos, "-o", output, "--on-error", "skip")
        self.assertIn("1 passed over:\n  b.png: ", result.stdout)
        self.assertEqual(len(output.read_text().splitlines()), 2)

    def test_columns_mean_nothing(self):
        result = self.predict(self.colours, self.photos, "-o", self.root / "x.jsonl", "--keep", "id", code=1)
        self.assertIn("--keep: expected a table, found a folder", result.stderr)


class Interrupted(PredictTest):
    """Rows are neither lost nor doubled."""

    def setUp(self):
        super().setUp()
        lines = "".join(f"{i},{i % 9973}.5,{i % 89}\n" for i in range(MANY))
        self.rows = self.write("rows.csv", "id,x,y\n" + lines)
        self.whole = self.root / "whole.csv"
        self.predict(*self.arguments(self.whole))
        self.assertEqual(self.whole.read_bytes().count(b"\n"), MANY + 1)

    def arguments(self, output):
        return [self.model("identity_fp32"), self.rows, "-o", output, "--keep", "id"]

    def start(self, output, **how):
        return subprocess.Popen([self.program, "predict", *map(str, self.arguments(output))], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)

    def wait_for_milestone(self, process, output, count):
        """Until the journal has so many milestones; False if the process ended before."""
        journal = self.partial(output) / "journal"
        while process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") > count:
                return True
            time.sleep(0.001)
        return False

    def test_a_killed_run_goes_on(self):
        output = self.root / "out.csv"
        kills = 0
        for milestones in (1, 2, 3):
            with self.start(output) as process:
                if self.wait_for_milestone(process, output, milestones):
                    process.kill()
                    kills += 1
                process.communicate()
            if output.exists():
                break
            # What was being written is torn.
            with (self.partial(output) / "lines").open("ab") as torn:
                torn.write(b"half a li")
            with (self.partial(output) / "journal").open("ab") as torn:
                torn.write(b'{"rows_read":9')
        self.assertGreater(kills, 0)
        if not output.exists():
            result = self.predict(*self.arguments(output))
            self.assertIn("goes on behind row", result.stderr)
        self.assertEqual(output.read_bytes(), self.whole.read_bytes())
        self.assertFalse(self.partial(output).exists())

    def test_an_interrupted_run_says_how_to_go_on(self):
        output = self.root / "out.csv"
        with self.start(output) as process:
            self.assertTrue(self.wait_for_milestone(process, output, 1))
            process.send_signal(signal.SIGSTOP)
            other = self.predict(*self.arguments(output), code=1)
            self.assertIn("another process", other.stderr)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGCONT)
            _, problems = process.communicate()
        self.assertEqual(process.returncode, 130, problems)
        self.assertIn("the same command goes on from there", problems)
        self.assertFalse(output.exists())
        self.predict(*self.arguments(output))
        self.assertEqual(output.read_bytes(), self.whole.read_bytes())

    @staticmethod
    def cpu_seconds(process):
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
            behind_name = stat.read().rsplit(")", 1)[1].split()
        return (int(behind_name[11]) + int(behind_name[12])) / os.sysconf("SC_CLK_TCK")

    def test_a_query_that_gives_no_rows_can_be_ended(self):
        endless = "WITH RECURSIVE t AS (SELECT 1 x UNION ALL SELECT x + 1 FROM t) SELECT x, x AS y FROM t ORDER BY x"
        output = self.root / "out.csv"
        command = [self.program, "predict", str(self.model("identity_fp32")), "--query", endless, "-o", str(output)]
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while self.cpu_seconds(process) < 1 and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGTERM)
            _, problems = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, problems)
        self.assertIn("interrupted", problems)

    def test_a_full_disk_loses_nothing(self):
        output = self.root / "out.csv"

        def little_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (12 << 20, 12 << 20))

        with self.start(output, preexec_fn=little_room) as process:
            _, problems = process.communicate()
        self.assertEqual(process.returncode, 1, problems)
        self.assertIn("File too large", problems)
        self.assertIn("the same command goes on there", problems)
        self.assertFalse(output.exists())
        self.predict(*self.arguments(output))
        self.assertEqual(output.read_bytes(), self.whole.read_bytes())

    def test_what_is_left_is_not_taken_for_another_run(self):
        output = self.root / "out.csv"
        with self.start(output) as process:
            self.assertTrue(self.wait_for_milestone(process, output, 1))
            process.kill()
            process.communicate()
        result = self.predict(*self.arguments(output), "--exclude", "y", code=1)
        self.assertIn("--exclude was '', is 'y'", result.stderr)
        # Another first row: what was scored is not what would be.
        changed = self.rows.read_bytes().replace(b"\n0,0.5,", b"\n0,1.5,", 1)
        self.rows.write_bytes(changed)
        result = self.predict(*self.arguments(output), code=1)
        self.assertIn("are not those that were scored before", result.stderr)
        self.predict(*self.arguments(output), "--restart")
        self.assertEqual(output.read_bytes().count(b"\n"), MANY + 1)

    def test_parts_of_parquet_become_one_file(self):
        output = self.root / "out.parquet"
        with self.start(output) as process:
            self.assertTrue(self.wait_for_milestone(process, output, 2))
            process.kill()
            process.communicate()
        self.predict(*self.arguments(output))
        back = self.root / "back.csv"
        self.predict(self.model("identity_fp32"), output, "-o", back, "--keep", "id", "--exclude", "none", code=1)
        self.predict(self.model("identity_fp32"), output, "-o", back, "--keep", "id")
        self.assertEqual(back.read_bytes(), self.whole.read_bytes())


if __name__ == "__main__":
    unittest.main()
