// SPDX-License-Identifier: Apache-2.0
//
// Numbers for /metrics in Prometheus text. Defining takes a lock; counting is one atomic operation.
// A Series lives as long as its Metrics. All calls from any thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace gardu::host {

class Metrics {
 public:
  enum class Kind { counter, gauge };

  class Series {
   public:
    void add(std::int64_t delta = 1) noexcept {
      value_.fetch_add(delta, std::memory_order_relaxed);
    }
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::int64_t> value_{0};
  };

  // `labels` as Prometheus writes them (`k="v",…`), or empty. The same again gives the same series;
  // null when name or labels are not well formed, or the name is of another kind.
  Series* define(Kind kind, std::string_view name, std::string_view help,
                 std::string_view labels = {});

  // A value that is asked for at each scrape instead. Must be quick; removed with `forget`.
  void observe(std::string_view name, std::string_view help, std::string_view labels,
               std::function<std::int64_t()> read);
  void forget(std::string_view name, std::string_view labels);

  std::string text() const;

  // A label's value, escaped and quoted: label("plugin", "x") is `plugin="x"`.
  static std::string label(std::string_view name, std::string_view value);

 private:
  struct Family {
    Kind kind = Kind::counter;
    std::string help;
    std::map<std::string, std::unique_ptr<Series>, std::less<>> series;
    std::map<std::string, std::function<std::int64_t()>, std::less<>> observed;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;  // guarded by mutex_
};

}  // namespace gardu::host
