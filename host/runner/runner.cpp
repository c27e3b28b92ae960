// SPDX-License-Identifier: Apache-2.0
#include "runner/runner.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <new>

#include "plugins/host_table.hpp"
#include "plugins/http_bridge.hpp"
#include "plugins/library.hpp"
#include "plugins/wire_event.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kMailboxCapacity = 10'000;

// The right to answer a request that came over the channel.
struct Reply {
  Channel& channel;
  std::uint64_t call;

  static void send(void* context, const gardu_http_response* response) noexcept {
    const std::unique_ptr<Reply> self(static_cast<Reply*>(context));
    try {
      self->channel.answer(FrameKind::request, self->call, pack_response(response));
    } catch (...) {
      // Out of memory: the request runs into its deadline.
    }
  }
  static void drop(void* context) noexcept { send(context, nullptr); }
};

// What leaks ends here, not in the machine's memory. The sanitizers reserve more than any limit.
void limit_memory([[maybe_unused]] int megabytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (megabytes <= 0) return;
  const auto bytes = static_cast<rlim_t>(megabytes) << 20U;
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_DATA, &limit);
  std::set_new_handler([] { ::_exit(kOutOfMemory); });
#endif
}

}  // namespace

Runner::Runner(int socket) : channel_(socket) {
  mailbox_ = std::make_shared<Mailbox>(kMailboxCapacity, [] { return false; });
}

Runner::~Runner() {
  channel_.close();
  channel_.join();
  callbacks_.stop();
}

int Runner::run() {
  channel_.start([this](FrameKind kind, std::uint64_t call,
                        std::string payload) { take(kind, call, std::move(payload)); },
                 [this] {
                   // Without a gateway nobody waits for anything; the plugin may hang, so nothing
                   // is torn down.
                   bool over = false;
                   {
                     const std::lock_guard lock(mutex_);
                     over = over_;
                   }
                   if (!over) ::_exit(3);
                 });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return over_; });
  return 0;
}

void Runner::finish() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void Runner::take(FrameKind kind, std::uint64_t call, std::string payload) {
  const auto shared = std::make_shared<const std::string>(std::move(payload));
  switch (kind) {
    case FrameKind::publish_done:
    case FrameKind::send_done:
      return callbacks_.post([this, kind, shared] {
        wire::Reader in(*shared);
        if (kind == FrameKind::publish_done) {
          host_->publish_done(in);
        } else {
          host_->send_done(in);
        }
      });
    case FrameKind::http_done: {
      wire::Reader in(*shared);
      return host_->http_done(in);
    }
    case FrameKind::request:
    case FrameKind::send:
    case FrameKind::act:
      // As in the gateway's own mailbox: bounded, and behind what must not wait.
      if (!mailbox_->post({[this, kind, call, shared] { serve(kind, call, shared); }, {}}))
        channel_.answer(kind, call, {});
      return;
    default:
      mailbox_->post_control([this, kind, call, shared] { serve(kind, call, shared); });
  }
}

void Runner::serve(FrameKind kind, std::uint64_t call,
                   const std::shared_ptr<const std::string>& payload) {
  std::string answer;
  wire::Reader in(*payload);
  try {
    switch (kind) {
      case FrameKind::start: {
        const Status status = start(in);
        const gardu_transport_info* const info = code_ ? code_->transport() : nullptr;
        answer = wire::pack(status, info != nullptr);
        wire::Writer out(answer);
        if (info != nullptr)
          out.put(info->max_in_flight, info->features, info->max_per_second, info->text_limit);
        break;
      }
      case FrameKind::stop:
        answer = wire::pack(stop());
        break;
      case FrameKind::destroy:
        channel_.answer(kind, call, {});
        return finish();
      case FrameKind::on_events:
        answer = on_events(payload);
        break;
      case FrameKind::connect: {
        Account a;
        in.into(a.id, a.workspace_id, a.name, a.address, a.credentials, a.metadata);
        answer = wire::pack(code_->connect(a));
        break;
      }
      case FrameKind::disconnect:
        answer = wire::pack(code_->disconnect(in.get<std::string_view>()));
        break;
      case FrameKind::send:
        return send(call, in);
      case FrameKind::act:
        return act(call, in);
      case FrameKind::request:
        return request(call, *payload);
      default:
        break;  // ping
    }
  } catch (const std::exception& e) {
    answer = wire::pack(Status::internal(e.what()), false);
  }
  channel_.answer(kind, call, answer);
}

