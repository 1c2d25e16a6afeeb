// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "metrics/exposition.h"
#include "metrics/instruments.h"

namespace trireme::metrics {

// What all series of one name have in common.
struct FamilyName {
  // A counter's ends in _total; units are base units: _seconds, _bytes. Where another server's names are kept for the
  // sake of those who read them (nv_*), they are as they are.
  std::string name;
  std::string help;  // one sentence
};

// A family or a part of it, for series that come and go too often to be held one by one, or that are read together.
struct FamilySamples {
  enum class Kind { kCounter, kGauge };
  FamilyName family;
  Kind kind = Kind::kGauge;
  std::vector<std::pair<Labels, double>> samples;  // of different labels; none: the family is not shown
};

class Callback;
class NumberCallback;
class FamiliesCallback;

// Holds what a callback shows. When the destructor has returned, the callback is not running and never runs again: what
// it reads may go. Move-only.
class CallbackHandle {
 public:
  CallbackHandle() = default;
  explicit CallbackHandle(std::shared_ptr<Callback> callback) : callback_(std::move(callback)) {}
  CallbackHandle(CallbackHandle&&) noexcept = default;
  CallbackHandle& operator=(CallbackHandle&& other) noexcept;
  ~CallbackHandle() { Detach(); }

 private:
  void Detach();

  std::shared_ptr<Callback> callback_;  // shared with an exposition that is just reading it
};

// Every series of the process, by name and labels, and their text for Prometheus. `main` owns one and hands it on.
//
// A series is got once, when what it describes comes to be (a model version is loaded), and kept; it is shown for as
// long as somebody holds it. So a retired model's series go with the model, and the number of series is bounded by what
// exists: label values are names that the server knows, never text of a request. Asking again for the same name and
// labels returns the same series.
//
// The same name with another kind, help, label names or buckets is a bug and aborts, like a name that Prometheus would
// not take. Thread-safe. Series may outlive the registry.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Shared by all who asked for the series; the registry only looks at it.
  std::shared_ptr<Counter> GetCounter(const FamilyName& family, Labels labels = {});
  std::shared_ptr<Gauge> GetGauge(const FamilyName& family, Labels labels = {});
  std::shared_ptr<Histogram> GetHistogram(const FamilyName& family, const Buckets& buckets, Labels labels = {});

  // A number that is kept elsewhere, read by the thread that exposes. `read` must not block or use this registry. While
  // the series is held, another callback for it is a bug.
  [[nodiscard]] CallbackHandle ReadCounter(const FamilyName& family, Labels labels, std::function<double()> read);
  [[nodiscard]] CallbackHandle ReadGauge(const FamilyName& family, Labels labels, std::function<double()> read);

  // Families that are made up anew for every exposition, so that their numbers can be of one moment. Several callbacks
  // may each have a part of a family: their samples follow one another, under labels that differ. The same rules for
  // `read`; it is called by one thread at a time.
  [[nodiscard]] CallbackHandle ReadFamilies(std::function<std::vector<FamilySamples>()> read);

  // The text format 0.0.4 (kExpositionType): families by name, series by label values. Any thread; nobody who counts
  // waits for it.
  std::string Expose() const;

 private:
  enum class Kind { kCounter, kGauge, kHistogram };
  template <template <typename> typename Pointer>
  using Series = std::variant<Pointer<Counter>, Pointer<Gauge>, Pointer<Histogram>, Pointer<NumberCallback>>;

  struct Family {
    void SweepIfLarge();

    Kind kind;
    std::string help;
    std::vector<std::string> label_names;
    std::optional<Buckets> buckets;                  // of a histogram
    std::map<Labels, Series<std::weak_ptr>> series;  // dead ones are swept whenever it has doubled
    size_t sweep_at = 64;
  };

  using Texts = std::map<std::string, std::string>;  // of a family, by its name

  // What an exposition holds on to while it writes, outside the lock.
  struct Page {
    std::string name, help;
    Kind kind;
    std::vector<std::pair<Labels, Series<std::shared_ptr>>> series;
  };

  Family& Find(const FamilyName& name, Kind kind, const Labels& labels, const Buckets* buckets) REQUIRES(mutex_);
  template <typename T, typename Make>
  std::shared_ptr<T> Get(const FamilyName& name, Kind kind, Labels labels, const Buckets* buckets, Make make);
  CallbackHandle Read(const FamilyName& name, Kind kind, Labels labels, std::function<double()> read);
  std::vector<Page> Collect() const;
  std::vector<std::shared_ptr<FamiliesCallback>> Collectors() const;

  static Series<std::shared_ptr> Lock(const Series<std::weak_ptr>& series);
  static bool IsDead(const Series<std::weak_ptr>& series);
  static std::string Text(const Page& page);
  static void Add(Texts& texts, const std::vector<FamilySamples>& families);

  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<FamiliesCallback>> collectors_ GUARDED_BY(mutex_);  // dead ones as above
};

}  // namespace trireme::metrics
