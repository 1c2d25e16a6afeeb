// SPDX-License-Identifier: Apache-2.0
#include "app/models_settings.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using ModelsAction = ModelsOptions::Action;

struct Named {
  ModelsAction action;
  const char* name;
  const char* purpose;
};
constexpr std::array kActions = {
    Named{ModelsAction::kList, "list", "Lists every model version that a running server knows, and the memory of all."},
    Named{ModelsAction::kLoad, "load",
          "Brings a model into memory now, and tries again what has failed. Ends when it is there."},
    Named{ModelsAction::kUnload, "unload",
          "Takes a model out of memory. Where models are loaded on demand the next request brings it back."},
    Named{ModelsAction::kPin, "pin", "Keeps a model in memory, whoever else wants it, and brings it there."},
    Named{ModelsAction::kUnpin, "unpin", "Lets a model make room for others again."},
    Named{ModelsAction::kLabel, "label", "Leads a label to a version, or takes it away, in one step for all requests."},
    Named{ModelsAction::kWatch, "watch",
          "Says what changes about the models of a running server, until it is interrupted."},
};

const Named& Describe(ModelsAction action) {
  return kActions.at(static_cast<size_t>(action));
}

// "stable=3", or "stable-" to take it away.
Status ReadLabel(std::string_view text, ModelsOptions& options) {
  const Status wrong = UnexpectedText("LABEL=VERSION such as stable=3, or LABEL- to take it away", text);
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    int64_t version = 0;
    const std::string_view number = text.substr(equals + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), version);
    if (equals == 0 || error != std::errc() || end != number.data() + number.size() || version < 1) return wrong;
    options.label = text.substr(0, equals);
    options.version = version;
    return {};
  }
  if (text.size() < 2 || !text.ends_with('-')) return wrong;
  options.label = text.substr(0, text.size() - 1);
  return {};
}

Setting Words(ModelsOptions& options) {
  const bool has_label = options.action == ModelsAction::kLabel;
  Setting words = Custom("words", has_label ? "NAME LABEL=VERSION|LABEL-" : "NAME", "The model", "",
                         [&options, has_label](std::string_view text) -> Status {
                           if (options.name.empty()) {
                             if (text.empty()) return UnexpectedText("the name of a model", text);
                             options.name = text;
                             return {};
                           }
                           if (!has_label || !options.label.empty()) return UnexpectedText("no more", text);
                           return ReadLabel(text, options);
                         });
  if (has_label) words.help = "The model, and where the label shall lead; LABEL- takes it away";
  words.form = Setting::Form::kArguments;
  return words;
}

}  // namespace

Result<ModelsAction> TakeModelsAction(std::span<const std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return ModelsAction::kList;
  for (const Named& known : kActions) {
    if (arguments.front() != known.name) continue;
    arguments = arguments.subspan(1);
    return known.action;
  }
  return UnexpectedText("list, load, unload, pin, unpin, label or watch", arguments.front()).Within("trireme models");
}

std::vector<Setting> ModelsSettings(ModelsOptions& options) {
  std::vector<Setting> settings;
  const bool names_a_model = options.action != ModelsAction::kList && options.action != ModelsAction::kWatch;
  if (names_a_model) settings.push_back(Words(options));
  settings.push_back(Custom("socket", "FILE", "The server's admin socket", "that of the one server that you run",
                            [&options](std::string_view text) -> Status {
                              if (text.empty()) return UnexpectedText("the path of a socket", text);
                              options.socket = text;
                              return {};
                            }));
  if (options.action != ModelsAction::kWatch) {
    settings.push_back(
        Switch("wide", "Say where each came from, too: source, digest, load time; and every note", options.wide));
    settings.push_back(Switch("why", "Say of each that serves how it is run, and what decides it", options.why));
    settings.push_back(Switch("json", "For programs: everything that is known, as JSON", options.json));
  }
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

Status CheckModelsOptions(const ModelsOptions& options) {
  if (options.action == ModelsAction::kList || options.action == ModelsAction::kWatch) return {};
  if (options.name.empty()) return InvalidArgument("expected the NAME of a model, found nothing");
  if (options.action != ModelsAction::kLabel || !options.label.empty()) return {};
  return InvalidArgument("expected NAME and LABEL=VERSION (or LABEL-), found NAME alone");
}

const char* ModelsHelp() {
  return R"(Shows the models of a running server, and changes what it does with them, through a socket that is its user's alone.

Usage: trireme models [ACTION] [OPTIONS]

Actions:
  list                      Every version with its state, memory and use (what happens without an action)
  load NAME                 Bring a model into memory now, and try again what has failed
  unload NAME               Take a model out of memory
  pin NAME                  Keep a model in memory, whoever else wants it
  unpin NAME                Let it make room for others again
  label NAME LABEL=VERSION  Lead a label to a version
  label NAME LABEL-         Take a label away
  watch                     Say what changes, until interrupted

Examples:
  trireme models
  trireme models --why
  trireme models list --json | jq '.models[] | select(.state == "failed")'
  trireme models label resnet50 stable=3
  trireme models watch --socket /run/trireme/admin.sock
  trireme models load --help
)";
}

CommandText ModelsText(ModelsAction action) {
  CommandText text = {.name = std::string("trireme models ") + Describe(action).name,
                      .purpose = Describe(action).purpose,
                      .examples = ""};
  text.examples = R"(The socket is found by itself where you run one server; --socket (TRIREME_SOCKET) names another's.
Exit code: 0 if it was done, 1 if not, 2 for wrong usage.
)";
  return text;
}

}  // namespace trireme
