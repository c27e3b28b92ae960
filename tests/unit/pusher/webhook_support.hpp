// SPDX-License-Identifier: Apache-2.0
//
// Hosts for the webhooks' tests: their tables are in one SQLite database, which outlives them,
// their clock is the test's, and what is posted waits for the test's answer.
#pragma once
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <gardu/testing/fake_host.hpp>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "webhooks/sender.hpp"

namespace gardu::pusher::testing {

namespace fake = gardu::testing;
using WebhookJson = nlohmann::json;

// What several hosts, or several runs of one, have in common.
class SharedTables {
 public:
  SharedTables() { sqlite3_open(":memory:", &db_); }
  ~SharedTables() { sqlite3_close(db_); }
  SharedTables(const SharedTables&) = delete;
  SharedTables& operator=(const SharedTables&) = delete;

  void migrate(const std::string& sql) {
    const std::lock_guard lock(mutex_);
    if (migrated_) return;
    migrated_ = true;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_);
  }
  fake::SqlAnswer run(const std::string& sql, const fake::Cells& parameters) {
    const std::lock_guard lock(mutex_);
    if (away) return {{}, 0, Status::retry("the database is away")};
    if (refuse)
      if (const auto why = refuse(sql, parameters)) return {{}, 0, *why};
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK)
      return {{}, 0, Status::invalid(sqlite3_errmsg(db_))};
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> s(raw, &sqlite3_finalize);
    for (size_t i = 0; i < parameters.size(); ++i)
      bind(raw, static_cast<int>(i) + 1, parameters[i]);
    fake::SqlAnswer out;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) out.rows.push_back(row(raw));
    if (code != SQLITE_DONE) out.status = Status::internal(sqlite3_errmsg(db_));
    out.affected = sqlite3_changes(db_);
    return out;
  }
  int64_t count(const std::string& where = "1 = 1") {
    const auto answer = run("select count(*) from pusher_webhook_events where " + where, {});
    return answer.rows.empty() ? -1 : std::get<int64_t>(answer.rows.at(0).at(0));
  }

  std::atomic<bool> away{false};
  // What is not done, and why; set before the first host starts.
  std::function<std::optional<Status>(const std::string& sql, const fake::Cells&)> refuse;

 private:
  static void bind(sqlite3_stmt* s, int at, const fake::Cell& cell) {
    if (const auto* n = std::get_if<int64_t>(&cell)) {
      sqlite3_bind_int64(s, at, *n);
    } else if (const auto* t = std::get_if<std::string>(&cell)) {
      sqlite3_bind_text(s, at, t->data(), static_cast<int>(t->size()), SQLITE_TRANSIENT);
    }
  }
  static fake::Cells row(sqlite3_stmt* s) {
    fake::Cells out;
    for (int i = 0; i < sqlite3_column_count(s); ++i) {
      if (sqlite3_column_type(s, i) == SQLITE_INTEGER) {
        out.emplace_back(static_cast<int64_t>(sqlite3_column_int64(s, i)));
      } else if (sqlite3_column_type(s, i) == SQLITE_TEXT) {
        out.emplace_back(std::string(reinterpret_cast<const char*>(sqlite3_column_text(s, i)),
                                     static_cast<size_t>(sqlite3_column_bytes(s, i))));
      } else {
        out.emplace_back(nullptr);
      }
    }
    return out;
  }

  std::mutex mutex_;
  sqlite3* db_ = nullptr;
  bool migrated_ = false;
};

// One run of one host.
class WebhookHost {
 public:
  WebhookHost(SharedTables& tables, const std::string& folder) : host_("pusher") {
    host_.data_dir(folder);
    host_.hold(GARDU_EXT_HTTP_CLIENT);
    host_.on_sql([this, &tables](const std::string& sql, const fake::Cells& parameters) {
      for (const auto& step : host_.sql())
        if (step.kind == fake::SqlStep::Kind::migrate) tables.migrate(step.sql);
      if (!away) return tables.run(sql, parameters);
      ++refused;
      return fake::SqlAnswer{{}, 0, Status::retry("the database is away")};
    });
  }

