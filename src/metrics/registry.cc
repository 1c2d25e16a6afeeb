// SPDX-License-Identifier: Apache-2.0
#include "metrics/registry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace trireme::metrics {

// A number that is read on demand. The lock is held while the callback runs, so that Detach() waits for its end.
class Callback {
 public:
  std::optional<double> Read() const {
    const MutexLock lock(mutex_);
    if (!read_) return std::nullopt;
    return read_();
  }
  void Attach(std::function<double()> read) {
    const MutexLock lock(mutex_);
    CHECK(read_ == nullptr);  // two callbacks for one series
    read_ = std::move(read);
  }
  void Detach() {
    const MutexLock lock(mutex_);
    read_ = nullptr;
  }

 private:
  mutable Mutex mutex_;
  std::function<double()> read_ GUARDED_BY(mutex_);
};

namespace {

void AppendSeries(std::string& out, const std::string& name, const Labels& labels, const Counter* counter) {
  if (counter != nullptr) AppendSample(out, name, labels, static_cast<double>(counter->value()));
}

void AppendSeries(std::string& out, const std::string& name, const Labels& labels, const Gauge* gauge) {
  if (gauge != nullptr) AppendSample(out, name, labels, gauge->value());
}

void AppendSeries(std::string& out, const std::string& name, const Labels& labels, const Histogram* histogram) {
  if (histogram != nullptr) AppendHistogram(out, name, labels, histogram->buckets(), histogram->Read());
}

void AppendSeries(std::string& out, const std::string& name, const Labels& labels, const Callback* callback) {
  const std::optional<double> value = callback == nullptr ? std::nullopt : callback->Read();
  if (value) AppendSample(out, name, labels, *value);
}

}  // namespace

CallbackHandle& CallbackHandle::operator=(CallbackHandle&& other) noexcept {
  if (this != &other) {
    Detach();
    callback_ = std::move(other.callback_);
  }
  return *this;
}

void CallbackHandle::Detach() {
  if (callback_) callback_->Detach();
  callback_.reset();
}

std::shared_ptr<Counter> Registry::GetCounter(const FamilyName& family, Labels labels) {
  return Get<Counter>(family, Kind::kCounter, std::move(labels), nullptr, [] { return std::make_shared<Counter>(); });
}

std::shared_ptr<Gauge> Registry::GetGauge(const FamilyName& family, Labels labels) {
  return Get<Gauge>(family, Kind::kGauge, std::move(labels), nullptr, [] { return std::make_shared<Gauge>(); });
}

std::shared_ptr<Histogram> Registry::GetHistogram(const FamilyName& family, const Buckets& buckets, Labels labels) {
  return Get<Histogram>(family, Kind::kHistogram, std::move(labels), &buckets,
                        [&] { return std::make_shared<Histogram>(buckets); });
}

CallbackHandle Registry::ReadCounter(const FamilyName& family, Labels labels, std::function<double()> read) {
  return Read(family, Kind::kCounter, std::move(labels), std::move(read));
}

CallbackHandle Registry::ReadGauge(const FamilyName& family, Labels labels, std::function<double()> read) {
  return Read(family, Kind::kGauge, std::move(labels), std::move(read));
}

CallbackHandle Registry::Read(const FamilyName& name, Kind kind, Labels labels, std::function<double()> read) {
  // It may be one whose handle has just gone, still in the hands of an exposition: then it serves again.
  auto callback = Get<Callback>(name, kind, std::move(labels), nullptr, [] { return std::make_shared<Callback>(); });
  callback->Attach(std::move(read));
  return CallbackHandle(std::move(callback));
}

template <typename T, typename Make>
std::shared_ptr<T> Registry::Get(const FamilyName& name, Kind kind, Labels labels, const Buckets* buckets, Make make) {
  const MutexLock lock(mutex_);
  Family& family = Find(name, kind, labels, buckets);
  std::erase_if(family.series, [](const auto& entry) { return IsDead(entry.second); });
  const auto [entry, is_new] = family.series.try_emplace(std::move(labels), std::weak_ptr<T>());
  const auto* weak = std::get_if<std::weak_ptr<T>>(&entry->second);
  CHECK(weak != nullptr);  // a callback and a kept number under one name and labels
  std::shared_ptr<T> series = weak->lock();
  if (!series) {
    series = make();
    entry->second = std::weak_ptr<T>(series);
  }
  return series;
}

Registry::Family& Registry::Find(const FamilyName& name, Kind kind, const Labels& labels, const Buckets* buckets) {
  std::vector<std::string> label_names;
  for (const auto& [label, value] : labels) {
    CHECK(IsLabelName(label));
    label_names.push_back(label);
  }
  const auto [entry, is_new] = families_.try_emplace(name.name);
  Family& family = entry->second;
  if (is_new) {
    CHECK(IsMetricName(name.name));
    family = {.kind = kind, .help = name.help, .label_names = std::move(label_names), .buckets = {}, .series = {}};
    if (buckets != nullptr) family.buckets = *buckets;
    return family;
  }
  CHECK(family.kind == kind);
  CHECK(family.help == name.help);
  CHECK(family.label_names == label_names);
  CHECK(buckets == nullptr || family.buckets == *buckets);
  return family;
}

Registry::Series<std::shared_ptr> Registry::Lock(const Series<std::weak_ptr>& series) {
  return std::visit([](const auto& weak) -> Series<std::shared_ptr> { return weak.lock(); }, series);
}

bool Registry::IsDead(const Series<std::weak_ptr>& series) {
  return std::visit([](const auto& weak) { return weak.expired(); }, series);
}

std::vector<Registry::Page> Registry::Collect() const {
  std::vector<Page> pages;
  const MutexLock lock(mutex_);
  for (const auto& [name, family] : families_) {
    Page& page = pages.emplace_back(Page{.name = name, .help = family.help, .kind = family.kind, .series = {}});
    for (const auto& [labels, weak] : family.series) page.series.emplace_back(labels, Lock(weak));
  }
  return pages;
}

void Registry::Append(std::string& out, const Page& page) {
  static constexpr std::array<std::string_view, 3> kTypes = {"counter", "gauge", "histogram"};
  std::string samples;
  for (const auto& entry : page.series) {
    std::visit([&](const auto& series) { AppendSeries(samples, page.name, entry.first, series.get()); }, entry.second);
  }
  if (samples.empty()) return;
  AppendHead(out, page.name, page.help, kTypes[static_cast<size_t>(page.kind)]);
  out += samples;
}

std::string Registry::Expose() const {
  std::string out;
  for (const Page& page : Collect()) Append(out, page);
  return out;
}

}  // namespace trireme::metrics
