// SPDX-License-Identifier: Apache-2.0
//
// Letting connections go.
#include "server/drain.hpp"

#include <algorithm>
#include <random>

#include "server/connection.hpp"

namespace gardu::pusher {

Drain::Drain(All& connections, std::chrono::milliseconds window, std::chrono::milliseconds linger,
             Clock::time_point now)
    : linger_(linger), farewell_(window, connections.size(), now), left_(connections.size()) {
  std::minstd_rand random{std::random_device{}()};
  std::ranges::shuffle(connections, random);
  for (size_t i = 0; i < connections.size(); ++i) connections[i]->set_place(i);
}

bool Drain::step(All& connections, Clock::time_point now) {
  // Whoever leaves is replaced by the last one: nobody who is still to be told gets behind `left_`.
  left_ = std::min(left_, connections.size());
  for (const size_t due = farewell_.due(now); told_ < due && left_ > 0; ++told_) {
    connections[--left_]->drain();
    left_ = std::min(left_, connections.size());
  }
  if (left_ == 0 && give_up_ == Clock::time_point::max()) give_up_ = now + linger_;
  if (now >= give_up_)
    while (!connections.empty()) connections.back()->shut();
  return left_ == 0 && connections.empty();
}

}  // namespace gardu::pusher
