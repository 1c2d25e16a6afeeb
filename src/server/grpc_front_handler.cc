// SPDX-License-Identifier: Apache-2.0
#include "server/grpc_front_handler.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/credentials_of.h"
#include "server/message_model.h"

namespace trireme {
namespace {

// Whether nobody is asked who he is.
bool IsOpen(const Authoriser& authoriser, const GrpcMethod& method) {
  return method.operation == Operation::kProbe || !authoriser.asks_for_keys();
}

// Whether this call may be made at all, and by whom.
Result<Identity> AdmitHead(Authoriser& authoriser, const GrpcMethod& method, const Credentials& credentials) {
  ASSIGN_OR_RETURN(Identity identity, authoriser.Authenticate(credentials));
  RETURN_IF_ERROR(Authorise(identity, method.operation, /*model=*/{}));
  return identity;
}

// Whether this message of it may be acted on.
Result<Identity> AdmitMessage(Authoriser& authoriser, const GrpcMethod& method, const Credentials& credentials,
                              const net::GrpcMessage& message) {
  ASSIGN_OR_RETURN(Identity identity, AdmitHead(authoriser, method, credentials));
  if (method.model_field == 0) return identity;
  ASSIGN_OR_RETURN(const std::string_view model, MessageModel(message.bytes, method.model_field));
  RETURN_IF_ERROR(Authorise(identity, method.operation, model));
  return identity;
}

// The same of a head or a message as it comes.
Result<Identity> Admit(Authoriser& authoriser, const GrpcMethod& method, const net::GrpcHead& head) {
  if (IsOpen(authoriser, method)) return Identity{};
  return AdmitHead(authoriser, method, CredentialsOf(head.http));
}
Result<Identity> Admit(Authoriser& authoriser, const GrpcMethod& method, const net::GrpcHead& head,
                       const net::GrpcMessage& message) {
  if (IsOpen(authoriser, method)) return Identity{};
  return AdmitMessage(authoriser, method, CredentialsOf(head.http), message);
}

// The answer of a stream, which two may give: the method, and the front when it refuses a message. The first finish
// counts; what the method says after it goes nowhere.
class SharedReply final : public net::GrpcWriter {
 public:
  explicit SharedReply(net::GrpcReply reply) : executor_(reply.executor()), reply_(std::move(reply)) {}

  void Send(net::GrpcPayload message) override {
    if (reply_) reply_.Send(std::move(message));
  }
  void Finish(net::GrpcStatus status) override {
    if (reply_) reply_.Finish(std::move(status));
  }
  void Pause(bool paused) override {
    if (reply_) reply_.Pause(paused);
  }
  net::Executor& executor() override { return executor_; }

 private:
  net::Executor& executor_;
  net::GrpcReply reply_;
};

// What a caller showed, kept for as long as his stream lasts.
class KeptCredentials {
 public:
  explicit KeptCredentials(const net::HttpRequest& request) {
    const Credentials shown = CredentialsOf(request);
    authorization_ = shown.authorization;
    api_key_ = shown.api_key;
    certificate_names_.assign(shown.certificate_names.begin(), shown.certificate_names.end());
    peer_ = shown.peer;
  }

  Credentials credentials() const {
    return {
        .authorization = authorization_, .api_key = api_key_, .certificate_names = certificate_names_, .peer = peer_};
  }

 private:
  std::string authorization_;
  std::string api_key_;
  std::vector<std::string> certificate_names_;
  std::string peer_;
};

// For a stream that was refused.
class DeafReceiver final : public net::GrpcReceiver {
 public:
  void OnMessage(net::GrpcMessage) override {}
  void OnEnd() override {}
};

std::unique_ptr<net::GrpcReceiver> Refuse(net::GrpcReply reply, const Status& why) {
  reply.Finish(ToGrpcStatus(why));
  return std::make_unique<DeafReceiver>();
}

// Asks before each message.
class GuardedReceiver final : public net::GrpcReceiver {
 public:
  GuardedReceiver(Authoriser& authoriser, const GrpcMethod& method, KeptCredentials credentials,
                  std::shared_ptr<SharedReply> reply)
      : authoriser_(authoriser), method_(method), credentials_(std::move(credentials)), reply_(std::move(reply)) {}

