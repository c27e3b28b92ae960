// SPDX-License-Identifier: Apache-2.0
//
// A whole plugin on a FakeHost, driven as the gateway does it: through its C tables, so that the
// barrier is a part of the test. `Harness<MyPlugin>` makes it of the class; `PluginHarness` of a
// create function, e.g. one found in a loaded file. All calls come from the test's one thread.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../plugin.hpp"
#include "fake_host.hpp"

namespace gardu::testing {

namespace detail {
struct ReplyDuty;
}

// What a manifest says, as far as the harness needs it.
struct HarnessOptions {
  // The id that the host gives the plugin.
  std::string plugin_id = "tested";
  // Durable: what an event's failure undoes, and when `done` of a send is told, follow it.
  Delivery delivery = Delivery::live;
  uint32_t roles = GARDU_ROLE_SUBSCRIBER;  // of Harness<P>: whether it has on_events
  // What this manifest says.
  static HarnessOptions of(const gardu_manifest& manifest);
};

// What became of delivered events.
struct Delivered {
  std::vector<int32_t> results;  // a status each; a batch that failed as a whole: that one
  Status why;                    // of the first that failed
  // All were handled.
  bool ok() const noexcept { return why.ok(); }
};

// What a request to one of the plugin's routes was answered. It may come later: a copy sees it too.
class RouteAnswer {
 public:
  struct Slot;            // the harness's own
  bool answered() const;  // or dropped
  bool dropped() const;   // the caller gets 500
  int status() const;     // 0: not yet; 404, 405, 401, 403, 413: the host's own
  // Empty while it is not answered.
  std::string body() const;
  // Likewise.
  std::string content_type() const;
  // Of that name, whatever its case; empty when there is none.
  std::string header(std::string_view name) const;

 private:
  friend class PluginHarness;
  std::shared_ptr<Slot> slot_;
};

// What a transport told of a send.
class SendOutcome {
 public:
  struct Slot;            // the harness's own
  bool told() const;      // or refused by `send` itself
  Status status() const;  // internal, saying so, while it is not told
  // As the transport told it; empty before.
  std::string provider_message_id() const;
  // Likewise.
  std::string raw_id() const;
  // Likewise.
  std::string peer_address() const;
  // The answer means "sent".
  bool confirmed() const;

 private:
  friend class PluginHarness;
  std::shared_ptr<Slot> slot_;
};

// What a transport told of an action.
class ActionOutcome {
 public:
  struct Slot;  // the harness's own
  // Or refused by `act` itself.
  bool told() const;
  // Internal, saying so, while it is not told.
  Status status() const;
  // A JSON object, or empty.
  std::string data() const;

 private:
  friend class PluginHarness;
  std::shared_ptr<Slot> slot_;
};

// A message for a transport to send.
struct FakeOutbound {
  // An empty id is made up.
  FakeMessage message = {};
  std::string to = std::string(kPhone),   /* the contact's address */
      account_address = "+62800";         /* own number or id at the provider */
  std::vector<Identity> identities = {};  // empty: `to` as a phone number
  // 1 for the first.
  uint32_t attempt = 1;
};
// A text to that address.
FakeOutbound outbound_text(std::string_view text, std::string_view to = kPhone);

// An action for a transport.
struct FakeAction {
  // What is asked for.
  gardu_action_kind kind = GARDU_ACTION_MARK_READ;
  std::string account_id = std::string(kAccount), /* the account that does it */
      to = std::string(kPhone),                   /* the contact's address, where it is of one */
      target = {},                                /* provider id of the message that it is about */
      text = {};                                  /* its meaning is up to `kind` */
  // Likewise.
  int64_t value = 0;
};
Account fake_account(std::string_view credentials = "{}");  // of kWorkspace, with id kAccount

// Names with their values.
using Headers = std::vector<std::pair<std::string, std::string>>;

// A plugin by its create function, with a FakeHost of its own.
class PluginHarness {
 public:
  // Creates nothing yet.
  explicit PluginHarness(gardu_plugin_create_fn create, HarnessOptions options = {});
  PluginHarness(const PluginHarness&) = delete;
  PluginHarness& operator=(const PluginHarness&) = delete;
  ~PluginHarness();  // stops and destroys what still lives

