// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gardu::bench {
namespace {

using nlohmann::json;

constexpr std::string_view kMarker = "~~";
constexpr std::string_view kNoNumber = "0000000000";  // two digits of the publisher, eight more
constexpr std::string_view kWords =
    "what is said here is heard by everyone who follows the channel; ";

std::string data_of(size_t size) {
  json data{{"at", std::string(kMarker).append(kNoNumber)}, {"text", ""}};
  const size_t empty = data.dump().size();
  std::string text;
  while (text.size() + empty < size) text += kWords;
  text.resize(size > empty ? size - empty : 0);
  data["text"] = text;
  return data.dump();
}

void put(char* at, size_t digits, size_t value) {
  for (size_t i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

size_t take(std::string_view digits) {
  size_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<size_t>(c - '0');
  return value;
}

[[noreturn]] void damaged(std::string_view message) {
  throw std::runtime_error("damaged: " + std::string(message.substr(0, 200)));
}

// A bare server passes the body of the POST on as it is, hence "name" and "channels".
bool is_right(const json& message, const std::string& channel, const std::string& data) {
  const bool bare = message.contains("name");
  const json& name = message.at(bare ? "name" : "event");
  const json& on = bare ? message.at("channels").at(0) : message.at("channel");
  const bool client = name == "client-bench";
  if (on != channel || (!client && name != "bench")) return false;
  const json& got = message.at("data");
  if (client && got.is_object()) return got == json::parse(data);
  return got == data;
}

}  // namespace

Stream::Stream(std::string channel, size_t publishers, size_t payload)
    : channel_(std::move(channel)), data_(data_of(payload)), lanes_(publishers) {
  body_ = json{{"name", "bench"}, {"channels", json::array({channel_})}, {"data", data_}}.dump();
  whisper_ =
      json{{"event", "client-bench"}, {"channel", channel_}, {"data", json::parse(data_)}}.dump();
}

std::string_view Stream::publish(size_t publisher, int64_t due) {
  return send(body_, publisher, due);
}
std::string_view Stream::whisper(size_t publisher, int64_t due) {
  return send(whisper_, publisher, due);
}

std::string_view Stream::send(std::string& text, size_t publisher, int64_t due) {
  Lane& lane = lanes_[publisher];
  char* at = text.data() + text.find(kMarker) + kMarker.size();
  put(at, 2, publisher);
  put(at + 2, 8, lane.first + lane.flights.size());
  lane.flights.push_back({due, 0});
  return text;
}

void Stream::learn(std::string_view message) {
  const size_t marker = message.find(kMarker) + kMarker.size();
  std::string plain(message);
  plain.replace(marker, kNoNumber.size(), kNoNumber);
  const json parsed = json::parse(plain, nullptr, false);
  if (!parsed.is_object() || !is_right(parsed, channel_, data_)) damaged(message);
  pattern_ = plain;
  marker_ = marker;
}

std::optional<Number> Stream::recognize(std::string_view message) {
  if (pattern_.empty()) {
    if (message.find(kMarker) == std::string_view::npos) return std::nullopt;
    learn(message);
  }
  const std::string_view head = std::string_view(pattern_).substr(0, marker_);
  if (message.substr(0, marker_) != head) {
    if (message.find(kMarker) != std::string_view::npos) damaged(message);
    return std::nullopt;
  }
  const size_t after = marker_ + kNoNumber.size();
  if (message.size() != pattern_.size() ||
      message.substr(after) != std::string_view(pattern_).substr(after))
    damaged(message);
  const std::string_view digits = message.substr(marker_, kNoNumber.size());
  return Number{take(digits.substr(0, 2)), static_cast<uint32_t>(take(digits.substr(2)))};
}

Stream::Arrival Stream::arrived(Number number) {
  if (number.publisher >= lanes_.size()) throw std::runtime_error("from a publisher there is not");
  Lane& lane = lanes_[number.publisher];
  const size_t index = number.sequence - lane.first;
  if (number.sequence < lane.first || index >= lane.flights.size())
    throw std::runtime_error(channel_ + ": an event that nobody can get (any more)");
  Flight& flight = lane.flights[index];
  const Arrival out{flight.due, ++flight.reached == audience};
  while (!lane.flights.empty() && lane.flights.front().reached >= audience) {
    lane.flights.pop_front();
    ++lane.first;
  }
  return out;
}

size_t Stream::incomplete() const {
  size_t count = 0;
  for (const Lane& lane : lanes_) count += audience == 0 ? 0 : lane.flights.size();
  return count;
}

}  // namespace gardu::bench
