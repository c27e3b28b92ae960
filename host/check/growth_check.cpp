// SPDX-License-Identifier: Apache-2.0
// A hundred lives of a plugin leave nothing behind.
#include "check/checks.hpp"
#include "check/process_state.hpp"
#include "check/rig.hpp"

namespace gardu::host::check {
namespace {

constexpr int kWarmUp = 10, kHalf = 50;
// Each half may keep this much: caches that fill once do not grow in both.
constexpr std::size_t kSlack = std::size_t{8} << 10U;

void live(Context& c, const Module& module, int times) {
  for (int i = 0; i < times && c.failures() == 0; ++i) {
    Rig rig(c, module);
    (void)rig.try_start(c.subject().settings);
    rig.tear_down();
  }
}

std::size_t growth(std::size_t from, std::size_t to) { return to > from ? to - from : 0; }

}  // namespace

void check_growth(Context& c) {
  const Module module = need_module(c);
  live(c, module, kWarmUp);
  const Before before;
  const std::size_t begin = allocated_bytes();
  live(c, module, kHalf);
  const std::size_t middle = allocated_bytes();
  live(c, module, kHalf);
  const std::size_t end = allocated_bytes();
  const Gained gained = before.gained();
  const char* rule = "abi/abi.h: stop ends everything that start began, destroy frees the rest";
  const std::string after = " after " + std::to_string(2 * kHalf) + " starts and stops";
  if (!gained.threads.empty())
    c.fail("as many threads as before",
           std::to_string(gained.threads.size()) + " more" + after + ", e.g. " + gained.threads[0],
           rule);
  if (!gained.descriptors.empty())
    c.fail("as many descriptors as before",
           std::to_string(gained.descriptors.size()) + " more" + after + ", e.g. " +
               gained.descriptors[0],
           rule);
  if (growth(begin, middle) > kSlack && growth(middle, end) > kSlack)
    c.fail("as much memory as before", std::to_string(growth(begin, end)) + " bytes more" + after,
           rule);
}

}  // namespace gardu::host::check
