// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <unistd.h>

#include <chrono>

#include "auth/workspaces.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "journal/events.hpp"
#include "journal/people.hpp"
#include "storage/accounts.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{20};

class Recorder final : public http::ResponseSink {
 public:
  bool send(http::Response response) override {
    const std::lock_guard lock(mutex_);
    if (answered_) return false;
    set(std::move(response));
    changed_.notify_all();
    return true;
  }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    const std::lock_guard lock(mutex_);
    if (answered_) return nullptr;
    reply_.stream = std::make_shared<RecordedStream>();
    reply_.stream->write(head.body);
    set(std::move(head));
    changed_.notify_all();
    return reply_.stream;
  }
  bool alive() const override { return true; }
  void on_disconnect(std::function<void()>) override {}
  void released() override { send(http::Response::problem(500, "nobody answered", "")); }

  Reply wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return answered_; }));
    return reply_;
  }

 private:
  void set(http::Response r) {
    answered_ = true;
    reply_.status = r.status;
    reply_.headers = std::move(r.headers);
    reply_.body = std::move(r.body);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool answered_ = false;
  Reply reply_;
};

class NoLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
  bool enabled(LogLevel) const override { return true; }
  void set_level(LogLevel) override {}
};

std::filesystem::path temporary_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "gardu-api-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return name;
}

storage::Options options_in(const std::filesystem::path& dir) {
  storage::Options o;
  o.dsn = (dir / "gardu.db").string();
  o.synchronous = "off";
  return o;
}

Reply reply_of(http::Response r) { return {r.status, std::move(r.headers), std::move(r.body), {}}; }

}  // namespace

bool RecordedStream::write(std::string data) {
  const std::lock_guard lock(mutex_);
  if (!open_ || refusing_) return false;
  text_ += data;
  changed_.notify_all();
  return true;
}

void RecordedStream::close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  changed_.notify_all();
}

bool RecordedStream::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void RecordedStream::on_close(std::function<void()>) {}

void RecordedStream::refuse(bool on) {
  const std::lock_guard lock(mutex_);
  refusing_ = on;
}

std::string RecordedStream::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

bool RecordedStream::wait_for(const std::string& what) const {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return text_.find(what) != std::string::npos; };
  changed_.wait_for(lock, kPatience, [&] { return there() || !open_; });
  return there();
}

bool RecordedStream::wait_closed() const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return !open_; });
}

std::vector<std::string> Reply::fields() const {
  std::vector<std::string> out;
  const nlohmann::json j = json();
  if (j.is_object() && j.contains("errors"))
    for (const auto& e : j["errors"]) out.push_back(e["field"].get<std::string>());
  return out;
}

Host::Host(ApiLimits limits)
    : dir(temporary_directory()),
      database(options_in(dir)),
      feed(
          [this](std::int64_t after, int limit) {
            storage::JournalQuery q;
            q.after_seq = after;
            q.limit = limit;
            return database.query(
                [&](storage::Session& s) { return storage::journal::read(s, q); });
          },
          0),
      tokens(database) {
  database.migrate();
  database.writer().set_on_commit([this](std::vector<storage::JournalEntry>&& entries) {
    std::vector<EventRef> events;
    for (auto& e : entries) events.push_back(EventBlock::committed(std::move(e)));
    feed.publish(std::move(events));
  });
  api = std::make_unique<Api>(context(std::move(limits)));
}

ApiContext Host::context(ApiLimits limits) {
  return {database,
          feed,
          metrics,
          tokens,
          Logger(std::make_shared<NoLog>(), "api"),
          std::move(limits),
          [](const std::string& id, std::string_view text) {
            return "sealed:" + id + ":" + std::to_string(text.size());
          },
          "key-1",
          {[this](const storage::Account& account, ActionRequest request,
                  const PluginCode::ActionDone& done) {
             asked.emplace_back(account, std::move(request));
             // Once it is done, the test may go on and say how the next one begins.
             const Status now = begun;
             if (now.ok()) done(action_answer, action_data);
             return now;
           },
           [this](const std::string& id) { changed.push_back(id); }, [this] { ++outbox_changes; },
           [](const std::string& id) { return id == "loopback"; },
           [this](const std::string&) { return qr; },
           [this](storage::JournalEntry e) { raised.push_back(std::move(e)); }},
          [this] { return plugins; },
          {[this](const std::string& id) {
             restarted.push_back(id);
             return control_answer;
           },
           [this](const std::string& id, bool on) {
             restarted.push_back((on ? "+" : "-") + id);
             return control_answer;
           },
           [](const std::string&, const std::string& settings) {
             return settings.find("wrong") == std::string::npos
                        ? std::vector<FieldError>{}
                        : std::vector<FieldError>{{"wrong", "is not a setting"}};
           },
           [this](const std::string& id) { restarted.push_back("replay " + id); },
           [this](const std::string& id, std::int64_t seq) {
             restarted.push_back("replay " + id + " after " + std::to_string(seq));
             return control_answer;
           }},
          [] {
            return std::vector<ReadyPart>{{"storage", true, ""}};
          },
          [this] { return draining.load(); }};
}

