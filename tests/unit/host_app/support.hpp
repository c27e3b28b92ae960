// SPDX-License-Identifier: Apache-2.0
//
// A migrated database with two workspaces, in a directory of its own that goes with the test.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/uuid.hpp"
#include "journal/intake.hpp"
#include "log/log.hpp"
#include "storage/accounts.hpp"
#include "storage/contacts.hpp"
#include "storage/journal.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host::testing {

class NoEphemeral final : public Ephemeral {
 public:
  void raise(storage::JournalEntry) override {}
};
class NoLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
  bool enabled(LogLevel) const override { return false; }
  void set_level(LogLevel) override {}
};

class AppTest : public ::testing::Test {
 protected:
  AppTest() {
    database.migrate();
    add_workspace(ours);
    add_workspace(theirs);
  }
  ~AppTest() override {
    database.writer().stop();
    std::filesystem::remove_all(directory);
  }

  void write(const storage::Writer::Work& work) { database.writer().run(work); }
  void add_workspace(const std::string& id) {
    storage::Workspace w;
    w.id = w.name = w.slug = id;
    write([&](storage::Transaction& tx) { storage::workspaces::insert(tx, w); });
  }
  std::string add_account(const std::string& workspace, const std::string& address) {
    storage::Account a;
    a.id = uuid_v7();
    a.workspace_id = workspace;
    a.transport = "loopback";
    a.name = a.address = address;
    a.credentials = "sealed-secret";
    a.key_id = "key-1";
    write([&](storage::Transaction& tx) { storage::accounts::insert(tx, a); });
    return a.id;
  }

  const std::filesystem::path directory = make_directory();
  storage::Database database{options()};
  const std::string ours = uuid_v7(), theirs = uuid_v7();

 private:
  static std::filesystem::path make_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "gardu-app-XXXXXX").string();
    return mkdtemp(pattern.data());
  }
  storage::Options options() const {
    storage::Options out;
    out.dsn = (directory / "gardu.db").string();
    out.synchronous = "off";  // the tests cut no power
    return out;
  }
};

}  // namespace gardu::host::testing
