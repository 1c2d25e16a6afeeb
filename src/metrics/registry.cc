// SPDX-License-Identifier: Apache-2.0
#include "metrics/registry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace trireme::metrics {

class Callback {
 public:
  Callback() = default;
  virtual ~Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual void Detach() = 0;
};

// Something that is read on demand. The lock is held while the callback runs, so that Detach() waits for its end.
template <typename T>
class CallbackFor : public Callback {
 public:
  std::optional<T> Read() const {
    const MutexLock lock(mutex_);
    if (!read_) return std::nullopt;
    return read_();
  }
  void Attach(std::function<T()> read) {
    const MutexLock lock(mutex_);
    CHECK(read_ == nullptr);  // two callbacks for one series
    read_ = std::move(read);
  }
  void Detach() override {
    const MutexLock lock(mutex_);
    read_ = nullptr;
  }

 private:
  mutable Mutex mutex_;
  std::function<T()> read_ GUARDED_BY(mutex_);
};

class NumberCallback final : public CallbackFor<double> {};
class FamiliesCallback final : public CallbackFor<std::vector<FamilySamples>> {};

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

void AppendSeries(std::string& out, const std::string& name, const Labels& labels, const NumberCallback* callback) {
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
  auto callback =
      Get<NumberCallback>(name, kind, std::move(labels), nullptr, [] { return std::make_shared<NumberCallback>(); });
  callback->Attach(std::move(read));
  return CallbackHandle(std::move(callback));
}

CallbackHandle Registry::ReadFamilies(std::function<std::vector<FamilySamples>()> read) {
  auto callback = std::make_shared<FamiliesCallback>();
  callback->Attach(std::move(read));
  const MutexLock lock(mutex_);
  std::erase_if(collectors_, [](const auto& collector) { return collector.expired(); });
  collectors_.push_back(callback);
  return CallbackHandle(std::move(callback));
}

template <typename T, typename Make>
std::shared_ptr<T> Registry::Get(const FamilyName& name, Kind kind, Labels labels, const Buckets* buckets, Make make) {
  const MutexLock lock(mutex_);
  Family& family = Find(name, kind, labels, buckets);
  family.SweepIfLarge();
  const auto [entry, is_new] = family.series.try_emplace(std::move(labels), std::weak_ptr<T>());
  if (IsDead(entry->second)) entry->second = std::weak_ptr<T>();
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

// Each new series would look at all the others otherwise: a tenth of a second a model where there are thousands.
void Registry::Family::SweepIfLarge() {
  constexpr size_t kFew = 64;
  if (series.size() < sweep_at) return;
  std::erase_if(series, [](const auto& entry) { return IsDead(entry.second); });
  sweep_at = std::max(kFew, 2 * series.size());
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

std::vector<std::shared_ptr<FamiliesCallback>> Registry::Collectors() const {
  std::vector<std::shared_ptr<FamiliesCallback>> collectors;
  const MutexLock lock(mutex_);
  for (const auto& weak : collectors_) {
    if (auto collector = weak.lock()) collectors.push_back(std::move(collector));
  }
  return collectors;
}

std::string Registry::Text(const Page& page) {
  static constexpr std::array<std::string_view, 3> kTypes = {"counter", "gauge", "histogram"};
  std::string samples;
  for (const auto& entry : page.series) {
    std::visit([&](const auto& series) { AppendSeries(samples, page.name, entry.first, series.get()); }, entry.second);
  }
  if (samples.empty()) return "";
  std::string text;
  AppendHead(text, page.name, page.help, kTypes[static_cast<size_t>(page.kind)]);
  return text + samples;
}

void Registry::Add(Texts& texts, const std::vector<FamilySamples>& families) {
  for (const FamilySamples& family : families) {
    CHECK(IsMetricName(family.family.name));
    if (family.samples.empty()) continue;
    const bool is_counter = family.kind == FamilySamples::Kind::kCounter;
    std::string head;
    AppendHead(head, family.family.name, family.family.help, is_counter ? "counter" : "gauge");
    std::string& text = texts[family.family.name];
    if (text.empty()) text = head;
    CHECK(text.starts_with(head));  // a second meaning for the name
    for (const auto& [labels, value] : family.samples) AppendSample(text, family.family.name, labels, value);
  }
}

std::string Registry::Expose() const {
  Texts texts;
  for (const Page& page : Collect()) {
    if (std::string text = Text(page); !text.empty()) texts.emplace(page.name, std::move(text));
  }
  for (const auto& collector : Collectors()) {
    if (const auto families = collector->Read()) Add(texts, *families);
  }
  std::string out;
  for (const auto& [name, text] : texts) out += text;
  return out;
}

}  // namespace trireme::metrics
