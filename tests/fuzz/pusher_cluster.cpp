// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what other nodes write: any bytes are an envelope or none, and an envelope that is written
// again out of what was read holds the same.
#include "check.hpp"
#include "cluster/coding.hpp"

namespace wire = gardu::pusher::wire;

namespace {

std::string written(const wire::Envelope& envelope) {
  std::string out = wire::begin_envelope(envelope.node, envelope.number);
  for (const wire::Record& record : envelope.records) wire::append(out, record);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto envelope = wire::read(bytes);
  if (!envelope) return 0;
  FUZZ_CHECK(wire::sender_of(bytes) == envelope->node);
  FUZZ_CHECK(envelope->node.size() == wire::kNodeIdSize);
  FUZZ_CHECK(envelope->records.size() + envelope->unknown <= size);
  // Written as this version does, it is the shortest form, and reading it changes nothing more.
  const std::string once = written(*envelope);
  const auto again = wire::read(once);
  FUZZ_CHECK(again && again->number == envelope->number && again->node == envelope->node);
  FUZZ_CHECK(again->records.size() == envelope->records.size() && again->unknown == 0);
  FUZZ_CHECK(written(*again) == once);
  return 0;
}
