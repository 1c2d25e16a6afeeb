// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/cold_route.h"

#include <memory>
#include <utility>

#include "base/task.h"
#include "dialect/request_body.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/request_headers.h"
#include "protocols/kserve/response_coding.h"

namespace trireme::kserve {
namespace {

// An answer on its way to be compressed and back.
class LargeAnswer final : public Task {
 public:
  LargeAnswer(net::HttpReply reply, net::HttpResponse response, ContentCoding coding)
      : reply_(std::move(reply)), response_(std::move(response)), coding_(coding) {}

  // Without a free place the loop does it, late rather than never.
  static void Start(ThreadPool& workers, std::unique_ptr<LargeAnswer> answer) {
    LargeAnswer* raw = answer.release();
    const bool taken = workers.Submit([raw] {
      raw->Compress();
      raw->reply_.executor().Post(raw);
    });
    if (taken) return;
    raw->Compress();
    raw->Run();
  }

  void Run() override {
    const std::unique_ptr<LargeAnswer> self(this);
    reply_.Send(std::move(response_));
  }

 private:
  void Compress() { CompressResponse(response_, coding_); }

  net::HttpReply reply_;
  net::HttpResponse response_;
  const ContentCoding coding_;
};

}  // namespace

net::HttpResponse EmptyResponse(int status) {
  net::HttpResponse response;
  response.status = status;
  return response;
}

net::BodyPlan PlanCodedBody(const net::HttpRequest& head) {
  net::BodyPlan plan;
  const RequestHeaders headers = ReadRequestHeaders(head);
  if (!headers.coding_error.ok()) plan.refusal = UnreadableCoding(headers.coding_error);
  return plan;
}

net::BodyPlan PlanColdBody(const net::HttpRequest& head) {
  net::BodyPlan plan = PlanCodedBody(head);
  plan.max_bytes = kMaxColdBytes;
  return plan;
}

void SendCompressed(const InferServices& services, net::HttpReply reply, net::HttpResponse response,
                    std::optional<ContentCoding> wanted) {
  const bool compresses = wanted && *wanted != ContentCoding::kIdentity;
  if (compresses && IsLongToCompress(BodyBytes(response))) {
    LargeAnswer::Start(services.codec_workers,
                       std::make_unique<LargeAnswer>(std::move(reply), std::move(response), *wanted));
    return;
  }
  CompressResponse(response, wanted);
  reply.Send(std::move(response));
}

Route ColdRoute(const InferServices& services, std::string method, std::string pattern, Operation operation,
                std::function<net::HttpResponse(const ColdRequest&)> answer) {
  const bool has_body = method == "POST";
  Route route{.method = std::move(method), .pattern = std::move(pattern), .operation = operation, .handle = {}};
  route.handle = [&services, has_body, answer = std::move(answer)](const net::HttpRequest& http,
                                                                   const PathArguments& path, const Identity& identity,
                                                                   net::HttpReply reply) {
    const RequestHeaders headers = ReadRequestHeaders(http);
    RequestBody body(services.pool, services.inflated, http, {.coding = headers.body, .max_bytes = kMaxColdBytes});
    const Status status = has_body ? body.Finish() : Status();
    net::HttpResponse response =
        status.ok() ? answer({.body = has_body ? body.text() : std::string_view(), .path = path, .identity = identity})
                    : ErrorResponse(status);
    SendCompressed(services, std::move(reply), std::move(response), headers.answer);
  };
  route.plan_body = [has_body](const net::HttpRequest& head) {
    return has_body ? PlanColdBody(head) : net::BodyPlan{.max_bytes = kMaxColdBytes};
  };
  return route;
}

}  // namespace trireme::kserve