Status Runner::start(wire::Reader& in) {
  std::string file, settings;
  std::uint32_t roles = 0;
  int memory_mb = 0;
  in.into(file, version_, id_, data_dir_, settings, roles, memory_mb);
  limit_memory(memory_mb);
  const auto library = Library::map(file);
  if (!library) return library.status();
  host_ = std::make_unique<RunnerHost>(id_, channel_, *mailbox_);
  table_ = make_host_table(*host_, version_, id_, data_dir_);
  table_.retain = &wire::ReceivedEvents::retain;
  table_.release = &wire::ReceivedEvents::release;
  code_ = std::make_unique<LoadedCode>(library->create(), table_, roles);
  host_->set_started(true);
  return code_->start(settings);
}

Status Runner::stop() {
  mailbox_->shut_tasks();
  if (!code_) return {};  // its library could not be had
  host_->outstanding().give_up_calls();
  return code_->stop([this] {
    host_->set_started(false);
    host_->outstanding().give_up_calls();
    host_->outstanding().wait();
  });
}

std::string Runner::on_events(const std::shared_ptr<const std::string>& payload) {
  wire::Reader in(*payload);
  const auto count = in.get<std::uint32_t>();
  std::vector<std::int32_t> results(count, GARDU_OK);
  std::string why;
  wire::ReceivedEvents* const events = wire::ReceivedEvents::read(payload, in, count);
  Status status;
  host_->within_batch([&] { status = code_->on_views(events->views(), results, why); });
  events->unref();
  return wire::pack(status, why, results);
}

void Runner::send(std::uint64_t call, wire::Reader& in) {
  gardu_message message{};
  gardu_outbound out{};
  out.size = sizeof out;
  wire::take_message(in, message);
  in.into(out.to, out.account_address, out.attempt);
  std::vector<gardu_identity> identities;
  const auto count = in.get<std::uint64_t>();
  for (std::uint64_t i = 0; i < count; ++i) {
    gardu_identity& id = identities.emplace_back();
    in.into(id.kind, id.value);
  }
  out.message = &message;
  out.identities = identities.data();
  out.identity_count = static_cast<std::uint32_t>(identities.size());
  code_->send_view(out, [this, call](SendOutcome o) {
    channel_.answer(FrameKind::send, call,
                    wire::pack(o.status, o.accepted.provider_message_id, o.accepted.raw_id,
                               o.accepted.peer_address, o.accepted.confirmed));
  });
}

void Runner::act(std::uint64_t call, wire::Reader& in) {
  ActionRequest a;
  in.into(a.kind, a.account_id, a.to, a.target, a.text, a.value);
  code_->act(a, [this, call](const Status& status, std::string data) {
    channel_.answer(FrameKind::act, call, wire::pack(status, data));
  });
}

void Runner::request(std::uint64_t call, std::string payload) {
  const ReceivedRequest request(std::move(payload));
  const auto handler = host_->handler(request.route());
  if (handler.handle == nullptr) {
    channel_.answer(FrameKind::request, call, {});
    return;
  }
  auto reply = std::make_unique<Reply>(Reply{channel_, call});
  const gardu_http_reply table{sizeof(gardu_http_reply), 0, reply.release(), &Reply::send,
                               &Reply::drop};
  handler.handle(handler.user, &request.view(), &table);
}

}  // namespace gardu::host
