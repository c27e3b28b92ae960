// SPDX-License-Identifier: Apache-2.0
//
// What can be measured. Each throws when something that came back was wrong or nothing comes any
// more.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "load.hpp"

namespace gardu::bench {

// Events over the HTTP API: `subscribers` spread over `channels`; a publisher takes the channels in
// turn. With as many channels as publishers each has its own. A unit is a delivered message.
nlohmann::json fanout(Load& load);
// The same; a unit is a publish, and each publisher stays on its own channel.
nlohmann::json publish(Load& load);
// Connect, subscribe, hold, close. A unit is a connection.
nlohmann::json connect(Load& load);
// Client events in `channels` pairs, each in a private channel. A unit is a delivered message.
nlohmann::json whispers(Load& load);
// All join one presence channel, then all but one leave. A unit is a join with its leave.
nlohmann::json presence(Load& load);

}  // namespace gardu::bench
