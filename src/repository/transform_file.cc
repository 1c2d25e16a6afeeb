// SPDX-License-Identifier: Apache-2.0
#include "repository/transform_file.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>

#include "base/nearest_name.h"
#include "base/quantity.h"
#include "repository/file_contents.h"
#include "repository/yaml_value.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

using transform::AnswerKind;
using transform::AnswerWish;
using transform::ImageSize;
using transform::ImageSteps;
using transform::ImageWish;
using Kind = YamlValue::Kind;

constexpr size_t kMostBytes = size_t{64} << 10;
constexpr size_t kMostNameBytes = size_t{64} << 20;

// A place in the file: what it is called, and what stands there.
struct Place {
  std::string field;
  const YamlValue* value = nullptr;
  bool is_key = false;  // it is the value's key that is meant

  int line() const { return is_key ? value->key_line : value->line; }
  std::string NameOf(std::string_view key) const { return (field.empty() ? "" : field + ".") + std::string(key); }

  const YamlValue* Find(std::string_view key) const {
    for (const YamlValue::Member& member : value->members) {
      if (member.key == key) return &member.value;
    }
    return nullptr;
  }
};

template <typename T>
struct Word {
  const char* text;
  T meaning;
};

// Takes values out of places; what is wrong is noted, and counts as not there.
class Reader {
 public:
  Reader(fs::path file, std::vector<Finding>& findings) : file_(std::move(file)), findings_(findings) {}

  void Wrong(const Place& place, std::string expected, std::string found) {
    findings_.push_back({.severity = Finding::Severity::kError,
                         .file = file_,
                         .line = place.line(),
                         .field = place.field,
                         .expected = std::move(expected),
                         .found = std::move(found)});
  }
  void Wrong(const Place& place, std::string expected) { Wrong(place, std::move(expected), place.value->Described()); }

  // Nothing: it is not there.
  static std::optional<Place> At(const Place& place, std::string_view key) {
    const YamlValue* value = place.Find(key);
    if (value == nullptr || value->kind == Kind::kNull) return std::nullopt;
    return Place{place.NameOf(key), value};
  }

  // A map, with these keys alone.
  bool IsMapOf(const Place& place, std::initializer_list<std::string_view> keys) {
    std::string expected;
    for (const std::string_view key : keys) expected += (expected.empty() ? "" : ", ") + std::string(key);
    if (place.value->kind != Kind::kMap) {
      Wrong(place, "a map with some of " + expected);
      return false;
    }
    for (const YamlValue::Member& member : place.value->members) {
      if (std::ranges::find(keys, member.key) != keys.end()) continue;
      const std::string meant = DidYouMean(member.key, std::vector<std::string>(keys.begin(), keys.end()));
      Wrong({place.NameOf(member.key), &member.value, /*is_key=*/true}, "one of " + expected,
            "the key '" + member.key + "'" + (meant.empty() ? "" : " (" + meant + ")"));
    }
    return true;
  }

