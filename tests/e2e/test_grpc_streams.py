# SPDX-License-Identifier: Apache-2.0
"""Streams of infer requests, and what else GRPCInferenceService is asked for."""
import array
import queue

import grpc

from grpc_client import Client, PATIENCE_SECONDS, add_request, infer_request, kserve
from serving import ServingTest


def int32(*values):
    return array.array("i", values).tobytes()


def repeat_request(values, delay_ms=0, **more):
    """Each value comes back in a response of its own."""
    request = infer_request("repeat", "IN", "INT32", [len(values)], int32(*values), **more)
    request.inputs.add(name="DELAY", datatype="UINT32", shape=[len(values)])
    request.raw_input_contents.append(int32(*[delay_ms] * len(values)))
    return request


class Conversation:
    """A stream in which one request after another is said when the test wants it."""

    def __init__(self, client, **options):
        self._requests = queue.Queue()
        self.answers = client.stream(iter(self._requests.get, None), **options)

    def say(self, *requests):
        for request in requests:
            self._requests.put(request)

    def hear(self, count=1):
        return [self._told(next(self.answers)) for _ in range(count)]

    def end(self):
        """Says that there is no more; what is still answered."""
        self._requests.put(None)
        return [self._told(answer) for answer in self.answers]

    @staticmethod
    def _told(answer):
        """Who is answered: 'id' with '!' behind the last, ': ' and the error, or the one number of `repeat`."""
        response = answer.infer_response
        if answer.error_message:
            return f"{response.id}: {answer.error_message}"
        last = "!" if response.parameters["triton_final_response"].bool_param else ""
        if response.model_name == "repeat" and response.outputs:
            names = [output.name for output in response.outputs]
            return f"{response.id}={array.array('i', response.raw_output_contents[names.index('OUT')])[0]}{last}"
        return response.id + last


class StreamTest(ServingTest):
    def serve_all(self, *arguments):
        return self.serve("--model-repository", self.models / "good", "--model-repository",
                          self.models / "decoupled", *arguments)

    def client(self, server):
        client = Client(server.grpc_port)
        self.addCleanup(client.channel.close)
        return client


class Streams(StreamTest):
    def test_answers_come_in_the_order_of_the_requests(self):
        stream = Conversation(self.client(self.serve_all()))
        ids = [str(i) for i in range(1000)]
        stream.say(*(add_request(rows=1 + i % 3, id=id) for i, id in enumerate(ids)))
        self.assertEqual(stream.end(), [id + "!" for id in ids])

    def test_that_share_a_connection_go_on_for_long(self):
        # The C core takes each answer in two bites then, and updates two windows for each.
        client = self.client(self.serve_all())
        streams = [Conversation(client) for _ in range(4)]
        for i in range(1500):
            for stream in streams:
                stream.say(add_request(id=str(i)))
            for stream in streams:
                self.assertEqual(stream.hear(), [f"{i}!"])
        for stream in streams:
            self.assertEqual(stream.end(), [])

    def test_a_decoupled_model_holds_nobody_up(self):
        stream = Conversation(self.client(self.serve_all()))
        stream.say(repeat_request([7] * 1000, delay_ms=10, id="long"))
        self.assertEqual(stream.hear(), ["long=7"])
        stream.say(add_request(id="short"))
        told = stream.hear()
        while told[-1] != "short!":
            told += stream.hear()
        self.assertLess(len(told), 1000)
        stream.answers.cancel()

    def test_of_a_decoupled_model(self):
        stream = Conversation(self.client(self.serve_all()))
        stream.say(repeat_request([3, 4, 5], id="a"))
        self.assertEqual(stream.hear(3), ["a=3", "a=4", "a=5"])
        asks = repeat_request([6], id="b")
        asks.parameters["triton_enable_empty_final_response"].bool_param = True
        stream.say(asks)
        self.assertEqual(stream.end(), ["b=6", "b!"])

    def test_goes_on_after_an_error(self):
        stream = Conversation(self.client(self.serve_all()))
        short = add_request(rows=2, id="short")
        short.raw_input_contents[0] = b"1234"
        stream.say(infer_request("nobody", "x", "FP32", [1], b"1234", id="lost"), short, add_request(id="right"))
        lost, wrong, right = stream.end()
        self.assertRegex(lost, r"^lost: .*unknown model: 'nobody'")
        self.assertRegex(wrong, r"^short: raw_input_contents\[0\]: expected 128 bytes")
        self.assertEqual(right, "right!")

    def test_ends_with_an_error_where_that_is_asked_for(self):
        stream = Conversation(self.client(self.serve_all()), metadata=(("triton_grpc_error", "true"),))
        stream.say(add_request(id="right"), infer_request("nobody", "x", "FP32", [1], b"1234"), add_request(id="late"))
        self.assertEqual(stream.hear(), ["right!"])
        with self.assertRaises(grpc.RpcError) as caught:
            stream.hear()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_that_is_idle_does_not_hold_up_a_server_that_stops(self):
        server = self.serve_all()
        stream = Conversation(self.client(server))
        stream.say(add_request(id="a"))
        self.assertEqual(stream.hear(), ["a!"])
        server.process.terminate()
        with self.assertRaises(grpc.RpcError) as caught:
            stream.hear()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(server.process.wait(PATIENCE_SECONDS), 0)


