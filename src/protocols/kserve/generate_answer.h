// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/status.h"
#include "dialect/content_coding.h"
#include "model/stages.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// What becomes of the responses to a generate request, one after the other, on the loop.
class GenerateAnswer {
 public:
  virtual ~GenerateAnswer() = default;

  // A response as JSON, or why it has none. False: no further one is wanted.
  virtual bool Take(Result<std::string> response) = 0;

  // What was taken goes out: once for all that came together.
  virtual void Flush() {}

  // The end. Once, and last. `stages`: of the run.
  virtual void End(const Status& status, const Stages& stages) = 0;
};

// /generate: the one response is the body. Several, or none, are the client's mistake, and known before anything is
// sent.
class OneAnswer final : public GenerateAnswer {
 public:
  // `services` outlives it. `coding`: in which the client wants it.
  OneAnswer(const InferServices& services, net::HttpReply reply, std::optional<ContentCoding> coding)
      : services_(services), reply_(std::move(reply)), coding_(coding) {}

  bool Take(Result<std::string> response) override;
  void End(const Status& status, const Stages& stages) override;

 private:
  net::HttpResponse Answer(const Status& status);

  const InferServices& services_;
  net::HttpReply reply_;
  const std::optional<ContentCoding> coding_;
  size_t count_ = 0;
  std::optional<Result<std::string>> first_;
};

// /generate_stream: each response is a server-sent event. The first one decides about the status; what goes wrong later
// is an event too, and the last one if it is the run.
class EventAnswer final : public GenerateAnswer {
 public:
  explicit EventAnswer(net::HttpReply reply) : reply_(std::move(reply)) {}

  bool Take(Result<std::string> response) override;
  void Flush() override;
  void End(const Status& status, const Stages& stages) override;

 private:
  void Begin();

  net::HttpReply reply_;
  bool begun_ = false;
  Status failed_;       // of the first response: then it is all there is
  std::string events_;  // not written yet
};

}  // namespace trireme::kserve
