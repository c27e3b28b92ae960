// SPDX-License-Identifier: Apache-2.0
//
// Start here to write a plugin in C++20: derive from gardu::Plugin, override what it needs, and
// name it in GARDU_PLUGIN. The layer is compiled into the plugin; only the C tables of abi/ cross
// over.
//
// Hooks run on the plugin's own thread, one at a time. What a hook throws becomes a status: the
// host logs it, counts it, and handles the event by the status's class (a Failure carries its own,
// any other exception counts as internal).
#pragma once
#include <algorithm>
#include <concepts>
#include <cstring>
#include <memory>
#include <string_view>

#include "abi/abi.h"
#include "host.hpp"
#include "transport.hpp"

namespace gardu {
namespace detail {
template <class P>
struct Trampolines;
}

// What every plugin derives from. The host makes one of it and destroys it after stop.
class Plugin {
 public:
  // Must be quick: no threads, files or network; those belong into start.
  explicit Plugin(const gardu_host& host) : host_(host) {}
  virtual ~Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // `settings`: a JSON object, valid by the plugin's schema, defaults filled in.
  // Status::unconfigured names the key that is missing: the plugin stays idle, the host goes on.
  virtual Status start(std::string_view settings) {
    (void)settings;
    return {};
  }
  // Called once after each start, failed ones included: join threads, close sockets.
  virtual void stop() {}

  // A batch in journal order. The default hands out one event after the other.
  virtual void on_events(Batch& batch);
  // One event. What it throws fails this event alone. The default calls on_message.
  virtual void on_event(const EventView& event) {
    if (event.has_message() &&
        (event.type() == GARDU_EVENT_MESSAGE_RECEIVED || event.type() == GARDU_EVENT_MESSAGE_SENT))
      on_message(event.message());
  }
  // message.received and message.sent, as far as subscribed.
  virtual void on_message(const MessageView& message) { (void)message; }

 protected:
  // The host's services. Lives as long as the plugin.
  const Host& host() const noexcept { return host_; }

 private:
  template <class P>
  friend struct detail::Trampolines;
  Host host_;
};

// Which events come. Live: those from the start on. Durable: by a cursor that is committed together
// with what the plugin sent meanwhile, so that none is missed.
enum class Delivery : uint32_t { live = GARDU_DELIVERY_LIVE, durable = GARDU_DELIVERY_DURABLE };

// What GARDU_PLUGIN is told. Roles are derived: a subscriber subscribes to something, a transport
// derives from gardu::Transport; `roles` adds GARDU_ROLE_HTTP and GARDU_ROLE_SERVICE.
struct PluginInfo {
  std::string_view id, /* ^[a-z][a-z0-9_]*$, also the name of the file without ".so" */
      version,         /* semantic version */
      name,            /* for people */
      license;         /* SPDX */
  // The events that come; none: no subscriber.
  EventMask subscribes = 0;
  // Those from the start on, or all by a cursor.
  Delivery delivery = Delivery::live;
  // gardu_role bits beyond the derived ones.
  uint32_t roles = 0;
  // Most events in one on_events; 0: the host's default.
  uint32_t max_batch = 0;
  // Ids of the host services that it cannot do without, blank separated.
  std::string_view needs = GARDU_EXT_LOG;
  // The least minor version of the host's ABI that will do.
  uint16_t host_min_minor = 0;
};

namespace detail {

template <size_t N>
constexpr void put(char (&out)[N], std::string_view in) {
  if (in.size() >= N) throw "a text of GARDU_PLUGIN is too long";  // fails the compilation
  for (size_t i = 0; i < in.size(); ++i) out[i] = in[i];
}

#if defined(__clang__)
inline constexpr std::string_view kToolchain = "clang " __clang_version__;
#else
inline constexpr std::string_view kToolchain = "gcc " __VERSION__;
#endif

template <class P>
consteval gardu_manifest make_manifest(const PluginInfo& info) {
  gardu_manifest m{};
  for (size_t i = 0; i < sizeof m.magic; ++i) m.magic[i] = GARDU_MANIFEST_MAGIC[i];
  m.size = sizeof m;
  m.abi_major = GARDU_ABI_MAJOR;
  m.abi_minor = GARDU_ABI_MINOR;
  m.host_min_minor = info.host_min_minor;
  m.roles = info.roles;
  if (info.subscribes != 0) m.roles |= GARDU_ROLE_SUBSCRIBER;
  if (std::derived_from<P, Transport>) m.roles |= GARDU_ROLE_TRANSPORT;
  m.delivery = static_cast<uint32_t>(info.delivery);
  m.max_batch = info.max_batch;
  m.subscribes = info.subscribes;
  put(m.id, info.id);
  put(m.version, info.version);
  put(m.name, info.name);
  put(m.license, info.license);
  put(m.toolchain, kToolchain.substr(0, sizeof m.toolchain - 1));
  put(m.needs, info.needs);
  return m;
}

// The barrier: nothing that is thrown gets past it.
template <class F>
int32_t guard(gardu_error* error, F&& body) noexcept {
  try {
    return body().write_to(error);
  } catch (const Failure& f) {
    return f.status().write_to(error);
  } catch (const std::exception& e) {
    return Status::internal(e.what()).write_to(error);
  } catch (...) {
    return Status::internal("an exception that is no std::exception").write_to(error);
  }
}

template <class P>
struct Trampolines {
  static P& of(void* self) noexcept { return *static_cast<P*>(self); }

