// SPDX-License-Identifier: Apache-2.0
#include "bench/model_mix.h"

#include <algorithm>
#include <charconv>

namespace trireme::bench {
namespace {

constexpr uint32_t kMostWeight = 1'000'000;

Result<ModelShare> ParseShare(std::string_view word) {
  const auto wrong = [&](const std::string& expected) {
    return InvalidArgument("expected " + expected + ", found \"" + std::string(word) + "\"");
  };
  ModelShare share;
  const size_t colon = word.rfind(':');
  share.name = word.substr(0, colon);
  if (share.name.empty()) return wrong("a name, or a name and a weight as in resnet:3");
  if (colon == std::string_view::npos) return share;
  const std::string_view weight = word.substr(colon + 1);
  const auto [end, error] = std::from_chars(weight.data(), weight.data() + weight.size(), share.weight);
  if (error != std::errc() || end != weight.data() + weight.size() || share.weight == 0 || share.weight > kMostWeight) {
    return wrong("a weight from 1 to " + std::to_string(kMostWeight) + " behind ':'");
  }
  return share;
}

}  // namespace

Result<std::vector<ModelShare>> ParseModels(std::string_view text) {
  if (text.find(',') == std::string_view::npos) {
    if (text.empty()) return InvalidArgument("expected a name, found nothing");
    return std::vector<ModelShare>{{.name = std::string(text)}};
  }
  std::vector<ModelShare> shares;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    ASSIGN_OR_RETURN(ModelShare share, ParseShare(text.substr(begin, end - begin)));
    if (std::ranges::find(shares, share.name, &ModelShare::name) != shares.end()) {
      return InvalidArgument("expected each model once, found \"" + share.name + "\" twice");
    }
    if (shares.size() == kMaxModels) {
      return InvalidArgument("expected at most " + std::to_string(kMaxModels));
    }
    shares.push_back(std::move(share));
    begin = end + 1;
  }
  return shares;
}

ModelPicker::ModelPicker(const std::vector<ModelShare>& shares, uint64_t seed) : random_(seed) {
  uint64_t sum = 0;
  for (const ModelShare& share : shares) ends_.push_back(sum += share.weight);
}

size_t ModelPicker::Next() {
  if (ends_.size() == 1) return 0;
  // The remainder favours small numbers by less than one in 10^10.
  const uint64_t number = random_() % ends_.back();
  return static_cast<size_t>(std::ranges::upper_bound(ends_, number) - ends_.begin());
}

}  // namespace trireme::bench
