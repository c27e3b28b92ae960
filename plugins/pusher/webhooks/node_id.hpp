// SPDX-License-Identifier: Apache-2.0
//
// Who this process is, as long as it lives: an id that is kept in the plugin's folder, so that the
// next run of this host finds its own rows, and locked, so that nobody else has it meanwhile. The
// lock ends with the process, however that ends. Without a folder to write to it is a new id each
// time, and what is left behind is taken over as any other node's.
#pragma once
#include <string>
#include <string_view>

namespace gardu::pusher {

class NodeId {
 public:
  // `folder`: the plugin's own. May wait half a second for an earlier process to end.
  explicit NodeId(std::string_view folder);
  ~NodeId();
  NodeId(const NodeId&) = delete;
  NodeId& operator=(const NodeId&) = delete;

  const std::string& value() const noexcept { return value_; }  // 32 hexadecimal digits

 private:
  bool take(const std::string& file);

  int fd_ = -1;
  std::string value_;
};

}  // namespace gardu::pusher
