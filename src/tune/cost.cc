// SPDX-License-Identifier: Apache-2.0
#include "tune/cost.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "bench/report_text.h"
#include "tensor/device.h"

namespace trireme::tune {
namespace {

constexpr double kHoursPerDay = 24;
constexpr double kMostPrice = 1e9;

}  // namespace

Status ReadPrice(std::string_view text, Prices& prices) {
  const size_t equals = text.find('=');
  std::string device;
  if (equals != std::string_view::npos) {
    ASSIGN_OR_RETURN(const Device parsed, Device::Parse(text.substr(0, equals)));
    device = parsed.ToString();
  }
  const std::string_view number = equals == std::string_view::npos ? text : text.substr(equals + 1);
  double price = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), price);
  if (error != std::errc() || end != number.data() + number.size() || !(price > 0) || price > kMostPrice) {
    return InvalidArgument("expected a price per hour above 0, as in 0.35 or cuda:0=2.10, found '" + std::string(text) +
                           "'");
  }
  if (prices.emplace(device, price).second) return {};
  return InvalidArgument("expected one price for each device, found another one for " +
                         (device.empty() ? "all" : device));
}

std::optional<double> PriceOf(const Prices& prices, std::string_view device) {
  const auto own = prices.find(std::string(device));
  if (own != prices.end()) return own->second;
  const auto any = prices.find("");
  return any == prices.end() ? std::nullopt : std::optional(any->second);
}

double CostPerVideoDay(double price_per_hour, double rows_per_second, double frames_per_second) {
  return kHoursPerDay * price_per_hour * frames_per_second / rows_per_second;
}

double VideosAtOnce(double rows_per_second, double frames_per_second) {
  constexpr double kCountless = 1e15;
  return std::min(std::floor(rows_per_second / frames_per_second), kCountless);
}

std::string VideoFormula(double price_per_hour, double requests_per_second, double rows, double frames_per_second) {
  return "24 h x " + bench::Short(price_per_hour) + " an hour x " + bench::Short(frames_per_second) + " frames/s / (" +
         bench::Short(requests_per_second) + " requests/s x " + bench::Short(rows) +
         " rows) = " + bench::Short(CostPerVideoDay(price_per_hour, requests_per_second * rows, frames_per_second));
}

}  // namespace trireme::tune
