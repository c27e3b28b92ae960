// SPDX-License-Identifier: Apache-2.0
//
// Deadlines of very many things at the cost of a few pointers each: a ring of lists, one a tick.
// Belongs to one thread. A node that is destroyed leaves the wheel by itself.
#pragma once
#include <array>
#include <cstdint>

namespace gardu::pusher {

class WheelNode {
 public:
  WheelNode() noexcept = default;
  WheelNode(const WheelNode&) = delete;
  WheelNode& operator=(const WheelNode&) = delete;
  ~WheelNode() { unlink(); }

  void unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }
  bool linked() const noexcept { return next_ != this; }

 private:
  friend class TimerWheel;
  void link_before(WheelNode& other) noexcept {
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = this;
    other.previous_ = this;
  }

  WheelNode* previous_ = this;
  WheelNode* next_ = this;
  uint64_t due_ = 0;
};

class TimerWheel {
 public:
  // Fires at tick `due`; one that has passed fires at the next one.
  void schedule(WheelNode& node, uint64_t due) noexcept {
    node.unlink();
    node.due_ = due > now_ ? due : now_ + 1;
    node.link_before(slots_[node.due_ % slots_.size()]);
  }

  // Calls fire(node) for what is due up to `tick`. It may schedule, unlink and destroy any node.
  template <class F>
  void advance(uint64_t tick, F&& fire) {
    while (now_ < tick) {
      ++now_;
      WheelNode& slot = slots_[now_ % slots_.size()];
      WheelNode waiting;  // takes the list over, so that what fire adds is not seen again
      while (slot.linked()) {
        WheelNode& node = *slot.next_;
        node.unlink();
        node.link_before(waiting);
      }
      while (waiting.linked()) {
        WheelNode& node = *waiting.next_;
        node.unlink();
        if (node.due_ <= now_)
          fire(node);
        else
          node.link_before(slot);  // a later round of the ring
      }
    }
  }

  uint64_t now() const noexcept { return now_; }

 private:
  std::array<WheelNode, 512> slots_;
  uint64_t now_ = 0;
};

}  // namespace gardu::pusher
