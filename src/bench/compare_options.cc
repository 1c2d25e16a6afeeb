// SPDX-License-Identifier: Apache-2.0
#include "bench/compare_options.h"

#include <numeric>
#include <random>
#include <set>
#include <utility>

#include "bench/report_text.h"
#include "client/url.h"

namespace trireme::bench {
namespace {

std::string Count(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string DescribeConnections(const BenchOptions& load) {
  const std::string connections = Count(load.connections, "connection");
  return load.calls > 1 ? connections + " x " + Count(load.calls, "call") : connections;
}

Status CheckLoadOf(const CompareLoad& load) {
  const Status status = load.kind == CompareLoad::Kind::kGoodput ? CheckLongestTry(load.load) : Status();
  return Status(status).Within("load \"" + Describe(load) + "\"");
}

Status CheckTarget(const CompareOptions& options, const CompareTarget& target, std::set<std::string>& names) {
  if (!names.insert(target.name).second) return InvalidArgument("name: expected another one for each");
  for (const CompareLoad& load : options.loads) {
    if (target.local) {
      if (target.ask.models.size() > 1) return InvalidArgument("model: a model in this process is one");
      continue;
    }
    RETURN_IF_ERROR(Check(OptionsOf(options, target, load)).Within("under the load \"" + Describe(load) + "\""));
  }
  return {};
}

}  // namespace

BenchOptions OptionsOf(const CompareOptions& options, const CompareTarget& target, const CompareLoad& load) {
  BenchOptions all = target.ask;
  all.connections = load.load.connections;
  all.calls = load.load.calls;
  // HTTP carries one call at a time: as many connections are as many users.
  const auto url = client::ParseUrl(all.url);
  if (url.ok() && !url->grpc) all.connections *= std::exchange(all.calls, 1);
  all.per_second = load.kind == CompareLoad::Kind::kOpen ? load.load.per_second : 0;
  all.arrivals = load.load.arrivals;
  all.most_waiting = load.load.most_waiting;
  all.goal = load.load.goal;
  all.tolerance = load.load.tolerance;
  all.longest_try = load.load.longest_try;
  all.warm_up = options.warm_up;
  all.window = options.window;
  all.windows = 1;
  all.timeout = options.timeout;
  all.seed = options.seed;
  return all;
}

std::string Describe(const CompareLoad& load) {
  const std::string connections = DescribeConnections(load.load);
  const std::string goal = load.load.goal ? ToString(*load.load.goal) : "";
  switch (load.kind) {
    case CompareLoad::Kind::kClosed:
      return connections + (goal.empty() ? "" : ", goal " + goal);
    case CompareLoad::Kind::kOpen:
      return Short(load.load.per_second) + " requests/s (" +
             (load.load.arrivals == Arrivals::kPoisson ? "poisson" : "constant") + ") on " + connections +
             (goal.empty() ? "" : ", goal " + goal);
    case CompareLoad::Kind::kGoodput:
      break;
  }
  return "goodput under " + goal;
}

Status Check(const CompareOptions& options) {
  if (options.targets.empty()) return InvalidArgument("servers: expected one at least");
  if (options.loads.empty()) return InvalidArgument("loads: expected one at least");
  for (const CompareLoad& load : options.loads) RETURN_IF_ERROR(CheckLoadOf(load));
  std::set<std::string> names;
  for (const CompareTarget& target : options.targets) {
    RETURN_IF_ERROR(CheckTarget(options, target, names).Within("server \"" + target.name + "\""));
  }
  return {};
}

std::vector<size_t> OrderOf(size_t targets, uint64_t seed, int round) {
  std::vector<size_t> order(targets);
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937_64 random(seed * 1'000'003 + static_cast<uint64_t>(round));
  // Not std::shuffle: what it gives for a seed is the library's choice.
  for (size_t left = targets; left > 1; --left) std::swap(order[left - 1], order[random() % left]);
  return order;
}

}  // namespace trireme::bench
