// SPDX-License-Identifier: Apache-2.0
#include "tune/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "bench/report_text.h"

namespace trireme::tune {
namespace {

constexpr size_t kBarLetters = 20;
constexpr size_t kUsualColumns = 80;

size_t Columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

double ShareOf(const SearchProgress& progress) {
  const double left = bench::Seconds(progress.time_left);
  const double all = bench::Seconds(progress.time_spent) + left;
  return all > 0 ? std::clamp(1 - left / all, 0.0, 1.0) : 0;
}

}  // namespace

std::string RoughTime(Duration time) {
  using std::chrono::ceil;
  const auto seconds = ceil<std::chrono::seconds>(time).count();
  if (seconds < 100) return std::to_string(std::max<int64_t>(seconds, 0)) + "s";
  const auto minutes = ceil<std::chrono::minutes>(time).count();
  if (minutes < 100) return std::to_string(minutes) + "m";
  return std::to_string(minutes / 60) + "h " + std::to_string(minutes % 60) + "m";
}

std::string BarText(const SearchProgress& progress, std::string_view candidate, size_t columns) {
  const double share = ShareOf(progress);
  const auto full = static_cast<size_t>(share * kBarLetters);
  std::string text = "[" + std::string(full, '#') + std::string(kBarLetters - full, ' ') + "] " +
                     std::to_string(static_cast<int>(share * 100)) + " %  rung " + std::to_string(progress.rung + 1) +
                     " of " + std::to_string(progress.rungs) + ", " + std::to_string(progress.visits_done) + " of " +
                     std::to_string(progress.visits_planned) + "  about " + RoughTime(progress.time_left) + " left  ";
  text += candidate;
  return text.substr(0, columns);
}

void ProgressReporter::Clear() {
  if (has_bar_) out_ << "\r\x1b[K" << std::flush;
  has_bar_ = false;
}

void ProgressReporter::Say(std::string_view text) {
  Clear();
  out_ << "trireme: " << text << std::endl;
}

void ProgressReporter::Show(const SearchProgress& progress, std::string_view model, std::string_view candidate) {
  if (!on_terminal_) {
    Say(std::string(model) + ": rung " + std::to_string(progress.rung + 1) + " of " + std::to_string(progress.rungs) +
        ", " + std::to_string(progress.visits_done + 1) + " of " + std::to_string(progress.visits_planned) + ": " +
        std::string(candidate) + " (about " + RoughTime(progress.time_left) + " left)");
    return;
  }
  const std::string name = std::string(model) + " ";
  const size_t columns = Columns();
  const size_t room = columns > name.size() + 1 ? columns - name.size() - 1 : 0;
  out_ << "\r\x1b[K" << name << BarText(progress, candidate, room) << std::flush;
  has_bar_ = true;
}

}  // namespace trireme::tune
