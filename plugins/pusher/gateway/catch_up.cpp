// SPDX-License-Identifier: Apache-2.0
//
// The way back to the present. What goes by live meanwhile is not kept but noted: whatever it was,
// it was committed before, and a reading that is asked for afterwards finds it. So the end is
// reached when everything that went by has been read.
#include "gateway/catch_up.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/envelope.hpp"
#include "protocol/messages.hpp"
#include "server/connection.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

// Of the send queue, what a replay may fill: the rest is for what happens on other channels.
constexpr size_t kShare = 4;

}  // namespace

std::optional<Claim> read_claim(std::string_view channel_data) {
  // It is signed: none but the gateway wrote it, or whoever has the app's secret.
  if (nested_too_deep(channel_data)) return std::nullopt;
  const auto json = nlohmann::json::parse(channel_data, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto seq = json.find("after_seq");
  if (seq == json.end() || !seq->is_number_integer()) return std::nullopt;
  Claim claim;
  claim.after_seq = seq->get<int64_t>();
  if (claim.after_seq < 0) return std::nullopt;
  const auto workspace = json.find("workspace_id");
  if (workspace != json.end() && workspace->is_string()) claim.workspace_id = *workspace;
  return claim;
}

std::string write_claim(const Claim& claim) {
  std::string out = R"({"after_seq":)" + std::to_string(claim.after_seq);
  if (!claim.workspace_id.empty()) out += R"(,"workspace_id":)" + json_string(claim.workspace_id);
  return out + '}';
}

void CatchUp::begin(Recoveries& recoveries, Subscription& subscription, Missed missed) {
  std::unique_ptr<CatchUp> replay(new CatchUp(recoveries, subscription, std::move(missed)));
  CatchUp& begun = *replay;
  subscription.replay = std::move(replay);
  subscription.after_seq = kCatchingUp;
  begun.ask();
}

CatchUp::CatchUp(Recoveries& recoveries, Subscription& subscription, Missed missed)
    : recoveries_(recoveries),
      subscription_(subscription),
      missed_(std::move(missed)),
      self_(std::make_shared<CatchUp*>(this)) {}

void CatchUp::ask() {
  skipped_before_ = newest_skipped;
  recoveries_.ask(missed_, {&subscription_.session->connection().loop(), self_});
}

void CatchUp::arrived(std::shared_ptr<const MissedPage> page) {
  if (!page) {
    // Better all anew than with a gap.
    resync(std::max(missed_.after_seq, newest_skipped));
    return go_live(newest_skipped);
  }
  page_ = std::move(page);
  next_ = 0;
  if (page_->resync) {
    resync(*page_->resync);
    missed_.after_seq =
        *page_->resync;  // also down to there, of a client that knew another journal
  }
  send_on();
}

void CatchUp::on_room() {
  if (page_) send_on();
}

void CatchUp::send_on() {
  Session& session = *subscription_.session;
  Connection& connection = session.connection();
  const size_t share = session.hub().settings.send_queue / kShare;
  int64_t sent = 0;
  for (; next_ < page_->items.size(); ++next_) {
    const MissedPage::Item& item = page_->items[next_];
    if (connection.queued() != 0 && connection.queued() + item.frame->size() > share) break;
    if (item.except == session.id()) continue;
    connection.send(item.frame);
    ++sent;
  }
  recoveries_.events.add(sent);
  if (next_ < page_->items.size()) return session.want_room();
  const bool complete = page_->complete;
  missed_.after_seq = std::max(missed_.after_seq, page_->upto);
  missed_.first = false;
  page_.reset();
  // A complete reading has seen whatever had gone by when it was asked for.
  if (complete) missed_.after_seq = std::max(missed_.after_seq, skipped_before_);
  if (complete && newest_skipped <= missed_.after_seq) return go_live(missed_.after_seq);
  ask();
}

void CatchUp::resync(int64_t seq) {
  subscription_.session->connection().send(resync_frame(missed_.channel, seq));
  recoveries_.resyncs.add();
}

void CatchUp::go_live(int64_t after_seq) {
  subscription_.after_seq = after_seq;
  subscription_.replay.reset();  // this object
}

}  // namespace gardu::pusher
