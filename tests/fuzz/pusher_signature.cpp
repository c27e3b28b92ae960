// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what is read before anybody has proved who he is: request targets with their signatures,
// signatures of subscriptions, origins. Nobody gets in who does not know the secret.
#include <array>

#include "check.hpp"
#include "protocol/crypto.hpp"
#include "protocol/origin.hpp"
#include "protocol/signature.hpp"

namespace pusher = gardu::pusher;
using gardu::fuzz::Input;

namespace {

constexpr int64_t kNow = 1353088179;
const std::array<pusher::KeyPair, 1> kKeys{{{"278d425bdf160c739803", "7ad3773142a6692b25b8"}}};
const std::array<pusher::KeyPair, 1> kOthers{{{"278d425bdf160c739803", "another secret"}}};

void check_request(Input input) {
  pusher::SignedRequest request;
  request.method = input.until(' ');
  request.path = input.until('?');
  request.query = input.until('\n');
  request.body = input.rest();
  // The seeds are signed: whatever is let in by the one secret is not by another.
  if (pusher::verify_request(request, kKeys, kNow).empty()) {
    FUZZ_CHECK(!pusher::verify_request(request, kOthers, kNow).empty());
    FUZZ_CHECK(!pusher::verify_request(request, kKeys, kNow + 601).empty());
  }
  for (const auto& [key, value] : pusher::parse_query(request.query, true))
    FUZZ_CHECK(key.size() + value.size() <= request.query.size());
}

void check_subscription(Input input) {
  const std::string socket_id(input.until('\n')), channel(input.until('\n'));
  const std::string data(input.until('\n'));
  const auto channel_data = data.empty() ? std::nullopt : std::optional(data);
  const std::string auth = pusher::sign_channel(kKeys[0], socket_id, channel, channel_data);
  FUZZ_CHECK(pusher::verify_channel(kKeys, auth, socket_id, channel, channel_data));
  FUZZ_CHECK(!pusher::verify_channel(kOthers, auth, socket_id, channel, channel_data));
  FUZZ_CHECK(!pusher::verify_channel(kKeys, auth, socket_id, channel + 'x', channel_data));
  if (const std::string theirs(input.rest()); theirs != auth)
    FUZZ_CHECK(!pusher::verify_channel(kKeys, theirs, socket_id, channel, channel_data));
}

void check_origin(Input input) {
  const std::array<std::string, 2> patterns{std::string(input.until('\n')), "*.example.org"};
  pusher::origin_allowed(patterns, input.rest());
  FUZZ_CHECK(pusher::origin_allowed(patterns, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  switch (input.byte()) {
    case 's':
      check_subscription(input);
      break;
    case 'o':
      check_origin(input);
      break;
    default:
      check_request(Input(data, size));
  }
  return 0;
}
