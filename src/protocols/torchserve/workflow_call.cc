// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_call.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "net/byte_budget.h"
#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/prediction.h"
#include "protocols/torchserve/workflow_progress.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;

TraceContext TraceOf(const HttpRequest& http) {
  const auto header = [&](std::string_view name) {
    const std::string_view* const value = http.Find(name);
    return value == nullptr ? std::string() : std::string(*value);
  };
  return {.traceparent = header("traceparent"), .tracestate = header("tracestate")};
}

// One request on its way through a workflow. Everything happens on its loop, but for the reading of inputs, which looks
// at nothing that changes. Shared by the nodes that are at it and those that are due; should they all be dropped, the
// reply answers by itself.
class WorkflowCall : public std::enable_shared_from_this<WorkflowCall> {
 public:
  WorkflowCall(const Services& services, std::shared_ptr<const Workflow> workflow, const Identity& identity,
               HttpRequest http, HttpReply reply)
      : services_(services),
        workflow_(std::move(workflow)),
        facts_(workflow_->facts),
        caller_{.principal = identity.principal, .tenant = identity.tenant},
        cancellation_(http.cancellation),
        deadline_(http.deadline),
        trace_(TraceOf(http)),
        http_(std::make_shared<const HttpRequest>(std::move(http))),
        reply_(std::move(reply)),
        progress_(facts_),
        share_(*services.between_nodes),
        states_(facts_.nodes.size()) {}

  void Begin() {
    const std::vector<size_t> first = progress_.Begin();
    at_it_ = asked_directly_ = first.size();
    for (const size_t node : first) Ask(node);
  }

 private:
  // Who asks for a node's prediction.
  class NodeAsker final : public Asker {
   public:
    NodeAsker(std::shared_ptr<WorkflowCall> call, size_t node)
        : call_(std::move(call)), node_(node), inputs_(call_->progress_.InputsOf(node)) {
      if (inputs_.empty()) http_ = call_->http_;
    }

    size_t bytes() const {
      size_t sum = http_ == nullptr ? 0 : http_->body.size();
      for (const WorkflowProgress::Input& input : inputs_) sum += input.answer->size();
      return sum;
    }

    Result<std::vector<RequestPart>> Parts() override {
      if (http_ != nullptr) return PartsOf(*http_);
      std::vector<RequestPart> parts;
      for (const WorkflowProgress::Input& input : inputs_) {
        parts.push_back({.name = input.name,
                         .content_type = {},
                         .bytes = std::as_bytes(std::span(*input.answer)),
                         .storage = input.answer});
      }
      return parts;
    }
    void Release() override {
      http_.reset();
      inputs_.clear();
    }
    void Answer(std::string body) override { call_->OnAnswer(node_, std::move(body)); }
    void Fail(const Failure& failure) override { call_->OnFailure(node_, failure); }
    Executor& executor() override { return call_->reply_.executor(); }

   private:
    const std::shared_ptr<WorkflowCall> call_;
    const size_t node_;
    std::vector<WorkflowProgress::Input> inputs_;  // empty: it is given the request itself
    std::shared_ptr<const HttpRequest> http_;      // shared with the others that are given it
  };

  // A node whose turn it is. It waits for the next turn of the loop: what other requests have for the same model is
  // run together then, and nodes that are answered at once do not pile up on the stack.
  class DueNode final : public Task {
   public:
    static void Post(std::shared_ptr<WorkflowCall> call, size_t node) {
      Executor& loop = call->reply_.executor();
      loop.Post(new DueNode(std::move(call), node));  // NOLINT(cppcoreguidelines-owning-memory): a Task ends itself
    }
    void Run() override {
      const std::unique_ptr<DueNode> self(this);
      call_->Ask(node_);
    }

   private:
    DueNode(std::shared_ptr<WorkflowCall> call, size_t node) : call_(std::move(call)), node_(node) {}

    const std::shared_ptr<WorkflowCall> call_;
    const size_t node_;
  };

  struct NodeState {
    int64_t attempts = 0;
    TimePoint deadline;  // of this attempt
  };

  const WorkflowNode& NodeAt(size_t node) const { return facts_.nodes[node]; }

