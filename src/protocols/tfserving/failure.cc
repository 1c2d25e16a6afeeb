// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/failure.h"

#include <algorithm>
#include <string>
#include <utility>

#include "dialect/dialect.h"
#include "dialect/http_answer.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

bool IsKnown(const Engine& engine, const std::string& name) {
  const std::vector<ModelStatus> models = engine.Index();
  return std::ranges::any_of(models, [&](const ModelStatus& model) { return model.id.name == name; });
}

}  // namespace

Status InItsWords(const Engine& engine, const ModelSpec& spec, Status status) {
  if (status.code() != StatusCode::kNotFound) return status;
  const std::string plain = spec.name.substr(0, 256);
  if (!spec.version.label.empty() && IsKnown(engine, spec.name)) {
    return InvalidArgument("Unrecognized servable version label: " + spec.version.label);
  }
  if (!spec.version.number) return NotFound("Servable not found for request: Latest(" + plain + ")");
  return NotFound("Servable not found for request: Specific(" + plain + ", " + std::to_string(*spec.version.number) +
                  ")");
}

std::string_view CodeName(const Status& status) {
  return net::Name(ToGrpcStatus(status).code);
}

net::HttpResponse ErrorAnswer(const Status& status) {
  return JsonErrorAnswer(status, EncodeError(status.message()));
}

net::GrpcStatus ErrorStatus(const Status& status) {
  constexpr size_t kMostBytes = 1024;
  constexpr std::string_view kCut = "...TRUNCATED";
  net::GrpcStatus answer = ToGrpcStatus(status);
  if (answer.message.size() <= kMostBytes) return answer;
  size_t cut = kMostBytes;
  while (cut > 0 && (static_cast<unsigned char>(answer.message[cut]) & 0xC0) == 0x80) --cut;  // between characters
  answer.message.resize(cut);
  answer.message += kCut;
  return answer;
}

}  // namespace trireme::tfserving
