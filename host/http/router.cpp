// SPDX-License-Identifier: Apache-2.0
// A tree of path segments, rebuilt as a whole on every change and then only read.
#include "http/router.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace gardu::host::http {
namespace route_detail {

struct Route {
  std::string method;
  std::string pattern;
  std::string owner;
  std::vector<std::string> names;  // of the parameters, in the pattern's order
  std::vector<std::string> shape;  // literals as they are, kParam and kRest for the others
  std::shared_ptr<const void> value;
};

// In a shape only: a '/' cannot occur inside a pattern's segment, so these are no literals.
constexpr std::string_view kParam = "/param";
constexpr std::string_view kRest = "/rest";

using RoutePtr = std::shared_ptr<const Route>;

struct RouteNode {
  std::map<std::string, std::unique_ptr<RouteNode>, std::less<>> children;
  std::unique_ptr<RouteNode> param;
  std::unique_ptr<RouteNode> rest;
  std::map<std::string, RoutePtr, std::less<>> methods;

  const RouteNode* literal(std::string_view key) const {
    const auto found = children.find(key);
    return found == children.end() ? nullptr : found->second.get();
  }
  std::unique_ptr<RouteNode>& slot(const std::string& key) {
    return key == kParam ? param : key == kRest ? rest : children[key];
  }
};

// What was captured on the way to a node; popped again when the search backs out.
struct RouteSearch {
  const std::vector<std::string>& segments;  // decoded
  std::string_view method;
  std::vector<std::string> captured;
  std::set<std::string> allowed;

  RoutePtr at(const RouteNode& node) {
    for (const auto& [name, route] : node.methods) allowed.insert(name);
    const auto found = node.methods.find(method);
    return found == node.methods.end() ? nullptr : found->second;
  }

  RoutePtr run(const RouteNode& node, std::size_t index) {
    if (index == segments.size()) return at(node);
    if (const auto* next = node.literal(segments[index])) {
      if (auto route = run(*next, index + 1)) return route;
    }
    if (const auto* next = segments[index].empty() ? nullptr : node.param.get()) {
      captured.push_back(segments[index]);
      if (auto route = run(*next, index + 1)) return route;
      captured.pop_back();
    }
    if (const auto* next = node.rest.get()) {
      std::string rest = segments[index];
      for (auto i = index + 1; i < segments.size(); ++i) rest += "/" + segments[i];
      captured.push_back(std::move(rest));
      if (auto route = at(*next)) return route;
      captured.pop_back();
    }
    return nullptr;
  }
};

}  // namespace route_detail

namespace {

std::string bad_pattern(std::string_view pattern, std::string_view why) {
  return "route pattern '" + std::string(pattern) + "' " + std::string(why);
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Fills names and shape; returns the error's text.
std::optional<std::string> compile(route_detail::Route& route) {
  if (route.method.empty()) return bad_pattern(route.pattern, "has no method");
  const auto segments = split_path(route.pattern);
  if (segments.empty()) return bad_pattern(route.pattern, "does not start with '/'");
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::string_view segment = segments[i];
    if (segment.find_first_of("{}") == std::string_view::npos) {
      route.shape.emplace_back(segment);
      continue;
    }
    if (!segment.starts_with('{') || !segment.ends_with('}')) {
      return bad_pattern(route.pattern, "mixes text and a parameter in one segment");
    }
    segment = segment.substr(1, segment.size() - 2);
    const bool rest = segment.ends_with("...");
    if (rest) segment.remove_suffix(3);
    if (!is_parameter_name(segment)) return bad_pattern(route.pattern, "has a bad parameter name");
    if (rest && i + 1 != segments.size()) {
      return bad_pattern(route.pattern, "has a rest that is not last");
    }
    if (std::find(route.names.begin(), route.names.end(), segment) != route.names.end()) {
      return bad_pattern(route.pattern, "names a parameter twice");
    }
    route.names.emplace_back(segment);
    route.shape.emplace_back(rest ? route_detail::kRest : route_detail::kParam);
  }
  return std::nullopt;
}

}  // namespace

