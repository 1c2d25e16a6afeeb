// SPDX-License-Identifier: Apache-2.0
// What gRPC's own C++ client makes of our server: grpc_client HOST:PORT
//
// The server has the models `add` (one to each of its inputs) and `square_matmul`. Prints a line for each thing tried;
// ends with 1 if one of them went wrong.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/grpc_service.grpc.pb.h"
#include "proto/health.grpc.pb.h"

namespace {

using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kColumns = 16;

std::atomic<int> failures = 0;

void Expect(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::cout << "  FAILED: " << what << std::endl;
}

void ExpectCode(StatusCode code, const Status& status, const std::string& what) {
  Expect(status.error_code() == code,
         what + ": " + std::to_string(status.error_code()) + " '" + status.error_message() + "'");
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address, bool own_connection = false) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  if (own_connection) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::vector<float> Numbers(size_t rows, size_t first) {
  std::vector<float> numbers(rows * kColumns);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>((first + i) % 4096);
  return numbers;
}

ModelInferRequest Request(const std::string& model, int64_t rows, int64_t columns, const std::vector<float>& numbers) {
  ModelInferRequest request;
  request.set_model_name(model);
  auto* input = request.add_inputs();
  input->set_name("INPUT0");
  input->set_datatype("FP32");
  input->add_shape(rows);
  input->add_shape(columns);
  request.add_raw_input_contents(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  return request;
}

ModelInferRequest AddRequest(size_t rows, size_t first = 0) {
  return Request("add", static_cast<int64_t>(rows), kColumns, Numbers(rows, first));
}

bool IsSum(const ModelInferResponse& response, size_t rows, size_t first = 0) {
  std::vector<float> expected = Numbers(rows, first);
  for (float& number : expected) number += 1;
  if (response.raw_output_contents_size() != 1) return false;
  const std::string& raw = response.raw_output_contents(0);
  return raw.size() == expected.size() * sizeof(float) && std::memcmp(raw.data(), expected.data(), raw.size()) == 0;
}

void Add(GRPCInferenceService::Stub& stub, size_t rows, size_t first = 0,
         grpc_compression_algorithm compression = GRPC_COMPRESS_NONE) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(60));
  context.set_compression_algorithm(compression);
  ModelInferResponse response;
  const Status status = stub.ModelInfer(&context, AddRequest(rows, first), &response);
  ExpectCode(StatusCode::OK, status, "add of " + std::to_string(rows) + " rows");
  if (status.ok()) Expect(IsSum(response, rows, first), "the sum of " + std::to_string(rows) + " rows");
}