  void Ask(size_t node) {
    if (failure_) return EndNode();
    const TimePoint now = Clock::System().Now();
    NodeState& state = states_[node];
    state.attempts += 1;
    state.deadline = std::min(now + NodeAt(node).timeout, deadline_);
    auto asker = std::make_unique<NodeAsker>(shared_from_this(), node);
    PredictionRequest request{.model = ModelOfNode(workflow_->name, NodeAt(node).name),
                              .version = {},
                              .caller = caller_,
                              .cancellation = cancellation_,
                              .received = now,
                              .deadline = state.deadline,
                              .trace = trace_,
                              .bytes = asker->bytes()};
    StartPrediction(services_, std::move(request), std::move(asker));
  }

  void OnAnswer(size_t node, std::string body) {
    if (failure_) return EndNode();
    if (Clock::System().Now() > states_[node].deadline) return OnFailure(node, TooLate(node));
    if (node == facts_.leaf) {
      answer_ = std::move(body);
      return EndNode();
    }
    if (!share_.Take(body.size())) {
      return Fail(
          FailureOf(Overloaded("answers between the nodes of workflows fill what --max-body-in-flight leaves "
                               "them; try again later")));
    }
    if (NodeAt(node).parents.empty() && --asked_directly_ == 0) http_.reset();
    const std::vector<size_t> due = progress_.Finish(node, std::move(body));
    at_it_ += due.size();
    for (const size_t next : due) DueNode::Post(shared_from_this(), next);
    EndNode();
  }

  void OnFailure(size_t node, const Failure& failure) {
    if (failure_) return EndNode();
    const bool may_retry = IsServersFault(failure) && states_[node].attempts <= NodeAt(node).retry_attempts;
    if (may_retry && !cancellation_.cancelled()) return DueNode::Post(shared_from_this(), node);
    Fail(WhatFailed(node, failure));
  }

  Failure TooLate(size_t node) const {
    return {.type = ErrorType::kRequestTimeout,
            .message = "no answer within " + std::to_string(NodeAt(node).timeout.count()) + " ms"};
  }

  // What another attempt may mend. Not where a line is full: it would only be fuller.
  static bool IsServersFault(const Failure& failure) {
    return failure.type == ErrorType::kInternalServer || failure.type == ErrorType::kRequestTimeout;
  }

  // A client's mistake stays one. What became of a model that the workflow has is none.
  Failure WhatFailed(size_t node, const Failure& failure) const {
    if (cancellation_.cancelled()) return failure;
    const std::string& name = NodeAt(node).name;
    if (IsServersFault(failure) || failure.code() == 404) {
      return {.type = ErrorType::kInternalServer,
              .message = "Failed to execute workflow Node after " + std::to_string(states_[node].attempts) +
                         " attempts : Error executing " + name + ": " + failure.message};
    }
    return {.type = failure.type, .message = "workflow node " + name + ": " + failure.message, .http = failure.http};
  }

  void Fail(Failure failure) {
    failure_ = std::move(failure);
    // Only this request has it: what its other nodes have in line is wanted by nobody.
    cancellation_.Cancel();
    EndNode();
  }

  // One that was at it, or due, is not any more.
  void EndNode() {
    if (--at_it_ > 0) return;
    if (failure_) return reply_.Send(FailureAnswer(services_, *failure_));
    if (answer_) reply_.Send(JsonAnswer(services_, 200, *std::move(answer_)));
  }

  const Services& services_;
  const std::shared_ptr<const Workflow> workflow_;  // shared with the book and other requests
  const WorkflowFacts& facts_;
  const Caller caller_;
  const Cancellation cancellation_;
  const TimePoint deadline_;  // of the client
  const TraceContext trace_;
  std::shared_ptr<const HttpRequest> http_;  // until all that are given it have answered
  HttpReply reply_;
  WorkflowProgress progress_;
  net::ByteBudget::Share share_;  // of what lies between nodes; given back at the end
  std::vector<NodeState> states_;
  size_t asked_directly_ = 0;  // nodes that are given the request itself and have not answered
  size_t at_it_ = 0;           // nodes that are asked, or due
  std::optional<std::string> answer_;
  std::optional<Failure> failure_;  // the first
};

}  // namespace

void StartWorkflow(const Services& services, std::string_view workflow, const Identity& identity,
                   net::HttpRequest request, net::HttpReply reply) {
  std::shared_ptr<const Workflow> found = services.workflows.Find(workflow);
  if (found == nullptr) return reply.Send(FailureAnswer(services, WorkflowNotFound(workflow)));
  std::make_shared<WorkflowCall>(services, std::move(found), identity, std::move(request), std::move(reply))->Begin();
}

}  // namespace trireme::torchserve