  void start(const Settings& settings, WebhookLimits limits = {}) {
    sdk_.emplace(host_.table());
    WebhookOptions options;
    options.limits = limits;
    options.clock = [this] { return now.load(); };
    options.random = [] { return 0.0; };
    using std::chrono::milliseconds;
    options.times = {milliseconds(20), milliseconds(20), milliseconds(1500)};
    sender_ = WebhookSender::start(*sdk_, settings, options);
  }
  void raise(WebhookKind kind, const std::string& channel, const std::string& user = {}) {
    WebhookEvent event;
    event.kind = kind;
    event.channel = channel;
    event.user_id = user;
    raise(std::move(event));
  }
  void raise(WebhookEvent event) { sender_->raise(size_t{0}, std::move(event)); }

  // The n-th request, counted from 0, once it was made.
  HttpCall request(size_t n) {
    EXPECT_TRUE(host_.wait([&] { return host_.http_calls().size() > n; })) << "no request " << n;
    const auto calls = host_.http_calls();
    return calls.size() > n ? calls.at(n) : HttpCall{};
  }
  static std::vector<std::string> names(const HttpCall& call) {
    std::vector<std::string> out;
    const auto body = WebhookJson::parse(call.body);
    for (const auto& e : body.at("events"))
      out.push_back(e.at("name").get<std::string>() + ' ' + e.at("channel").get<std::string>());
    return out;
  }
  void answer(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    fake::FakeAnswer a;
    a.status = status;
    a.headers = std::move(headers);
    EXPECT_TRUE(host_.complete_http(a));
  }
  void answer(const fake::FakeAnswer& a) { EXPECT_TRUE(host_.complete_http(a)); }
  size_t requests() { return host_.http_calls().size(); }
  int64_t metric(const std::string& name) {
    const auto all = host_.metrics();
    const auto it = all.find(name);
    return it == all.end() ? -1 : it->second;
  }
  // Until the number has that value.
  bool counted(const std::string& name, int64_t value) {
    // Counting is no call to the host that `wait` would notice.
    for (int i = 0; i < 100 && metric(name) != value; ++i)
      host_.wait([&] { return metric(name) == value; }, std::chrono::milliseconds(100));
    return metric(name) == value;
  }
  // Somebody is in these channels from now on, as all nodes together know; or this user.
  void present(std::vector<std::string> names) {
    sender_->ask(
        [names = std::move(names)](size_t, const std::string& channel, const std::string& user) {
          return std::ranges::count(names, user.empty() ? channel : channel + ' ' + user) != 0;
        });
  }
  // The clock goes on; what sleeps looks at it.
  void pass(Millis time) {
    now += time;
    sender_->poke();
  }
  void stop() { sender_.reset(); }

  fake::FakeHost& host() { return host_; }
  WebhookSender& sender() { return *sender_; }
  std::atomic<Millis> now{1'327'078'148'000};
  std::atomic<bool> away{false};  // the database, for this host
  std::atomic<int> refused{0};    // statements, for that reason

 private:
  fake::FakeHost host_;
  std::optional<Host> sdk_;
  std::unique_ptr<WebhookSender> sender_;
};

inline Settings webhook_settings(const std::string& webhooks) {
  auto settings = parse_settings(
      R"({"gateway_app":"3","apps":[{"id":"3","key":"278d425bdf160c739803","secret":"7ad3773142a6692b25b8","webhooks":)" +
      webhooks + "}]}");
  EXPECT_TRUE(settings) << settings.status().message();
  return *settings;
}

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() {
    std::string name = (std::filesystem::temp_directory_path() / "webhooks.XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~WebhookTest() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<WebhookHost> run(const Settings& settings, WebhookLimits limits = {}) {
    auto host = std::make_unique<WebhookHost>(tables, folder);
    host->start(settings, limits);
    return host;
  }
  bool stored(WebhookHost& host, int64_t rows) {
    return host.host().wait([&] { return tables.count() == rows; });
  }

  SharedTables tables;
  std::string folder;
};

}  // namespace gardu::pusher::testing
