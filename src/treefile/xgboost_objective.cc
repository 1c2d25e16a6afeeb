// SPDX-License-Identifier: Apache-2.0
#include "treefile/xgboost_objective.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/excerpt.h"

namespace trireme::treefile {
namespace {

// What makes a margin of a base score.
enum class Link : uint8_t { kIdentity, kLogit, kLog };

struct Objective {
  std::string_view name;
  Transform transform;
  Link link;
};

constexpr std::array kObjectives = {
    Objective{"reg:squarederror", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:linear", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:squaredlogerror", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:pseudohubererror", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:absoluteerror", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:quantileerror", Transform::kIdentity, Link::kIdentity},
    Objective{"reg:logistic", Transform::kLogistic, Link::kLogit},
    Objective{"binary:logistic", Transform::kLogistic, Link::kLogit},
    Objective{"binary:logitraw", Transform::kIdentity, Link::kIdentity},
    Objective{"binary:hinge", Transform::kHinge, Link::kIdentity},
    Objective{"count:poisson", Transform::kExp, Link::kLog},
    Objective{"reg:gamma", Transform::kExp, Link::kLog},
    Objective{"reg:tweedie", Transform::kExp, Link::kLog},
    Objective{"survival:cox", Transform::kExp, Link::kLog},
    Objective{"survival:aft", Transform::kExp, Link::kLog},
    Objective{"multi:softprob", Transform::kSoftmax, Link::kIdentity},
    Objective{"multi:softmax", Transform::kArgmax, Link::kIdentity},
    Objective{"rank:pairwise", Transform::kIdentity, Link::kIdentity},
    Objective{"rank:ndcg", Transform::kIdentity, Link::kIdentity},
    Objective{"rank:map", Transform::kIdentity, Link::kIdentity},
};

Status BadBase(float score, std::string_view expected, std::string_view objective) {
  return InvalidArgument("base_score: expected " + std::string(expected) + " with objective " + std::string(objective) +
                         ", found " + std::to_string(score));
}

Result<float> MarginOf(float score, const Objective& objective, const std::vector<int32_t>& version) {
  if (!std::isfinite(score)) return BadBase(score, "a finite number", objective.name);
  switch (objective.link) {
    case Link::kLogit: {
      // Newer versions write 0 and 1 where all labels are alike, and keep a distance from them.
      const bool keeps_distance = version >= std::vector<int32_t>{3, 2};
      const float least = keeps_distance ? 1e-6F : 0;
      const bool is_inside = score > 0 && score < 1;
      if (!is_inside && !(keeps_distance && (score == 0 || score == 1))) {
        return BadBase(score, "a probability between 0 and 1", objective.name);
      }
      return -std::log(1.0F / std::clamp(score, least, 1.0F - least) - 1.0F);
    }
    case Link::kLog:
      if (!(score > 0)) return BadBase(score, "a number above 0", objective.name);
      return std::log(score);
    default:
      return score;
  }
}

}  // namespace

Status ApplyXgboostAnswer(const XgboostAnswer& answer, Forest& forest) {
  const std::string& name = answer.objective;
  const std::vector<float>& base_scores = answer.base_scores;
  const auto* objective = std::find_if(kObjectives.begin(), kObjectives.end(),
                                       [&name](const Objective& known) { return known.name == name; });
  if (objective == kObjectives.end()) {
    return Unsupported("XGBoost's objective " + Excerpt(name) +
                       " is not known here: how it makes an answer of the sums of its trees");
  }
  if (name == "reg:quantileerror" && forest.outputs > 1 && answer.version >= std::vector<int32_t>{3, 4}) {
    return Unsupported("several quantiles of XGBoost 3.4 or later are put in order, which is not done here");
  }
  const bool is_multiclass = objective->transform == Transform::kSoftmax || objective->transform == Transform::kArgmax;
  if (is_multiclass && forest.outputs < 2) {
    return InvalidArgument("num_class: expected at least 2 with objective " + name + ", found " +
                           std::to_string(forest.outputs));
  }
  if (base_scores.size() != 1 && base_scores.size() != forest.outputs) {
    return InvalidArgument("base_score: expected 1 or " + std::to_string(forest.outputs) + " numbers, found " +
                           std::to_string(base_scores.size()));
  }
  forest.base.clear();
  for (uint32_t i = 0; i < forest.outputs; ++i) {
    const float score = base_scores[base_scores.size() == 1 ? 0 : i];
    ASSIGN_OR_RETURN(const float margin, MarginOf(score, *objective, answer.version));
    forest.base.push_back(margin);
  }
  forest.objective = name;
  forest.transform = objective->transform;
  forest.scores_flat = forest.column_count() == 1;
  return {};
}

}  // namespace trireme::treefile
