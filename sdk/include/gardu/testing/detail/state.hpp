// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: what it knows, and the rules that every call of the plugin is held
// against. One mutex guards all of it; it is never held while the plugin is called.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../abi/abi.h"
#include "../../abi/ext/http_client.h"
#include "../../abi/ext/publish.h"
#include "../../abi/ext/send.h"
#include "../events.hpp"
#include "../records.hpp"
#include "shown.hpp"

namespace gardu::testing::detail {

// Where the plugin is in its life. free: no harness drives it, everything may be called.
enum class Phase { free, created, starting, started, stopping, stopped, destroyed };
inline std::string_view phase_text(Phase phase) {
  switch (phase) {
    case Phase::created:
      return "before start";
    case Phase::starting:
      return "in start";
    case Phase::stopping:
      return "in stop";
    case Phase::stopped:
      return "after stop had returned";
    case Phase::destroyed:
      return "after destroy had returned";
    default:
      return "while started";
  }
}

// When a function may be called, as the headers' tags say it.
enum class Tag {
  alive,         // [any-thread]
  alive_plugin,  // [plugin-thread]
  started,       // [any-thread & started]
  from_start,    // [plugin-thread], in start or later
  in_start,      // [plugin-thread], in start
};

struct PublishEnd {
  uint64_t order;
  std::vector<Publication> items;
  gardu_publish_done done;
  void* user;
};
struct SendEnd {
  uint64_t order;
  Sent message;
  gardu_send_done done;
  void* user;
};
struct HttpEnd {
  uint64_t order;
  HttpCall call;
  void (*done)(void* user, const gardu_http_answer* answer);
  void* user;
};
struct Timer {
  int64_t due;
  uint64_t order;
  void (*fire)(void*);
  void (*drop)(void*);
  void* user;
};
struct Posted {
  void (*run)(void*);
  void (*drop)(void*);
  void* user;
};
struct KvEntry {
  std::string value;
  int64_t expires = 0;  // 0: never
};
// What one transaction holds back until its end.
struct Unit {
  std::vector<SendEnd> sends;
  std::vector<PublishEnd> publishes;
  std::vector<ContactPatch> patches;
  std::vector<std::pair<std::string, std::optional<KvEntry>>> kv_before;
};
struct EventBlock {
  Shown memory;
  const gardu_event* event = nullptr;
  bool shown = true;  // a call shows it just now
  int kept = 0;       // by the plugin
};
// Something that the plugin has to tell exactly once: a send's end, an action's, a reply.
struct Duty {
  struct State* state;
  std::string what;  // "the completion of a send"
  std::string rule;
  int told = 0;
  bool taken_back = false;  // the call that would have begun it was refused
};

struct State {
  static State& of(void* context) { return *static_cast<State*>(context); }

  mutable std::mutex mutex;
  std::condition_variable changed;
  uint64_t calls = 0;

  std::string plugin_id, data_dir = "/nowhere", start_settings = "{}";
  std::unique_ptr<char[]> table_memory;  // gardu_host, and room for a larger one
  gardu_host* table = nullptr;
  bool of_1_0 = false;

  Phase phase = Phase::free;
  std::thread::id owner = std::this_thread::get_id(), hook_thread;
  int depth = 0;           // hooks under way
  bool elsewhere = false;  // the test's thread plays another one than the plugin's
  std::string hook;        // its name
  int full_refusals = 0;   // in this hook

  std::vector<std::string> faults, looked_up;
  std::vector<std::string> secret_texts;
  std::set<std::string, std::less<>> missing, held;
  struct Refusal {
    gardu_status status;
    int times;
  };
  std::map<std::string, Refusal, std::less<>> refusals;

  int64_t now = 1'700'000'000'000'000;
  uint64_t next_order = 1;
  int64_t next_seq = 1;
  std::vector<LogLine> logs;
  std::vector<Sent> sent;
  std::vector<Publication> published;
  std::deque<PublishEnd> publish_ends;
  std::deque<SendEnd> send_ends;
  std::deque<HttpEnd> http_ends;
  std::function<gardu_publish_result(const Publication&)> publish_result;
  std::map<uint64_t, Timer> timers;
  std::deque<Posted> posted;
  std::vector<MountedRoute> routes;
  std::vector<std::string> series;
  std::map<std::string, int64_t> metrics;

  std::vector<HttpCall> http_calls;
  std::function<std::optional<FakeAnswer>(const HttpCall&)> http_answer;
  struct PreparedAnswer {
    std::string method, prefix;
    FakeAnswer answer;
  };
  std::vector<PreparedAnswer> http_prepared;

