// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/media_type.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/http_chars.h"

namespace trireme::sagemaker {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 4> kTypes = {
    {{"application/json", Format::kJson},
     {"text/csv", Format::kCsv},
     {"application/x-npy", Format::kNpy},
     {"application/vnd.sagemaker-triton.binary+json", Format::kJson}}};

// Without parameters: a charset says nothing that these formats do not.
std::string_view TypeIn(std::string_view text) {
  return net::TrimBlanks(text.substr(0, text.find(';')));
}

constexpr std::array<std::string_view, 2> kLibsvmTypes = {"text/libsvm", "text/x-libsvm"};
constexpr std::array<std::string_view, 4> kPictureTypes = {"image/jpeg", "image/png", "image/webp",
                                                           "application/x-image"};

std::optional<Format> Known(std::string_view type) {
  const auto found =
      std::ranges::find_if(kTypes, [&](const auto& known) { return net::EqualsIgnoringCase(type, known.first); });
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::string_view MediaTypeOf(Format format) {
  switch (format) {
    case Format::kJson:
      return "application/json";
    case Format::kCsv:
      return "text/csv";
    case Format::kNpy:
      return "application/x-npy";
    case Format::kLibsvm:
      return "text/libsvm";
    case Format::kPicture:
      return "application/x-image";
  }
  return "";
}

std::optional<Format> FormatOfBody(std::string_view content_type) {
  const std::string_view type = TypeIn(content_type);
  for (const char* json : {"", "application/octet-stream", "application/x-www-form-urlencoded"}) {
    if (net::EqualsIgnoringCase(type, json)) return Format::kJson;
  }
  const auto is_it = [&](std::string_view known) { return net::EqualsIgnoringCase(type, known); };
  if (std::ranges::any_of(kLibsvmTypes, is_it)) return Format::kLibsvm;
  return std::ranges::any_of(kPictureTypes, is_it) ? Format::kPicture : Known(type);
}

std::optional<Format> FormatOfAnswer(std::string_view accept, Format otherwise) {
  if (net::TrimBlanks(accept).empty()) return otherwise;
  while (!accept.empty()) {
    const std::string_view member = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(member.size() + 1, accept.size()));
    const std::string_view type = TypeIn(member);
    if (type == "*/*" || type == "application/*") return otherwise;
    if (const auto format = Known(type)) return format;
  }
  return std::nullopt;
}

}  // namespace trireme::sagemaker
