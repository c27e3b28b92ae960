// SPDX-License-Identifier: Apache-2.0
#include "plugins/unit.hpp"

namespace gardu::host {
namespace {

template <class T, class F>
void cut(std::vector<T>& list, std::size_t size, F&& tell) {
  for (std::size_t i = size; i < list.size(); ++i) tell(list[i]);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
}

void tell_send(PluginSend& s, const Status& why) {
  if (s.done) s.done(why);
}
void tell_publish(PluginPublish& p, const Status& why) {
  if (p.done) p.done(why.code(), {});
}

}  // namespace

void Effects::undone(const Status& why) {
  cut(sends, 0, [&](PluginSend& s) { tell_send(s, why); });
  cut(publishes, 0, [&](PluginPublish& p) { tell_publish(p, why); });
}

void Unit::use(const std::function<void(storage::Transaction&)>& body) {
  if (!transaction_) transaction_ = begin_();
  transaction_->use([&](storage::Transaction& tx) {
    for (Part& part : parts_)
      if (!std::exchange(part.in_database, true)) tx.begin_part();
    body(tx);
  });
}

void Unit::begin_part() {
  parts_.push_back({effects.sends.size(), effects.publishes.size(), false});
}

void Unit::end_part(bool keep) {
  const Part part = parts_.back();
  parts_.pop_back();
  if (!keep) {
    const Status why{GARDU_REJECTED, "its transaction was undone"};
    cut(effects.sends, part.sends, [&](PluginSend& s) { tell_send(s, why); });
    cut(effects.publishes, part.publishes, [&](PluginPublish& p) { tell_publish(p, why); });
  }
  if (part.in_database) transaction_->use([&](storage::Transaction& tx) { tx.end_part(keep); });
}

}  // namespace gardu::host