struct RouteTable::Snapshot {
  using RoutePtr = route_detail::RoutePtr;
  std::vector<RoutePtr> routes;
  route_detail::RouteNode root;

  explicit Snapshot(std::vector<RoutePtr> list) : routes(std::move(list)) {
    for (const auto& route : routes) {
      auto* node = &root;
      for (const auto& key : route->shape) {
        auto& next = node->slot(key);
        if (!next) next = std::make_unique<route_detail::RouteNode>();
        node = next.get();
      }
      node->methods.emplace(route->method, route);
    }
  }
};

RouteTable::RouteTable()
    : snapshot_(std::make_shared<const Snapshot>(std::vector<Snapshot::RoutePtr>())) {}
RouteTable::~RouteTable() = default;

std::shared_ptr<const RouteTable::Snapshot> RouteTable::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::optional<std::string> RouteTable::add(std::string_view method, std::string_view pattern,
                                           std::string_view owner,
                                           std::shared_ptr<const void> value) {
  auto route = std::make_shared<route_detail::Route>();
  route->method = method;
  route->pattern = pattern;
  route->owner = owner;
  route->value = std::move(value);
  if (auto error = compile(*route)) return error;

  const std::lock_guard writing(writers_);
  auto routes = snapshot()->routes;
  for (const auto& other : routes) {
    if (other->method == route->method && other->shape == route->shape) {
      return "route " + route->method + " " + route->pattern + " conflicts with " + other->method +
             " " + other->pattern + (other->owner.empty() ? std::string() : " of " + other->owner);
    }
  }
  routes.push_back(std::move(route));
  auto next = std::make_shared<const Snapshot>(std::move(routes));
  const std::lock_guard lock(mutex_);
  snapshot_.swap(next);
  return std::nullopt;
}

bool RouteTable::remove(std::string_view method, std::string_view pattern) {
  const std::lock_guard writing(writers_);
  auto routes = snapshot()->routes;
  const auto removed = std::erase_if(routes, [&](const Snapshot::RoutePtr& route) {
    return route->method == method && route->pattern == pattern;
  });
  if (removed == 0) return false;
  auto next = std::make_shared<const Snapshot>(std::move(routes));
  const std::lock_guard lock(mutex_);
  snapshot_.swap(next);
  return true;
}

std::size_t RouteTable::remove_owner(std::string_view owner) {
  const std::lock_guard writing(writers_);
  auto routes = snapshot()->routes;
  const auto removed =
      std::erase_if(routes, [&](const Snapshot::RoutePtr& route) { return route->owner == owner; });
  auto next = std::make_shared<const Snapshot>(std::move(routes));
  const std::lock_guard lock(mutex_);
  snapshot_.swap(next);
  return removed;
}

RouteTable::Match RouteTable::match(std::string_view method, std::string_view path) const {
  Match result;
  std::vector<std::string> segments;
  for (const auto segment : split_path(path)) {
    auto decoded = percent_decode(segment);
    if (!decoded) {
      result.status = MatchStatus::kBadPath;
      return result;
    }
    segments.push_back(std::move(*decoded));
  }
  if (segments.empty()) return result;

  const auto table = snapshot();
  route_detail::RouteSearch search{segments, method, {}, {}};
  auto route = search.run(table->root, 0);
  if (!route && method == "HEAD") {
    search.method = "GET";
    route = search.run(table->root, 0);
  }
  if (route) {
    result.status = MatchStatus::kFound;
    result.value = route->value;
    result.pattern = route->pattern;
    for (std::size_t i = 0; i < route->names.size(); ++i) {
      result.params.emplace_back(route->names[i], std::move(search.captured[i]));
    }
  } else if (!search.allowed.empty()) {
    if (search.allowed.contains("GET")) search.allowed.insert("HEAD");
    result.status = MatchStatus::kMethodNotAllowed;
    result.allowed.assign(search.allowed.begin(), search.allowed.end());
  }
  return result;
}

}  // namespace gardu::host::http