class Calls(StreamTest):
    def assert_fails(self, code, method, request):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client_.call(method, request)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())

    def setUp(self):
        self.server = self.serve_all("--model-control-mode", "explicit", "--load-model", "*")
        self.client_ = self.client(self.server)

    def states(self, model):
        index = self.client_.call("RepositoryIndex").models
        return [entry.state for entry in index if entry.name == model]

    def test_typed_contents_are_what_raw_ones_are(self):
        raw = self.client_.infer(add_request(rows=2, first=5))
        typed = add_request(rows=2, first=5)
        typed.inputs[0].contents.fp32_contents.extend(array.array("f", typed.raw_input_contents[0]))
        del typed.raw_input_contents[:]
        self.assertEqual(self.client_.infer(typed).raw_output_contents, raw.raw_output_contents)

    def test_unary_calls_of_decoupled_models_are_refused(self):
        self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, "ModelInfer", repeat_request([1]))

    def test_models_are_loaded_and_unloaded(self):
        self.assertEqual(self.states("add"), ["READY"])
        self.client_.call("RepositoryModelUnload", kserve().RepositoryModelUnloadRequest(model_name="add"))
        self.assertNotEqual(self.states("add"), ["READY"])
        self.assert_fails(grpc.StatusCode.UNAVAILABLE, "ModelInfer", add_request())
        load = kserve().RepositoryModelLoadRequest(model_name="add")
        load.parameters["config"].string_param = '{"max_batch_size": 4}'
        self.client_.call("RepositoryModelLoad", load)
        config = self.client_.call("ModelConfig", kserve().ModelConfigRequest(name="add")).config
        self.assertEqual(config.max_batch_size, 4)
        load.parameters["config"].string_param = "{"
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "RepositoryModelLoad", load)
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "RepositoryModelLoad",
                          kserve().RepositoryModelLoadRequest(model_name="nobody"))

    def test_statistics_count_both_kinds_of_calls(self):
        self.client_.infer(add_request(rows=2))
        self.assertEqual(len(list(self.client_.stream([add_request(), add_request()]))), 2)
        entry, = self.client_.call("ModelStatistics", kserve().ModelStatisticsRequest(name="add")).model_stats
        self.assertEqual((entry.inference_count, entry.inference_stats.success.count), (4, 3))

    def test_settings_are_changed_and_told(self):
        request = kserve().TraceSettingRequest(model_name="add")
        request.settings["trace_rate"].value.append("7")
        self.assertEqual(self.client_.call("TraceSetting", request).settings["trace_rate"].value, ["7"])
        self.assertEqual(self.client_.call("TraceSetting").settings["trace_rate"].value, ["1000"])
        self.assertTrue(self.client_.call("LogSettings").settings["log_error"].bool_param)
