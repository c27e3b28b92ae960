// SPDX-License-Identifier: Apache-2.0
// What a subscriber is shown: every kind of batch and event, in memory that is gone after the call.
#include <functional>

#include "check/checks.hpp"
#include "check/rig.hpp"

namespace gardu::host::check {
namespace {

using std::chrono::milliseconds;
using testing::FakeEvent;
constexpr std::uint32_t kUsualBatch = 64;  // where the manifest names none

// Runs the plugin, does `body`, lets time pass and stops it.
void with_subscriber(Context& c, const std::function<void(Rig&)>& body) {
  if (!c.subject().read->has_role(GARDU_ROLE_SUBSCRIBER)) c.skip("the plugin is no subscriber");
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  body(rig);
  rig.let_pass(milliseconds(2000));
  rig.tear_down();
}

bool wants(const Context& c, std::uint32_t type) {
  return type < 64 && ((c.subject().manifest().subscribes >> type) & 1U) != 0;
}

// The first type subscribed to, a message if there is one.
std::uint32_t some_type(const Context& c) {
  if (wants(c, GARDU_EVENT_MESSAGE_RECEIVED)) return GARDU_EVENT_MESSAGE_RECEIVED;
  for (std::uint32_t type = 0; type < 64; ++type)
    if (wants(c, type)) return type;
  return GARDU_EVENT_MESSAGE_RECEIVED;
}

FakeEvent event_of_type(std::uint32_t type, const std::string& text = "ping") {
  switch (type) {
    case GARDU_EVENT_OTHER:
      return testing::own_event("check.happened");
    case GARDU_EVENT_MESSAGE_RECEIVED:
      return testing::message_received(text);
    case GARDU_EVENT_MESSAGE_SENT:
      return testing::message_sent(text);
    case GARDU_EVENT_MESSAGE_STATUS_UPDATED:
      return testing::message_status("0190c0de-0000-7000-8000-000000000004", GARDU_STATUS_READ);
    case GARDU_EVENT_MESSAGE_UPDATED:
      return testing::message_updated("0190c0de-0000-7000-8000-000000000004", text);
    case GARDU_EVENT_MESSAGE_DELETED:
      return testing::message_deleted("0190c0de-0000-7000-8000-000000000004");
    case GARDU_EVENT_MESSAGE_REACTION:
      return testing::message_reaction("0190c0de-0000-7000-8000-000000000004", "👍");
    case GARDU_EVENT_TYPING_STARTED:
    case GARDU_EVENT_TYPING_STOPPED:
      return testing::typing(type == GARDU_EVENT_TYPING_STARTED);
    case GARDU_EVENT_CONTACT_CREATED:
      return testing::contact_created(testing::kPhone, text);
    case GARDU_EVENT_CONTACT_UPDATED:
      return testing::contact_updated(testing::kPhone, text);
    case GARDU_EVENT_CONTACT_PRESENCE:
      return testing::contact_presence(true);
    case GARDU_EVENT_CONVERSATION_UPDATED:
      return testing::conversation_updated(R"({"status":"open","unread":1})");
    case GARDU_EVENT_ACCOUNT_STATUS:
      return testing::account_status("ready");
    default:
      return testing::event_of(static_cast<gardu_event_type>(type));
  }
}

// Nothing but what every event has.
FakeEvent bare_event(std::uint32_t type) {
  FakeEvent e = event_of_type(type);
  e.message.reset();
  e.contact.reset();
  e.account_id.clear();
  e.contact_id.clear();
  e.data = "{}";
  return e;
}

void deliver(Context& c, Rig& rig, std::vector<FakeEvent> events, const std::string& what) {
  c.step("delivering " + what);
  const auto answer = rig.deliver(std::move(events));
  if (!answer.ok()) c.note(what + " was answered with " + status_text(answer.why));
}

void every_type(Context& c, Rig& rig, const std::string& text, const std::string& what) {
  for (std::uint32_t type = 0; type <= GARDU_EVENT_PLUGIN_STATUS; ++type)
    if (wants(c, type))
      deliver(c, rig, {event_of_type(type, text)},
              testing::event_type_name(type) + " (type " + std::to_string(type) + ")" + what);
}

}  // namespace

void check_one_event(Context& c) {
  with_subscriber(c,
                  [&](Rig& rig) { deliver(c, rig, {event_of_type(some_type(c))}, "one event"); });
}

void check_empty_batch(Context& c) {
  with_subscriber(c, [](Rig& rig) { rig.deliver_nothing(); });
}

void check_full_batch(Context& c) {
  with_subscriber(c, [&](Rig& rig) {
    const std::uint32_t most = c.subject().manifest().max_batch;
    const std::uint32_t count = most == 0 ? kUsualBatch : std::min<std::uint32_t>(most, 10'000);
    std::vector<FakeEvent> events;
    for (std::uint32_t i = 0; i < count; ++i)
      events.push_back(event_of_type(some_type(c), "message " + std::to_string(i)));
    deliver(c, rig, std::move(events), "a batch of " + std::to_string(count));
  });
}

void check_known_types(Context& c) {
  with_subscriber(c, [&](Rig& rig) { every_type(c, rig, "ping", ""); });
}

void check_unknown_type(Context& c) {
  c.on_crash("an event of an unknown type is skipped",
             "abi/abi.h, rule 2: unknown numbers are tolerated");
  with_subscriber(c, [&](Rig& rig) {
    for (const std::uint32_t type : {19U, 63U, 64U, 4711U, 0xFFFFFFFFU})
      deliver(c, rig, {testing::unknown_event(type)}, "an event of type " + std::to_string(type));
  });
}

void check_huge_text(Context& c) {
  with_subscriber(
      c, [&](Rig& rig) { every_type(c, rig, std::string(1U << 20U, 'x'), " with a MiB of text"); });
}

void check_bad_utf8(Context& c) {
  c.on_crash("text is bytes of any kind to who reads it",
             "abi/abi.h, rule 3: text is {data,size}; what is in it came from outside");
  with_subscriber(c, [&](Rig& rig) {
    const std::string text("ping \xff\xfe\xc0\x80 \xed\xa0\x80 \xf4\x90 \0 \xe2\x82", 22);
    every_type(c, rig, text, " with text that is not UTF-8");
    FakeEvent e = event_of_type(some_type(c));
    e.data = "{\"text\":\"\xff\xfe\"";  // nor JSON
    deliver(c, rig, {e}, "data that is neither UTF-8 nor JSON");
  });
}

void check_bare_events(Context& c) {
  c.on_crash("optional parts of an event may be missing",
             "abi/event.h: message and contact are null where an event has none");
  with_subscriber(c, [&](Rig& rig) {
    for (std::uint32_t type = 0; type <= GARDU_EVENT_PLUGIN_STATUS; ++type)
      if (wants(c, type))
        deliver(c, rig, {bare_event(type)},
                testing::event_type_name(type) + " without message, contact and data");
  });
}

void check_views(Context& c) {
  c.on_crash("no view is looked at after its call",
             "abi/abi.h, rule 3: a view lives until the function returns; retain what is kept");
  with_subscriber(c, [&](Rig& rig) {
    rig.take_views_away();
    for (int round = 0; round < 3; ++round) {
      every_type(c, rig, "ping " + std::to_string(round),
                 ", while the memory of earlier events is gone");
      rig.let_pass(milliseconds(60'000));
    }
    c.step("stop, after the memory of all events was taken away");
  });
}

void check_retained(Context& c) {
  with_subscriber(c, [&](Rig& rig) {
    every_type(c, rig, "ping", "");
    rig.let_pass(milliseconds(60'000));
    rig.tear_down();
    if (const auto left = rig.retained(); left != 0)
      c.fail("every retained event is released before destroy has returned",
             std::to_string(left) + " not released", "abi/abi.h: every retain needs its release");
  });
}

}  // namespace gardu::host::check
