// SPDX-License-Identifier: Apache-2.0
#include "check/rig.hpp"

#include <algorithm>
#include <thread>

namespace gardu::host::check {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kSoft{1000}, kStop{5000};

testing::HarnessOptions rig_options(const Subject& subject) {
  auto options = testing::HarnessOptions::of(subject.manifest());
  options.plugin_id = subject.manifest().id;
  return options;
}

}  // namespace

bool is_status(std::int32_t code) {
  return (code >= GARDU_OK && code <= GARDU_FULL) ||
         (code >= GARDU_REJECTED && code <= GARDU_FORBIDDEN) ||
         (code >= GARDU_INTERNAL && code <= GARDU_STOPPED);
}

std::string status_text(const Status& status) {
  return "status " + std::to_string(status.code()) +
         (status.message().empty() ? "" : ": " + status.message());
}

// What the harness calls in the plugin's stead; `self` is the rig.
struct Rig::Layer {
  static Rig& of(void* self) { return *static_cast<Rig*>(self); }

  static std::int32_t start(void* self, gardu_str settings, gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("start", milliseconds::max(),
                     [&] { return r.real_.start(r.real_.self, settings, error); });
  }
  static std::int32_t stop(void* self, gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("stop", kStop, [&] { return r.real_.stop(r.real_.self, error); });
  }
  static void destroy(void* self) {
    Rig& r = of(self);
    r.guarded("destroy", kSoft, [&] {
      r.real_.destroy(r.real_.self);
      return GARDU_OK;
    });
  }
  static std::int32_t on_events(void* self, const gardu_event* const* events, std::uint32_t count,
                                std::int32_t* results, gardu_error* error) {
    Rig& r = of(self);
    EventBox& box = r.boxes_.emplace_back(std::span(events, count));
    const std::int32_t code = r.guarded("on_events", milliseconds::max(), [&] {
      return r.real_.on_events(r.real_.self, box.events(), count, results, error);
    });
    box.close(r.views_away_);
    r.check_results(code, std::span(results, count));
    return code;
  }
  static const void* extension(void* self, const char* id) {
    Rig& r = of(self);
    if (r.real_.extension == nullptr) return nullptr;
    const void* found = nullptr;
    r.guarded("extension", kSoft, [&] {
      found = r.real_.extension(r.real_.self, id);
      return GARDU_OK;
    });
    return std::string_view(id) == GARDU_EXT_TRANSPORT ? r.wrap_transport(found) : found;
  }
  static void describe(void* self, gardu_transport_info* info) {
    Rig& r = of(self);
    r.guarded("describe", kSoft, [&] {
      r.real_transport_->describe(r.real_.self, info);
      return GARDU_OK;
    });
  }
  static std::int32_t connect(void* self, const gardu_account* account, gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("connect", milliseconds::max(),
                     [&] { return r.real_transport_->connect(r.real_.self, account, error); });
  }
  static std::int32_t disconnect(void* self, gardu_str id, gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("disconnect", milliseconds::max(),
                     [&] { return r.real_transport_->disconnect(r.real_.self, id, error); });
  }
  static std::int32_t send(void* self, const gardu_outbound* outbound, gardu_completion completion,
                           gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("send", milliseconds::max(), [&] {
      return r.real_transport_->send(r.real_.self, outbound, completion, error);
    });
  }
  static std::int32_t act(void* self, const gardu_action* action, gardu_action_done done,
                          gardu_error* error) {
    Rig& r = of(self);
    return r.guarded("act", milliseconds::max(),
                     [&] { return r.real_transport_->act(r.real_.self, action, done, error); });
  }
};

Rig::Rig(Context& context, const Module& module)
    : PluginHarness(module.create, rig_options(context.subject())), context_(context) {
  host().data_dir(context.subject().data_dir.string());
  for (const std::string& secret : context.subject().secrets) host().mark_secret(secret);
}

Rig::~Rig() { tear_down(); }

template <class F>
std::int32_t Rig::guarded(std::string_view hook, milliseconds most, F&& body) {
  const std::string name(hook);
  context_.inside(name);
  const auto begin = Clock::now();
  std::int32_t code = GARDU_INTERNAL;
  const char* rule = "abi/abi.h, rule 6: nothing throws across the boundary";
  try {
    code = body();
  } catch (const std::exception& e) {
    context_.fail(name + " returns a status", "it threw: " + std::string(e.what()), rule);
  } catch (...) {
    context_.fail(name + " returns a status", "it threw what is no std::exception", rule);
  }
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  if (took > most && most == kStop) {
    context_.fail("stop returns within 5 s", std::to_string(took.count()) + " ms",
                  "abi/abi.h: stop joins threads and closes sockets; the host waits for it");
  } else if (took > kSoft) {
    context_.warn(name + " returns within 1 s", std::to_string(took.count()) + " ms",
                  "abi/abi.h: hooks run on the plugin's thread; the host logs slow ones");
  }
  if (!is_status(code))
    context_.fail(name + " answers a known status", std::to_string(code), "abi/error.h");
  context_.inside("");
  return code;
}

