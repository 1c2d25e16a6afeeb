// SPDX-License-Identifier: Apache-2.0
#include "net/http1_exchange.h"

#include "net/http1_connection.h"

namespace trireme::net {

void Http1Exchange::Send(HttpResponse response) {
  if (connection_ != nullptr) connection_->Answer(std::move(response));
}

void Http1Exchange::Begin(HttpResponse head) {
  if (connection_ != nullptr) connection_->BeginAnswer(std::move(head));
}

void Http1Exchange::Write(std::string chunk) {
  if (connection_ != nullptr) connection_->ContinueAnswer(std::move(chunk));
}

void Http1Exchange::End() {
  if (connection_ != nullptr) connection_->EndAnswer();
}

void Http1Exchange::Abort() {
  if (connection_ != nullptr) connection_->CutOff();
}

}  // namespace trireme::net
