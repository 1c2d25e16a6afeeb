// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/examples.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "wire/tfserving/data_types.h"
#include "wire/tfserving/example_features.h"

namespace trireme::tfserving {
namespace {

std::string PlaceOf(const std::string& key, size_t example) {
  return "Key: " + key + ", Index: " + std::to_string(example) + ". ";
}

Status WrongKind(const std::string& key, const TensorSpec& input, size_t example, Feature::Kind kind) {
  return InvalidArgument(PlaceOf(key, example) + " Data types don't match. Expected type: " +
                         std::string(PlainName(input.type)) + " but got values of type: " + std::string(NameOf(kind)));
}

bool TakesExamples(const Signature& signature) {
  if (signature.inputs.size() != 1) return false;
  const TensorSpec& input = signature.inputs.front();
  return input.type == DataType::kBytes && input.shape.rank() == 1 && input.name == "inputs";
}

Status TooMuch(size_t max_bytes) {
  return TooLarge("expected Examples that make at most " + std::to_string(max_bytes) +
                  " bytes of input together with their context, found more");
}

std::byte* PutBytes(std::byte* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

// As elements of BYTES have it (tensor/tensor.h).
std::byte* PutLength(std::byte* to, size_t bytes) {
  const auto length = static_cast<uint32_t>(bytes);
  std::memcpy(to, &length, sizeof length);
  return to + sizeof length;
}

// Each as one string: the context, and the Example behind it, which makes one message of the two.
Result<std::vector<NamedTensor>> AsStrings(const Examples& examples, const std::string& name, size_t max_bytes,
                                           MemoryPool& pool) {
  size_t context_bytes = 0;
  for (const std::string_view piece : examples.context) context_bytes += piece.size();
  size_t bytes = 0;
  for (const std::string_view example : examples.examples) {
    bytes += sizeof(uint32_t) + context_bytes + example.size();
    if (bytes > max_bytes) return TooMuch(max_bytes);
  }
  Buffer buffer = Buffer::Take(pool, bytes);
  std::byte* to = buffer.mutable_data();
  for (const std::string_view example : examples.examples) {
    to = PutLength(to, context_bytes + example.size());
    for (const std::string_view piece : examples.context) to = PutBytes(to, piece);
    to = PutBytes(to, example);
  }
  const auto rows = static_cast<int64_t>(examples.examples.size());
  std::vector<NamedTensor> inputs;
  inputs.push_back({.name = name, .tensor = {.type = DataType::kBytes, .shape = {rows}, .data = std::move(buffer)}});
  return inputs;
}

// One input while its rows are read.
class InputRows {
 public:
  // `parsed`: how the model says that it is parsed; null: it says nothing.
  InputRows(const TensorSpec& spec, const ExampleFeature* parsed, size_t rows, size_t max_bytes, MemoryPool& pool)
      : spec_(spec),
        parsed_(parsed),
        key_(parsed != nullptr ? parsed->key : spec.name),
        rows_(rows),
        max_bytes_(max_bytes),
        pool_(pool) {}

  // What Examples without a feature of this name have.
  Status SetContext(const ExampleFeatures& context) {
    ASSIGN_OR_RETURN(context_, context.Find(key_));
    return {};
  }

  Status Add(size_t row, const ExampleFeatures& example) {
    ASSIGN_OR_RETURN(std::optional<Feature> own, example.Find(key_));
    if (!own && context_) RETURN_IF_ERROR(CountContext());
    const std::optional<Feature>& feature = own ? own : context_;
    const bool has_values = feature && feature->kind != Feature::Kind::kNone;
    if (!has_values && HasDefault()) return AddDefault(row);
    if (!has_values) return spec_.optional && !present_ ? Status() : Missing(row);
    if (row > 0 && !present_) return TooLate(row);
    RETURN_IF_ERROR(row == 0 ? Begin(feature->count, NameOf(feature->kind)) : CheckCount(row, *feature));
    present_ = true;
    if (spec_.type == DataType::kBytes) return AddStrings(row, *feature);
    return AddNumbers(row, *feature);
  }

  const std::string& key() const { return key_; }
  size_t bytes() const { return buffer_.size() + strings_.size(); }
  bool present() const { return present_; }

  NamedTensor Take() {
    if (spec_.type == DataType::kBytes) {
      buffer_ = Buffer::Take(pool_, strings_.size());
      if (!strings_.empty()) std::memcpy(buffer_.mutable_data(), strings_.data(), strings_.size());
    }
    return {.name = spec_.name, .tensor = {.type = spec_.type, .shape = shape_, .data = std::move(buffer_)}};
  }

 private:
  // It is read anew for each Example, and may be as large as the whole message.
  Status CountContext() {
    for (const std::string_view list : context_->lists) context_bytes_ += list.size() + 1;
    return context_bytes_ <= max_bytes_ ? Status() : TooMuch(max_bytes_);
  }

  Status Missing(size_t row) const {
    return InvalidArgument("Example " + std::to_string(row) + ", Feature: " + key_ + " (data type: " +
                           std::string(PlainName(spec_.type)) + ") is required but could not be found.");
  }
  Status TooLate(size_t row) const {
    return InvalidArgument("Example " + std::to_string(row) + ", Feature: " + key_ +
                           ": expected in all examples or in none, found in this and not in those before");
  }

  // The first row, which says how long one is where the signature leaves that open.
  Status Begin(size_t values, std::string_view kind) {
    if (spec_.shape.rank() == 0) {
      return InvalidArgument("Feature: " + key_ +
                             ": expected an input with a dimension for examples, found a scalar: ask with predict");
    }
    const Shape inner = spec_.shape.Inner();
    shape_ = inner.WithRows(static_cast<int64_t>(rows_));
    size_t open = 0;
    int64_t known = 1;
    for (size_t i = 1; i < shape_.rank(); ++i) {
      if (shape_[i] == Shape::kAny) {
        open = open == 0 ? i : SIZE_MAX;
      } else {
        known *= shape_[i];
      }
    }
    const auto count = static_cast<int64_t>(values);
    if (open == SIZE_MAX) {
      return InvalidArgument("Feature: " + key_ +
                             ": expected an input with one open dimension besides that for "
                             "examples at most, found " +
                             spec_.shape.ToString() + ": ask with predict");
    }
    if (open != 0 && known > 0 && count % known == 0) shape_[open] = count / known;
    row_elements_ = open == 0 ? static_cast<size_t>(known) : values;
    if (open != 0 && (known == 0 || count % known != 0)) return WrongCount(0, values, kind, inner);
    if (values != row_elements_) return WrongCount(0, values, kind, inner);
    if (spec_.type == DataType::kBytes) return {};
    const std::optional<size_t> bytes = ByteSize(spec_.type, shape_);
    if (!bytes || *bytes > max_bytes_) return TooMuch(max_bytes_);
    buffer_ = Buffer::Take(pool_, *bytes);
    return {};
  }

  Status CheckCount(size_t row, const Feature& feature) const {
    if (feature.count == row_elements_) return {};
    return WrongCount(row, feature.count, NameOf(feature.kind), shape_.Inner());
  }

  Status WrongCount(size_t row, size_t values, std::string_view kind, const Shape& inner) const {
    return InvalidArgument(PlaceOf(key_, row) + " Number of " + std::string(kind) +
                           " values != expected. Values size: " + std::to_string(values) +
                           " but output shape: " + inner.ToString());
  }

  bool HasDefault() const {
    return parsed_ != nullptr && (parsed_->default_elements.has_value() || parsed_->default_texts.has_value());
  }

  Status AddDefault(size_t row) {
    if (row == 0) {
      const std::optional<int64_t> elements = parsed_->shape.ElementCount();
      RETURN_IF_ERROR(Begin(static_cast<size_t>(elements.value_or(0)), PlainName(spec_.type)));
    }
    present_ = true;
    if (spec_.type != DataType::kBytes) {
      const std::string_view elements = parsed_->default_elements ? *parsed_->default_elements : std::string_view();
      if (elements.size() != row_elements_ * ElementBytes(spec_.type)) return WrongDefault();
      PutBytes(buffer_.mutable_data() + row * elements.size(), elements);
      return {};
    }
    if (!parsed_->default_texts || parsed_->default_texts->size() != row_elements_) return WrongDefault();
    for (const std::string& text : *parsed_->default_texts) {
      if (!AddString(text)) return TooMuch(max_bytes_);
    }
    return {};
  }

  Status WrongDefault() const { return Internal("the model's default of feature '" + key_ + "' is not of its type"); }

  bool AddString(std::string_view element) {
    if (strings_.size() + sizeof(uint32_t) + element.size() > max_bytes_) return false;
    const size_t at = strings_.size();
    strings_.resize(at + sizeof(uint32_t) + element.size());
    PutBytes(PutLength(strings_.data() + at, element.size()), element);
    return true;
  }

  Status AddStrings(size_t row, const Feature& feature) {
    if (feature.kind != Feature::Kind::kBytes) return WrongKind(key_, spec_, row, feature.kind);
    bool fits = true;
    feature.ForEachBytes([&](std::string_view element) { fits = fits && AddString(element); });
    return fits ? Status() : TooMuch(max_bytes_);
  }

  Status AddNumbers(size_t row, const Feature& feature) {
    switch (spec_.type) {
      case DataType::kBool:
        return AddIntegers<bool>(row, feature);
      case DataType::kUint8:
        return AddIntegers<uint8_t>(row, feature);
      case DataType::kUint16:
        return AddIntegers<uint16_t>(row, feature);
      case DataType::kUint32:
        return AddIntegers<uint32_t>(row, feature);
      case DataType::kUint64:
        return AddIntegers<uint64_t>(row, feature);
      case DataType::kInt8:
        return AddIntegers<int8_t>(row, feature);
      case DataType::kInt16:
        return AddIntegers<int16_t>(row, feature);
      case DataType::kInt32:
        return AddIntegers<int32_t>(row, feature);
      case DataType::kInt64:
        return AddIntegers<int64_t>(row, feature);
      case DataType::kFp16:
        return AddFloats<uint16_t>(row, feature, NarrowToFp16, 0x7C00);
      case DataType::kBf16:
        return AddFloats<uint16_t>(row, feature, NarrowToBf16, 0x7F80);
      case DataType::kFp32:
        return AddFloats<float>(row, feature, [](double value) { return static_cast<float>(value); });
      case DataType::kFp64:
        return AddFloats<double>(row, feature, [](double value) { return value; });
      case DataType::kBytes:
        break;
    }
    CHECK(false);
  }

  template <typename T>
  T* RowOf(size_t row) {
    return reinterpret_cast<T*>(buffer_.mutable_data()) + row * row_elements_;
  }

  template <typename T>
  Status AddIntegers(size_t row, const Feature& feature) {
    if (feature.kind != Feature::Kind::kInt64) return WrongKind(key_, spec_, row, feature.kind);
    T* to = RowOf<T>(row);
    std::optional<int64_t> wrong;
    feature.ForEachInt64([&](int64_t value) {
      if (!std::in_range<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>(value) ||
          (std::is_same_v<T, bool> && value > 1)) {
        wrong = value;
      }
      *to++ = static_cast<T>(value);
    });
    if (!wrong) return {};
    return InvalidArgument(PlaceOf(key_, row) + " expected values that fit " + std::string(PlainName(spec_.type)) +
                           ", found " + std::to_string(*wrong));
  }

  // `exponent`: the bits of a narrow type that are all set in an infinite number; 0: each value fits.
  template <typename T, typename Narrow>
  Status AddFloats(size_t row, const Feature& feature, Narrow narrow, uint16_t exponent = 0) {
    T* to = RowOf<T>(row);
    std::optional<double> wrong;
    const auto add = [&](double value) {
      const T narrowed = narrow(value);
      if constexpr (std::is_same_v<T, uint16_t>) {
        if ((narrowed & exponent) == exponent && std::isfinite(value)) wrong = value;
      }
      *to++ = narrowed;
    };
    if (feature.kind == Feature::Kind::kFloat) {
      feature.ForEachFloat([&](float value) { add(static_cast<double>(value)); });
    } else if (feature.kind == Feature::Kind::kInt64 && parsed_ == nullptr) {
      feature.ForEachInt64([&](int64_t value) { add(static_cast<double>(value)); });
    } else {
      return WrongKind(key_, spec_, row, feature.kind);
    }
    if (!wrong) return {};
    return InvalidArgument(PlaceOf(key_, row) + " expected values that fit " + std::string(PlainName(spec_.type)) +
                           ", found " + std::to_string(*wrong));
  }

  const TensorSpec& spec_;
  const ExampleFeature* const parsed_;
  const std::string& key_;  // of the feature
  const size_t rows_;
  const size_t max_bytes_;
  MemoryPool& pool_;
  std::optional<Feature> context_;
  size_t context_bytes_ = 0;  // read so far
  bool present_ = false;
  Shape shape_;
  size_t row_elements_ = 0;
  Buffer buffer_;
  std::vector<std::byte> strings_;
};

// Those that features go to: as the model says, else to each by its name.
Result<std::vector<InputRows>> InputsOf(const Signature& signature, std::span<const ExampleFeature> features,
                                        size_t rows, size_t max_bytes, MemoryPool& pool) {
  std::vector<InputRows> inputs;
  inputs.reserve(signature.inputs.size());
  if (features.empty()) {
    for (const TensorSpec& spec : signature.inputs) inputs.emplace_back(spec, nullptr, rows, max_bytes, pool);
  }
  for (const ExampleFeature& feature : features) {
    const int index = FindSpec(signature.inputs, feature.input);
    if (index < 0) return Internal("the model has no input '" + feature.input + "' for feature '" + feature.key + "'");
    inputs.emplace_back(signature.inputs[static_cast<size_t>(index)], &feature, rows, max_bytes, pool);
  }
  return inputs;
}

Result<std::vector<NamedTensor>> AsFeatures(const Examples& examples, const Signature& signature,
                                            std::span<const ExampleFeature> features, size_t max_bytes,
                                            MemoryPool& pool) {
  ASSIGN_OR_RETURN(std::vector<InputRows> inputs,
                   InputsOf(signature, features, examples.examples.size(), max_bytes, pool));
  FeatureNames names;
  for (const InputRows& input : inputs) names.emplace(input.key(), names.size());
  ExampleFeatures context(names);
  for (const std::string_view piece : examples.context) RETURN_IF_ERROR(context.Add(piece));
  for (InputRows& input : inputs) RETURN_IF_ERROR(input.SetContext(context));
  for (size_t row = 0; row < examples.examples.size(); ++row) {
    ExampleFeatures example(names);
    RETURN_IF_ERROR(example.Add(examples.examples[row]));
    size_t bytes = 0;
    for (InputRows& input : inputs) {
      RETURN_IF_ERROR(input.Add(row, example));
      bytes += input.bytes();
      if (bytes > max_bytes) return TooMuch(max_bytes);
    }
  }
  std::vector<NamedTensor> tensors;
  for (InputRows& input : inputs) {
    if (input.present()) tensors.push_back(input.Take());
  }
  return tensors;
}

}  // namespace

Result<std::vector<NamedTensor>> InputsOfExamples(const Examples& examples, const Signature& signature,
                                                  std::span<const ExampleFeature> features, size_t max_bytes,
                                                  MemoryPool& pool) {
  if (examples.examples.empty()) return InvalidArgument("Input is empty.");
  const bool is_given_them = features.empty() && TakesExamples(signature);
  if (is_given_them) return AsStrings(examples, signature.inputs.front().name, max_bytes, pool);
  return AsFeatures(examples, signature, features, max_bytes, pool);
}

Result<Examples> ExamplesOfStrings(const NamedTensor& strings) {
  const Tensor& tensor = strings.tensor;
  if (tensor.type != DataType::kBytes || tensor.shape.rank() != 1) {
    return InvalidArgument("input '" + strings.name + "': expected serialized tf.Examples, a list of strings, found " +
                           std::string(PlainName(tensor.type)) + " of shape " + tensor.shape.ToString());
  }
  Examples examples;
  BytesReader reader(tensor.data.bytes());
  while (const auto element = reader.Next()) examples.examples.push_back(*element);
  return examples;
}

}  // namespace trireme::tfserving
