// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/error_answer.h"

#include "dialect/http_answer.h"
#include "wire/kserve/metadata.h"

namespace trireme::kserve {

net::HttpResponse ErrorResponse(const Status& status) {
  return JsonErrorAnswer(status, EncodeError(status.message()));
}

}  // namespace trireme::kserve