void Sizes(GRPCInferenceService::Stub& stub) {
  for (const size_t bytes : {64UL, 16'384UL, 65'536UL, 600'000UL, 1'048'576UL, 20'971'520UL}) {
    Add(stub, bytes / (kColumns * sizeof(float)));
  }
}

void Compressed(GRPCInferenceService::Stub& stub) {
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    for (const size_t rows : {1UL, 1000UL, 80'000UL}) Add(stub, rows, 7, algorithm);
  }
}

void FromManyThreads(const std::string& address, bool own_connections) {
  const auto shared = Connect(address);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < 16; ++thread) {
    threads.emplace_back([&, thread] {
      const auto stub = GRPCInferenceService::NewStub(own_connections ? Connect(address, true) : shared);
      for (size_t i = 0; i < 100; ++i) Add(*stub, 1 + (thread * 131 + i * i * 17) % 2000, thread + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void Streams(GRPCInferenceService::Stub& stub) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(60));
  const auto stream = stub.ModelStreamInfer(&context);
  constexpr size_t kMessages = 200;
  std::thread writer([&] {
    for (size_t i = 0; i < kMessages; ++i) {
      ModelInferRequest request = AddRequest(1 + 37 * i, i);
      request.set_id(std::to_string(i));
      Expect(stream->Write(request), "a message of a stream is taken");
    }
    stream->WritesDone();
  });
  size_t got = 0;
  inference::ModelStreamInferResponse response;
  while (stream->Read(&response)) {
    const size_t i = std::stoul("0" + response.infer_response().id());
    Expect(response.error_message().empty() && IsSum(response.infer_response(), 1 + 37 * i, i),
           "an answer of a stream");
    ++got;
  }
  writer.join();
  ExpectCode(StatusCode::OK, stream->Finish(), "the end of a stream");
  Expect(got == kMessages, "all answers of a stream, got " + std::to_string(got));
}

void Metadata(GRPCInferenceService::Stub& stub) {
  ClientContext context;
  context.AddMetadata("my-header", "value");
  context.AddMetadata("my-bytes-bin", std::string("\0\xff\n\r,", 5));
  context.AddMetadata("my-bytes-bin", std::string("another"));
  ModelInferResponse response;
  ExpectCode(StatusCode::OK, stub.ModelInfer(&context, AddRequest(1), &response), "a call with metadata");
}

void Mistakes(GRPCInferenceService::Stub& stub) {
  const auto infer = [&](const ModelInferRequest& request) {
    ClientContext context;
    ModelInferResponse response;
    return stub.ModelInfer(&context, request, &response);
  };
  ModelInferRequest request = AddRequest(1);
  request.set_model_name("none");
  ExpectCode(StatusCode::NOT_FOUND, infer(request), "an unknown model");
  request = AddRequest(1);
  request.mutable_inputs(0)->set_name("WRONG");
  ExpectCode(StatusCode::INVALID_ARGUMENT, infer(request), "an unknown input");
  request = AddRequest(1);
  request.mutable_inputs(0)->set_datatype("INT64");
  ExpectCode(StatusCode::INVALID_ARGUMENT, infer(request), "a wrong datatype");
  request = AddRequest(1);
  request.mutable_raw_input_contents(0)->pop_back();
  ExpectCode(StatusCode::INVALID_ARGUMENT, infer(request), "a byte too few");
  request = AddRequest((128U << 20) / (kColumns * sizeof(float)));
  ExpectCode(StatusCode::RESOURCE_EXHAUSTED, infer(request), "a message that is too large");
}

void Deadlines(GRPCInferenceService::Stub& stub) {
  constexpr size_t kSize = 512;
  const std::vector<float> zeros(kSize * kSize);
  for (int i = 0; i < 10; ++i) {
    ClientContext context;
    // The first has no time at all; whether one of the others makes it is not for a test to say.
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(i));
    ModelInferResponse response;
    const Status status = stub.ModelInfer(&context, Request("square_matmul", kSize, kSize, zeros), &response);
    if (i == 0 || !status.ok()) {
      ExpectCode(StatusCode::DEADLINE_EXCEEDED, status, "a call with a deadline of milliseconds");
    }
  }
}

void Cancels(GRPCInferenceService::Stub& stub) {
  for (int i = 0; i < 50; ++i) {
    ClientContext context;
    const auto stream = stub.ModelStreamInfer(&context);
    stream->Write(AddRequest(1 + 1000 * (i % 5)));
    if (i % 2 == 0) {
      inference::ModelStreamInferResponse response;
      Expect(stream->Read(&response), "an answer before the stream is cancelled");
    }
    context.TryCancel();
    ExpectCode(StatusCode::CANCELLED, stream->Finish(), "a stream that was cancelled");
  }
}

void Health(const std::string& address) {
  const auto stub = grpc::health::v1::Health::NewStub(Connect(address));
  ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  ExpectCode(StatusCode::OK, stub->Check(&context, {}, &response), "a health check");
  Expect(response.status() == grpc::health::v1::HealthCheckResponse::SERVING, "the server serves");
  ClientContext watch_context;
  const auto watch = stub->Watch(&watch_context, {});
  Expect(watch->Read(&response), "a watch says something");
  Expect(response.status() == grpc::health::v1::HealthCheckResponse::SERVING, "a watch says that the server serves");
  watch_context.TryCancel();
  ExpectCode(StatusCode::CANCELLED, watch->Finish(), "a watch that was cancelled");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: grpc_client HOST:PORT\n";
    return 2;
  }
  const std::string address = argv[1];
  const auto stub = GRPCInferenceService::NewStub(Connect(address));
  const std::vector<std::pair<std::string, std::function<void()>>> parts = {
      {"small ones in turn",
       [&] {
         for (size_t i = 0; i < 300; ++i) Add(*stub, 1, i);
       }},
      {"sizes", [&] { Sizes(*stub); }},
      {"compressed", [&] { Compressed(*stub); }},
      {"16 threads on one connection", [&] { FromManyThreads(address, false); }},
      {"16 threads with a connection each", [&] { FromManyThreads(address, true); }},
      {"streams", [&] { Streams(*stub); }},
      {"metadata", [&] { Metadata(*stub); }},
      {"mistakes", [&] { Mistakes(*stub); }},
      {"deadlines", [&] { Deadlines(*stub); }},
      {"cancelled", [&] { Cancels(*stub); }},
      {"health", [&] { Health(address); }},
      {"small ones after all that", [&] { Add(*stub, 1); }},
  };
  for (const auto& [name, run] : parts) {
    std::cout << name << std::endl;
    run();
  }
  std::cout << (failures == 0 ? "all good" : std::to_string(failures) + " failures") << std::endl;
  return failures == 0 ? 0 : 1;
}
