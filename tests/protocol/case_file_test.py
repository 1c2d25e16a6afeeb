#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A case means what the README says, and the comparison can fail."""
import gzip
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from case_file import BadCase, load_json, parse_case, problems, same  # noqa: E402
from raw_http import Answer  # noqa: E402

JSON = ("Content-Type", "application/json")


def expected(text):
    return parse_case("GET /\n---\n" + text).expected


class Requests(unittest.TestCase):
    def request(self, text):
        return parse_case(text + "\n---\n200\nempty\n").request

    def test_host_and_length_are_added(self):
        self.assertEqual(self.request("GET /v2"), b"GET /v2 HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual(self.request("POST /p\n\n{}"),
                         b"POST /p HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}")

    def test_host_and_length_are_left_alone_where_the_file_speaks_of_them(self):
        self.assertEqual(self.request("POST /p\nContent-Length: 9\n!Host\n\n{}"),
                         b"POST /p HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}")
        self.assertEqual(self.request("POST /p\n!Content-Length"), b"POST /p HTTP/1.1\r\nHost: test\r\n\r\n")

    def test_expressions_follow_the_text_and_headers_count_it(self):
        self.assertEqual(
            self.request('# why\nPOST /p\nA: @ json_bytes\nB: @ body_bytes\n\n{\n}\n@ struct.pack("<H", 1)\n@ "é"'),
            b"POST /p HTTP/1.1\r\nHost: test\r\nA: 3\r\nB: 7\r\nContent-Length: 7\r\n\r\n{\n}\x01\x00\xc3\xa9")

    def test_raw_is_sent_as_it_is(self):
        self.assertEqual(self.request('raw\n@ b"\\x00\\r"\n@ "x"'), b"\x00\rx")

    def test_a_body_may_be_compressed_as_a_whole(self):
        request = self.request("POST /p\nA: @ json_bytes\n> gzip\nB: @ body_bytes\n\n{}\n@ 'xyz'")
        head, body = request.split(b"\r\n\r\n", 1)
        self.assertEqual(gzip.decompress(body), b"{}xyz")
        self.assertEqual(head, b"POST /p HTTP/1.1\r\nHost: test\r\nA: 2\r\nContent-Encoding: gzip\r\n"
                         b"B: %d\r\nContent-Length: %d" % (len(body), len(body)))

    def test_what_is_no_case_is_refused(self):
        for text in ["GET /\n200\nempty", "GET\n---\n200\nempty", "GET / HTTP/1.1\n---\n200\nempty",
                     "GET /\n---\n200\n", "POST /\n> br\n\nx\n---\n200\nempty", "GET /\nno header\n---\n200\nempty", "GET /\n---\n200\nnonsense"]:
            with self.subTest(text=text), self.assertRaises(BadCase):
                parse_case(text)


class Answers(unittest.TestCase):
    def assert_as_expected(self, text, answer):
        self.assertEqual(problems(expected(text), answer), [])

    def assert_wrong(self, text, answer):
        self.assertNotEqual(problems(expected(text), answer), [])

    def test_a_compressed_body_is_compared_as_it_was(self):
        coded = ("Content-Encoding", "gzip")
        self.assert_as_expected("200\nContent-Encoding: gzip\n{}", Answer(200, [JSON, coded], gzip.compress(b"{}")))
        self.assert_wrong("200\n{}", Answer(200, [JSON, coded], b"{}"))
        self.assert_wrong("200\n{}", Answer(200, [JSON, ("Content-Encoding", "br")], b"{}"))

    def test_status(self):
        self.assert_as_expected("200\nempty", Answer(200))
        self.assert_wrong("200\nempty", Answer(201))
        self.assert_wrong("200\nempty", Answer(200, [], b"x"))

    def test_headers(self):
        answer = Answer(200, [("A", "b1")])
        self.assert_as_expected("200\nA: b\\d\n!C\nempty", answer)
        for header in ("A: b", "B: .*", "!A"):
            self.assert_wrong(f"200\n{header}\nempty", answer)

    def test_errors(self):
        answer = Answer(400, [JSON], b'{"error":"no \\"x\\""}')
        self.assert_as_expected('400\nerror ~ ^no "x"$', answer)
        self.assert_wrong("400\nerror ~ y", answer)
        for body in (b"", b"no", b'{"error":1}', b'{"error":"no","more":1}', b'["error"]'):
            self.assert_wrong("400\nerror ~ .*", Answer(400, [JSON], body))
        self.assert_wrong("400\nerror ~ no", Answer(400, [], answer.body))

    def test_documents(self):
        self.assert_as_expected('200\n{"a":[1,0.1],\n "b":NaN}', Answer(200, [], b'{"b":NaN,"a":[1,0.1]}'))
        for body in (b'{"a":1}', b'{"a":2.0000000000000004}', b'{"a":true}', b'{"a":"2"}', b'{"a":2,"b":2}',
                     b'{"a":1,"a":2}', b'{"a":2} ?', b""):
            self.assert_wrong('200\n{"a":2}', Answer(200, [], body))

    def test_tensors_lie_behind_the_document(self):
        text = '200\n{"a":1}\n@ struct.pack("<f", 1)'
        length = ("Inference-Header-Content-Length", "7")
        body = b'{"a":1}' + struct.pack("<f", 1)
        self.assert_as_expected(text, Answer(200, [length], body))
        self.assert_wrong(text, Answer(200, [], body))
        self.assert_wrong(text, Answer(200, [length], body + b"x"))
        self.assert_wrong(text, Answer(200, [length], body[:-1]))
        self.assert_wrong('200\n{"a":1}', Answer(200, [length], body[:7]))

    def test_numbers_are_compared_exactly(self):
        self.assertTrue(same(load_json("[1, -0, NaN, 18446744073709551615]"),
                             load_json("[1.0, -0.0, NaN, 18446744073709551615]")))
        for left, right in [("0", "-0"), ("18446744073709551615", "18446744073709551614"), ("1", "true"),
                            ("NaN", "null"), ("0.1", "0.10000000149011612"), ("[1]", "[1,1]"), ("Infinity", "1e308")]:
            self.assertFalse(same(load_json(left), load_json(right)), (left, right))


if __name__ == "__main__":
    unittest.main()
