// SPDX-License-Identifier: Apache-2.0
#include "server/grpc_front_handler.h"

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/out_of_memory.h"
#include "server/credentials_of.h"
#include "server/message_model.h"

namespace trireme {
namespace {

// Whether nobody is asked who he is.
bool IsOpen(const Authoriser& authoriser, const GrpcMethod& method) {
  return method.operation == Operation::kProbe || !authoriser.asks_for_keys();
}

// What a caller must be allowed before the message tells for which model. Settings of one are its own admin's.
Operation AtHead(const GrpcMethod& method) {
  const bool may_name_a_model = method.operation == Operation::kServerControl && method.model_field != 0;
  return may_name_a_model ? Operation::kModelControl : method.operation;
}

// Whether this call may be made at all, and by whom.
Admission AdmitHead(Authoriser& authoriser, const GrpcMethod& method, const Credentials& credentials) {
  Result<Identity> identity = authoriser.Authenticate(credentials);
  if (!identity.ok()) return {.status = std::move(identity).status(), .identity = {}};
  Status status = Authorise(*identity, AtHead(method), /*model=*/{});
  return {.status = std::move(status), .identity = *std::move(identity)};
}

// Whether this message of it may be acted on.
Admission AdmitMessage(Authoriser& authoriser, const GrpcMethod& method, const Credentials& credentials,
                       const net::GrpcMessage& message) {
  Admission admission = AdmitHead(authoriser, method, credentials);
  if (!admission.status.ok() || method.model_field == 0) return admission;
  const Result<std::string_view> model = MessageModel(message.bytes, method.model_field, method.model_within);
  admission.status = model.ok() ? Authorise(admission.identity, method.operation, *model) : model.status();
  return admission;
}

Admission NoSuchMethod(const GrpcRouter& router, const net::GrpcHead& head) {
  return {.status = router.NoSuchMethod(head.http.path), .identity = {}};
}

// The same of a head or a message as it comes.
Admission Admit(Authoriser& authoriser, const GrpcMethod& method, const net::GrpcHead& head) {
  if (IsOpen(authoriser, method)) return {};
  return AdmitHead(authoriser, method, CredentialsOf(head.http));
}
Admission Admit(Authoriser& authoriser, const GrpcMethod& method, const net::GrpcHead& head,
                const net::GrpcMessage& message) {
  if (IsOpen(authoriser, method)) return {};
  return AdmitMessage(authoriser, method, CredentialsOf(head.http), message);
}

// The answer of a stream, whose end is the front's when it has refused a message.
class GuardedReply final : public net::GrpcWriter {
 public:
  explicit GuardedReply(net::GrpcReply reply) : executor_(reply.executor()), reply_(std::move(reply)) {}

  // However the method finishes, it shall be with this.
  void EndWith(net::GrpcStatus refusal) { refusal_ = std::move(refusal); }

  void Send(net::GrpcPayload message) override { reply_.Send(std::move(message)); }
  void Finish(net::GrpcStatus status) override { reply_.Finish(refusal_ ? *std::move(refusal_) : std::move(status)); }
  void Pause(bool paused) override { reply_.Pause(paused); }
  net::Executor& executor() override { return executor_; }

 private:
  net::Executor& executor_;
  net::GrpcReply reply_;
  std::optional<net::GrpcStatus> refusal_;
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

// Asks before each message. One that is refused is the last that the method hears of: it answers what it was given
// before, then the stream ends with the refusal.
class GuardedReceiver final : public net::GrpcReceiver {
 public:
  GuardedReceiver(Authoriser& authoriser, const GrpcMethod& method, KeptCredentials credentials,
                  std::shared_ptr<GuardedReply> reply)
      : authoriser_(authoriser), method_(method), credentials_(std::move(credentials)), reply_(std::move(reply)) {}

  void Guard(std::unique_ptr<net::GrpcReceiver> receiver) { receiver_ = std::move(receiver); }

  void OnMessage(net::GrpcMessage message) override {
    if (refused_) return;
    const Admission admission = AdmitMessage(authoriser_, method_, credentials_.credentials(), message);
    if (admission.status.ok()) {
      receiver_->OnMessage(std::move(message));
      return;
    }
    refused_ = true;
    reply_->EndWith(ToGrpcStatus(admission.status));
    receiver_->OnEnd();
  }
  void OnEnd() override {
    if (!refused_) receiver_->OnEnd();
  }

