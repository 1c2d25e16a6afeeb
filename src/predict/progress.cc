// SPDX-License-Identifier: Apache-2.0
#include "predict/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace trireme::predict {
namespace {

constexpr size_t kBarLetters = 20;
constexpr size_t kUsualColumns = 80;

size_t Columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string Grouped(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

std::string RoughTime(Duration time) {
  using std::chrono::ceil;
  const auto seconds = ceil<std::chrono::seconds>(time).count();
  if (seconds < 100) return std::to_string(std::max<int64_t>(seconds, 0)) + "s";
  const auto minutes = ceil<std::chrono::minutes>(time).count();
  if (minutes < 100) return std::to_string(minutes) + "m";
  return std::to_string(minutes / 60) + "h " + std::to_string(minutes % 60) + "m";
}

std::string BarText(const Progress& progress, size_t columns) {
  std::string text;
  if (progress.share) {
    const auto full = static_cast<size_t>(std::clamp(*progress.share, 0.0, 1.0) * kBarLetters);
    text = "[" + std::string(full, '#') + std::string(kBarLetters - full, ' ') + "] " +
           std::to_string(static_cast<int>(*progress.share * 100)) + " %  ";
  }
  text += Grouped(progress.rows) + " rows";
  const double seconds = Seconds(progress.time);
  if (seconds > 0) {
    const auto rate = static_cast<double>(progress.rows - progress.rows_before) / seconds;
    text += "  " + Grouped(static_cast<int64_t>(rate)) + " rows/s";
  }
  constexpr double kLeastShare = 0.005;  // below it a guess would be one
  const double done = progress.share.value_or(0) - progress.share_before;
  if (progress.share && done >= kLeastShare && *progress.share < 1) {
    const double left = seconds * (1 - *progress.share) / done;
    text += "  about " + RoughTime(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left))) + " left";
  }
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

void ProgressReporter::Show(const Progress& progress) {
  const Duration pause = on_terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
  if (progress.time - shown_ < pause) return;
  shown_ = progress.time;
  if (!on_terminal_) return Say(BarText(progress, kUsualColumns * 2));
  out_ << "\r\x1b[K" << BarText(progress, Columns() - 1) << std::flush;
  has_bar_ = true;
}

}  // namespace trireme::predict