  std::vector<SqlStep> sql;
  std::function<SqlAnswer(const std::string&, const Cells&)> sql_answer;
  std::map<uint32_t, std::string> migrated;
  bool sql_asked = false;  // since the start began
  std::map<std::thread::id, std::vector<Unit>> units;
  std::map<std::string, KvEntry, std::less<>> kv;

  struct MediaWriting {
    std::string workspace_id, mime_type, file_name, content;
  };
  std::map<uint64_t, MediaWriting> media_writing;
  std::vector<MediaFile> media;
  std::vector<DirectoryRecord> records;
  std::vector<ContactPatch> patches;
  std::map<std::string, std::string, std::less<>> settings, secrets;
  std::vector<FakeEvent> journal;
  std::map<std::string, int64_t> journal_cuts;  // by workspace
  std::function<bool(const Principal&, std::string_view, std::string_view, std::string_view)>
      may_follow;
  std::set<std::string> follows;  // "workspace/contact/account"

  std::map<const gardu_event*, std::unique_ptr<EventBlock>> blocks;
  std::deque<std::unique_ptr<char[]>> remains;
  std::deque<std::unique_ptr<Duty>> duties;

  // ---- Under the mutex.
  void fault_locked(std::string text) {
    if (faults.size() < 1000 && std::find(faults.begin(), faults.end(), text) == faults.end())
      faults.push_back(std::move(text));
  }
  bool on_plugin_thread_locked() const {
    const auto self = std::this_thread::get_id();
    if (depth > 0 && self == hook_thread) return !elsewhere;
    return phase == Phase::free && self == owner && !elsewhere;
  }
  // May what is tagged plugin-thread be called here? Between hooks the test itself may.
  bool plugin_side_locked() const {
    const auto self = std::this_thread::get_id();
    return !elsewhere && (self == owner || (depth > 0 && self == hook_thread));
  }
  uint64_t order_locked() { return next_order++; }
  std::vector<Unit>* units_locked() {
    const auto it = units.find(std::this_thread::get_id());
    return it == units.end() || it->second.empty() ? nullptr : &it->second;
  }
  void bury_locked(Shown& memory) {
    for (auto& chunk : memory.end()) remains.push_back(std::move(chunk));
    while (remains.size() > 4096) remains.pop_front();
  }

  // ---- Each takes the mutex.
  void fault(std::string text) {
    const std::lock_guard lock(mutex);
    fault_locked(std::move(text));
  }
  void bury(Shown& memory) {
    const std::lock_guard lock(mutex);
    bury_locked(memory);
  }
  // Something was done: whoever waits looks again.
  void note() {
    const std::lock_guard lock(mutex);
    ++calls;
    changed.notify_all();
  }
  // A call of the plugin: noted, and held against the rules. Not fine: it is refused.
  Status enter(std::string_view service, std::string_view function, Tag tag);
  // What `refuse` was told for that service.
  Status refusal(std::string_view service, std::string_view function);
  // A text that the plugin handed over, owned; faults where it breaks rule 3 of abi.h.
  std::string take(std::string_view function, std::string_view field, gardu_str text,
                   bool utf8 = true);
  Status too_short(std::string_view function, std::string_view type);
  void check_secrets(std::string_view where, std::string_view text);
  Duty* duty(std::string what, std::string rule);
  // The duty's end; false: it was not to be told (again).
  bool tell(Duty& duty);
  void set_phase(Phase next) {
    const std::lock_guard lock(mutex);
    phase = next;
    if (next == Phase::starting) sql_asked = false;
  }
  bool held_back(std::string_view service) const { return held.find(service) != held.end(); }
};

// Notes at its end, when what was done can be seen.
struct Note {
  explicit Note(State& state) : s(state) {}
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note() { s.note(); }
  State& s;
};

// A call into the plugin on its own thread, or (`elsewhere`) on the test's thread playing another.
class Hook {
 public:
  Hook(State& s, std::string name, bool elsewhere = false) : s_(s) {
    const std::lock_guard lock(s_.mutex);
    before_ = {s_.hook_thread, s_.depth, s_.elsewhere, s_.hook, s_.full_refusals};
    s_.hook_thread = std::this_thread::get_id();
    s_.depth = before_.depth + 1;
    s_.elsewhere = elsewhere;
    s_.hook = std::move(name);
    s_.full_refusals = 0;
  }
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;
  ~Hook() {
    const std::lock_guard lock(s_.mutex);
    s_.hook_thread = before_.thread;
    s_.depth = before_.depth;
    s_.elsewhere = before_.elsewhere;
    s_.hook = before_.name;
    s_.full_refusals = before_.full;
  }

 private:
  struct Before {
    std::thread::id thread;
    int depth = 0;
    bool elsewhere = false;
    std::string name;
    int full = 0;
  };
  State& s_;
  Before before_;
};

}  // namespace gardu::testing::detail
