// SPDX-License-Identifier: Apache-2.0
#include "app/flags.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

std::string HelpOf(const Setting& setting) {
  if (setting.default_text.empty()) return setting.help;
  return setting.help + " [" + setting.default_text + "]";
}

CLI::Option* AddOption(CLI::App& app, const Setting& setting) {
  const std::string flag = "--" + setting.name;
  const std::string help = HelpOf(setting);
  switch (setting.form) {
    case Setting::Form::kSwitch:
      return app.add_flag(flag, help);
    case Setting::Form::kArguments:
      return app.add_option(setting.value, CLI::callback_t(), help)->expected(-1);
    case Setting::Form::kValue:
    case Setting::Form::kRepeated:
      break;
  }
  return app.add_option(flag, CLI::callback_t(), help)->type_name(setting.value)->expected(1);
}

Status UnknownFlag(const CLI::App& app, std::span<const Setting> settings) {
  for (const std::string& argument : app.remaining()) {
    if (argument == "--") continue;  // what follows it are arguments
    const std::string flag = argument.substr(0, argument.find('='));
    const std::string name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
    return InvalidArgument("unknown flag '" + flag + "'" + Suggestion(name, settings, "--"));
  }
  return {};
}

Result<SettingTexts> Collect(const std::vector<CLI::Option*>& options, std::span<const Setting> settings) {
  SettingTexts texts;
  for (size_t i = 0; i < options.size(); ++i) {
    const std::vector<std::string>& values = options[i]->results();
    if (values.empty()) continue;
    const Setting& setting = settings[i];
    const bool arguments = setting.form == Setting::Form::kArguments;
    const std::string where = arguments ? setting.value : "--" + setting.name;
    if (values.size() > 1 && !arguments && setting.form != Setting::Form::kRepeated) {
      return InvalidArgument(where + ": expected once, found " + std::to_string(values.size()) + " times");
    }
    texts[setting.name] = {where, values};
  }
  return texts;
}

}  // namespace

Result<std::variant<SettingTexts, HelpWanted>> ReadFlags(const CommandText& command, std::span<const Setting> settings,
                                                         std::span<const std::string> arguments) {
  CLI::App app(command.purpose, command.name);
  app.footer(command.examples);
  app.allow_extras();
  app.get_formatter()->column_width(34);
  std::vector<CLI::Option*> options;
  for (const Setting& setting : settings) {
    options.push_back(
        AddOption(app, setting)->group(setting.group)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
  }
  try {
    // CLI11 takes its arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return std::variant<SettingTexts, HelpWanted>(HelpWanted{app.help()});
  } catch (const CLI::ParseError& e) {
    return InvalidArgument(e.what());
  }
  RETURN_IF_ERROR(UnknownFlag(app, settings));
  ASSIGN_OR_RETURN(SettingTexts texts, Collect(options, settings));
  return std::variant<SettingTexts, HelpWanted>(std::move(texts));
}

}  // namespace trireme
