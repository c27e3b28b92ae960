// SPDX-License-Identifier: Apache-2.0
//
// For harness.hpp: a plugin's life, and its events.
#pragma once
#include <new>

#include "../harness.hpp"
#include "requests.hpp"
#include "transports.hpp"

namespace gardu::testing {

inline HarnessOptions HarnessOptions::of(const gardu_manifest& manifest) {
  HarnessOptions options;
  options.plugin_id = manifest.id;
  options.delivery = static_cast<Delivery>(manifest.delivery);
  options.roles = manifest.roles;
  return options;
}

inline PluginHarness::PluginHarness(gardu_plugin_create_fn create, HarnessOptions options)
    : host_(options.plugin_id),
      create_(create),
      options_(std::move(options)),
      // As of a later host: room behind what this version knows, which the plugin must not touch.
      memory_(std::make_unique<char[]>(sizeof(gardu_plugin) + detail::kRoomForLater)) {
  plugin_ = new (memory_.get()) gardu_plugin{};
}
inline PluginHarness::~PluginHarness() { destroy(); }

namespace detail {

// A text of the error record that is not terminated is a fault, and cut.
template <size_t N>
void check_terminated(State& s, std::string_view hook, char (&text)[N]) {
  if (std::memchr(text, 0, N) != nullptr) return;
  s.fault(std::string(hook) + ": a text of gardu_error is not terminated (error.h)");
  text[N - 1] = '\0';
}

}  // namespace detail

// A hook on the plugin's thread, with an error record; afterwards what it began is ended.
template <class F>
Status PluginHarness::call(std::string_view hook, F&& body) {
  detail::State& s = host_.state();
  gardu_error error = Status::record();
  int32_t code = GARDU_OK;
  {
    const detail::Hook scope(s, std::string(hook));
    code = body(&error);
  }
  detail::check_terminated(s, hook, error.provider_code);
  detail::check_terminated(s, hook, error.title);
  detail::check_terminated(s, hook, error.message);
  s.check_secrets(std::string(hook) + "'s error", error.message);
  detail::run_all(s, false);
  // The text may be there with GARDU_OK too: on_events says so why its first event failed.
  last_error_ = error;
  return Status::read_from(code, error);
}

inline Status PluginHarness::create() {
  if (created_ || failed_.has_value()) return failed_.value_or(Status{});
  detail::State& s = host_.state();
  s.set_phase(detail::Phase::created);
  *plugin_ = {};
  const uint32_t given = static_cast<uint32_t>(
      sizeof(gardu_plugin) + (s.table->size > sizeof(gardu_host) ? detail::kRoomForLater : 0));
  plugin_->size = given;
  std::memset(memory_.get() + sizeof(gardu_plugin), 0, detail::kRoomForLater);
  Status status =
      call("create", [&](gardu_error* error) { return create_(&host_.table(), plugin_, error); });
  if (!status.ok()) {
    if (host_.retained() != 0) s.fault("create: failed and left an event retained");
    failed_ = status;
    return status;
  }
  if (plugin_->start == nullptr || plugin_->stop == nullptr || plugin_->destroy == nullptr) {
    s.fault("create: start, stop or destroy is null (abi.h)");
    failed_ = Status::invalid("create left start, stop or destroy empty");
    return *failed_;
  }
  if (plugin_->size > given) s.fault("create: made gardu_plugin's size larger than it was given");
  for (size_t i = 0; i < detail::kRoomForLater; ++i)
    if (memory_[sizeof(gardu_plugin) + i] != 0)
      s.fault("create: wrote behind the fields of gardu_plugin that it knows (abi.h, rule 1)");
  created_ = true;
  return {};
}

inline Status PluginHarness::start(std::string_view settings) {
  if (started_) return {};
  if (Status status = create(); !status.ok()) return status;
  detail::State& s = host_.state();
  {
    const std::lock_guard lock(s.mutex);
    s.start_settings = settings;
  }
  s.set_phase(detail::Phase::starting);
  Status status = call("start", [&](gardu_error* error) {
    detail::Shown shown;
    const int32_t code = plugin_->start(plugin_->self, shown.text(settings), error);
    s.bury(shown);
    return code;
  });
  if (!status.ok()) {
    (void)end_start();
    return status;
  }
  s.set_phase(detail::Phase::started);
  started_ = true;
  return status;
}

inline Status PluginHarness::end_start() {
  detail::State& s = host_.state();
  s.set_phase(detail::Phase::stopping);
  detail::end_all(s);
  Status status =
      call("stop", [&](gardu_error* error) { return plugin_->stop(plugin_->self, error); });
  detail::end_all(s);  // what it scheduled all the same
  s.set_phase(detail::Phase::stopped);
  started_ = false;
  const std::lock_guard lock(s.mutex);
  for (const auto& duty : s.duties)
    if (duty->told == 0 && !duty->taken_back) {
      s.fault_locked(duty->what + ": never told, also not by the end of stop (" + duty->rule + ")");
      duty->taken_back = true;
    }
  return status;
}

inline Status PluginHarness::stop() { return started_ ? end_start() : Status{}; }

inline void PluginHarness::destroy() {
  (void)stop();
  if (!created_) return;
  detail::State& s = host_.state();
  if (s.phase == detail::Phase::created) s.set_phase(detail::Phase::stopped);
  (void)call("destroy", [&](gardu_error*) {
    plugin_->destroy(plugin_->self);
    return int32_t{GARDU_OK};
  });
  created_ = false;
  s.set_phase(detail::Phase::destroyed);
  const std::lock_guard lock(s.mutex);
  for (const auto& [event, block] : s.blocks)
    if (block->kept > 0)
      s.fault_locked("destroy: the event with seq " + std::to_string(event->seq) +
                     " is still retained (every retain needs its release)");
}

inline std::string PluginHarness::end() {
  destroy();
  return host_.fault_text();
}

inline Delivered PluginHarness::deliver_once(const std::vector<FakeEvent>& events) {
  detail::State& s = host_.state();
  std::vector<const gardu_event*> shown;
  shown.reserve(events.size());
  for (const FakeEvent& e : events) shown.push_back(detail::show_event(s, e));
  Delivered out;
  out.results.assign(events.size(), GARDU_OK);
  const bool durable = options_.delivery == Delivery::durable;
  out.why = call("on_events", [&](gardu_error* error) {
    if (durable) detail::begin_unit(s);
    const int32_t code =
        plugin_->on_events(plugin_->self, shown.data(), static_cast<uint32_t>(shown.size()),
                           out.results.data(), error);
    for (const gardu_event* e : shown) detail::hide_event(s, e);
    bool fine = code == GARDU_OK;
    for (const int32_t result : out.results) fine = fine && result == GARDU_OK;
    if (durable)
      detail::end_unit(s, fine ? Status{} : Status::retry("an event failed"),
                       Status::retry("the event is handled again"));
    return code;
  });
  if (!out.why.ok()) {
    out.results.assign(events.size(), out.why.code());
    return out;
  }
  for (const int32_t result : out.results)
    if (result != GARDU_OK && out.why.ok()) {
      out.why = Status::read_from(result, last_error_);
    }
  return out;
}

inline Delivered PluginHarness::deliver(std::vector<FakeEvent> events) {
  Delivered out;
  if (!started_ || plugin_->on_events == nullptr) {
    out.why = {GARDU_STOPPED, started_ ? "it has no on_events" : "it is not started"};
    out.results.assign(events.size(), GARDU_STOPPED);
    return out;
  }
  if (events.empty()) return out;
  for (FakeEvent& e : events) e = host_.filled(std::move(e));
  out = deliver_once(events);
  if (out.ok() || options_.delivery != Delivery::durable || events.size() == 1) return out;
  // None of it happened. One by one, so that the others' effects do not depend on the bad one.
  out = {};
  for (FakeEvent& e : events) {
    const Delivered one = deliver_once({e});
    out.results.push_back(one.results.front());
    if (out.why.ok()) out.why = one.why;
  }
  return out;
}

}  // namespace gardu::testing
