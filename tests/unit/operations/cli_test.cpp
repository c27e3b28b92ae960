// SPDX-License-Identifier: Apache-2.0
// The commands for whoever keeps the database, as they are typed.
#include "cli/cli.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Outcome {
  int code = 0;
  std::string out, err;
};

class CliTest : public ::testing::Test {
 protected:
  Outcome gardu(std::vector<std::string> args) const {
    const Options o = empty_.options();
    const json config{{"data_dir", (directory() / "data").string()},
                      {"storage", {{"backend", o.backend}, {"dsn", o.dsn}}},
                      {"http", {{"listen", "127.0.0.1:0"}}},
                      {"plugins", {{"load", plugins_}}}};
    const fs::path file = directory() / "gardu.json";
    std::ofstream(file) << config.dump();
    args.insert(args.end(), {"--config", file.string()});
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = host::run_command_line(args);
    outcome.out = ::testing::internal::GetCapturedStdout();
    outcome.err = ::testing::internal::GetCapturedStderr();
    return outcome;
  }
  fs::path directory() const { return fs::path(empty_.file()).parent_path(); }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  const EmptyDatabase empty_;
  json plugins_ = json::object();
  const std::string newest_ = std::to_string(Database::newest_schema());
};

TEST_F(CliTest, MigrateTellsAndTakesTheSchemaUp) {
  Outcome o = gardu({"migrate", "--status"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "schema 0 of " + newest_)) << o.out;
  EXPECT_TRUE(has(o.out, "gardu migrate --up")) << o.out;
  o = gardu({"migrate", "--up"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "schema " + newest_ + " of " + newest_ + ", up to date")) << o.out;
  EXPECT_EQ(gardu({"migrate", "--status"}).out, o.out);
}

TEST_F(CliTest, ADatabaseOfANewerGarduIsRefusedByAll) {
  ASSERT_EQ(gardu({"migrate"}).code, 0);
  empty_.sql("insert into schema_migrations values (1000, 'later', 0)");
  for (const auto& args : std::vector<std::vector<std::string>>{{"serve"},
                                                                {"migrate", "--status"},
                                                                {"migrate", "--up"},
                                                                {"workspace", "list"},
                                                                {"prune"},
                                                                {"events"}}) {
    const Outcome o = gardu(args);
    EXPECT_EQ(o.code, 1) << args[0];
    for (const std::string& part : {std::string("1000"), newest_, empty_.place()})
      EXPECT_TRUE(has(o.err, part)) << args[0] << ": " << o.err;
    EXPECT_EQ(o.out, "") << args[0];
  }
}