  // The host that the plugin sees. Lives as long as this.
  FakeHost& host() noexcept { return host_; }
  // What the plugin gave; null before create and after destroy.
  const gardu_plugin* table() const noexcept { return created_ ? plugin_ : nullptr; }

  // Each does what must come before it (start: create; destroy: stop); nothing is done twice.
  Status create();
  // A start that fails is followed by its stop, as the gateway does it.
  Status start(std::string_view settings = "{}");
  // Fine when it was not started.
  Status stop();
  // Stops it first. Fine when there is none.
  void destroy();
  // stop and destroy, then what the plugin did that is forbidden: "" when nothing.
  std::string end();
  // Started, and not stopped since.
  bool started() const noexcept { return started_; }

  // One batch. Of a durable plugin, when one of several failed, all of it is undone and they come
  // again one by one, as the gateway does it; `results` are the last ones.
  Delivered deliver(std::vector<FakeEvent> events);
  // Likewise, of events given one by one.
  template <class... More>
  Delivered deliver(FakeEvent first, More... more) {
    std::vector<FakeEvent> all;
    all.push_back(std::move(first));
    (all.push_back(std::move(more)), ...);
    return deliver(std::move(all));
  }

  // To the plugin's routes, as the gateway's HTTP server does it: `path` may have a ?query. Without
  // a caller it is one that the route lets in, of kWorkspace.
  RouteAnswer request(std::string_view method, std::string_view path, std::string_view body = {},
                      const Headers& headers = {}, const std::optional<Principal>& caller = {});

  // Of a transport.
  bool is_transport() const;
  // What it says of itself; zeros when it is no transport.
  gardu_transport_info describe() const;
  // Its connect; GARDU_UNSUPPORTED when it is no started transport. Marks the credentials secret.
  Status connect(const Account& account = fake_account());
  // Its disconnect; GARDU_UNSUPPORTED likewise.
  Status disconnect(std::string_view account_id = kAccount);
  // Begins a send; its outcome may come later.
  SendOutcome send(FakeOutbound outbound);
  // Begins an action; its outcome may come later.
  ActionOutcome act(const FakeAction& action);

 protected:
  // The plugin's table; zeros before create.
  gardu_plugin& raw() noexcept { return *plugin_; }

 private:
  template <class F>
  Status call(std::string_view hook, F&& body);
  Status end_start();
  Delivered deliver_once(const std::vector<FakeEvent>& events);
  const gardu_transport* transport() const;

  FakeHost host_;
  gardu_plugin_create_fn create_;
  HarnessOptions options_;
  std::unique_ptr<char[]> memory_;
  gardu_plugin* plugin_;
  bool created_ = false, started_ = false;
  std::optional<Status> failed_;  // why create failed
  gardu_error last_error_{};
  std::vector<std::shared_ptr<void>> slots_;
  std::vector<std::unique_ptr<detail::ReplyDuty>> replies_;
};

// Of the class itself. P(const gardu_host&), as GARDU_PLUGIN needs it.
template <class P>
class Harness : public PluginHarness {
 public:
  // Creates nothing yet.
  explicit Harness(HarnessOptions options = {})
      : PluginHarness(
            (options.roles & GARDU_ROLE_SUBSCRIBER) != 0 ? &create_subscriber : &create_other,
            options) {}
  // The plugin; created when it was not yet.
  P& plugin() {
    (void)create();
    return *static_cast<P*>(raw().self);
  }

 private:
  static int32_t create_subscriber(const gardu_host* host, gardu_plugin* out, gardu_error* error) {
    return gardu::detail::create<P>(host, out, error, GARDU_ROLE_SUBSCRIBER);
  }
  static int32_t create_other(const gardu_host* host, gardu_plugin* out, gardu_error* error) {
    return gardu::detail::create<P>(host, out, error, 0);
  }
};

}  // namespace gardu::testing

#include "detail/harness.hpp"
