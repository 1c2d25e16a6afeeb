// SPDX-License-Identifier: Apache-2.0
#include "app/flags.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

// As it is written on the command line: -o, --output.
std::string Dashed(const std::string& name) {
  return (name.size() == 1 ? "-" : "--") + name;
}

std::string HelpOf(const Setting& setting) {
  std::string also;
  for (const std::string& alias : setting.aliases) also += (also.empty() ? " (also " : ", ") + Dashed(alias);
  if (!also.empty()) also += ")";
  if (setting.default_text.empty()) return setting.help + also;
  return setting.help + also + " [" + setting.default_text + "]";
}

CLI::Option* AddOption(CLI::App& app, const Setting& setting, const std::string& name) {
  const std::string flag = Dashed(name);
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

// One name of a setting as CLI11 sees it.
struct Flag {
  const Setting* setting;
  std::string name;
  CLI::Option* option;
};

std::vector<Flag> AddFlags(CLI::App& app, std::span<const Setting> settings) {
  std::vector<Flag> flags;
  const auto add = [&](const Setting& setting, const std::string& name, const std::string& group) {
    CLI::Option* option = AddOption(app, setting, name);
    option->group(group)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    flags.push_back({&setting, name, option});
  };
  for (const Setting& setting : settings) {
    add(setting, setting.name, setting.group);
    for (const std::string& alias : setting.aliases) add(setting, alias, "");  // the help names it beside the other
  }
  return flags;
}

// A flag is never another flag's value: a forgotten one would take what follows for its own, in silence.
Status MissingValue(const std::vector<Flag>& flags, std::span<const std::string> arguments) {
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const Flag& known) {
      return known.setting->form != Setting::Form::kArguments && Dashed(known.name) == arguments[i];
    });
    if (flag == flags.end() || flag->setting->form == Setting::Form::kSwitch) continue;
    const bool last = i + 1 == arguments.size();
    if (last || arguments[i + 1].starts_with("--")) {
      return InvalidArgument(arguments[i] + ": expected " + flag->setting->value + " behind it, found " +
                             (last ? "nothing" : "'" + arguments[i + 1] + "'"));
    }
    ++i;
  }
  return {};
}

Result<SettingTexts> Collect(const std::vector<Flag>& flags) {
  SettingTexts texts;
  for (const Flag& flag : flags) {
    const std::vector<std::string>& values = flag.option->results();
    if (values.empty()) continue;
    const Setting& setting = *flag.setting;
    const bool arguments = setting.form == Setting::Form::kArguments;
    SettingText& text = texts[setting.name];
    if (text.where.empty()) text.where = arguments ? setting.value : Dashed(flag.name);
    text.values.insert(text.values.end(), values.begin(), values.end());
    if (text.values.size() > 1 && !arguments && setting.form != Setting::Form::kRepeated) {
      return InvalidArgument(text.where + ": expected once, found " + std::to_string(text.values.size()) + " times");
    }
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
  const std::vector<Flag> flags = AddFlags(app, settings);
  RETURN_IF_ERROR(MissingValue(flags, arguments));
  try {
    // CLI11 takes its arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return std::variant<SettingTexts, HelpWanted>(HelpWanted{app.help()});
  } catch (const CLI::ParseError& e) {
    return InvalidArgument(e.what());
  }
  RETURN_IF_ERROR(UnknownFlag(app, settings));
  ASSIGN_OR_RETURN(SettingTexts texts, Collect(flags));
  return std::variant<SettingTexts, HelpWanted>(std::move(texts));
}

}  // namespace trireme
