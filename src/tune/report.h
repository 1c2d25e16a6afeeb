// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/options.h"
#include "bench/run_facts.h"
#include "tune/model_search.h"

namespace trireme::tune {

// What a search says, ready to be shown.
struct TuneReport {
  TuneOptions options;
  bench::RunFacts facts;
  std::vector<ModelOutcome> models;

  // Whether every model has settings that keep its goal.
  bool KeepsAllGoals() const;
  // What must be said with the numbers, by its name.
  std::vector<std::pair<std::string_view, std::string>> About() const;
};

// What all measurements of a candidate say together: a point for each number of users, and one for the goodput if it
// was searched; each value the median of theirs, from the fewest users on and the goodput last.
std::vector<LoadPoint> PointsOf(const ModelOutcome& model, size_t candidate);

// Of these the one that the candidate is chosen by: the most answers within the goal; without any the lightest load's.
std::optional<LoadPoint> ChosenPoint(const ModelOutcome& model, size_t candidate);

// What became of a candidate: "best", "as good, by what was measured", "worse".
std::string FateText(const ModelOutcome& model, size_t candidate);

// The sentence that the search was made for.
std::string Verdict(const ModelOutcome& model);

// What a reader must know before believing the numbers.
std::vector<std::string> Notes(const TuneReport& report, const ModelOutcome& model);

// What something costs at the best settings, and how that was counted; no formula: it is a whole number.
struct Cost {
  std::string name;
  double value = 0;
  std::string formula;

  std::string value_text() const;
};
// Empty without a price, or without settings that keep the goal.
std::vector<Cost> Costs(const TuneReport& report, const ModelOutcome& model);

// The table of a model's candidates, the best first: its columns, and a row's cells, as people read them.
std::vector<std::string> Columns(const TuneReport& report, const ModelOutcome& model);
std::vector<std::vector<std::string>> Rows(const TuneReport& report, const ModelOutcome& model);

// The forms in which it comes.
std::string Table(const TuneReport& report);
std::string Json(const TuneReport& report);
std::string Markdown(const TuneReport& report);
std::string Csv(const TuneReport& report);
std::string Html(const TuneReport& report);
std::string Write(const TuneReport& report, bench::ReportForm form);

}  // namespace trireme::tune
