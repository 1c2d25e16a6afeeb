// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace trireme::bench {

// Whether a share of requests was in time.
enum class Verdict : uint8_t {
  kKept,    // more than the goal asks for, beyond doubt
  kMissed,  // fewer, beyond doubt
  kOpen,    // too close to tell by so few requests
};

// What `requests` say, of which `misses` failed or took too long, about a goal that lets a share of 1 - `quantile` do
// so. Beyond doubt: seen by chance in at most one case of twenty. As if requests were independent of one another, which
// is nearly so for few misses; neighbours in a queue are not, so who asks for little should load for long.
Verdict Judge(uint64_t requests, uint64_t misses, double quantile);

// The fewest requests that can say that a goal is kept, if none of them misses it: 299 for p99, 2995 for p99.9.
uint64_t FewestRequests(double quantile);
// More misses than this of so many requests are kMissed, however many of them are still to come.
uint64_t MostMisses(uint64_t requests, double quantile);

// Finds the highest rate at which a goal is kept: says which rate to try next, and is told what came of it. Doubles or
// halves until it has one rate that keeps the goal and one that misses it, and bisects between them. At the end the two
// are tried once more, for longer, and the search goes on from what that says: of many short tries the luckiest one
// would win, since a line grows and shrinks slowly near what a server can do, and a machine that was busy with
// something else for a moment should decide nothing. Pure.
//
// What misses at one rate is taken to miss at all higher ones. Servers that batch may not be like that at low rates;
// what is found is then still a rate at which the goal was kept, with one above it at which it was missed.
class GoodputSearch {
 public:
  struct Options {
    double first = 1;         // requests a second
    double least = 0.01;      // below which nothing is tried
    double most = 1'000'000;  // above which nothing is tried
    double tolerance = 0.05;  // ends when the lowest that misses is at most so much above the highest that keeps
    int most_tries = 20;      // and in any case then
  };

  explicit GoodputSearch(const Options& options);

  struct Step {
    double rate = 0;        // requests a second
    bool is_final = false;  // to be tried for long: what it says stands
  };

  std::optional<Step> Next() const;  // nothing: it has ended
  void Tried(const Step& step, bool kept);

  double kept() const;                   // the highest; 0: none
  std::optional<double> missed() const;  // the lowest; nothing: none
  int tries() const { return tries_; }

 private:
  std::optional<double> Further() const;

  const Options options_;
  std::map<double, bool> kept_;    // and whether that is final
  std::map<double, bool> missed_;  // all above those
  int tries_ = 0;
};

}  // namespace trireme::bench
