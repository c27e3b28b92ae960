// SPDX-License-Identifier: Apache-2.0
//
// Gateway events for tests; the texts must outlive them.
#pragma once
#include <gardu/event.hpp>

namespace gardu::pusher::testing {

inline gardu_event gateway_event(gardu_event_type type, std::string_view name,
                                 std::string_view data) {
  gardu_event e{};
  e.size = sizeof e;
  e.type = type;
  e.seq = 42;
  e.occurred_at = 1'763'697'040'123'456;
  e.id = str("0199-id");
  e.type_name = str(name);
  e.workspace_id = str("w1");
  e.account_id = str("a1");
  e.contact_id = str("c1");
  e.data = str(data);
  return e;
}

}  // namespace gardu::pusher::testing
