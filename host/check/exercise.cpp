// SPDX-License-Identifier: Apache-2.0
#include "check/exercise.hpp"

#include <algorithm>

namespace gardu::host::check {

std::string path_of(const std::string& pattern, const std::string& value) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto end = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      out += pattern[i];
    } else {
      out += value;
      i = end;
    }
  }
  return out;
}

void exercise(Context& c, Rig& rig, std::vector<Told>& told) {
  const PluginFile& file = *c.subject().read;
  if (file.has_role(GARDU_ROLE_SUBSCRIBER)) {
    c.step("delivering events");
    (void)rig.deliver(testing::message_received("ping"));
    (void)rig.deliver(testing::message_sent("pong"), testing::account_status("ready"),
                      testing::typing(true));
  }
  if (file.has_role(GARDU_ROLE_TRANSPORT)) {
    c.step("sending");
    (void)rig.connect();
    const auto outcome = rig.send(testing::outbound_text("ping"));
    told.push_back([outcome] { return outcome.told(); });
  }
  for (const auto& route : rig.host().routes()) {
    c.step("requesting " + route.method + " " + route.pattern);
    const auto answer = rig.request(route.method, path_of(route.pattern, "1"), "{}");
    told.push_back([answer] { return answer.answered() || answer.dropped(); });
  }
  rig.let_pass(std::chrono::milliseconds(2000));
}

std::size_t owed_after_stop(Rig& rig, const std::vector<Told>& told) {
  const auto all = [&] {
    return std::all_of(told.begin(), told.end(), [](const Told& t) { return t(); });
  };
  (void)rig.wait_for(all, std::chrono::seconds(5));
  rig.tear_down();
  return static_cast<std::size_t>(
      std::count_if(told.begin(), told.end(), [](const Told& t) { return !t(); }));
}

}  // namespace gardu::host::check
