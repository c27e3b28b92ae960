// SPDX-License-Identifier: Apache-2.0
//
// Envelope: "GP", version, sender, number. Record: length, kind, fields. Numbers are varints of
// seven bits a byte, the lowest first; texts have their length in front.
#include "cluster/coding.hpp"

namespace gardu::pusher::wire {
namespace {

constexpr std::string_view kMagic{"GP\x01", 3};

// The places of the alternatives of Record, which are what is written: never changed, only added
// to.
enum class Kind : uint8_t {
  heartbeat,
  goodbye,
  ask,
  event,
  member,
  count,
  terminate,
  snapshot_begin,
  snapshot_end,
  cached,
  missed,
};

void put(std::string& out, uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>((number & 0x7F) | 0x80));
    number >>= 7U;
  }
  out.push_back(static_cast<char>(number));
}

void put(std::string& out, std::string_view text) {
  put(out, uint64_t{text.size()});
  out.append(text);
}

struct Fields {
  std::string& out;

  void operator()(const Heartbeat& r) const { put(out, uint64_t{r.listens_anew}); }
  void operator()(const Goodbye&) const {}
  void operator()(const SnapshotBegin&) const {}
  void operator()(const Missed&) const {}
  void operator()(const Ask& r) const { put(out, r.cache_ms); }
  void operator()(const Event& r) const {
    put(out, uint64_t{r.cached});
    put(out, r.app);
    put(out, uint64_t{r.channels.size()});
    for (const std::string_view channel : r.channels) put(out, channel);
    for (const std::string_view text : {r.name, r.data, r.except, r.user_id}) put(out, text);
  }
  void operator()(const Member& r) const {
    put(out, (r.present ? uint64_t{1} : 0) | (r.gone ? uint64_t{2} : 0));
    for (const std::string_view text : {r.app, r.room, r.user, r.info}) put(out, text);
  }
  void operator()(const Count& r) const {
    put(out, r.app);
    put(out, r.channel);
    put(out, r.here);
    put(out, r.total);
  }
  void operator()(const Terminate& r) const {
    put(out, r.app);
    put(out, r.user);
  }
  void operator()(const SnapshotEnd& r) const { put(out, r.records); }
  void operator()(const Cached& r) const {
    for (const std::string_view text : {r.app, r.channel, r.name, r.data}) put(out, text);
    put(out, r.age_ms);
  }
};

// Takes fields off the front; once anything is missing, all that follows is empty and `ok` false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint64_t number() {
    uint64_t out = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      out |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return out;
    }
    fail();
    return 0;
  }
  std::string_view text() {
    const uint64_t size = number();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::vector<std::string_view> texts() {
    std::vector<std::string_view> out;
    for (uint64_t left = number(); left != 0 && ok_; --left) out.push_back(text());
    return out;
  }
  uint8_t byte() {
    if (rest_.empty()) {
      fail();
      return 0;
    }
    const auto out = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

// The fields in the order in which they were written. Nothing: a kind that is not known.
std::optional<Record> fields_of(uint8_t kind, Reader& in) {
  switch (static_cast<Kind>(kind)) {
    case Kind::heartbeat:
      return Heartbeat{(in.number() & 1U) != 0};
    case Kind::goodbye:
      return Goodbye{};
    case Kind::ask:
      return Ask{in.number()};
    case Kind::event: {
      const bool cached = (in.number() & 1U) != 0;
      return Event{in.text(), in.texts(), in.text(), in.text(), in.text(), in.text(), cached};
    }
    case Kind::member: {
      const uint64_t flags = in.number();
      return Member{in.text(), in.text(),         in.text(),
                    in.text(), (flags & 1U) != 0, (flags & 2U) != 0};
    }
    case Kind::count:
      return Count{in.text(), in.text(), in.number(), in.number()};
    case Kind::terminate:
      return Terminate{in.text(), in.text()};
    case Kind::snapshot_begin:
      return SnapshotBegin{};
    case Kind::snapshot_end:
      return SnapshotEnd{in.number()};
    case Kind::cached:
      return Cached{in.text(), in.text(), in.text(), in.text(), in.number()};
    case Kind::missed:
      return Missed{};
  }
  return std::nullopt;
}

}  // namespace

std::string_view sender_of(std::string_view bytes) noexcept {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kNodeIdSize) return {};
  return bytes.substr(kMagic.size(), kNodeIdSize);
}

std::optional<Envelope> read(std::string_view bytes) {
  Envelope out;
  out.node = sender_of(bytes);
  if (out.node.empty() || bytes.size() > kLargestEnvelope) return std::nullopt;
  Reader in(bytes.substr(kMagic.size() + kNodeIdSize));
  out.number = in.number();
  while (in.ok() && !in.at_end()) {
    Reader record(in.text());
    const uint8_t kind = record.byte();
    if (!record.ok()) return std::nullopt;
    // What follows the fields that are known is for newer versions.
    if (auto fields = fields_of(kind, record))
      out.records.push_back(*fields);
    else
      ++out.unknown;
    if (!record.ok()) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return out;
}

void append(std::string& out, const Record& record) {
  std::string body(1, static_cast<char>(record.index()));
  std::visit(Fields{body}, record);
  put(out, body);
}

std::string begin_envelope(std::string_view node, uint64_t number) {
  std::string out(kMagic);
  out.append(node);
  put(out, number);
  return out;
}

}  // namespace gardu::pusher::wire
