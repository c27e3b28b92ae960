// SPDX-License-Identifier: Apache-2.0
// See the header: calls go to the shards in turn.
#include "http_client/http_client.hpp"

#include <atomic>

#include "http_client/detail/shard.hpp"
#include "http_client/detail/url.hpp"

namespace gardu::host::client {

class Client::State {
 public:
  explicit State(const Options& options) : common_(options) {
    for (unsigned i = 0; i < std::max(1U, options.threads); ++i)
      shards_.push_back(std::make_unique<detail::Shard>(common_));
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool request(Call call, Done done) {
    if (!common_.gate.enter()) return false;
    const std::size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
    shards_[turn % shards_.size()]->submit(std::move(call), std::move(done));
    return true;
  }

  // Who has passed the gate gets an answer: the threads run until the last one has.
  void stop() {
    common_.gate.close();
    if (stopped_) return;
    stopped_ = true;
    for (const auto& shard : shards_) shard->begin_stop();
    common_.gate.wait_until_empty();
    for (const auto& shard : shards_) shard->join();
    common_.lookups.stop();
    common_.lookups.join();
  }

  std::size_t under_way() const { return common_.gate.size(); }

 private:
  detail::Common common_;
  std::vector<std::unique_ptr<detail::Shard>> shards_;
  std::atomic<std::size_t> next_{0};
  bool stopped_ = false;
};

std::string origin_of(std::string_view url) {
  std::string why;
  const auto parts = detail::parse_url(url, why);
  return parts ? (parts->tls ? "https://" : "http://") + parts->host_and_port() : std::string();
}

Client::Client(Options options) : state_(std::make_unique<State>(options)) {}
Client::~Client() = default;

bool Client::request(Call call, Done done) {
  return state_->request(std::move(call), std::move(done));
}
void Client::stop() { state_->stop(); }
std::size_t Client::under_way() const { return state_->under_way(); }

}  // namespace gardu::host::client
