// SPDX-License-Identifier: Apache-2.0
//
// A host for a plugin's own unit tests: every service of abi/ext, of one thread and no clock but
// the test's. It writes down what the plugin did, answers what the test wants, and notes what the
// contract forbids (`faults`). Needs nothing but the standard library. harness.hpp drives a whole
// plugin on it; alone it serves for parts that take a `gardu::Host` or a `gardu_host`.
//
//     gardu::testing::Harness<PingPong> h;
//     ASSERT_TRUE(h.start("{}").ok());
//     EXPECT_TRUE(h.deliver(gardu::testing::message_received("ping")).ok());
//     EXPECT_EQ(h.host().sent().at(0).text, "pong");
//     EXPECT_EQ(h.end(), "");  // stopped, destroyed, and nothing that is forbidden was done
//
// Threads: the test's thread is the plugin's; everything here may be called from any thread, and
// the plugin's own threads may use the services, but events, timers and routes come only when the
// test calls for them, on its thread. What is recorded comes out as copies.
// Ends: a publish, a send and an HTTP call end when the hook that made them has returned, or at the
// next `run`, in order; with `hold` they wait for the test. Posted work waits for `run` or `pass`.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../host.hpp"
#include "events.hpp"
#include "records.hpp"

namespace gardu::testing {

namespace detail {
struct State;
}

// The host of a test. It must outlive the plugin, and all that looks at its table.
class FakeHost {
 public:
  // A host with every service, for a plugin with that id.
  explicit FakeHost(std::string plugin_id = "tested");
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  // As a host that stops: what never fired is dropped, and every end is told, with GARDU_STOPPED.
  ~FakeHost();

  // What `create` is given. Lives as long as this.
  const gardu_host& table() const noexcept;

  // ---- What there is. Before the plugin is created: it looks its services up then.
  void without(std::string_view service);  // e.g. GARDU_EXT_DB: this host does not offer it
  void smaller_host();                     // a host of 1.0: no service since 1.1
  void larger_host();                      // of a later 1.x: a longer table, a greater minor
  void data_dir(std::string_view folder);  // default: "/nowhere"
  void plugin_id(std::string_view id);     // default: "tested"

  // ---- What it answers.
  // Every call of that service is refused (a timer: id 0), the next `times` of them or until
  // GARDU_OK is set. E.g. refuse(GARDU_EXT_PUBLISH, GARDU_FULL, 3).
  void refuse(std::string_view service, gardu_status status, int times = -1);
  // Publishes, sends or HTTP calls end only with complete_* below (or at stop).
  void hold(std::string_view service, bool on = true);
  // The oldest that waits. False: there is none. A publish without results gets made-up ones.
  bool complete_publish(gardu_status status = GARDU_OK,
                        std::vector<gardu_publish_result> results = {});
  // Ends the oldest send that waits. False: there is none.
  bool complete_send(const Status& status = {});
  // Ends the oldest HTTP call that waits. False: there is none.
  bool complete_http(const FakeAnswer& answer);
  // What each single publication becomes; the default is GARDU_OK, with a new seq.
  void on_publish(std::function<gardu_publish_result(const Publication&)> f);
  // The last given that fits answers: of that method ("": any), of URLs that begin so; then the
  // function. What nothing fits is GARDU_HTTP_UNREACHABLE.
  void on_http(std::string_view method, std::string_view url_prefix, FakeAnswer answer);
  // Asked when no prepared answer fits; nothing from it: GARDU_HTTP_UNREACHABLE.
  void on_http(std::function<std::optional<FakeAnswer>(const HttpCall&)> f);
  // What a statement answers; the default is no rows, one row changed.
  void on_sql(std::function<SqlAnswer(const std::string& sql, const Cells& parameters)> f);
  // The default answers what `allow_follow` was given, and forbids the rest.
  void on_may_follow(std::function<bool(const Principal&, std::string_view workspace_id,
                                        std::string_view contact_id, std::string_view account_id)>
                         f);
  // Allows what is asked with just these three.
  void allow_follow(std::string_view workspace_id, std::string_view contact_id = {},
                    std::string_view account_id = {});
  void settings(std::string_view workspace_id, std::string_view json);  // default: those of start
  void secret(std::string_view name, std::string_view hex);             // default: made of the name
  // Puts an event, filled in, at the end of the journal that the plugin may read.
  void add_journal(FakeEvent event);
  // Deletes the workspace's events up to that seq, as a gateway does that does not keep them.
  void cut_journal(const std::string& workspace_id, int64_t seq);
  // Puts a record into the directory.
  void add_record(DirectoryRecord record);
  // Puts a file into the media store; its id.
  std::string add_media(std::string_view workspace_id, std::string_view mime_type,
                        std::string_view bytes, std::string_view file_name = {});
  void put(std::string_view key, std::string_view value);  // into gardu.kv/1

  // ---- What happens.
  // Lets that time pass: what is due fires, in order, also what is scheduled meanwhile; then run().
  void pass(Micros time);
  // Posted work runs and ends are told, until there is nothing left. How many calls that were.
  size_t run();
  // Waits, for a plugin with threads of its own, until `f` holds; looks again after each call to
  // the host. False: it did not within `limit`.
  bool wait(const std::function<bool()>& f,
            std::chrono::milliseconds limit = std::chrono::seconds(10));
  int64_t now() const;                // microseconds UTC, moved by `pass` alone
  FakeEvent filled(FakeEvent event);  // with ids, seq, times and data where they were empty
  // An event as a hook would see it, for a part that is tested alone: shown until the pointer goes.
  std::shared_ptr<const gardu_event> show(FakeEvent event);

  // ---- What the plugin did.
  // What it logged, in order.
  Records<LogLine> logs() const;
  // Whether a line of its log has that part.
  bool logged(std::string_view part) const;
  Records<Sent> sent() const;              // stored for good: not those of a failed transaction
  Records<Publication> published() const;  // likewise
  std::map<std::string, int64_t> metrics() const;  // by "name" or "name{labels}"
  // The routes that are mounted now.
  Records<MountedRoute> routes() const;
  // The requests to the outside that were taken, in order.
  Records<HttpCall> http_calls() const;
  // What was asked of the database, in order.
  Records<SqlStep> sql() const;
  std::map<std::string, std::string> kv() const;  // what has not expired
  // What the media store holds.
  Records<MediaFile> media() const;
  // The changes of contacts, in order; not those of a failed transaction.
  Records<ContactPatch> patches() const;
  Records<std::string> looked_up() const;  // ids of services that this host does not have
  Records<int64_t> timers() const;         // of those that wait: microseconds from now, in order
  size_t posted() const;                   // how many wait to run
  size_t pending(std::string_view service) const;  // publishes, sends or HTTP calls without end
  // Forgets the logs, messages, publications, HTTP calls, SQL and patches so far.
  void forget();
  size_t retained() const;  // events that are kept

  // ---- What is forbidden. Each text names the function, what was seen, and the rule.
  Records<std::string> faults() const;
  std::string fault_text() const;            // all of them, a line each; "" when there are none
  void mark_secret(std::string_view value);  // must not stand in a log line or an error text
  void forgive();                            // forgets the faults so far

  // For the harness and the tables: not for tests.
  detail::State& state() const noexcept { return *state_; }

 private:
  std::unique_ptr<detail::State> state_;
};

}  // namespace gardu::testing

#include "detail/fake_host.hpp"
