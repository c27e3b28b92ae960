// SPDX-License-Identifier: Apache-2.0
// Plain HTTP messages: what handlers see of a request and give as an answer. Values without
// threads or sockets. Header names compare without case and keep their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::host::http {

struct Header {
  std::string name;
  std::string value;
};

// An ordered list; a name may occur more than once (Set-Cookie, X-Forwarded-For).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> list) : list_(list) {}

  // The first value of that name; an empty view if there is none.
  std::string_view get(std::string_view name) const;
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;

  void set(std::string_view name, std::string_view value);  // replaces every one of that name
  void add(std::string_view name, std::string_view value);
  std::size_t remove(std::string_view name);

  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<Header> list_;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);

struct RequestHead {
  std::string method;          // as sent: methods are case-sensitive
  std::string target;          // the whole request target
  std::string path;            // still percent-encoded, without the query; starts with '/' (or "*")
  std::string query;           // raw, without the '?'
  Headers headers;             // as sent
  std::string remote_address;  // the client's; X-Forwarded-For counts only from a trusted proxy
  bool secure = false;         // TLS here, or at a trusted proxy (X-Forwarded-Proto)
  std::string request_id;      // the client's X-Request-Id if it is well formed, else generated
};

struct Request : RequestHead {
  std::string body;  // de-chunked, at most as long as the head's decision allowed
};

// The server itself adds Date, X-Request-Id, Content-Length and Connection. "Connection: close" set
// by a handler closes the connection after the answer. An answer to HEAD is given as to GET: the
// server leaves the body out (with an empty body, a Content-Length set by the handler is kept).
struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  static Response json(int status, std::string body);
  static Response text(int status, std::string body);
  static Response html(int status, std::string body);
  static Response bytes(int status, std::string_view content_type, std::string body);
  static Response empty(int status = 204);
  static Response redirect(int status, std::string_view location);
  // RFC 9457, type "about:blank", title from the status; `instance` is the request id.
  static Response problem(int status, std::string_view detail, std::string_view request_id);
};

// "Not Found" for 404; "Unknown" for a status without a registered phrase.
std::string_view reason_phrase(int status);

}  // namespace gardu::host::http
