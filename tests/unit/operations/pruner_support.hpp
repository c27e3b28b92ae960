// SPDX-License-Identifier: Apache-2.0
//
// A database whose clock is the test's, and short ways to put something old into it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/pruner.hpp"
#include "base/uuid.hpp"
#include "support.hpp"

namespace gardu::storage::testing {

class PrunerTest : public StorageTest {
 protected:
  static constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  static constexpr std::int64_t kNow = 1'790'000'000'000;

  PrunerTest() {
    add_contact("a", "c");
    std::filesystem::create_directories(media_);
  }

  host::Pruner::Options options(int days) {
    host::Pruner::Options o;
    o.days = days;
    o.media = media_;
    o.now = [this] { return now_; };
    return o;
  }
  host::Pruner pruner(int days) { return {db(), options(days), log_}; }
  host::PruneReport::One prune(int days) {
    const auto report = pruner(days).run();
    EXPECT_TRUE(report);
    if (!report || report->workspaces.empty()) return {};
    return report->workspaces.front();
  }
  // With what REST and transports do to the conversation.
  void add_message(const std::string& id, std::int64_t days_old, const std::string& content = {},
                   const std::string& contact = "c", const std::string& workspace = "w",
                   const std::string& account = "a") {
    write([&](Transaction& tx) {
      Message m = message(id, now_ - days_old * kDay);
      m.workspace_id = workspace;
      m.account_id = account;
      m.contact_id = contact;
      m.direction = "inbound";
      m.text = "kata " + id;
      if (!content.empty()) m.content = content;
      messages::insert(tx, m);
      contacts::on_message(tx, *contacts::get(tx, workspace, contact), m.created_at, id, true);
    });
  }
  std::int64_t add_event(const std::string& id, std::int64_t days_old,
                         const std::string& workspace = "w") {
    std::int64_t seq = 0;
    write([&](Transaction& tx) {
      JournalEntry e = event(id);
      e.workspace_id = workspace;
      e.recorded_at = e.occurred_at = now_ - days_old * kDay;
      seq = tx.append(e);
    });
    return seq;
  }
  // Oldest first.
  std::vector<std::string> message_ids(const std::string& workspace = "w") {
    MessageQuery q;
    q.workspace_id = workspace;
    q.limit = 10'000;
    std::vector<std::string> out;
    for (const auto& m : read([&](Session& s) { return messages::list(s, q); }))
      out.insert(out.begin(), m.id);
    return out;
  }
  std::vector<std::string> event_ids(const std::string& workspace = "w") {
    JournalQuery q;
    q.workspace_id = workspace;
    std::vector<std::string> out;
    for (const auto& e : read([&](Session& s) { return journal::read(s, q); })) out.push_back(e.id);
    return out;
  }

  using Ids = std::vector<std::string>;
  std::int64_t now_ = kNow;
  const std::filesystem::path media_ = std::filesystem::path(file()).parent_path() / "media";
  const host::Logger log_{host::make_log_sink(host::LogLevel::error, false), "test"};
};

}  // namespace gardu::storage::testing
