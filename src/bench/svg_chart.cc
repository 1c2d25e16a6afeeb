// SPDX-License-Identifier: Apache-2.0
#include "bench/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace trireme::bench {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 320;
// Around the lines there is room for text on a narrow screen.
constexpr double kLeft = 84;
constexpr double kRight = 36;
constexpr double kTop = 44;
constexpr double kBottom = 64;
constexpr size_t kMostDots = 80;  // more would hide the line

// With one decimal: a tenth of a pixel is finer than anybody sees.
std::string Pixel(double value) {
  std::array<char, 32> text;
  return {text.data(), static_cast<size_t>(std::snprintf(text.data(), text.size(), "%.1f", value))};
}

// "0.05", "1500", "20k", "1.5M".
std::string Plain(double value) {
  constexpr double kThousand = 1e3;
  constexpr double kMillion = 1e6;
  const char* unit = value >= kMillion ? "M" : value >= 10 * kThousand ? "k" : "";
  const double scale = value >= kMillion ? kMillion : value >= 10 * kThousand ? kThousand : 1;
  std::array<char, 32> text;
  return {text.data(), static_cast<size_t>(std::snprintf(text.data(), text.size(), "%.4g%s", value / scale, unit))};
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
};

bool HasPlace(const Chart& chart, double x, double y) {
  return (!chart.has_log_x || x > 0) && (!chart.has_log_y || y > 0);
}

// The decades from `low` to `high`, and over few of them the steps between.
std::vector<double> LogTicks(double low, double high, double most_ratio_with_steps) {
  std::vector<double> ticks;
  const bool is_short = high / low <= most_ratio_with_steps * 1.001;
  for (double decade = std::pow(10, std::floor(std::log10(low) + 1e-9)); decade <= high * 1.001; decade *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      const double at = decade * step;
      if ((step == 1 || is_short) && at >= low * 0.999 && at <= high * 1.001) ticks.push_back(at);
    }
  }
  return ticks;
}

// Where values lie on the paper.
class Paper {
 public:
  explicit Paper(const Chart& chart)
      : has_log_x_(chart.has_log_x), has_whole_x_(chart.has_whole_x), has_log_y_(chart.has_log_y) {
    for (const ChartLine& line : chart.lines) {
      for (const auto& [x, y] : line.points) {
        if (!HasPlace(chart, x, y)) continue;
        x_.Include(x);
        y_.Include(y);
      }
    }
    if (x_.is_empty()) {
      x_ = {.low = has_log_x_ ? 1.0 : 0.0, .high = has_log_x_ ? 10.0 : 1.0};
      y_ = {.low = has_log_y_ ? 1.0 : 0.0, .high = has_log_y_ ? 10.0 : 1.0};
    }
    if (chart.mark && HasPlace(chart, chart.mark->x, chart.mark->y)) {
      x_.Include(chart.mark->x);
      y_.Include(chart.mark->y);
    }
    for (const ChartTick& tick : chart.x_ticks) x_.Include(tick.at);
    if (chart.band) x_.Include(chart.band->from);
    if (x_.high == x_.low) x_.high = has_log_x_ ? x_.low * 10 : x_.low + 1;
    if (has_log_y_) {
      y_.low = std::pow(10, std::floor(std::log10(y_.low)));
      y_.high = std::max(std::pow(10, std::ceil(std::log10(y_.high) - 1e-9)), y_.low * 10);
    } else {
      y_.low = 0;
      y_.high = y_.high > 0 ? RoundTicks(0, y_.high, 5).back() : 1;
    }
  }

