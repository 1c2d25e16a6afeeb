// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace trireme {

// What XGBoost learns from, and what it is asked.
struct TrainingRows {
  size_t width = 0;
  std::vector<float> values;  // row after row; NaN: missing
  std::vector<float> labels;
  std::vector<uint32_t> groups;                             // of rows that are ranked together: how many each has
  std::vector<float> lower_bounds = {}, upper_bounds = {};  // of survival:aft
  std::vector<std::string> types = {};                      // one a feature, or none: "c" is categorical

  size_t count() const { return values.size() / width; }
  const float* row(size_t i) const { return values.data() + i * width; }
};

using TrainingParameters = std::map<std::string, std::string>;

// A model of XGBoost's own library, which must be right: it ends the process where a call fails.
class XgboostBooster {
 public:
  XgboostBooster(const TrainingRows& rows, const TrainingParameters& parameters, int rounds);
  ~XgboostBooster();
  XgboostBooster(const XgboostBooster&) = delete;
  XgboostBooster& operator=(const XgboostBooster&) = delete;

  void SetAttribute(const std::string& name, const std::string& value);

  // In the format that the file's name ends in: .json, .ubj, .bin.
  std::string Saved(const std::string& file_name) const;

  // Of all rows it was trained with, those of one behind the other; of the first so many iterations, 0: all.
  std::vector<float> Scores(int iterations = 0) const { return Predict(0, iterations); }
  std::vector<float> Margins(int iterations = 0) const { return Predict(1, iterations); }
  std::vector<float> Leaves(int iterations = 0) const { return Predict(6, iterations); }

  // Of other rows.
  std::vector<float> MarginsOf(const TrainingRows& rows) const;

 private:
  struct Handles;
  std::vector<float> Predict(int kind, int iterations) const;

  const std::unique_ptr<Handles> handles_;
};

}  // namespace trireme