  static int32_t start(void* self, gardu_str settings, gardu_error* error) noexcept {
    return guard(error, [&] { return of(self).start(view(settings)); });
  }
  static int32_t stop(void* self, gardu_error* error) noexcept {
    return guard(error, [&] {
      of(self).stop();
      return Status{};
    });
  }
  static void destroy(void* self) noexcept { delete static_cast<P*>(self); }
  static int32_t on_events(void* self, const gardu_event* const* events, uint32_t count,
                           int32_t* results, gardu_error* error) noexcept {
    Status first;  // its text is for the host's log
    const int32_t code = guard(error, [&] {
      Batch batch(events, count, results);
      of(self).on_events(batch);
      first = batch.first_failure();
      return Status{};
    });
    if (code == GARDU_OK) (void)first.write_to(error);
    return code;
  }
  static const void* extension(void* self, const char* id) noexcept;

  static void describe(void* self, gardu_transport_info* out) noexcept {
    gardu_transport_info info{};
    guard(nullptr, [&] {
      info = of(self).describe();
      return Status{};
    });
    const uint32_t size = out->size;  // a smaller table of an older host gets what it has room for
    std::memcpy(out, &info, std::min<size_t>(size, sizeof info));
    out->size = size;
  }
  static int32_t connect(void* self, const gardu_account* a, gardu_error* error) noexcept {
    return guard(error, [&] {
      return of(self).connect(Account{std::string(view(a->id)), std::string(view(a->workspace_id)),
                                      std::string(view(a->name)), std::string(view(a->address)),
                                      std::string(view(a->credentials)),
                                      std::string(view(a->metadata))});
    });
  }
  static int32_t disconnect(void* self, gardu_str account_id, gardu_error* error) noexcept {
    return guard(error, [&] { return of(self).disconnect(view(account_id)); });
  }
  static int32_t send(void* self, const gardu_outbound* outbound, gardu_completion completion,
                      gardu_error* error) noexcept {
    // Whatever happens, the completion tells it: also when an exception destroys it on its way out.
    // Then the log has the reason.
    gardu_error thrown = Status::record();
    const int32_t code = guard(&thrown, [&] {
      of(self).send(Outbound{*outbound}, SendCompletion{completion});
      return Status{};
    });
    if (code != GARDU_OK) static_cast<const Plugin&>(of(self)).host_.warn(thrown.message);
    (void)error;
    return GARDU_OK;
  }
  static int32_t act(void* self, const gardu_action* action, gardu_action_done done,
                     gardu_error* error) noexcept {
    gardu_error thrown = Status::record();  // as in send
    const int32_t code = guard(&thrown, [&] {
      of(self).act(Action{*action}, ActionCompletion{done});
      return Status{};
    });
    if (code != GARDU_OK) static_cast<const Plugin&>(of(self)).host_.warn(thrown.message);
    (void)error;
    return GARDU_OK;
  }
};

template <class P>
const void* Trampolines<P>::extension(void*, const char* id) noexcept {
  if constexpr (std::derived_from<P, Transport>) {
    static constexpr gardu_transport kTable{
        sizeof(gardu_transport), 0, &describe, &connect, &disconnect, &send, &act};
    if (std::string_view(id) == GARDU_EXT_TRANSPORT) return &kTable;
  }
  (void)id;
  return nullptr;
}

template <class P>
int32_t create(const gardu_host* host, gardu_plugin* out, gardu_error* error,
               uint32_t roles = GARDU_ROLE_SUBSCRIBER) noexcept {
  using T = Trampolines<P>;
  return guard(error, [&] {
    if (!GARDU_HAS(out, gardu_plugin, extension))
      return Status::invalid("the host's plugin table is shorter than version 1");
    if (!GARDU_HAS(host, gardu_host, release))
      return Status::invalid("the host's own table is shorter than version 1");
    auto self = std::make_unique<P>(*host);
    out->start = &T::start;
    out->stop = &T::stop;
    out->destroy = &T::destroy;
    out->on_events = (roles & GARDU_ROLE_SUBSCRIBER) != 0 ? &T::on_events : nullptr;
    out->extension = &T::extension;
    out->self = self.release();
    return Status{};
  });
}

}  // namespace detail

inline void Plugin::on_events(Batch& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    try {
      on_event(batch[i]);
    } catch (const Failure& f) {
      host_.warn(f.what());
      batch.fail(i, f.status());
    } catch (const std::exception& e) {
      host_.warn(e.what());
      batch.fail(i, Status::internal(e.what()));
    } catch (...) {
      host_.warn("an exception that is no std::exception");
      batch.fail(i, Status::internal("an exception that is no std::exception"));
    }
  }
}

}  // namespace gardu

// Makes a class a plugin: GARDU_PLUGIN(Class, {.id = "my_plugin", .version = "1.0.0", …}). Once, at
// file scope. Nothing runs before the host calls create: both symbols are plain data and code.
#define GARDU_PLUGIN(Class, ...)                                                           \
  extern "C" __attribute__((                                                               \
      visibility("default"), used,                                                         \
      section(GARDU_MANIFEST_SECTION))) constexpr gardu_manifest gardu_plugin_manifest =   \
      gardu::detail::make_manifest<Class>(gardu::PluginInfo __VA_ARGS__);                  \
  extern "C" __attribute__((visibility("default"))) int32_t gardu_plugin_create_v1(        \
      const gardu_host* host, gardu_plugin* plugin, gardu_error* error) {                  \
    return gardu::detail::create<Class>(host, plugin, error, gardu_plugin_manifest.roles); \
  }