  double X(double x) const {
    const double share =
        has_log_x_ ? std::log(x / x_.low) / std::log(x_.high / x_.low) : (x - x_.low) / (x_.high - x_.low);
    return kLeft + share * (kWidth - kLeft - kRight);
  }
  double Y(double y) const {
    const double share = has_log_y_ ? std::log(y / y_.low) / std::log(y_.high / y_.low) : y / y_.high;
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
  const Range& x() const { return x_; }
  const Range& y() const { return y_; }

  std::vector<double> YTicks() const {
    return has_log_y_ ? LogTicks(y_.low, y_.high, 100) : RoundTicks(y_.low, y_.high, 5);
  }

  std::vector<double> XTicks() const {
    std::vector<double> ticks = has_log_x_ ? LogTicks(x_.low, x_.high, 1e4) : RoundTicks(x_.low, x_.high, 8);
    std::erase_if(ticks, [this](double x) {
      return x > x_.high * (1 + 1e-9) || (has_whole_x_ && std::abs(x - std::round(x)) > 1e-6);
    });
    return ticks;
  }

 private:
  const bool has_log_x_;
  const bool has_whole_x_;
  const bool has_log_y_;
  Range x_, y_;
};

void AppendText(std::string& out, double x, double y, std::string_view anchor, std::string_view text,
                bool is_wide_only = false) {
  const char* const kind = is_wide_only ? " class=\"wide-only\"" : "";
  out += "<text x=\"" + Pixel(x) + "\" y=\"" + Pixel(y) + "\" text-anchor=\"" + std::string(anchor) + "\"" + kind +
         ">" + EscapeHtml(text) + "</text>";
}

// The names of ticks stand side by side; on a narrow screen those that would overlap are left out.
void AppendTicks(std::string& out, const std::vector<ChartTick>& ticks, const Paper& paper) {
  constexpr double kCharacter = 0.6 * kNarrowTextSize;
  double free_from = 0;
  for (const ChartTick& tick : ticks) {
    const double x = paper.X(tick.at);
    const double half = kCharacter * static_cast<double>(tick.text.size()) / 2;
    const bool fits = x - half >= free_from;
    AppendText(out, x, kHeight - kBottom + 24, "middle", tick.text, !fits);
    if (fits) free_from = x + half + kCharacter;
  }
}

void AppendBand(std::string& out, const ChartBand& band, const Paper& paper) {
  const double from = paper.X(std::clamp(band.from, paper.x().low, paper.x().high));
  const double to = paper.X(std::clamp(band.to, paper.x().low, paper.x().high));
  if (to <= from) return;
  out += "<g class=\"band\"><rect x=\"" + Pixel(from) + "\" y=\"" + Pixel(kTop) + "\" width=\"" + Pixel(to - from) +
         "\" height=\"" + Pixel(kHeight - kBottom - kTop) + "\"><title>" + EscapeHtml(band.text) +
         "</title></rect></g>";
}

void AppendGrid(std::string& out, const Chart& chart, const Paper& paper) {
  out += "<g class=\"grid\">";
  for (const double y : paper.YTicks()) {
    out += "<line x1=\"" + Pixel(kLeft) + "\" x2=\"" + Pixel(kWidth - kRight) + "\" y1=\"" + Pixel(paper.Y(y)) +
           "\" y2=\"" + Pixel(paper.Y(y)) + "\"/>";
  }
  out += "</g><g class=\"axis\">";
  for (const double y : paper.YTicks()) AppendText(out, kLeft - 8, paper.Y(y) + 6, "end", Plain(y));
  std::vector<ChartTick> ticks = chart.x_ticks;
  if (ticks.empty()) {
    for (const double x : paper.XTicks()) ticks.push_back({x, Plain(x)});
  }
  AppendTicks(out, ticks, paper);
  AppendText(out, (kLeft + kWidth - kRight) / 2, kHeight - 8, "middle", chart.x_name);
  AppendText(out, 0, 24, "start", chart.y_name);
  out += "</g>";
}

void AppendLine(std::string& out, const Chart& chart, const ChartLine& line, const Paper& paper) {
  const std::string colour = "c" + std::to_string(line.colour);
  std::string path;
  std::string dots;
  for (const auto& [x, y] : line.points) {
    if (!HasPlace(chart, x, y)) continue;
    const std::string at_x = Pixel(paper.X(x));
    const std::string at_y = Pixel(paper.Y(y));
    if (path.empty()) {
      path = "M" + at_x + " " + at_y;
    } else {
      path += line.is_step ? "H" + at_x + "V" + at_y : "L" + at_x + " " + at_y;
    }
    if (line.points.size() > kMostDots || line.is_bound) continue;
    dots += "<circle cx=\"" + at_x + "\" cy=\"" + at_y + "\" r=\"2.5\"><title>" + EscapeHtml(line.name) + ": " +
            Plain(y) + "</title></circle>";
  }
  if (path.empty()) return;
  out += "<path class=\"line " + (line.is_bound ? "bound" : colour) + "\" d=\"" + path + "\"/>";
  out += "<g class=\"dots " + colour + "\">" + dots + "</g>";
}

// A ring, and its name on the side where there is room.
void AppendMark(std::string& out, const ChartMark& mark, const Paper& paper) {
  const double x = paper.X(mark.x);
  const double y = paper.Y(mark.y);
  const bool is_right = x > (kLeft + kWidth - kRight) / 2;
  const bool is_high = y < kTop + 30;
  out += "<g class=\"mark\"><circle cx=\"" + Pixel(x) + "\" cy=\"" + Pixel(y) + "\" r=\"7\"/></g><g class=\"axis\">";
  AppendText(out, is_right ? x - 12 : x + 12, is_high ? y + 18 : y - 12, is_right ? "end" : "start", mark.text);
  out += "</g>";
}

std::string Legend(const Chart& chart) {
  if (chart.lines.size() < 2 && !chart.band) return {};
  std::string out = "<p class=\"legend\">";
  for (const ChartLine& line : chart.lines) {
    const std::string kind = line.is_bound ? "bound" : "c" + std::to_string(line.colour);
    out += "<span class=\"" + kind + "\"><i></i>" + EscapeHtml(line.name) + "</span>";
  }
  if (chart.band) out += "<span class=\"band\"><i></i>" + EscapeHtml(chart.band->text) + "</span>";
  return out + "</p>";
}

}  // namespace

std::vector<double> RoundTicks(double low, double high, int count) {
  const double rough = (high - low) / count;
  if (!(rough > 0) || !std::isfinite(rough)) return {low};
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade < rough) continue;
    step = factor * decade;
    break;
  }
  std::vector<double> ticks;
  const auto first = static_cast<int64_t>(std::ceil(low / step - 1e-9));
  for (int64_t i = first; static_cast<double>(i) * step <= high + step * 1e-9; ++i) {
    ticks.push_back(static_cast<double>(i) * step);
  }
  // The last one is not below what is to be shown.
  if (low == 0 && ticks.back() < high) ticks.push_back(ticks.back() + step);
  return ticks;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' ? ' ' : c;
    }
  }
  return out;
}

std::string DrawChart(const Chart& chart) {
  const Paper paper(chart);
  std::string out = "<figure><figcaption>" + EscapeHtml(chart.title) + "</figcaption>" + Legend(chart);
  out += "<svg viewBox=\"0 0 " + std::to_string(static_cast<int>(kWidth)) + " " +
         std::to_string(static_cast<int>(kHeight)) + "\" role=\"img\" aria-label=\"" + EscapeHtml(chart.title) + "\">";
  if (chart.band) AppendBand(out, *chart.band, paper);
  AppendGrid(out, chart, paper);
  for (const ChartLine& line : chart.lines) AppendLine(out, chart, line, paper);
  if (chart.mark && HasPlace(chart, chart.mark->x, chart.mark->y)) AppendMark(out, *chart.mark, paper);
  return out + "</svg></figure>\n";
}

}  // namespace trireme::bench
