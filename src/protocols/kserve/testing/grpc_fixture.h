// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/loop_executor.h"
#include "net/testing/recorded_grpc_answer.h"
#include "protocols/kserve/grpc_methods.h"
#include "protocols/kserve/testing/fake_services.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::kserve {

// An answer on a loop that the test turns itself.
class LoopGrpcAnswer final : public net::GrpcWriter {
 public:
  explicit LoopGrpcAnswer(std::shared_ptr<net::LoopExecutor> loop) : loop_(std::move(loop)) {}

  void Send(net::GrpcPayload message) override { recorded.Send(std::move(message)); }
  void Finish(net::GrpcStatus status) override { recorded.Finish(std::move(status)); }
  void Pause(bool paused) override { recorded.Pause(paused); }
  net::Executor& executor() override { return *loop_; }

  net::RecordedGrpcAnswer recorded;

 private:
  const std::shared_ptr<net::LoopExecutor> loop_;  // shared with the test
};

// Fake backends, one for each model.
class FakeForEach final : public Backend {
 public:
  void Add(const std::string& model, std::shared_ptr<FakeScript> script, const FakeOptions& options = {}) {
    fakes_[model] = MakeFakeBackend(std::move(script), options);
  }

  std::string_view name() const override { return "onnx"; }
  std::string_view platform() const override { return "fake_platform"; }
  std::string runtime_version() const override { return "fake 1"; }
  Probe Inspect(const std::filesystem::path& path) const override { return Of(path).Inspect(path); }
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override {
    return Of(source.path).Open(source, options);
  }
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override {
    return Of(source.path).Describe(source, options);
  }

 private:
  Backend& Of(const std::filesystem::path& path) const { return *fakes_.at(path.stem().string()); }

  std::map<std::string, std::unique_ptr<Backend>> fakes_;
};

// The methods of the service, in front of three fake models, each with a script of its own: "m" and "n", and "many",
// which is decoupled. The test is the loop.
class GrpcFixture : public testing::Test, protected FakeServices {
 protected:
  GrpcFixture() {
    loop_->BindToThisThread();
    auto fakes = std::make_unique<FakeForEach>();
    fakes->Add("m", models_.script);
    fakes->Add("n", n_);
    fakes->Add("many", many_, {.decoupled = true});
    fakes->Add("bad", models_.script);  // does not load, if it is wanted
    models_.backends.Add(std::move(fakes));
    lifecycle_.SetDesired({.models = {Entry("m"), Entry("n"), Entry("many")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  static ModelEntry Entry(const std::string& name) {
    ModelEntry entry = FakeEntry(name);
    entry.config.instances = 1;
    entry.config.run_inline = false;
    return entry;
  }

  const GrpcMethod& Method(std::string_view rpc) const {
    for (const GrpcMethod& method : methods_) {
      if (method.path == "/inference.GRPCInferenceService/" + std::string(rpc)) return method;
    }
    ADD_FAILURE() << "no method " << rpc;
    return methods_.front();
  }

  // Its bytes stay where they are as long as somebody holds them.
  static net::GrpcMessage Message(std::string bytes) {
    const auto kept = std::make_shared<const std::string>(std::move(bytes));
    return {.bytes = std::as_bytes(std::span(*kept)), .storage = kept, .received = Clock::System().Now()};
  }

  net::GrpcHead Head() const {
    net::GrpcHead head;
    head.http.cancellation = cancellation_;
    return head;
  }

  // A request of so many rows, row i with the elements `first + i`.
  static std::string Request(const std::string& model, const std::string& id, float first = 0, int64_t rows = 1) {
    return Encoded(Infer(model, id, first, rows));
  }
  static GrpcInferRequest Infer(const std::string& model, const std::string& id, float first = 0, int64_t rows = 1) {
    static MemoryPool pool;
    GrpcInferRequest request;
    request.model_name = model;
    request.message.form.id = id;
    Tensor x = MakeTensor(pool, DataType::kFp32, {rows, 4});
    for (size_t i = 0; i < x.MutableAs<float>().size(); ++i) {
      x.MutableAs<float>()[i] = first + static_cast<float>(i / 4);
    }
    request.message.inputs.push_back({.name = "x", .tensor = std::move(x)});
    return request;
  }
  static std::string Encoded(const GrpcInferRequest& request) { return EncodeGrpcInferRequest(request).Joined(); }

  // Calls a method that takes one message.
  std::shared_ptr<LoopGrpcAnswer> Begin(std::string_view rpc, std::string message, net::GrpcHead head,
                                        const Identity& identity = {}) {
    auto answer = std::make_shared<LoopGrpcAnswer>(loop_);  // shared with the reply
    Method(rpc).call(std::move(head), Message(std::move(message)), identity, net::GrpcReply(answer));
    return answer;
  }

  // The same until it is answered.
  net::RecordedGrpcAnswer& Call(std::string_view rpc, std::string message, const Identity& identity = {}) {
    return Call(rpc, std::move(message), Head(), identity);
  }
  net::RecordedGrpcAnswer& Call(std::string_view rpc, std::string message, net::GrpcHead head,
                                const Identity& identity = {}) {
    last_ = Begin(rpc, std::move(message), std::move(head), identity);
    TurnUntil([&] { return last_->recorded.finishes > 0; });
    return last_->recorded;
  }

  template <typename Condition>
  void TurnUntil(Condition condition) {
    while (!condition()) {
      loop_->RunTasks();
      std::this_thread::yield();
    }
  }

  FakeScript& m_ = *models_.script;
  const std::shared_ptr<FakeScript> n_ = std::make_shared<FakeScript>();     // shared with the models
  const std::shared_ptr<FakeScript> many_ = std::make_shared<FakeScript>();  // likewise
  const std::vector<GrpcMethod> methods_ = GrpcMethods(services_);
  const std::shared_ptr<net::LoopExecutor> loop_ = std::make_shared<net::LoopExecutor>();  // shared with answers
  const Cancellation cancellation_ = Cancellation::Make();
  std::shared_ptr<LoopGrpcAnswer> last_;  // shared with its reply
};

}  // namespace trireme::kserve
