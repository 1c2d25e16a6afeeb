// SPDX-License-Identifier: Apache-2.0
#include "dialect/answer_later.h"

#include <utility>

namespace trireme {

std::function<void(Status)> AnswerLater(net::HttpReply reply, std::function<net::HttpResponse(const Status&)> answer) {
  return SendLater<Status>(std::move(reply), [answer = std::move(answer)](net::HttpReply& to, const Status& status) {
    to.Send(answer(status));
  });
}

}  // namespace trireme