  std::optional<int64_t> Integer(const Place& place, int64_t least, int64_t most) {
    const YamlValue& value = *place.value;
    if (value.kind == Kind::kInteger && value.integer >= least && value.integer <= most) return value.integer;
    Wrong(place, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  std::optional<double> Number(const Place& place) {
    if (place.value->kind == Kind::kInteger) return static_cast<double>(place.value->integer);
    if (place.value->kind == Kind::kNumber) return place.value->number;
    Wrong(place, "a number");
    return std::nullopt;
  }

  std::optional<bool> Bool(const Place& place) {
    if (place.value->kind == Kind::kBool) return place.value->boolean;
    Wrong(place, "true or false");
    return std::nullopt;
  }

  std::string Text(const Place& map, std::string_view key) {
    const auto place = At(map, key);
    if (!place) return {};
    if (place->value->kind == Kind::kText || place->value->kind == Kind::kInteger) return place->value->text;
    Wrong(*place, "a text");
    return {};
  }

  template <typename T, size_t kCount>
  std::optional<T> OneOf(const Place& map, std::string_view key, const std::array<Word<T>, kCount>& words) {
    const auto place = At(map, key);
    if (!place) return std::nullopt;
    std::string expected;
    for (const Word<T>& word : words) {
      if (place->value->text == word.text && place->value->kind != Kind::kMap) return word.meaning;
      expected += (expected.empty() ? "" : ", ") + std::string(word.text);
    }
    Wrong(*place, "one of " + expected);
    return std::nullopt;
  }

  std::vector<float> Floats(const Place& map, std::string_view key) {
    const auto place = At(map, key);
    if (!place) return {};
    std::vector<float> values;
    const bool is_list = place->value->kind == Kind::kList;
    for (size_t i = 0; is_list && i < place->value->items.size(); ++i) {
      const auto value = Number({place->field + "[" + std::to_string(i) + "]", &place->value->items[i]});
      if (value) values.push_back(static_cast<float>(*value));
    }
    if (!is_list) Wrong(*place, "a list of numbers, one a channel");
    return values;
  }

 private:
  const fs::path file_;
  std::vector<Finding>& findings_;
};

constexpr int64_t kMostSide = 65'536;

bool IsNone(const Place& place) {
  return place.value->kind != Kind::kMap && place.value->text == "none";
}

std::optional<ImageSize> ReadSize(const Place& place, Reader& reader) {
  const auto width = Reader::At(place, "width");
  const auto height = Reader::At(place, "height");
  if (!width || !height) {
    reader.Wrong(place, "width and height", width || height ? "one of them" : "neither");
    return std::nullopt;
  }
  const auto across = reader.Integer(*width, 1, kMostSide);
  const auto down = reader.Integer(*height, 1, kMostSide);
  if (!across || !down) return std::nullopt;
  return ImageSize{.width = *across, .height = *down};
}

void ReadResize(const Place& place, ImageWish& image, Reader& reader) {
  if (IsNone(place)) {
    image.resize = ImageSteps::ResizeTo::kAsItIs;
    return;
  }
  if (place.value->kind != Kind::kMap) {
    const auto side = reader.Integer(place, 1, kMostSide);
    image.resize = ImageSteps::ResizeTo::kShorterSide;
    image.side = side.value_or(1);
    return;
  }
  if (!reader.IsMapOf(place, {"shorter", "longest", "width", "height"})) return;
  const auto shorter = Reader::At(place, "shorter");
  const auto longest = Reader::At(place, "longest");
  if (shorter && longest) return reader.Wrong(place, "shorter or longest", "both");
  if (const auto& side = shorter ? shorter : longest) {
    image.resize = shorter ? ImageSteps::ResizeTo::kShorterSide : ImageSteps::ResizeTo::kLongestSide;
    image.side = reader.Integer(*side, 1, kMostSide).value_or(1);
    if (place.value->members.size() > 1) reader.Wrong(place, "a side, or width and height", "both");
  } else if (const auto size = ReadSize(place, reader)) {
    image.resize = ImageSteps::ResizeTo::kExact;
    image.size = *size;
  }
}

void ReadCrop(const Place& place, ImageWish& image, Reader& reader) {
  image.no_crop = IsNone(place);
  if (image.no_crop) return;
  if (place.value->kind != Kind::kMap) {
    const int64_t side = reader.Integer(place, 1, kMostSide).value_or(1);
    image.crop = ImageSize{.width = side, .height = side};
  } else if (reader.IsMapOf(place, {"width", "height"})) {
    image.crop = ReadSize(place, reader);
  }
}

void ReadScale(const Place& image_place, ImageWish& image, Reader& reader) {
  const auto place = Reader::At(image_place, "normalise");
  if (!place) return;
  if (place->value->kind == Kind::kMap) {
    if (place->value->members.empty()) {
      return reader.Wrong(*place, "imagenet, minus_one_to_one, zero_to_one, none, or some of divide_by_255, mean, std",
                          "an empty map");
    }
    if (!reader.IsMapOf(*place, {"divide_by_255", "mean", "std"})) return;
    image.scale.emplace();
    if (const auto divide = Reader::At(*place, "divide_by_255")) {
      image.scale->divide_by_255 = reader.Bool(*divide).value_or(true);
    }
    image.scale->mean = reader.Floats(*place, "mean");
    image.scale->deviation = reader.Floats(*place, "std");
    if (std::ranges::find(image.scale->deviation, 0.0F) != image.scale->deviation.end()) {
      reader.Wrong(*Reader::At(*place, "std"), "numbers to divide by, none of them 0", "a 0");
    }
    return;
  }
  enum class Known : uint8_t { kImagenet, kMinusOneToOne, kZeroToOne, kNone };
  constexpr std::array<Word<Known>, 4> kWords = {{{"imagenet", Known::kImagenet},
                                                  {"minus_one_to_one", Known::kMinusOneToOne},
                                                  {"zero_to_one", Known::kZeroToOne},
                                                  {"none", Known::kNone}}};
  const auto known = reader.OneOf(image_place, "normalise", kWords);
  if (!known) return;
  image.scale.emplace();
  image.scale->divide_by_255 = *known != Known::kNone;
  using Numbers = transform::ValueScale::Known;
  if (*known == Known::kImagenet) image.scale->known = Numbers::kImagenet;
  if (*known == Known::kMinusOneToOne) image.scale->known = Numbers::kMinusOneToOne;
}

ImageWish ReadImage(const Place& place, Reader& reader) {
  ImageWish image;
  if (!reader.IsMapOf(place,
                      {"input", "resize", "crop", "filter", "filling", "colour", "layout", "normalise", "decode"})) {
    return image;
  }
  constexpr std::array<Word<transform::Filter>, 3> kFilters = {{{"bilinear", transform::Filter::kBilinear},
                                                                {"bicubic", transform::Filter::kBicubic},
                                                                {"nearest", transform::Filter::kNearest}}};
  constexpr std::array<Word<transform::ColourOrder>, 3> kOrders = {{{"rgb", transform::ColourOrder::kRgb},
                                                                    {"bgr", transform::ColourOrder::kBgr},
                                                                    {"grey", transform::ColourOrder::kGrey}}};
  constexpr std::array<Word<transform::Layout>, 2> kLayouts = {
      {{"nchw", transform::Layout::kNchw}, {"nhwc", transform::Layout::kNhwc}}};
  constexpr std::array<Word<bool>, 2> kDecodings = {{{"scaled", false}, {"full", true}}};
  image.input = reader.Text(place, "input");
  if (const auto resize = Reader::At(place, "resize")) ReadResize(*resize, image, reader);
  if (const auto crop = Reader::At(place, "crop")) ReadCrop(*crop, image, reader);
  image.filter = reader.OneOf(place, "filter", kFilters);
  if (const auto filling = Reader::At(place, "filling")) {
    image.filling = static_cast<uint8_t>(reader.Integer(*filling, 0, 255).value_or(0));
  }
  image.order = reader.OneOf(place, "colour", kOrders);
  image.layout = reader.OneOf(place, "layout", kLayouts);
  ReadScale(place, image, reader);
  image.decode_in_full = reader.OneOf(place, "decode", kDecodings).value_or(false);
  return image;
}

AnswerWish ReadClasses(const Place& place, Reader& reader) {
  AnswerWish answer{.kind = AnswerKind::kClasses};
  if (!reader.IsMapOf(place, {"output", "top", "softmax", "labels"})) return answer;
  constexpr int64_t kMostClasses = 100'000;
  answer.output = reader.Text(place, "output");
  if (const auto top = Reader::At(place, "top")) {
    answer.top = static_cast<size_t>(reader.Integer(*top, 1, kMostClasses).value_or(5));
  }
  if (const auto softmax = Reader::At(place, "softmax")) answer.softmax = reader.Bool(*softmax);
  answer.names_file = reader.Text(place, "labels");
  return answer;
}

AnswerWish ReadDetections(const Place& place, Reader& reader) {
  AnswerWish answer{.kind = AnswerKind::kDetections};
  if (!reader.IsMapOf(place, {"boxes", "scores", "classes", "threshold", "labels"})) return answer;
  answer.boxes = reader.Text(place, "boxes");
  answer.scores = reader.Text(place, "scores");
  answer.classes = reader.Text(place, "classes");
  if (const auto threshold = Reader::At(place, "threshold")) {
    answer.threshold = static_cast<float>(reader.Number(*threshold).value_or(0.5));
  }
  answer.names_file = reader.Text(place, "labels");
  return answer;
}

AnswerWish ReadSegmentation(const Place& place, Reader& reader) {
  AnswerWish answer{.kind = AnswerKind::kSegmentation};
  if (reader.IsMapOf(place, {"output"})) answer.output = reader.Text(place, "output");
  return answer;
}

void ReadTransform(const Place& place, transform::TransformWish& wish, Reader& reader) {
  if (!reader.IsMapOf(place, {"image", "classes", "detections", "segmentation"})) return;
  if (const auto image = Reader::At(place, "image")) wish.image = ReadImage(*image, reader);
  using Read = AnswerWish (*)(const Place&, Reader&);
  constexpr std::array<Word<Read>, 3> kAnswers = {
      {{"classes", ReadClasses}, {"detections", ReadDetections}, {"segmentation", ReadSegmentation}}};
  for (const Word<Read>& answer : kAnswers) {
    const auto at = Reader::At(place, answer.text);
    if (!at) continue;
    if (wish.answer) reader.Wrong(*at, "one of classes, detections and segmentation", "several");
    wish.answer = answer.meaning(*at, reader);
  }
}

Finding Broken(const fs::path& file, std::string found) {
  return {.severity = Finding::Severity::kError,
          .file = file,
          .expected = "YAML of at most " + std::to_string(kMostBytes) + " bytes",
          .found = std::move(found)};
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

void ReadRunning(const Place& root, TransformFile& read, Reader& reader) {
  if (const auto place = Reader::At(root, "slo")) {
    const Result<ServiceGoal> goal = ParseServiceGoal(place->value->text);
    if (goal.ok()) {
      read.goal = *goal;
    } else {
      reader.Wrong(*place, "a percentile and a time, as p99=100ms (p50 to p99.99, 10us to 1h)");
    }
  }
  if (const auto place = Reader::At(root, "weight")) {
    constexpr double kLeast = 0.01;
    constexpr double kMost = 100;
    const bool is_number = place->value->kind == Kind::kInteger || place->value->kind == Kind::kNumber;
    const double weight =
        place->value->kind == Kind::kInteger ? static_cast<double>(place->value->integer) : place->value->number;
    if (is_number && weight >= kLeast && weight <= kMost) {
      read.weight = weight;
    } else {
      reader.Wrong(*place, "a number from 0.01 to 100");
    }
  }
  if (const auto place = Reader::At(root, "cache")) {
    const Result<uint64_t> bytes = ParseBytes(place->value->text);
    if (bytes.ok()) {
      read.cache_bytes = *bytes;
    } else {
      reader.Wrong(*place, "a size with its unit, as 64MiB");
    }
  }
}

}  // namespace

TransformFile ParseTransformFile(std::string_view yaml, const fs::path& file) {
  TransformFile read{.text = std::string(yaml)};
  const Result<YamlValue> parsed = ParseYaml(yaml, {.bytes = kMostBytes, .repeated_keys = false});
  if (!parsed.ok()) {
    read.findings.push_back({.severity = Finding::Severity::kError,
                             .file = file,
                             .expected = "YAML",
                             .found = "text that is none (" + parsed.status().message() + ")"});
    return read;
  }
  if (parsed->kind == Kind::kNull) return read;
  Reader reader(file, read.findings);
  const Place root{"", &*parsed};
  if (!reader.IsMapOf(root, {"transform", "slo", "weight", "cache"})) return read;
  ReadRunning(root, read, reader);
  if (const YamlValue* value = root.Find("transform"); value != nullptr && value->kind != Kind::kNull) {
    ReadTransform({"transform", value}, read.wish, reader);
  }
  return read;
}

TransformFile ReadTransformFile(const fs::path& folder) {
  const fs::path file = folder / kTransformFileName;
  const Result<std::string> text = ReadFileContents(file, kMostBytes);
  if (text.ok()) return ParseTransformFile(*text, file);
  TransformFile read;
  if (text.status().code() != StatusCode::kNotFound) read.findings.push_back(Broken(file, text.status().message()));
  return read;
}

Result<transform::ClassNames> ReadClassNames(const fs::path& folder, const std::string& name) {
  ASSIGN_OR_RETURN(const fs::path file, FindInside(folder, folder, name));
  ASSIGN_OR_RETURN(const std::string text, ReadFileContents(file, kMostNameBytes));
  if (name.ends_with(".json")) return transform::ReadIndexToName(text);
  std::vector<std::string> lines = Lines(text);
  if (lines.empty()) return InvalidArgument("expected a line for each class, found none");
  return transform::ClassNames(std::move(lines));
}

Result<transform::ModelTransform> FitTransformOf(const ModelEntry& entry, const Signature& signature,
                                                 const ModelLabels& labels) {
  transform::TransformWish wish = entry.transform;
  if (!wish.image && !wish.answer) return transform::OfferedTransform(signature, labels);
  const std::string file =
      wish.said_by.empty() ? "\"" + (entry.folder / kTransformFileName).string() + "\"" : wish.said_by;
  if (wish.answer && !wish.answer->names_file.empty()) {
    Result<transform::ClassNames> names = ReadClassNames(entry.folder, wish.answer->names_file);
    if (!names.ok()) {
      return std::move(names).status().Within(file + ": transform." + std::string(Name(wish.answer->kind)) +
                                              ".labels: '" + wish.answer->names_file + "'");
    }
    wish.answer->names = *std::move(names);
  }
  Result<transform::ModelTransform> fitted = transform::FitTransform(wish, signature, labels);
  return fitted.ok() ? std::move(fitted) : Result<transform::ModelTransform>(std::move(fitted).status().Within(file));
}

}  // namespace trireme
