// SPDX-License-Identifier: Apache-2.0
#include "protocols/admin/admin_dialect.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "dialect/answer_later.h"
#include "dialect/codec_job.h"
#include "dialect/http_answer.h"
#include "protocols/admin/listing_of.h"
#include "wire/admin/command.h"
#include "wire/admin/listing.h"

namespace trireme::admin {
namespace {

using net::HttpReply;
using net::HttpRequest;

constexpr uint64_t kMostBodyBytes = 16 << 10;

std::string_view TextOf(const HttpRequest& request) {
  return {reinterpret_cast<const char*>(request.body.data()), request.body.size()};
}

net::HttpResponse ErrorAnswer(const Status& status) {
  return JsonErrorAnswer(status, EncodeError(status.message()));
}

// The list of all, which is long where there are many models.
class ListCall final : public Task {
 public:
  ListCall(const Engine& engine, HttpReply reply) : engine_(engine), reply_(std::move(reply)) {}

  static void Start(ThreadPool& workers, std::unique_ptr<ListCall> call) {
    net::Executor& loop = call->reply_.executor();
    EncodeAndContinue(workers, loop, std::move(call), /*is_long=*/true);
  }

  void Encode() { json_ = EncodeListing(ListingOf(engine_.Overview(), engine_.Memory())); }

  void Run() override {
    const std::unique_ptr<ListCall> self(this);
    if (json_.empty()) Encode();
    reply_.Send(JsonAnswer(std::move(json_)));
  }

 private:
  const Engine& engine_;
  HttpReply reply_;
  std::string json_;
};

Route ListRoute(Engine& engine, ThreadPool& workers) {
  return {.method = "GET",
          .pattern = "/admin/models",
          .operation = Operation::kMetadata,
          .handle =
              [&engine, &workers](const HttpRequest&, const PathArguments&, const Identity&, HttpReply reply) {
                ListCall::Start(workers, std::make_unique<ListCall>(engine, std::move(reply)));
              },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = kMostBodyBytes}; }};
}

// Does what a command says, and calls back once; on any thread.
using Execute = std::function<void(const ModelCommand&, ModelControl::Done)>;

Route CommandRoute(Engine& engine, std::string_view action, Execute execute) {
  const bool wants_label = action == "label";
  const auto handle = [&engine, wants_label, execute = std::move(execute)](
                          const HttpRequest& http, const PathArguments&, const Identity&, HttpReply reply) {
    const Result<ModelCommand> command = DecodeModelCommand(TextOf(http), wants_label);
    if (!command.ok()) return reply.Send(ErrorAnswer(command.status()));
    execute(*command, AnswerLater(std::move(reply), [&engine, model = command->model](const Status& status) {
      if (!status.ok()) return ErrorAnswer(status);
      return JsonAnswer(EncodeListing(ListingOf(engine.Overview(), engine.Memory(), model)));
    }));
  };
  return {.method = "POST",
          .pattern = "/admin/" + std::string(action),
          .operation = Operation::kModelControl,
          .handle = handle,
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = kMostBodyBytes}; }};
}

}  // namespace

Dialect MakeDialect(Engine& engine, ThreadPool& workers) {
  Dialect dialect{.name = "admin", .routes = {}, .error = ErrorAnswer};
  const auto add = [&](std::string_view action, Execute execute) {
    dialect.routes.push_back(CommandRoute(engine, action, std::move(execute)));
  };
  dialect.routes.push_back(ListRoute(engine, workers));
  add("load", [&engine](const ModelCommand& command, ModelControl::Done done) {
    engine.LoadNow(command.model, std::move(done));
  });
  add("unload", [&engine](const ModelCommand& command, ModelControl::Done done) {
    engine.UnloadNow(command.model, std::move(done));
  });
  add("pin",
      [&engine](const ModelCommand& command, ModelControl::Done done) { engine.Pin(command.model, std::move(done)); });
  add("unpin",
      [&engine](const ModelCommand& command, const ModelControl::Done& done) { done(engine.Unpin(command.model)); });
  add("label", [&engine](const ModelCommand& command, const ModelControl::Done& done) {
    done(engine.SetLabel(command.model, command.label, command.version));
  });
  return dialect;
}

}  // namespace trireme::admin
