// SPDX-License-Identifier: Apache-2.0
#include "bench/run_facts.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/calendar.h"
#include "base/trimmed.h"
#include "base/version.h"

namespace trireme::bench {
namespace {

std::string ReadAll(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The words of this process, each of which ends with a zero.
std::vector<std::string> OwnWords() {
  const std::string text = ReadAll("/proc/self/cmdline");
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size(); begin += words.back().size() + 1) {
    words.push_back(text.substr(begin, text.find('\0', begin) - begin));
  }
  return words;
}

bool NeedsNoQuotes(char c) {
  const bool is_letter_or_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter_or_digit || std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

}  // namespace

std::string RunFacts::server() const {
  return server_version.empty() ? server_name : server_name + " " + server_version;
}

std::string RunFacts::machine() const {
  if (processors == 0) return processor;
  const std::string count = std::to_string(processors) + (processors == 1 ? " processor" : " processors");
  return processor.empty() ? count : processor + ", " + count;
}

RunFacts OwnFacts(int64_t now) {
  return {.command = ShellCommand(OwnWords()),
          .date = UtcDate(now),
          .server_name = {},
          .server_version = {},
          .client = std::string("trireme ") + kVersion,
          .processor = ProcessorModel(ReadAll("/proc/cpuinfo")),
          .processors = static_cast<int>(std::thread::hardware_concurrency())};
}

std::string ShellCommand(std::span<const std::string> words) {
  std::string command;
  for (const std::string& word : words) {
    if (!command.empty()) command += ' ';
    if (!word.empty() && std::ranges::all_of(word, NeedsNoQuotes)) {
      command += word;
      continue;
    }
    command += '\'';
    for (const char c : word) command += c == '\'' ? R"('\'')" : std::string(1, c);
    command += '\'';
  }
  return command;
}

std::string UtcDate(int64_t seconds) {
  const UtcTime utc = ToUtc(seconds);
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.year, utc.month,
                                   utc.day, utc.hour, utc.minute, utc.second);
  return {text.data(), std::min(static_cast<size_t>(length), text.size() - 1)};
}

std::string ProcessorModel(std::string_view cpuinfo) {
  while (!cpuinfo.empty()) {
    const std::string_view line = cpuinfo.substr(0, cpuinfo.find('\n'));
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && Trimmed(line.substr(0, colon), kBlanks) == "model name") {
      return std::string(Trimmed(line.substr(colon + 1), kBlanks));
    }
    cpuinfo.remove_prefix(std::min(line.size() + 1, cpuinfo.size()));
  }
  return {};
}

}  // namespace trireme::bench
