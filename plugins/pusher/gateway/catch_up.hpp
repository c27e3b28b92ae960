// SPDX-License-Identifier: Apache-2.0
//
// One subscription on its way back to the present: pages out of the journal, as fast as its
// connection takes them, until nothing that went by live is missing. On its loop's thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/missed.hpp"
#include "gateway/recovery.hpp"
#include "server/channel_table.hpp"

namespace gardu::pusher {

// What a client says that it knows: the signed `channel_data`.
struct Claim {
  int64_t after_seq = 0;
  std::string workspace_id;  // where the channel's name does not say it
};
std::optional<Claim> read_claim(std::string_view channel_data);
std::string write_claim(const Claim& claim);

class CatchUp final : public Replay {
 public:
  // From now on the subscription gets what is journaled from here alone.
  static void begin(Recoveries& recoveries, Subscription& subscription, Missed missed);

  // Null: it cannot be had. May end this object.
  void arrived(std::shared_ptr<const MissedPage> page);
  void on_room() override;

 private:
  CatchUp(Recoveries& recoveries, Subscription& subscription, Missed missed);
  void ask();
  void send_on();
  void resync(int64_t seq);
  void go_live(int64_t after_seq);

  Recoveries& recoveries_;
  Subscription& subscription_;
  Missed missed_;
  std::shared_ptr<CatchUp*> self_;
  std::shared_ptr<const MissedPage> page_;
  size_t next_ = 0;             // item of the page
  int64_t skipped_before_ = 0;  // what had gone by when the reading was asked for
};

}  // namespace gardu::pusher