 private:
  Authoriser& authoriser_;
  const GrpcMethod& method_;
  const KeptCredentials credentials_;
  std::shared_ptr<GuardedReply> reply_;          // shared with the method, for which it is the reply
  std::unique_ptr<net::GrpcReceiver> receiver_;  // the method's
  bool refused_ = false;
};

}  // namespace

net::GrpcPlan GrpcFrontHandler::OnHead(const net::GrpcHead& head) {
  const GrpcMethod* method = router_.Find(head.http.path);
  Admission admission = method == nullptr ? NoSuchMethod(router_, head) : Admit(authoriser_, *method, head);
  // The quota counts requests, of which a stream has any number: each is looked at when it comes.
  if (method != nullptr && method->call != nullptr) {
    FindTenantAtHead(tenants_, method->operation, head.http, admission);
  } else if (method != nullptr) {
    FindTenant(tenants_, method->operation, head.http, admission);
  }
  net::GrpcPlan plan{.max_message_bytes = max_message_bytes_};
  if (method == nullptr || !admission.status.ok()) {
    plan.refusal = ToGrpcStatus(admission.status);
    if (access_log_ != nullptr) access_log_->Write(head.http, admission.identity.principal, *plan.refusal);
    return plan;
  }
  plan.streams = method->stream != nullptr;
  if (method->max_message_bytes != 0) plan.max_message_bytes = method->max_message_bytes;
  plan.align_at = method->align_at;
  return plan;
}

// What a method lets go for want of memory has answered on its way.
void GrpcFrontHandler::OnCall(net::GrpcHead head, net::GrpcMessage message, net::GrpcReply reply) {
  try {
    Handle(std::move(head), std::move(message), reply);
  } catch (const std::bad_alloc&) {
    if (reply) reply.Finish(ToGrpcStatus(OutOfMemory(std::string(kNoMemory))));
  }
}

void GrpcFrontHandler::Handle(net::GrpcHead head, net::GrpcMessage message, net::GrpcReply& reply) {
  const GrpcMethod* method = router_.Find(head.http.path);
  Admission admission = method == nullptr || method->call == nullptr ? NoSuchMethod(router_, head)
                                                                     : Admit(authoriser_, *method, head, message);
  if (method != nullptr) FindTenant(tenants_, method->operation, head.http, admission);
  if (access_log_ != nullptr) reply = access_log_->Watch(head.http, admission.identity.principal, std::move(reply));
  if (method == nullptr || !admission.status.ok()) {
    reply.Finish(ToGrpcStatus(admission.status));
    return;
  }
  method->call(std::move(head), std::move(message), admission.identity, std::move(reply));
}

std::unique_ptr<net::GrpcReceiver> GrpcFrontHandler::OnStream(net::GrpcHead head, net::GrpcReply reply) {
  try {
    return Open(std::move(head), reply);
  } catch (const std::bad_alloc&) {
    if (reply) reply.Finish(ToGrpcStatus(OutOfMemory(std::string(kNoMemory))));
    return std::make_unique<DeafReceiver>();
  }
}

std::unique_ptr<net::GrpcReceiver> GrpcFrontHandler::Open(net::GrpcHead head, net::GrpcReply& reply) {
  const GrpcMethod* method = router_.Find(head.http.path);
  // What OnHead decided may have changed by now.
  Admission admission =
      method == nullptr || method->stream == nullptr ? NoSuchMethod(router_, head) : Admit(authoriser_, *method, head);
  if (method != nullptr) FindTenant(tenants_, method->operation, head.http, admission);
  if (access_log_ != nullptr) reply = access_log_->Watch(head.http, admission.identity.principal, std::move(reply));
  if (method == nullptr || !admission.status.ok()) return Refuse(std::move(reply), admission.status);
  if (IsOpen(authoriser_, *method)) return method->stream(std::move(head), admission.identity, std::move(reply));
  auto shared = std::make_shared<GuardedReply>(std::move(reply));  // see GuardedReceiver
  auto guarded = std::make_unique<GuardedReceiver>(authoriser_, *method, KeptCredentials(head.http), shared);
  guarded->Guard(method->stream(std::move(head), admission.identity, net::GrpcReply(std::move(shared))));
  return guarded;
}

}  // namespace trireme
