// SPDX-License-Identifier: Apache-2.0
// The journal as plugins read it, and the guard of their calls to the outside.
#include "app/plugin_services.hpp"

#include <gtest/gtest.h>

#include <condition_variable>

#include "app/plugin_data.hpp"
#include "storage/retention.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

class ServicesTest : public testing::AppTest {
 protected:
  void append(const char* type) {
    database.writer().run([&](storage::Transaction& tx) {
      storage::JournalEntry e;
      e.id = "id";
      e.type = type;
      e.workspace_id = ours;
      e.source = "test";
      e.data = "{}";
      tx.append(std::move(e));
    });
  }
  std::vector<std::string> read(std::uint64_t types, std::uint32_t limit = 0) {
    gardu_journal_query query{};
    query.size = sizeof query;
    query.types = types;
    query.limit = limit;
    query.workspace_id = str(ours);
    std::vector<std::string> out;
    EXPECT_TRUE(services_
                    .read_journal(query,
                                  [&](const gardu_event& e) {
                                    out.emplace_back(view(e.type_name));
                                    return true;
                                  })
                    .ok());
    return out;
  }
  HttpOutcome call(const std::string& url, const OutsideAccess& access) {
    HttpExchange exchange;
    exchange.method = "GET";
    exchange.url = url;
    exchange.deadline = std::chrono::seconds(20);
    std::mutex mutex;
    std::condition_variable told;
    std::optional<HttpOutcome> outcome;
    EXPECT_TRUE(services_
                    .http(std::move(exchange), access,
                          [&](HttpOutcome o) {
                            const std::lock_guard lock(mutex);
                            outcome = std::move(o);
                            told.notify_all();
                          })
                    .ok());
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return outcome.has_value(); });
    return std::move(*outcome);
  }

  EventFeed feed_{[](std::int64_t, int) { return std::vector<storage::JournalEntry>(); }, 0};
  testing::NoEphemeral ephemeral_;
  Intake intake_{database, ephemeral_};
  SecretStore secrets_{directory};
  Metrics metrics_;
  const Logger log_{std::make_shared<testing::NoLog>(), "test"};
  HostData data_{database, intake_, log_};
  MediaStore media_{database, directory / "media", 1 << 20};
  client::Client client_{{}};
  HostServices services_{{database, feed_, intake_, secrets_, metrics_, log_,
                          [](const std::string&, PluginRoute) { return Status{}; },
                          [](const std::string&) {}, [](storage::JournalEntry) {}, data_, media_,
                          client_, [](const std::string&) {}}};
};

using Words = std::vector<std::string>;
constexpr std::uint64_t bit(std::uint32_t type) { return std::uint64_t{1} << type; }

TEST_F(ServicesTest, AQueryOfTheJournalNamesTypesPluginsOwnIncluded) {
  for (const char* type : {"message.received", "rules.fired", "contact.created", "campaign.begun"})
    append(type);
  EXPECT_EQ(read(0).size(), 4U);
  EXPECT_EQ(read(bit(GARDU_EVENT_CONTACT_CREATED)), Words{"contact.created"});
  EXPECT_EQ(read(bit(GARDU_EVENT_OTHER)), (Words{"rules.fired", "campaign.begun"}));
  EXPECT_EQ(read(bit(GARDU_EVENT_OTHER), 1), Words{"rules.fired"});
  EXPECT_EQ(read(bit(GARDU_EVENT_OTHER) | bit(GARDU_EVENT_MESSAGE_RECEIVED)),
            (Words{"message.received", "rules.fired", "campaign.begun"}));
}

// The oldest event of all says nothing of a workspace that keeps less than others do.
TEST_F(ServicesTest, AWorkspacesJournalIsCutByItself) {
  append("message.received");
  append("message.received");
  const auto newest = services_.journal_range().first + 1;
  EXPECT_EQ(services_.journal_cut(ours), 0);
  database.writer().run(
      [&](storage::Transaction& tx) { storage::retention::delete_journal(tx, ours, 0, newest); });
  EXPECT_EQ(services_.journal_cut(ours), newest);
  EXPECT_EQ(services_.journal_cut("another"), 0);
}

TEST_F(ServicesTest, APrivateAddressIsCalledOnlyWhereTheConfigurationNamesIt) {
  const std::string url = "http://127.0.0.1:1/";  // where nobody listens
  const auto refused = call(url, {});
  EXPECT_NE(refused.error.find("private address"), std::string::npos) << refused.error;
  for (const OutsideAccess& access :
       {OutsideAccess{false, {"http://127.0.0.1:1"}}, OutsideAccess{true, {}}}) {
    const auto tried = call(url, access);
    EXPECT_EQ(tried.error.find("private address"), std::string::npos) << tried.error;
  }
  const auto other_port = call("http://127.0.0.1:2/", {false, {"http://127.0.0.1:1"}});
  EXPECT_NE(other_port.error.find("private address"), std::string::npos) << other_port.error;
}

}  // namespace
}  // namespace gardu::host
