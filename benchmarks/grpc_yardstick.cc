// SPDX-License-Identifier: Apache-2.0
// What a call costs on Debian's grpc++, to compare ours with: inference.GRPCInferenceService in the library's cheapest
// arrangement for it, an asynchronous service whose completion queue's own thread answers. It has no queue, no
// statistics and no runtime: two models of its own, "add" (adds 1) and "identity_fp32".
//
//   grpc_yardstick PORT [THREADS]      says "ready" when it serves; ends by SIGTERM
#include <grpcpp/grpcpp.h>
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/grpc_service.grpc.pb.h"

namespace {

using inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using inference::ModelStreamInferResponse;

grpc::Status Answer(const ModelInferRequest& request, ModelInferResponse& response) {
  if (request.inputs_size() != 1 || request.raw_input_contents_size() != 1) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "expected one input in raw contents"};
  }
  response.set_model_name(request.model_name());
  response.set_model_version("1");
  response.set_id(request.id());
  auto& output = *response.add_outputs();
  output.set_name("OUTPUT0");
  output.set_datatype("FP32");
  *output.mutable_shape() = request.inputs(0).shape();
  const std::string& input = request.raw_input_contents(0);
  std::string& elements = *response.add_raw_output_contents();
  elements.resize(input.size());
  const float addend = request.model_name() == "add" ? 1.0F : 0.0F;
  for (size_t at = 0; at + sizeof(float) <= input.size(); at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, input.data() + at, sizeof(value));
    value += addend;
    std::memcpy(elements.data() + at, &value, sizeof(value));
  }
  return grpc::Status::OK;
}

// The methods that a call's cost does not depend on are synchronous, on threads of the library.
class Service final : public GRPCInferenceService::WithAsyncMethod_ModelInfer<
                          GRPCInferenceService::WithAsyncMethod_ModelStreamInfer<GRPCInferenceService::Service>> {
 public:
  grpc::Status ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                           inference::ServerReadyResponse* response) override {
    response->set_ready(true);
    return grpc::Status::OK;
  }
  grpc::Status ModelReady(grpc::ServerContext*, const inference::ModelReadyRequest*,
                          inference::ModelReadyResponse* response) override {
    response->set_ready(true);
    return grpc::Status::OK;
  }
  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override {
    response->set_name(request->name());
    response->add_versions("1");
    response->set_platform("yardstick");
    Describe("INPUT0", *response->add_inputs());
    Describe("OUTPUT0", *response->add_outputs());
    return grpc::Status::OK;
  }

 private:
  static void Describe(const char* name, inference::ModelMetadataResponse::TensorMetadata& tensor) {
    tensor.set_name(name);
    tensor.set_datatype("FP32");
    tensor.add_shape(-1);
    tensor.add_shape(16);
  }
};

// One step of a call after the other, on the thread of its completion queue.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Go(bool ok) = 0;
};

class UnaryCall final : public Call {
 public:
  UnaryCall(Service& service, grpc::ServerCompletionQueue& queue) : service_(service), queue_(queue) {
    service_.RequestModelInfer(&context_, &request_, &writer_, &queue_, &queue_, this);
  }

  void Go(bool ok) override {
    if (finishing_ || !ok) {
      delete this;
      return;
    }
    new UnaryCall(service_, queue_);  // the next one's place
    finishing_ = true;
    ModelInferResponse response;
    const grpc::Status status = Answer(request_, response);
    if (status.ok()) {
      writer_.Finish(response, status, this);
    } else {
      writer_.FinishWithError(status, this);
    }
  }

 private:
  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<ModelInferResponse> writer_{&context_};
  ModelInferRequest request_;
  bool finishing_ = false;
};

class StreamCall final : public Call {
 public:
  StreamCall(Service& service, grpc::ServerCompletionQueue& queue) : service_(service), queue_(queue) {
    service_.RequestModelStreamInfer(&context_, &stream_, &queue_, &queue_, this);
  }

  void Go(bool ok) override {
    switch (step_) {
      case Step::kWaiting:
        if (!ok) break;
        new StreamCall(service_, queue_);
        return Read();
      case Step::kReading:
        return ok ? Write() : Finish();
      case Step::kWriting:
        return ok ? Read() : Finish();
      case Step::kFinishing:
        break;
    }
    delete this;
  }

 private:
  enum class Step { kWaiting, kReading, kWriting, kFinishing };

  void Read() {
    step_ = Step::kReading;
    stream_.Read(&request_, this);
  }
  void Write() {
    step_ = Step::kWriting;
    response_.Clear();
    const grpc::Status status = Answer(request_, *response_.mutable_infer_response());
    if (!status.ok()) response_.set_error_message(status.error_message());
    stream_.Write(response_, this);
  }
  void Finish() {
    step_ = Step::kFinishing;
    stream_.Finish(grpc::Status::OK, this);
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<ModelStreamInferResponse, ModelInferRequest> stream_{&context_};
  ModelInferRequest request_;
  ModelStreamInferResponse response_;
  Step step_ = Step::kWaiting;
};

void Serve(Service& service, grpc::ServerCompletionQueue& queue) {
  constexpr int kPlaces = 8;  // of calls that arrive at once
  for (int i = 0; i < kPlaces; ++i) {
    new UnaryCall(service, queue);
    new StreamCall(service, queue);
  }
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<Call*>(tag)->Go(ok);
}

sigset_t TheEnd() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: grpc_yardstick PORT [THREADS]\n";
    return 2;
  }
  const sigset_t end = TheEnd();
  pthread_sigmask(SIG_BLOCK, &end, nullptr);
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  Service service;
  grpc::ServerBuilder builder;
  std::string address = "127.0.0.1:";
  address += argv[1];
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < threads; ++i) queues.push_back(builder.AddCompletionQueue());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::vector<std::thread> workers;
  workers.reserve(queues.size());
  for (const auto& queue : queues) workers.emplace_back([&service, &queue] { Serve(service, *queue); });
  std::cout << "ready" << std::endl;
  int signal = 0;
  sigwait(&end, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  for (const auto& queue : queues) queue->Shutdown();
  for (std::thread& worker : workers) worker.join();
  return 0;
}
