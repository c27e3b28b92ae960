// SPDX-License-Identifier: Apache-2.0
// Changing the key that credentials are sealed with.
#include "app/keyring.hpp"

#include <algorithm>
#include <mutex>

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

using host::Keyring;
using host::SealingKey;

class Lines final : public host::LogSink {
 public:
  void write(host::LogLevel, std::string_view, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    all_ += std::string(text) + "\n";
  }
  bool enabled(host::LogLevel) const override { return true; }
  void set_level(host::LogLevel) override {}
  std::string all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::string all_;
};

constexpr const char* kPlain = R"({"token":"s3cret"})";

class KeyringTest : public StorageTest {
 protected:
  static std::string text_of(char c) { return host::base64_encode(std::string(32, c)); }
  static SealingKey key_of(char c) { return *SealingKey::from_base64(text_of(c)); }

  void add_sealed(const std::string& id, const SealingKey& key, bool with_key_id = true) {
    Account a;
    a.id = a.name = a.address = id;
    a.workspace_id = "w";
    a.transport = "loopback";
    a.credentials = key.seal(kPlain, "account/" + id);
    if (with_key_id) a.key_id = key.id();
    write([&](Transaction& tx) { accounts::insert(tx, a); });
  }
  Account account(const std::string& id) {
    return *read([&](Session& s) { return accounts::get_any(s, id); });
  }
  int reseal(const Keyring& keys) {
    return host::reseal_accounts(db(), keys, host::Logger(lines_, "test"));
  }
  host::Settings settings(const std::string& present, std::vector<std::string> old = {}) const {
    host::Settings s;
    s.encryption_key = present;
    s.old_encryption_keys = std::move(old);
    return s;
  }
  std::string directory() const {
    return (std::filesystem::path(file()).parent_path() / "data").string();
  }

  const std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

TEST_F(KeyringTest, WhatAnOldKeySealedIsOpenedAndSealedAnew) {
  const Keyring keys(key_of('n'), {key_of('o'), key_of('p')});
  add_sealed("by-old", key_of('o'));
  add_sealed("by-older", key_of('p'));
  add_sealed("by-present", key_of('n'));
  add_sealed("unmarked", key_of('o'), false);
  const std::string untouched = *account("by-present").credentials;
  std::string problem;
  EXPECT_EQ(keys.open_account(account("by-old"), problem), kPlain);
  EXPECT_EQ(reseal(keys), 3);
  const Keyring present(key_of('n'), {});
  for (const char* id : {"by-old", "by-older", "by-present", "unmarked"}) {
    const auto a = account(id);
    EXPECT_EQ(a.key_id, key_of('n').id()) << id;
    EXPECT_EQ(present.open_account(a, problem), kPlain) << id;
  }
  EXPECT_EQ(account("by-present").credentials, untouched);
  EXPECT_EQ(reseal(keys), 0);
}

TEST_F(KeyringTest, OneWhoseKeyIsUnknownIsToldByNameAndLeft) {
  const Keyring keys(key_of('n'), {key_of('o')});
  add_sealed("a-lost", key_of('x'));
  add_sealed("b-fine", key_of('o'));
  const std::string before = *account("a-lost").credentials;
  EXPECT_EQ(reseal(keys), 1);
  EXPECT_EQ(account("a-lost").credentials, before);
  EXPECT_EQ(account("a-lost").key_id, key_of('x').id());
  std::string problem;
  EXPECT_FALSE(keys.open_account(account("a-lost"), problem));
  EXPECT_NE(problem.find(key_of('x').id()), std::string::npos) << problem;
  EXPECT_NE(problem.find("secrets.old_encryption_keys"), std::string::npos) << problem;
  const std::string log = lines_->all();
  EXPECT_NE(log.find("a-lost"), std::string::npos) << log;
  EXPECT_EQ(log.find("b-fine"), std::string::npos) << log;
  // It comes back with its key.
  EXPECT_EQ(reseal(Keyring(key_of('n'), {key_of('x')})), 1);
}

TEST_F(KeyringTest, ASealOfAnotherAccountOrADamagedOneDoesNotOpen) {
  const Keyring keys(key_of('n'), {});
  add_sealed("one", key_of('n'));
  auto moved = account("one");
  moved.id = "two";
  std::string problem;
  EXPECT_FALSE(keys.open_account(moved, problem));
  EXPECT_NE(problem.find("enter them again"), std::string::npos) << problem;
  auto damaged = account("one");
  damaged.credentials->front() = damaged.credentials->front() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(keys.open_account(damaged, problem));
  damaged.credentials = "";
  EXPECT_FALSE(keys.open_account(damaged, problem));
}

TEST_F(KeyringTest, NoKeyAndNoCredentialIsEverLogged) {
  add_sealed("lost", key_of('x'));
  add_sealed("fine", key_of('o'));
  reseal(Keyring(key_of('n'), {key_of('o')}));
  const std::string log = lines_->all();
  for (const char c : {'n', 'o', 'x'}) {
    EXPECT_EQ(log.find(text_of(c)), std::string::npos);
    EXPECT_EQ(log.find(std::string(32, c)), std::string::npos);
  }
  EXPECT_EQ(log.find("s3cret"), std::string::npos);
}

TEST_F(KeyringTest, CredentialsThatChangedMeanwhileAreNotOverwritten) {
  add_sealed("a1", key_of('o'));
  const auto before = account("a1");
  auto entered = before;
  entered.credentials = key_of('n').seal(R"({"token":"new"})", "account/a1");
  write([&](Transaction& tx) { accounts::update(tx, entered); });
  write([&](Transaction& tx) { EXPECT_FALSE(accounts::reseal(tx, before, "anything", "key")); });
  EXPECT_EQ(account("a1").credentials, entered.credentials);
}

TEST_F(KeyringTest, TheGeneratedKeyIsAnOldOneOnceAnotherIsConfigured) {
  host::SecretStore secrets(directory());
  const Keyring generated = host::keyring(settings(""), secrets);
  Account a;
  a.id = "g";
  a.credentials = generated.seal_account("g", kPlain);
  a.key_id = generated.id();
  std::string problem;
  EXPECT_EQ(host::keyring(settings(""), secrets).open_account(a, problem), kPlain);
  const Keyring configured = host::keyring(settings(text_of('n')), secrets);
  EXPECT_EQ(configured.id(), key_of('n').id());
  EXPECT_EQ(configured.open_account(a, problem), kPlain);
}

TEST_F(KeyringTest, AKeyThatIsNoneIsToldByItsSetting) {
  host::SecretStore secrets(directory());
  const auto problem_of = [&](const host::Settings& s) -> std::string {
    try {
      host::keyring(s, secrets);
    } catch (const std::exception& e) {
      return e.what();
    }
    return {};
  };
  const std::string present = problem_of(settings("c2hvcnQ="));
  EXPECT_NE(present.find("secrets.encryption_key"), std::string::npos) << present;
  EXPECT_EQ(present.find("c2hvcnQ="), std::string::npos) << present;
  const std::string old = problem_of(settings(text_of('n'), {text_of('o'), "c2hvcnQ="}));
  EXPECT_NE(old.find("secrets.old_encryption_keys[1]"), std::string::npos) << old;
  EXPECT_EQ(old.find("c2hvcnQ="), std::string::npos) << old;
}

}  // namespace
}  // namespace gardu::storage::testing