Host::~Host() {
  api->stop();
  database.writer().stop();
  api.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
}

Reply Host::call(const std::string& method, const std::string& target, const std::string& token,
                 const std::string& body, http::Headers headers) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.path = target.substr(0, target.find('?'));
  if (target.find('?') != std::string::npos) request.query = target.substr(target.find('?') + 1);
  request.headers = std::move(headers);
  if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
  if (!body.empty() && !request.headers.has("Content-Type"))
    request.headers.set("Content-Type", "application/json");
  request.request_id = "request-1";
  auto decision = api->on_head(request);
  if (decision.reject) return reply_of(std::move(*decision.reject));
  if (body.size() > decision.body_limit)
    return reply_of(http::Response::problem(413, "too long", request.request_id));
  request.body = body;
  const auto recorder = std::make_shared<Recorder>();
  api->on_request(std::move(request), http::Responder(recorder));
  return recorder->wait();
}

std::string Host::workspace(const std::string& name) {
  std::string id;
  write([&](storage::Transaction& tx) { id = create_workspace(tx, name).id; });
  return id;
}

std::string Host::token(const std::string& workspace, const std::string& role, const json& scopes,
                        const json& accounts, std::optional<std::int64_t> expires_at) {
  TokenSpec spec;
  spec.workspace_id = workspace;
  spec.name = spec.role = role;
  if (!scopes.is_null()) spec.scopes = scopes.dump();
  if (!accounts.is_null()) spec.accounts = accounts.dump();
  spec.expires_at = expires_at;
  std::string out;
  write([&](storage::Transaction& tx) { out = issue_token(tx, spec); });
  return out;
}

std::string Host::platform_token() {
  TokenSpec spec;
  spec.name = "platform";
  spec.platform = true;
  std::string out;
  write([&](storage::Transaction& tx) { out = issue_token(tx, spec); });
  return out;
}

std::string Host::account(const std::string& workspace, const std::string& address) {
  storage::Account a;
  a.id = uuid_v7();
  a.workspace_id = workspace;
  a.transport = "loopback";
  a.name = "Number " + address;
  a.address = address;
  a.created_at = now_ms();
  write([&](storage::Transaction& tx) { storage::accounts::insert(tx, a); });
  return a.id;
}

std::string Host::contact(const std::string& workspace, const std::string& account,
                          const std::string& phone) {
  std::string id;
  write([&](storage::Transaction& tx) {
    Person p;
    p.identities = {{"phone", phone}};
    p.address = phone;
    const auto a = storage::accounts::get(tx, workspace, account);
    id = resolve_contact(tx, {"api", 0, {}}, *a, p).id;
  });
  return id;
}

std::string Host::inbound(const std::string& workspace, const std::string& contact,
                          const std::string& text) {
  storage::Message m;
  m.id = uuid_v7();
  write([&](storage::Transaction& tx) {
    const auto c = storage::contacts::get(tx, workspace, contact);
    m.workspace_id = workspace;
    m.account_id = c->account_id;
    m.contact_id = contact;
    m.direction = "inbound";
    m.type = "text";
    m.text = text;
    m.status = "delivered";
    m.created_at = now_ms();
    storage::messages::insert(tx, m);
    storage::contacts::on_message(tx, *c, m.created_at, m.id, true);
    append_message_event(tx, "message.received", {"plugin:loopback", 0, {}}, m, *c);
  });
  return m.id;
}

Tenant::Tenant(Host& host, const std::string& name)
    : workspace(host.workspace(name)),
      viewer(host.token(workspace, "viewer")),
      agent(host.token(workspace, "agent")),
      admin(host.token(workspace, "admin")),
      owner(host.token(workspace, "owner")),
      account(host.account(workspace)),
      contact(host.contact(workspace, account, "+6281200000555")),
      message(host.inbound(workspace, contact, "selamat pagi")) {}

}  // namespace gardu::host
