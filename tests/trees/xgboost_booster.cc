// SPDX-License-Identifier: Apache-2.0
#include "xgboost_booster.h"

#include <xgboost/c_api.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>

#include "base/check.h"
#include "base/testing/temp_dir.h"

namespace trireme {

struct XgboostBooster::Handles {
  DMatrixHandle rows = nullptr;
  BoosterHandle booster = nullptr;
};

namespace {

void SetInfo(DMatrixHandle rows, const char* field, const std::vector<float>& values) {
  if (!values.empty()) CHECK(XGDMatrixSetFloatInfo(rows, field, values.data(), values.size()) == 0);
}

DMatrixHandle MakeMatrix(const TrainingRows& rows) {
  DMatrixHandle matrix = nullptr;
  CHECK(XGDMatrixCreateFromMat(rows.values.data(), rows.count(), rows.width, NAN, &matrix) == 0);
  SetInfo(matrix, "label", rows.labels);
  SetInfo(matrix, "label_lower_bound", rows.lower_bounds);
  SetInfo(matrix, "label_upper_bound", rows.upper_bounds);
  if (!rows.groups.empty()) {
    CHECK(XGDMatrixSetUIntInfo(matrix, "group", rows.groups.data(), rows.groups.size()) == 0);
  }
  if (rows.types.empty()) return matrix;
  std::vector<const char*> types;
  for (const std::string& type : rows.types) types.push_back(type.c_str());
  CHECK(XGDMatrixSetStrFeatureInfo(matrix, "feature_type", types.data(), types.size()) == 0);
  return matrix;
}

// Kinds of predictions, as XGBoost numbers them: 0 scores, 1 margins, 6 leaf indexes.
std::vector<float> PredictRows(BoosterHandle booster, DMatrixHandle rows, int kind, int iterations) {
  const std::string config = R"({"type":)" + std::to_string(kind) +
                             R"(,"training":false,"iteration_begin":0,"iteration_end":)" + std::to_string(iterations) +
                             R"(,"strict_shape":true})";
  const bst_ulong* shape = nullptr;
  bst_ulong rank = 0;
  const float* result = nullptr;
  CHECK(XGBoosterPredictFromDMatrix(booster, rows, config.c_str(), &shape, &rank, &result) == 0);
  return {result, result + std::accumulate(shape, shape + rank, size_t{1}, std::multiplies<>())};
}

}  // namespace

XgboostBooster::XgboostBooster(const TrainingRows& rows, const TrainingParameters& parameters, int rounds)
    : handles_(std::make_unique<Handles>()) {
  handles_->rows = MakeMatrix(rows);
  CHECK(XGBoosterCreate(&handles_->rows, 1, &handles_->booster) == 0);
  CHECK(XGBoosterSetParam(handles_->booster, "nthread", "1") == 0);
  CHECK(XGBoosterSetParam(handles_->booster, "verbosity", "0") == 0);
  for (const auto& [name, value] : parameters) {
    CHECK(XGBoosterSetParam(handles_->booster, name.c_str(), value.c_str()) == 0);
  }
  for (int i = 0; i < rounds; ++i) CHECK(XGBoosterUpdateOneIter(handles_->booster, i, handles_->rows) == 0);
}

XgboostBooster::~XgboostBooster() {
  XGBoosterFree(handles_->booster);
  XGDMatrixFree(handles_->rows);
}

void XgboostBooster::SetAttribute(const std::string& name, const std::string& value) {
  CHECK(XGBoosterSetAttr(handles_->booster, name.c_str(), value.c_str()) == 0);
}

std::string XgboostBooster::Saved(const std::string& file_name) const {
  const TempDir folder;
  const std::filesystem::path path = folder.path() / file_name;
  CHECK(XGBoosterSaveModel(handles_->booster, path.c_str()) == 0);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> XgboostBooster::Predict(int kind, int iterations) const {
  return PredictRows(handles_->booster, handles_->rows, kind, iterations);
}

std::vector<float> XgboostBooster::MarginsOf(const TrainingRows& rows) const {
  const DMatrixHandle matrix = MakeMatrix(rows);
  std::vector<float> margins = PredictRows(handles_->booster, matrix, 1, 0);
  XGDMatrixFree(matrix);
  return margins;
}

}  // namespace trireme
