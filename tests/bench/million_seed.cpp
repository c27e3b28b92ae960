// SPDX-License-Identifier: Apache-2.0
//
// Fills a migrated database through the repositories, as a gateway that has been at work for a year
// left it: contacts of very different length, their messages in the order of time, a journal entry
// each. The same arguments give the same conversations.
//   million_seed BACKEND DSN WORKSPACE ACCOUNT MESSAGES CONTACTS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/uuid.hpp"
#include "event/json.hpp"
#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace {

using namespace gardu;

// The last message of all is of this moment, the first one of a year before.
constexpr std::int64_t kYear = 365LL * 24 * 3600 * 1000;
constexpr int kBusy = 20;             // contacts that have a third of all messages among them
constexpr std::size_t kBatch = 2000;  // messages of a transaction

class Words {
 public:
  explicit Words(std::mt19937_64& random) : random_(random) {
    for (int i = 0; i < 4000; ++i) {
      std::string word;
      for (std::uint64_t n = 2 + random_() % 3; n > 0; --n) {
        word += "bdgklmnprstw"[random_() % 12];
        word += "aeiou"[random_() % 5];
      }
      words_.push_back(std::move(word));
    }
  }
  // As in any language, a few words are most of what is said.
  const std::string& next() {
    const double x = static_cast<double>(random_() >> 11) * 0x1p-53;
    return words_[static_cast<std::size_t>(x * x * x * static_cast<double>(words_.size()))];
  }

 private:
  std::mt19937_64& random_;
  std::vector<std::string> words_;
};

class Seed {
 public:
  Seed(storage::Database& database, std::string workspace, std::string account)
      : writer_(database.writer()),
        workspace_(std::move(workspace)),
        account_(std::move(account)),
        now_(std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count()) {}

  void contacts(std::size_t count);
  void messages(std::size_t count);

 private:
  storage::Message message(std::size_t i, std::size_t count);
  void store(storage::Transaction& tx, const storage::Message& m);
  static storage::JournalEntry event(const storage::Message& m, const storage::Contact& c);

  storage::Writer& writer_;
  const std::string workspace_, account_;
  const std::int64_t now_;
  std::mt19937_64 random_{20261121};
  Words words_{random_};
  std::vector<storage::Contact> contacts_;
  std::map<std::string, const storage::Contact*> by_id_;
};

void Seed::contacts(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    storage::Contact c;
    c.id = host::uuid_v7();
    c.workspace_id = workspace_;
    c.account_id = account_;
    c.phone = "+62" + std::to_string(81'000'000'000 + i * 7919);
    c.address = c.phone->substr(1) + "@s.whatsapp.net";
    c.name = words_.next() + " " + words_.next() + " " + std::to_string(i);
    c.archived = i % 50 == 49;
    if (i % 10 == 0) c.labels = i % 500 == 0 ? R"(["customer","vip"])" : R"(["customer"])";
    c.created_at = now_ - kYear;
    c.identities.push_back({"phone", *c.phone});
    contacts_.push_back(std::move(c));
  }
  for (const auto& c : contacts_) by_id_[c.id] = &c;
  writer_.run([&](storage::Transaction& tx) {
    for (const auto& c : contacts_) storage::contacts::insert(tx, c);
  });
}

storage::Message Seed::message(std::size_t i, std::size_t count) {
  const std::size_t busy = std::min<std::size_t>(kBusy, contacts_.size());
  const storage::Contact& c =
      contacts_[random_() % 3 == 0 ? random_() % busy : random_() % contacts_.size()];
  storage::Message m;
  m.id = host::uuid_v7();
  m.workspace_id = workspace_;
  m.account_id = account_;
  m.contact_id = c.id;
  m.provider_message_id = "seed." + std::to_string(i);
  const bool inbound = random_() % 2 == 0;
  m.direction = inbound ? "inbound" : "outbound";
  m.type = "text";
  std::string text;
  for (std::uint64_t n = 3 + random_() % 12; n > 0; --n)
    text += (text.empty() ? "" : " ") + words_.next();
  // Words of one message in a hundred, and in ten thousand.
  if (i % 100 == 99) text += " seldom";
  if (i % 10'000 == 9'999) text += " rarely";
  m.text = std::move(text);
  m.sender = R"({"address":")" + c.address + R"(","name":")" + *c.name + R"("})";
  m.sent_by = inbound ? R"({"kind":"contact","id":")" + c.id + R"("})" : R"({"kind":"api"})";
  m.status = inbound ? "received" : i % 1000 == 7 ? "failed" : "read";
  m.created_at =
      now_ - kYear + static_cast<std::int64_t>(i + 1) * kYear / static_cast<std::int64_t>(count);
  if (!inbound) m.sent_at = m.delivered_at = m.read_at = m.created_at + 1000;
  return m;
}

storage::JournalEntry Seed::event(const storage::Message& m, const storage::Contact& c) {
  storage::JournalEntry e;
  e.id = host::uuid_v7();
  e.type = m.direction == "inbound" ? "message.received" : "message.sent";
  e.workspace_id = m.workspace_id;
  e.account_id = m.account_id;
  e.contact_id = m.contact_id;
  e.message_id = m.id;
  e.occurred_at = e.recorded_at = m.created_at;
  e.source = "plugin:loopback";
  e.data =
      nlohmann::json{{"message", host::message_json(m)}, {"contact", host::contact_json(c)}}.dump();
  return e;
}

void Seed::store(storage::Transaction& tx, const storage::Message& m) {
  const storage::Contact& c = *by_id_.at(m.contact_id);
  storage::messages::insert(tx, m);
  // Of ten contacts, one has not been read for the last twentieth of the year.
  const bool unread =
      m.direction == "inbound" && m.created_at > now_ - kYear / 20 && c.phone->back() == '0';
  storage::contacts::on_message(tx, c, m.created_at, m.id, unread);
  tx.append(event(m, c));
}

void Seed::messages(std::size_t count) {
  std::vector<storage::Message> batch;
  for (std::size_t done = 0; done < count;) {
    batch.clear();
    for (; batch.size() < kBatch && done < count; ++done) batch.push_back(message(done, count));
    // Works of their own: what a savepoint remembers grows with it.
    for (const auto& m : batch)
      if (!writer_.submit([&](storage::Transaction& tx) { store(tx, m); }, nullptr))
        throw std::runtime_error("the writer does not keep up");
    writer_.run([](storage::Transaction&) {});
    if (done % 50'000 < kBatch) std::fprintf(stderr, "\r%zu messages", done);
  }
  std::fprintf(stderr, "\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: million_seed BACKEND DSN WORKSPACE ACCOUNT MESSAGES CONTACTS\n");
    return 2;
  }
  try {
    storage::Options options;
    options.backend = argv[1];
    options.dsn = argv[2];
    options.synchronous = "off";  // what is cut short is thrown away
    storage::Database database(options);
    Seed seed(database, argv[3], argv[4]);
    seed.contacts(std::strtoul(argv[6], nullptr, 10));
    seed.messages(std::strtoul(argv[5], nullptr, 10));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
