// SPDX-License-Identifier: Apache-2.0
// What create does, and what it gives.
#include "check/checks.hpp"
#include "check/process_state.hpp"
#include "check/rig.hpp"

namespace gardu::host::check {
namespace {

void check_table(Context& c, const Rig& rig) {
  const gardu_plugin& p = rig.real();
  const char* rule = "abi/abi.h: gardu_plugin";
  const auto missing = [&](const char* entry, bool is_missing) {
    if (is_missing) c.fail("the table has " + std::string(entry), "it is null", rule);
  };
  missing("start", p.start == nullptr);
  missing("stop", p.stop == nullptr);
  missing("destroy", p.destroy == nullptr);
  missing("extension", p.extension == nullptr);
  const bool subscriber = c.subject().read->has_role(GARDU_ROLE_SUBSCRIBER);
  missing("on_events, as a subscriber", subscriber && p.on_events == nullptr);
  if (!subscriber && p.on_events != nullptr)
    c.warn("no on_events without GARDU_ROLE_SUBSCRIBER", "there is one, which is never called",
           rule);
}

}  // namespace

void check_create(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  const Before before;
  OutputTrap trap;
  const Status status = rig.set_up();
  const std::string output = trap.end();
  const Gained gained = before.gained();
  const char* rule = "abi/abi.h: create is quick; threads, files and the network belong into start";
  if (c.failures() != 0) return;  // it threw
  if (!status.ok())
    return c.fail("create answers GARDU_OK", status_text(status), "abi/abi.h: gardu_plugin_create");
  check_table(c, rig);
  for (const std::string& t : gained.threads) c.fail("no thread after create", t, rule);
  for (const std::string& d : gained.descriptors) c.fail("no descriptor after create", d, rule);
  if (!output.empty()) c.fail("no output from create", "'" + output.substr(0, 120) + "'", rule);
}

}  // namespace gardu::host::check
