// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::tune {

// What serving costs on machines that are paid by the hour and kept busy. All pure; money is in whatever currency the
// price is.

// By device; "": of any without one of its own.
using Prices = std::map<std::string, double>;

// Reads "0.35" or "cuda:0=2.10": more than 0. A device may have one price.
Status ReadPrice(std::string_view text, Prices& prices);

// Of a candidate's device; nothing if nobody said.
std::optional<double> PriceOf(const Prices& prices, std::string_view device);

// Of 24 hours of video, each of whose frames is one row: the machine's share that keeps up with it.
double CostPerVideoDay(double price_per_hour, double rows_per_second, double frames_per_second);

// How many such videos a machine keeps up with, a whole number.
double VideosAtOnce(double rows_per_second, double frames_per_second);

// "24 h x 0.35 an hour x 30 frames/s / (123.4 requests/s x 1 row) = 2.042": the formula with its numbers, for people.
std::string VideoFormula(double price_per_hour, double requests_per_second, double rows, double frames_per_second);

}  // namespace trireme::tune