  void Guard(std::unique_ptr<net::GrpcReceiver> receiver) { receiver_ = std::move(receiver); }

  void OnMessage(net::GrpcMessage message) override {
    if (receiver_ == nullptr) return;
    const Result<Identity> admitted = AdmitMessage(authoriser_, method_, credentials_.credentials(), message);
    if (admitted.ok()) {
      receiver_->OnMessage(std::move(message));
      return;
    }
    reply_->Finish(ToGrpcStatus(admitted.status()));
    receiver_ = nullptr;
  }
  void OnEnd() override {
    if (receiver_ != nullptr) receiver_->OnEnd();
  }

 private:
  Authoriser& authoriser_;
  const GrpcMethod& method_;
  const KeptCredentials credentials_;
  std::shared_ptr<SharedReply> reply_;           // shared with the method, for which it is the reply
  std::unique_ptr<net::GrpcReceiver> receiver_;  // the method's; none once a message of it was refused
};

}  // namespace

net::GrpcPlan GrpcFrontHandler::OnHead(const net::GrpcHead& head) {
  const GrpcMethod* method = router_.Find(head.http.path);
  Status refused;
  if (method == nullptr) {
    refused = router_.NoSuchMethod(head.http.path);
  } else if (Result<Identity> identity = Admit(authoriser_, *method, head); !identity.ok()) {
    refused = std::move(identity).status();
  }
  net::GrpcPlan plan{.max_message_bytes = max_message_bytes_};
  if (!refused.ok()) {
    plan.refusal = ToGrpcStatus(refused);
    if (access_log_ != nullptr) access_log_->Write(head.http, *plan.refusal);
    return plan;
  }
  plan.streams = method->stream != nullptr;
  if (method->max_message_bytes != 0) plan.max_message_bytes = method->max_message_bytes;
  plan.align_at = method->align_at;
  return plan;
}

void GrpcFrontHandler::OnCall(net::GrpcHead head, net::GrpcMessage message, net::GrpcReply reply) {
  if (access_log_ != nullptr) reply = access_log_->Watch(head.http, std::move(reply));
  const GrpcMethod* method = router_.Find(head.http.path);
  if (method == nullptr || method->call == nullptr) {
    reply.Finish(ToGrpcStatus(router_.NoSuchMethod(head.http.path)));
    return;
  }
  const Result<Identity> identity = Admit(authoriser_, *method, head, message);
  if (!identity.ok()) {
    reply.Finish(ToGrpcStatus(identity.status()));
    return;
  }
  method->call(std::move(head), std::move(message), *identity, std::move(reply));
}

std::unique_ptr<net::GrpcReceiver> GrpcFrontHandler::OnStream(net::GrpcHead head, net::GrpcReply reply) {
  if (access_log_ != nullptr) reply = access_log_->Watch(head.http, std::move(reply));
  const GrpcMethod* method = router_.Find(head.http.path);
  if (method == nullptr || method->stream == nullptr) {
    return Refuse(std::move(reply), router_.NoSuchMethod(head.http.path));
  }
  // What OnHead decided may have changed by now.
  const Result<Identity> identity = Admit(authoriser_, *method, head);
  if (!identity.ok()) return Refuse(std::move(reply), identity.status());
  if (IsOpen(authoriser_, *method)) {
    return method->stream(std::move(head), *identity, std::move(reply));
  }
  auto shared = std::make_shared<SharedReply>(std::move(reply));  // see GuardedReceiver
  auto guarded = std::make_unique<GuardedReceiver>(authoriser_, *method, KeptCredentials(head.http), shared);
  guarded->Guard(method->stream(std::move(head), *identity, net::GrpcReply(std::move(shared))));
  return guarded;
}

}  // namespace trireme
