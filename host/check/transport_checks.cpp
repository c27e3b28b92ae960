// SPDX-License-Identifier: Apache-2.0
// The transport kit: what the host asks of who moves messages.
#include <functional>

#include "check/checks.hpp"
#include "check/exercise.hpp"

namespace gardu::host::check {
namespace {

constexpr const char* kSendRule =
    "abi/ext/transport.h: the completion is called exactly once per accepted send";
constexpr const char* kTransportTable = "abi/ext/transport.h: gardu_transport";

void with_transport(Context& c, const std::function<void(Rig&)>& body) {
  if (!c.subject().read->has_role(GARDU_ROLE_TRANSPORT)) c.skip("the plugin is no transport");
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  if (!rig.is_transport()) c.skip("it gives no table for " GARDU_EXT_TRANSPORT);
  body(rig);
  rig.tear_down();
}

// Sent, and what it owes is noted.
void send(Context& c, Rig& rig, std::vector<Told>& told, testing::FakeOutbound outbound,
          const std::string& what) {
  c.step("sending " + what);
  const auto outcome = rig.send(std::move(outbound));
  told.push_back([outcome] { return outcome.told(); });
}

void settle_sends(Context& c, Rig& rig, const std::vector<Told>& told) {
  if (const std::size_t left = owed_after_stop(rig, told); left != 0)
    c.fail("each send's outcome is told within 5 s, or by stop",
           std::to_string(left) + " of " + std::to_string(told.size()) + " never were", kSendRule);
  for (const std::string& fault : rig.host().faults()) c.fail("one outcome each", fault, kSendRule);
}

testing::FakeOutbound of_type(std::uint32_t type) {
  testing::FakeOutbound out = testing::outbound_text("ping");
  out.message.type = type;
  switch (type) {
    case GARDU_MESSAGE_TEXT:
      break;
    case GARDU_MESSAGE_LOCATION:
      out.message.content = R"({"location":{"latitude":-6.2,"longitude":106.8,"name":"Jakarta"}})";
      break;
    case GARDU_MESSAGE_CONTACTS:
      out.message.content = R"({"contacts":[{"name":"Ayu","phones":["+6281234567890"]}]})";
      break;
    case GARDU_MESSAGE_INTERACTIVE:
      out.message.content =
          R"({"interactive":{"type":"buttons","buttons":[{"id":"1","title":"A"}]}})";
      break;
    case GARDU_MESSAGE_TEMPLATE:
      out.message.content = R"({"template":{"name":"hello","language":"en","components":[]}})";
      break;
    case GARDU_MESSAGE_REACTION:
      out.message.content = R"({"reaction":{"emoji":"👍","provider_message_id":"wamid.1"}})";
      break;
    default:
      out.message.content = R"({"media":{"url":"https://example.org/a","mime_type":"image/png"}})";
  }
  return out;
}

struct Promise {
  std::uint64_t feature;
  gardu_action_kind kind;
  const char* name;
};
constexpr Promise kPromises[] = {{GARDU_CAN_MARK_READ, GARDU_ACTION_MARK_READ, "mark_read"},
                                 {GARDU_CAN_TYPING, GARDU_ACTION_TYPING, "typing"},
                                 {GARDU_CAN_EDIT, GARDU_ACTION_EDIT, "edit"},
                                 {GARDU_CAN_REVOKE, GARDU_ACTION_REVOKE, "revoke"},
                                 {GARDU_CAN_REACTION, GARDU_ACTION_REACT, "react"},
                                 {GARDU_CAN_SYNC, GARDU_ACTION_SYNC, "sync"},
                                 {GARDU_CAN_HEALTH, GARDU_ACTION_HEALTH, "health"},
                                 {GARDU_CAN_LOGOUT, GARDU_ACTION_LOGOUT, "logout"},
                                 {GARDU_CAN_PAIR, GARDU_ACTION_PAIR, "pair"}};

testing::FakeAction action_of(gardu_action_kind kind) {
  testing::FakeAction a;
  a.kind = kind;
  a.target = "wamid.1";
  a.text = kind == GARDU_ACTION_REACT ? "👍" : "+6281234567890";
  a.value = 1;
  return a;
}

}  // namespace

void check_describe(Context& c) {
  with_transport(c, [&](Rig& rig) {
    const auto* table = static_cast<const gardu_transport*>(
        rig.real().extension(rig.real().self, GARDU_EXT_TRANSPORT));
    const auto missing = [&](const char* entry, bool is_missing) {
      if (is_missing) c.fail("the table has " + std::string(entry), "it is null", kTransportTable);
    };
    missing("describe", table->describe == nullptr);
    missing("connect", table->connect == nullptr);
    missing("disconnect", table->disconnect == nullptr);
    missing("send", table->send == nullptr);
    if (table->describe == nullptr) return;
    const gardu_transport_info info = rig.describe(), again = rig.describe();
    constexpr std::uint64_t kKnown = 2 * std::uint64_t{GARDU_CAN_PAIR} - 1;
    if ((info.features & ~kKnown) != 0)
      c.fail("features of gardu_transport_feature", std::to_string(info.features),
             "abi/ext/transport.h: gardu_transport_feature");
    if (info.max_in_flight > 100'000)
      c.fail("a number of sends at once that can be meant", std::to_string(info.max_in_flight),
             "abi/ext/transport.h: gardu_transport_info.max_in_flight");
    if (info.features != again.features || info.max_in_flight != again.max_in_flight ||
        info.max_per_second != again.max_per_second || info.text_limit != again.text_limit)
      c.fail("the same description each time", "the second differs",
             "abi/ext/transport.h: describe is constant for the plugin's life");
  });
}

void check_connect(Context& c) {
  with_transport(c, [&](Rig& rig) {
    for (const char* how : {"first", "second, as when it changed"}) {
      c.step(std::string("connecting an account, the ") + how);
      if (const Status s = rig.connect(); !s.ok()) c.note("connect answered " + status_text(s));
    }
    c.step("connecting an account whose credentials are no JSON");
    (void)rig.connect(testing::fake_account("{\"token"));
    c.step("disconnecting an account that nobody knows");
    (void)rig.disconnect("0190c0de-0000-7000-8000-00000000dead");
    for (const char* how : {"once", "twice"}) {
      c.step(std::string("disconnecting ") + how);
      (void)rig.disconnect();
    }
    rig.let_pass(std::chrono::milliseconds(2000));
  });
}

void check_send(Context& c) {
  with_transport(c, [&](Rig& rig) {
    (void)rig.connect();
    std::vector<Told> told;
    send(c, rig, told, testing::outbound_text("ping"), "a text");
    send(c, rig, told, testing::outbound_text("ping"), "the same once more");
    send(c, rig, told, testing::outbound_text(std::string(1U << 20U, 'x')), "a MiB of text");
    send(c, rig, told, testing::outbound_text("ping", "not an address"), "to no address");
    settle_sends(c, rig, told);
  });
}

void check_message_types(Context& c) {
  with_transport(c, [&](Rig& rig) {
    (void)rig.connect();
    std::vector<Told> told;
    for (const std::uint32_t type :
         {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 12U, 13U, 14U, 15U, 16U, 17U, 4711U}) {
      const std::string what = "a message of type " + std::to_string(type);
      send(c, rig, told, of_type(type), what);
      testing::FakeOutbound empty = testing::outbound_text("");
      empty.message.type = type;
      send(c, rig, told, std::move(empty), what + " without content");
    }
    settle_sends(c, rig, told);
  });
}

void check_disconnect(Context& c) {
  with_transport(c, [&](Rig& rig) {
    (void)rig.connect();
    std::vector<Told> told;
    for (int i = 0; i < 16; ++i)
      send(c, rig, told, testing::outbound_text("message " + std::to_string(i)), "a text");
    c.step("disconnecting while sends are under way");
    (void)rig.disconnect();
    send(c, rig, told, testing::outbound_text("late"), "by an account that is disconnected");
    settle_sends(c, rig, told);
  });
}

void check_actions(Context& c) {
  with_transport(c, [&](Rig& rig) {
    (void)rig.connect();
    const std::uint64_t features = rig.describe().features;
    std::vector<Told> told;
    for (const Promise& p : kPromises) {
      c.step(std::string("asking for ") + p.name);
      const auto outcome = rig.act(action_of(p.kind));
      told.push_back([outcome] { return outcome.told(); });
      const bool acts = (features & p.feature) != 0 && p.feature != GARDU_CAN_REACTION;
      if (acts && rig.wait_for([&] { return outcome.told(); }, std::chrono::seconds(5)) &&
          outcome.status().code() == GARDU_UNSUPPORTED)
        c.fail(std::string("it can ") + p.name + ", as it promises in its features",
               status_text(outcome.status()), "abi/ext/transport.h: gardu_transport_feature");
    }
    c.step("asking for what nobody knows");
    const auto unknown = rig.act(action_of(static_cast<gardu_action_kind>(15)));
    told.push_back([unknown] { return unknown.told(); });
    if (rig.wait_for([&] { return unknown.told(); }, std::chrono::seconds(5)) &&
        unknown.status().code() != GARDU_UNSUPPORTED)
      c.warn("an unknown action is answered with GARDU_UNSUPPORTED", status_text(unknown.status()),
             "abi/ext/transport.h: gardu_action_kind");
    settle_sends(c, rig, told);
  });
}

}  // namespace gardu::host::check
