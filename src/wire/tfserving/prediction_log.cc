// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/prediction_log.h"

#include <array>
#include <optional>
#include <string>

#include "wire/kserve/proto_fields.h"

namespace trireme::tfserving {
namespace {

using kserve::Place;
using kserve::ReadProtoBytes;
using kserve::ReadProtoMessage;

// The kinds of logs, by their fields.
struct Row {
  int number;
  std::string_view name;
  std::optional<PredictionLog::Kind> kind;
};
constexpr std::array<Row, 6> kRows = {{{2, "classify_log", PredictionLog::Kind::kClassify},
                                       {3, "regress_log", PredictionLog::Kind::kRegress},
                                       {4, "multi_inference_log", PredictionLog::Kind::kMultiInference},
                                       {5, "session_run_log", std::nullopt},
                                       {6, "predict_log", PredictionLog::Kind::kPredict},
                                       {7, "predict_streamed_log", std::nullopt}}};

const Row* FindRow(int number) {
  for (const Row& row : kRows) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

}  // namespace

Result<PredictionLog> DecodePredictionLog(std::string_view bytes) {
  const Row* found = nullptr;
  std::string_view log;
  const Place place("PredictionLog", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) -> Status {
    const Row* const row = FindRow(field.number);
    if (row == nullptr) return {};
    found = row;  // of the kinds of a oneof the last one counts
    return ReadProtoBytes(field, Place(row->name, &place), "a message", log);
  }));
  if (found == nullptr) return InvalidArgument("PredictionLog: expected a log of a request, found none");
  if (!found->kind) {
    return Unsupported(
        "PredictionLog: expected a predict_log, classify_log, regress_log or multi_inference_log, found " +
        std::string(found->name));
  }
  PredictionLog read{.kind = *found->kind, .request = {}};
  const Place within(found->name, &place);
  RETURN_IF_ERROR(ReadProtoMessage(log, within, [&](const ProtoField& field) -> Status {
    if (field.number != 1) return {};
    return ReadProtoBytes(field, Place("request", &within), "a message", read.request);
  }));
  return read;
}

}  // namespace trireme::tfserving