TEST_F(CliTest, PruneTellsWhatItDeletes) {
  ASSERT_EQ(gardu({"workspace", "create", "Kept"}).code, 0);
  Outcome o = gardu({"prune"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "storage.retention_days")) << o.out;
  o = gardu({"prune", "--dry-run", "--set", "storage.retention_days=30"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "0 messages") && has(o.out, "30 days to delete")) << o.out;
  o = gardu({"prune", "--json", "--set", "storage.retention_days=30"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(json::parse(o.out).at(0).at("days"), 30) << o.out;
  EXPECT_EQ(gardu({"prune", "--set", "storage.retention_days=-1"}).code, 2);
  EXPECT_EQ(gardu({"prune", "now"}).code, 2);
}

TEST_F(CliTest, APluginThatIsGoneIsForgotten) {
  ASSERT_EQ(gardu({"migrate"}).code, 0);
  const auto fill = [&](const std::string& lease) {
    empty_.sql("insert into cursors (plugin, seq, lease_holder, lease_until) values ('gone', 3, " +
               lease + ")");
  };
  const auto left = [&] {
    return empty_.sql("select count(*) from cursors") + empty_.sql("select count(*) from audit") +
           empty_.sql("select count(*) from event_backlog");
  };
  empty_.sql(
      "insert into event_backlog (plugin, seq, lane, state, attempts, not_before, error, "
      "updated_at) values ('gone', 2, 'l', 'parked', 8, 0, '', 0), "
      "('other', 2, 'l', 'parked', 8, 0, '', 0)");
  fill("'host', 9000000000000");
  EXPECT_EQ(gardu({"plugin", "forget"}).code, 2);
  Outcome o = gardu({"plugin", "forget", "gone"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(has(o.err, "a running gateway")) << o.err;
  empty_.sql("delete from cursors");
  fill("null, null");
  plugins_["gone"] = json::object();
  o = gardu({"plugin", "forget", "gone"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(has(o.err, "is in the configuration")) << o.err;
  EXPECT_EQ(left(), "102");
  plugins_.clear();
  o = gardu({"plugin", "forget", "gone"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "1 events")) << o.out;
  EXPECT_EQ(left(), "011");
  EXPECT_EQ(empty_.sql("select action from audit"), "plugin.forget");
  o = gardu({"plugin", "forget", "gone"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(has(o.err, "nothing is kept")) << o.err;
}

TEST_F(CliTest, BackupMakesAFileForItsOwnerAlone) {
  ASSERT_EQ(gardu({"workspace", "create", "Kept"}).code, 0);
  const std::string file = (directory() / "copy.db").string();
  const Outcome o = gardu({"backup", file});
  if (backend() != "sqlite3") {
    EXPECT_EQ(o.code, 1);
    EXPECT_TRUE(has(o.err, backend() == "mysql" ? "mariadb-dump" : "pg_dump")) << o.err;
    EXPECT_FALSE(fs::exists(file));
    return;
  }
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out, file + "\n");
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const Outcome again = gardu({"backup", file});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(has(again.err, file + " exists already")) << again.err;
  EXPECT_EQ(gardu({"backup"}).code, 2);
  EXPECT_EQ(gardu({"backup", (directory() / "no" / "where.db").string()}).code, 1);
  const Outcome nothing =
      gardu({"backup", file + "2", "--set", "storage.dsn=" + (directory() / "none.db").string()});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_TRUE(has(nothing.err, "none.db does not exist")) << nothing.err;
  EXPECT_FALSE(fs::exists(directory() / "none.db"));
  EXPECT_FALSE(fs::exists(file + "2"));
}

// What a command reads from standard input.
class Typed {
 public:
  explicit Typed(const std::string& text) : in_(text), before_(std::cin.rdbuf(in_.rdbuf())) {}
  ~Typed() { std::cin.rdbuf(before_); }

 private:
  std::istringstream in_;
  std::streambuf* before_;
};

TEST_F(CliTest, AUserAndATokenOfItsOwn) {
  ASSERT_EQ(gardu({"workspace", "create", "Acme"}).code, 0);
  const auto create = [&](const std::string& role) {
    return gardu({"user", "create", "--workspace", "acme", "--email", "ann@example.org", "--role",
                  role, "--name", "Ann", "--password-stdin"});
  };
  Outcome o;
  {
    const Typed typed("short\n");
    o = create("agent");
    EXPECT_EQ(o.code, 2);
    EXPECT_FALSE(has(o.err, "short")) << o.err;
  }
  {
    const Typed typed("a long password\n");
    o = create("agent");
  }
  ASSERT_EQ(o.code, 0) << o.err;
  const std::string id = o.out.substr(0, o.out.size() - 1);
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(empty_.sql("select count(*) from users where password_hash like 'scrypt$%'"), "1");
  // Known already: another role, no other password.
  o = create("admin");
  EXPECT_EQ(o.out, id + "\n") << o.err;
  EXPECT_EQ(empty_.sql("select role from memberships"), "admin");

  o = gardu({"token", "create", "--workspace", "acme", "--user", "ANN@example.org"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(o.out.starts_with("gardu_")) << o.out;
  EXPECT_EQ(empty_.sql("select user_id from tokens where kind = 'user' and role = 'admin'"), id);
  o = gardu({"token", "create", "--platform", "--user", "ann@example.org"});
  EXPECT_EQ(o.code, 2);
  EXPECT_TRUE(has(o.err, "--platform goes without --user")) << o.err;
  o = gardu({"token", "create", "--workspace", "acme", "--user", "bob@example.org"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(has(o.err, "gardu user create")) << o.err;
}

TEST_F(CliTest, WhatAUserMustHave) {
  ASSERT_EQ(gardu({"workspace", "create", "Acme"}).code, 0);
  const auto create = [&](const std::string& email, const std::string& role) {
    const Typed typed("a long password\n");
    return gardu({"user", "create", "--workspace", "acme", "--email", email, "--role", role,
                  "--password-stdin"})
        .code;
  };
  EXPECT_EQ(create("no address", "agent"), 2);
  EXPECT_EQ(create("\xFF@example.org", "agent"), 2);
  EXPECT_EQ(create("ann@example.org", "platform"), 2);
  EXPECT_EQ(gardu({"user", "create", "--workspace", "acme"}).code, 2);
  EXPECT_EQ(gardu({"user", "remove"}).code, 2);
  EXPECT_EQ(empty_.sql("select count(*) from users"), "0");
}

}  // namespace
}  // namespace gardu::storage::testing