void Rig::check_results(std::int32_t code, std::span<const std::int32_t> results) {
  if (code != GARDU_OK) return;
  const auto bad =
      std::find_if(results.begin(), results.end(), [](std::int32_t r) { return !is_status(r); });
  if (bad != results.end())
    context_.fail("a known status for each event", std::to_string(*bad),
                  "abi/error.h: the numbers are fixed");
}

const gardu_transport* Rig::wrap_transport(const void* table) {
  real_transport_ = static_cast<const gardu_transport*>(table);
  if (real_transport_ == nullptr) return nullptr;
  const gardu_transport& t = *real_transport_;
  transport_ = {};
  transport_.size = sizeof transport_;
  if (t.describe != nullptr) transport_.describe = &Layer::describe;
  if (t.connect != nullptr) transport_.connect = &Layer::connect;
  if (t.disconnect != nullptr) transport_.disconnect = &Layer::disconnect;
  if (t.send != nullptr) transport_.send = &Layer::send;
  if (GARDU_HAS(&t, gardu_transport, act) && t.act != nullptr) transport_.act = &Layer::act;
  return &transport_;
}

Status Rig::set_up() {
  if (wrapped_) return {};
  // Events are the rig's own, so keeping them is too.
  host().state().table->retain = &EventBox::retain;
  host().state().table->release = &EventBox::release;
  context_.inside("create");
  Status status = Status::internal("it threw");
  const char* rule = "abi/abi.h, rule 6: nothing throws across the boundary";
  try {
    status = create();
  } catch (const std::exception& e) {
    context_.fail("create returns a status", "it threw: " + std::string(e.what()), rule);
    return status;
  } catch (...) {
    context_.fail("create returns a status", "it threw what is no std::exception", rule);
    return status;
  }
  context_.inside("");
  if (!status.ok()) return status;
  gardu_plugin& p = raw();
  real_ = p;
  wrapped_ = true;
  p.self = this;
  if (p.start != nullptr) p.start = &Layer::start;
  if (p.stop != nullptr) p.stop = &Layer::stop;
  if (p.destroy != nullptr) p.destroy = &Layer::destroy;
  if (p.on_events != nullptr) p.on_events = &Layer::on_events;
  p.extension = &Layer::extension;
  return status;
}

Status Rig::try_start(std::string_view settings) {
  const Status made = set_up();
  return made.ok() ? start(settings) : made;
}

void Rig::run_or_leave() {
  const Status status = try_start(context_.subject().settings);
  if (status.ok()) return;
  if (status.code() == GARDU_UNCONFIGURED)
    context_.skip("the plugin is unconfigured: " + status.message());
  if (context_.failures() == 0)
    context_.fail("the plugin starts", status_text(status),
                  "abi/abi.h: start; give --settings where the defaults are not enough");
  context_.skip("the plugin did not start");
}

void Rig::deliver_nothing() {
  gardu_error error = Status::record();
  if (started() && table()->on_events != nullptr)
    (void)table()->on_events(table()->self, nullptr, 0, nullptr, &error);
}

void Rig::tear_down() {
  if (!wrapped_ || table() == nullptr) return;
  if (started()) {
    if (const Status s = stop(); !s.ok())
      context_.warn("stop is fine", status_text(s), "abi/abi.h: stop ends everything");
  }
  destroy();
}

void Rig::let_pass(milliseconds host_time) {
  constexpr int kSteps = 20;
  for (int i = 0; i < kSteps; ++i) {
    context_.inside("a timer, posted work or the end of a request");
    host().pass(Micros(host_time) / kSteps);
    host().run();
    std::this_thread::sleep_for(milliseconds(2));
  }
  context_.inside("");
}

bool Rig::wait_for(const std::function<bool()>& f, milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (!f()) {
    if (Clock::now() > until) return false;
    host().run();
    host().pass(milliseconds(20));
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

std::int64_t Rig::retained() const {
  std::int64_t n = 0;
  for (const EventBox& box : boxes_) n += box.retained();
  return n;
}

void Rig::report_faults() {
  for (const std::string& fault : host().faults())
    context_.fail("nothing that the contract forbids", fault,
                  "abi/abi.h: the tags of the functions");
}

}  // namespace gardu::host::check
