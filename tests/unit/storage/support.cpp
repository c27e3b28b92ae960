// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace gardu::storage::testing {

StorageTest::StorageTest() {
  database_ = open();
  database_->migrate();
  add_workspace("w");
  add_account("w", "a");
}

StorageTest::~StorageTest() { database_.reset(); }

std::unique_ptr<Database> StorageTest::open(int writer_queue) const {
  Options options = empty_.options();
  options.writer_queue = writer_queue;
  return std::make_unique<Database>(options);
}

void StorageTest::add_workspace(const std::string& id) {
  Workspace w;
  w.id = id;
  w.name = w.slug = id;
  write([&](Transaction& tx) { workspaces::insert(tx, w); });
}

void StorageTest::add_account(const std::string& workspace, const std::string& id) {
  Account a;
  a.id = id;
  a.workspace_id = workspace;
  a.transport = "loopback";
  a.name = a.address = id;
  write([&](Transaction& tx) { accounts::insert(tx, a); });
}

Contact StorageTest::add_contact(const std::string& account, const std::string& id,
                                 const std::string& phone) {
  Contact c;
  c.id = id;
  c.account_id = account;
  c.address = id;
  if (!phone.empty()) {
    c.phone = phone;
    c.identities.push_back({"phone", phone});
  }
  write([&](Transaction& tx) {
    c.workspace_id = accounts::get_any(tx, account)->workspace_id;
    contacts::insert(tx, c);
  });
  return c;
}

Message message(const std::string& id, std::int64_t created_at) {
  Message m;
  m.id = id;
  m.workspace_id = "w";
  m.account_id = "a";
  m.contact_id = "c";
  m.direction = "outbound";
  m.type = "text";
  m.status = "pending";
  m.created_at = created_at;
  return m;
}

JournalEntry event(const std::string& id) {
  JournalEntry e;
  e.id = id;
  e.type = "message.sent";
  e.workspace_id = "w";
  e.source = "host";
  e.data = "{}";
  return e;
}

}  // namespace gardu::storage::testing
