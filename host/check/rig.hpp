// SPDX-License-Identifier: Apache-2.0
//
// A plugin on the SDK's fake host, with a layer between the two that looks at every call: what is
// thrown across, how long it takes, what is answered; and that can show events in memory which is
// gone after the call. All of it reports to the check's context. One thread: it is the plugin's.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/testing/harness.hpp>

#include "check/check.hpp"
#include "check/event_box.hpp"
#include "check/module.hpp"

namespace gardu::host::check {

class Rig : public testing::PluginHarness {
 public:
  Rig(Context& context, const Module& module);
  ~Rig();

  // Create, with the layer put between. Not fine: told as a finding.
  Status set_up();
  // set_up and start with the subject's settings. Not GARDU_OK: the check is left, as not
  // applicable when the plugin is unconfigured.
  void run_or_leave();
  // A start with these settings, whatever comes of it.
  Status try_start(std::string_view settings);
  // From here on events are gone, and not only over, when their call has returned.
  void take_views_away() { views_away_ = true; }
  // An on_events without events, which the harness would not ask for.
  void deliver_nothing();
  // Stop, unless it is stopped; destroy.
  void tear_down();

  // Lets that much of the host's time pass in steps, and a little real time for other threads.
  void let_pass(std::chrono::milliseconds host_time);
  // Waits up to `limit`, real and host's time, until it holds.
  bool wait_for(const std::function<bool()>& f, std::chrono::milliseconds limit);

  std::int64_t retained() const;
  // The faults that the host noted become findings.
  void report_faults();
  const gardu_plugin& real() const { return real_; }

 private:
  struct Layer;
  template <class F>
  std::int32_t guarded(std::string_view hook, std::chrono::milliseconds most, F&& body);
  void check_results(std::int32_t code, std::span<const std::int32_t> results);
  const gardu_transport* wrap_transport(const void* table);

  Context& context_;
  gardu_plugin real_{};
  const gardu_transport* real_transport_ = nullptr;
  gardu_transport transport_{};
  std::deque<EventBox> boxes_;
  bool wrapped_ = false, views_away_ = false;
};

bool is_status(std::int32_t code);  // one of gardu_status
std::string status_text(const Status& status);

}  // namespace gardu::host::check
