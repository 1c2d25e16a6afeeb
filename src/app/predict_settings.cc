// SPDX-License-Identifier: Apache-2.0
#include "app/predict_settings.h"

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using predict::PredictOptions;

// Names with commas between; as often as one likes.
Setting Names(std::string name, std::string help, std::string default_text, std::vector<std::string>& target) {
  return Repeated(Custom(std::move(name), "NAME,...", std::move(help), std::move(default_text),
                         [&target](std::string_view text) -> Status {
                           while (true) {
                             const size_t comma = text.find(',');
                             const std::string_view word = text.substr(0, comma);
                             if (word.empty()) return UnexpectedText("names with commas between", text);
                             target.emplace_back(word);
                             if (comma == std::string_view::npos) return {};
                             text.remove_prefix(comma + 1);
                           }
                         }));
}

Setting Paths(PredictOptions& options) {
  Setting paths = Custom("paths", "MODEL [INPUT]", "The model, as 'trireme serve' takes it, and what it is to score",
                         "", [&options](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("a file or folder", text);
                           if (options.model.empty()) {
                             options.model = text;
                           } else if (options.input.empty()) {
                             options.input = text;
                           } else {
                             return UnexpectedText("a model and one input (a pattern stands in quotes)", text);
                           }
                           return {};
                         });
  paths.form = Setting::Form::kArguments;
  return paths;
}

Setting Output(PredictOptions& options) {
  return Also(Custom("output", "FILE", "The file to write: .csv, .jsonl, .parquet or .npy", "",
                     [&options](std::string_view text) -> Status {
                       if (text.empty()) return UnexpectedText("a file", text);
                       options.output = text;
                       return {};
                     }),
              {"o"});
}

// A choice that is found out where nobody makes it.
template <typename T>
Setting OptionalChoice(std::string name, std::string help, std::string default_text, std::optional<T>& target,
                       Choices<T> choices) {
  std::string words;
  for (const auto& [word, choice] : choices) words += (words.empty() ? "" : "|") + word;
  return Custom(std::move(name), words, std::move(help), std::move(default_text),
                [&target, choices = std::move(choices), words](std::string_view text) -> Status {
                  for (const auto& [word, choice] : choices) {
                    if (word != text) continue;
                    target = choice;
                    return {};
                  }
                  return UnexpectedText(words, text);
                });
}

Setting Limit(PredictOptions& options) {
  return Custom("limit", "N", "Rows at most", "all", [&options](std::string_view text) -> Status {
    uint64_t rows = 0;
    RETURN_IF_ERROR(Whole<uint64_t>("", "", "", rows, 1, std::numeric_limits<int64_t>::max()).set(text));
    options.limit = rows;
    return {};
  });
}

// 0 of the options is "found out", which nobody can say.
template <typename T>
Setting FoundOut(Setting setting, T& target, T most) {
  setting.set = [&target, most](std::string_view text) { return Whole<T>("", "", "", target, 1, most).set(text); };
  return setting;
}

void Append(std::vector<Setting>& settings, const std::string& group, std::vector<Setting> more) {
  for (Setting& setting : more) {
    setting.group = group;
    settings.push_back(std::move(setting));
  }
}

}  // namespace

std::vector<Setting> PredictSettings(PredictOptions& options) {
  using Missing = PredictOptions::Missing;
  using OnError = PredictOptions::OnError;
  std::vector<Setting> settings;
  Append(settings, "What is read and written",
         {Paths(options), Output(options),
          Text("query", "SQL", "One SELECT instead of an input; it names files in quotes", options.query),
          Limit(options), Switch("force", "Write over the file if there is one", options.force),
          Switch("restart", "Throw away what an interrupted run left", options.restart)});
  Append(settings, "Columns",
         {Names("columns", "That go into the model, in its order", "by name, else by order", options.columns),
          Names("exclude", "That do not", "", options.exclude),
          Names("keep", "That are copied to the output", "", options.keep),
          Names("output-columns", "Of the model's outputs, those that are written", "all", options.output_columns),
          OptionalChoice<bool>("header", "Whether the first line of CSV has names", "found out", options.header,
                               {{"yes", true}, {"no", false}}),
          OptionalChoice<Missing>("missing", "What a blank where a number belongs is: a fault, or not a number",
                                  "nan for tree models, else fail", options.missing,
                                  {{"fail", Missing::kFail}, {"nan", Missing::kNan}}),
          Choice("on-error", "What becomes of rows that cannot be scored", options.on_error,
                 Choices<OnError>{{"fail", OnError::kFail}, {"skip", OnError::kSkip}})});
  Append(settings, "How",
         {FoundOut(Custom("batch", "N", "Rows that go to the model together", "found out", {}), options.batch,
                   predict::kMostBatch),
          FoundOut(Custom("threads", "N", "That work at the same time", "all processors", {}), options.threads,
                   predict::kMostThreads),
          Switch("json", "Say what was done as one JSON object", options.json)});
  return settings;
}

}  // namespace trireme
