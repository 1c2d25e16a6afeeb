// SPDX-License-Identifier: Apache-2.0
#include "predict/column_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/nearest_name.h"

namespace trireme::predict {
namespace {

using Names = std::vector<std::string>;

bool Has(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// "a", "b", "c" and 7 more
std::string Listed(const Names& names) {
  constexpr size_t kMost = 5;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += (text.empty() ? "\"" : ", \"") + names[i] + "\"";
  }
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text.empty() ? "none" : text;
}

std::string Counted(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Status CheckNamed(const std::string& flag, const Names& wanted, const Names& there) {
  for (const std::string& name : wanted) {
    if (Has(there, name)) continue;
    const std::string hint = DidYouMean(name, there);
    return InvalidArgument(flag + ": there is no column \"" + name + "\"" + (hint.empty() ? "" : "; " + hint) +
                           " (found " + Listed(there) + ")");
  }
  return {};
}

// Elements of a row; nothing where the model takes any number.
Result<std::optional<size_t>> WidthOf(const Signature& signature, const TensorSpec& spec) {
  size_t width = 1;
  for (size_t i = signature.batched ? 1 : 0; i < spec.shape.rank(); ++i) {
    const bool is_rows_of_one = !signature.batched && i == 0 && spec.shape[0] == Shape::kAny;
    if (is_rows_of_one) continue;
    if (spec.shape[i] == Shape::kAny) return std::optional<size_t>();
    constexpr size_t kMostColumns = 1 << 16;
    width *= static_cast<size_t>(spec.shape[i]);
    if (width > kMostColumns || width == 0) {
      return InvalidArgument("input \"" + spec.name + "\" of shape " + spec.shape.ToString() +
                             " cannot be filled from columns of a table: it has too many elements (or none)");
    }
  }
  return std::optional(width);
}

struct Wanted {
  const TensorSpec* spec = nullptr;
  std::optional<size_t> width;
  Names names;  // of its columns, as they would be called
};

Result<std::vector<Wanted>> WantedInputs(const Signature& signature) {
  std::vector<Wanted> inputs;
  for (const TensorSpec& spec : signature.inputs) {
    ASSIGN_OR_RETURN(const std::optional<size_t> width, WidthOf(signature, spec));
    Wanted wanted{.spec = &spec, .width = width, .names = {}};
    if (!spec.element_names.empty() && spec.element_names.size() == width) {
      wanted.names = spec.element_names;
    } else if (width == size_t{1}) {
      wanted.names = {spec.name};
    } else {
      for (size_t i = 0; width && i < *width; ++i) wanted.names.push_back(spec.name + "_" + std::to_string(i));
    }
    inputs.push_back(std::move(wanted));
  }
  return inputs;
}

// Those columns that could be meant for the model, in their order.
Names OpenColumns(const Names& table, const ColumnChoice& choice) {
  if (!choice.columns.empty()) return choice.columns;
  Names open;
  for (const std::string& name : table) {
    if (!Has(choice.exclude, name) && !Has(choice.keep, name)) open.push_back(name);
  }
  return open;
}

// By name; nothing: not a single column of all inputs is there.
Result<std::optional<std::vector<InputPlan>>> ByName(const std::vector<Wanted>& inputs, const Names& open) {
  std::vector<InputPlan> plans;
  Names missing;
  bool any = false;
  for (const Wanted& input : inputs) {
    Names absent;
    for (const std::string& name : input.names) {
      if (!Has(open, name)) absent.push_back(name);
    }
    const bool has_any = absent.size() < input.names.size();
    any = any || has_any;
    if (!has_any && input.spec->optional) continue;
    missing.insert(missing.end(), absent.begin(), absent.end());
    if (input.names.empty()) missing.push_back(input.spec->name + "_0");
    plans.push_back({.spec = *input.spec, .columns = input.names});
  }
  if (!any) return std::optional<std::vector<InputPlan>>();
  if (missing.empty()) return std::optional(std::move(plans));
  return InvalidArgument("the model wants " + Counted(missing.size(), "column") + " that the table lacks: " +
                         Listed(missing) + " (it has " + Listed(open) + "); --columns says which to take instead");
}

Result<std::vector<InputPlan>> ByOrder(const std::vector<Wanted>& inputs, const Names& open) {
  size_t wanted = 0;
  bool takes_any = false;
  for (const Wanted& input : inputs) {
    wanted += input.width.value_or(0);
    takes_any = takes_any || !input.width;
  }
  const bool fits = takes_any ? inputs.size() == 1 && !open.empty() : wanted == open.size();
  if (!fits) {
    if (takes_any) {
      return InvalidArgument(
          "the model has several inputs, and one takes any number of columns: --columns cannot say "
          "which goes where; name the table's columns INPUT_0, INPUT_1, ...");
    }
    return InvalidArgument("the model takes " + Counted(wanted, "column") + ", the table has " +
                           std::to_string(open.size()) + ": " + Listed(open) +
                           "; --columns, --exclude or --keep say which are meant");
  }
  std::vector<InputPlan> plans;
  size_t at = 0;
  for (const Wanted& input : inputs) {
    const size_t width = input.width.value_or(open.size());
    plans.push_back({.spec = *input.spec,
                     .columns = {open.begin() + static_cast<std::ptrdiff_t>(at),
                                 open.begin() + static_cast<std::ptrdiff_t>(at + width)}});
    at += width;
  }
  return plans;
}

}  // namespace

Result<ColumnPlan> PlanColumns(const Signature& signature, const std::vector<table::Column>& table,
                               const ColumnChoice& choice) {
  Names all;
  for (const table::Column& column : table) all.push_back(column.name);
  RETURN_IF_ERROR(CheckNamed("--columns", choice.columns, all));
  RETURN_IF_ERROR(CheckNamed("--exclude", choice.exclude, all));
  RETURN_IF_ERROR(CheckNamed("--keep", choice.keep, all));
  ASSIGN_OR_RETURN(const std::vector<Wanted> inputs, WantedInputs(signature));
  ColumnPlan plan{.inputs = {}, .keep = choice.keep};
  if (choice.columns.empty()) {
    // What is kept may go into the model too, if that knows it by name.
    Names named = OpenColumns(all, {.columns = {}, .exclude = choice.exclude, .keep = {}});
    ASSIGN_OR_RETURN(std::optional<std::vector<InputPlan>> by_name, ByName(inputs, named));
    if (by_name) {
      plan.inputs = *std::move(by_name);
      return plan;
    }
  }
  ASSIGN_OR_RETURN(plan.inputs, ByOrder(inputs, OpenColumns(all, choice)));
  return plan;
}

}  // namespace trireme::predict
