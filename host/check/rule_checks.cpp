// SPDX-License-Identifier: Apache-2.0
// The rules of the host's functions: on which thread, in which state; and what to do when the host
// is full.
#include <thread>

#include "check/checks.hpp"
#include "check/exercise.hpp"

namespace gardu::host::check {
namespace {

enum class Kind { after_stop, full, other };

Kind kind_of(const std::string& fault) {
  const auto has = [&](const char* part) { return fault.find(part) != std::string::npos; };
  if (has("after stop had returned") || has("after destroy had returned")) return Kind::after_stop;
  return has("GARDU_FULL") ? Kind::full : Kind::other;
}

void report(Context& c, Rig& rig, Kind kind, const char* expected, const char* rule) {
  for (const std::string& fault : rig.host().faults())
    if (kind_of(fault) == kind) c.fail(expected, fault, rule);
}

}  // namespace

void check_call_rules(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  std::vector<Told> told;
  exercise(c, rig, told);
  (void)owed_after_stop(rig, told);
  report(c, rig, Kind::other, "host functions are called as their headers say",
         "abi/abi.h, rules 3 and 7: the tag at each function, and the form of what is handed over");
}

void check_after_stop(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  std::vector<Told> told;
  exercise(c, rig, told);
  rig.tear_down();
  c.step("after destroy");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for threads that were left
  report(c, rig, Kind::after_stop, "nothing is called after stop",
         "abi/abi.h: nothing of the plugin may call the host after stop");
}

void check_full(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.run_or_leave();
  const bool subscriber = c.subject().read->has_role(GARDU_ROLE_SUBSCRIBER);
  const auto handled = [&] {
    return !subscriber || rig.deliver(testing::message_received("ping")).ok();
  };
  const bool before = handled();
  std::vector<Told> told;
  for (const char* service : {GARDU_EXT_PUBLISH, GARDU_EXT_SEND, GARDU_EXT_EXECUTOR})
    rig.host().refuse(service, GARDU_FULL);
  for (int round = 0; round < 5; ++round) exercise(c, rig, told);
  for (const char* service : {GARDU_EXT_PUBLISH, GARDU_EXT_SEND, GARDU_EXT_EXECUTOR})
    rig.host().refuse(service, GARDU_OK);
  rig.let_pass(std::chrono::milliseconds(60'000));
  report(c, rig, Kind::full, "a refusal with GARDU_FULL is passed on to the sender",
         "abi/ext/publish.h: tell the sender to come again; a hook does not ask again and again");
  c.step("going on after the host was full");
  exercise(c, rig, told);
  if (before && !handled())
    c.fail("events are handled again once the host takes things", "they are not",
           "abi/error.h: GARDU_FULL passes");
  rig.tear_down();
}

}  // namespace gardu::host::check
