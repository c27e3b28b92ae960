// SPDX-License-Identifier: Apache-2.0
//
// Frames over a socket between the gateway and the process of a plugin. Both sides ask, tell and
// answer; a thread of the channel reads.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace gardu::host {

// What a frame is about. Of the gateway: start to ping. Of the plugin: log and what follows.
enum class FrameKind : std::uint8_t {
  start,
  stop,
  destroy,
  on_events,
  connect,
  disconnect,
  send,
  act,
  request,
  publish_done,
  send_done,
  http_done,
  ping,
  log,
  publish,
  submit,
  read_journal,
  journal_range,
  journal_cut,
  add_route,
  may_follow,
  secret,
  define_metric,
  add_metric,
  set_metric,
  migrate,
  execute,
  begin,
  end,
  kv_get,
  kv_put,
  kv_compare_and_put,
  kv_erase,
  kv_scan,
  http,
  media_open,
  media_append,
  media_finish,
  media_stat,
  media_read,
  find_records,
  update_contact,
  workspace_settings
};

// What a process exits with whose plugin asked for more memory than it may have.
inline constexpr int kOutOfMemory = 12;

class Channel {
 public:
  // [own thread] A question (call != 0, to be answered) or a message (call == 0).
  using OnFrame = std::function<void(FrameKind kind, std::uint64_t call, std::string payload)>;
  // Null: the other side is gone.
  using OnAnswer = std::function<void(const std::string* answer)>;

  // Takes the socket over: of the kind that keeps packets apart (SOCK_SEQPACKET).
  explicit Channel(int socket);
  ~Channel();  // close(), join()
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Begins to read. `on_end`: the other side is gone, or sent what cannot be read; once, on the own
  // thread, after everybody who asked was told.
  void start(OnFrame on_frame, std::function<void()> on_end);

  // [any-thread] False: the other side is gone. Writing blocks while its buffers are full.
  bool tell(FrameKind kind, std::string_view payload) { return write(kind, 0, payload); }
  bool answer(FrameKind kind, std::uint64_t call, std::string_view payload) {
    return write(kind, call | kAnswer, payload);
  }
  // `on_answer` is called once: on the channel's thread, or at once when the other side is gone.
  void ask(FrameKind kind, std::string_view payload, OnAnswer on_answer);
  // Waits; nothing: the other side is gone, or (with a limit) it took too long. Not on the own
  // thread.
  std::optional<std::string> call(FrameKind kind, std::string_view payload,
                                  std::optional<std::chrono::milliseconds> limit = {});
  bool open() const;
  void close();  // from any thread; the end is told as when the other side goes
  void join();   // not from the own thread

 private:
  static constexpr std::uint64_t kAnswer = std::uint64_t{1} << 63U;
  bool write(FrameKind kind, std::uint64_t call, std::string_view payload);
  void read(const OnFrame& on_frame);
  void deliver(const OnFrame& on_frame, std::uint64_t kind, std::uint64_t call,
               std::string payload);

  const int socket_;
  std::mutex writing_;
  mutable std::mutex mutex_;
  bool open_ = true;                           // guarded by mutex_
  std::uint64_t last_call_ = 0;                // guarded by mutex_
  std::map<std::uint64_t, OnAnswer> waiting_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace gardu::host
