// SPDX-License-Identifier: Apache-2.0
#include "config/overlay.hpp"

#include <algorithm>
#include <cctype>

#include "schema/walk.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Every leaf that the schema names, as a path of keys. What is an object there is walked into.
void leaves(const json& root, const json& given, std::vector<std::string>& path,
            std::vector<std::vector<std::string>>& out) {
  const json& s = resolve(root, given);
  const auto properties = s.find("properties");
  if (properties == s.end()) {
    if (!path.empty()) out.push_back(path);
    return;
  }
  for (const auto& [key, sub] : properties->items()) {
    path.push_back(key);
    leaves(root, sub, path, out);
    path.pop_back();
  }
}

ordered_json value_of(const std::string& text) {
  auto v = ordered_json::parse(text, nullptr, false);
  return v.is_discarded() ? ordered_json(text) : v;
}

std::string joined(const std::vector<std::string>& keys, const char* by) {
  std::string out;
  for (const auto& k : keys) out += (out.empty() ? "" : by) + k;
  return out;
}

// False: something on the way is no object.
bool put(ordered_json& j, const std::vector<std::string>& keys, ordered_json value) {
  ordered_json* at = &j;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (!at->is_object()) return false;
    at = &(*at)[keys[i]];
    if (at->is_null()) *at = ordered_json::object();
  }
  if (!at->is_object()) return false;
  (*at)[keys.back()] = std::move(value);
  return true;
}

// A text of the schema's string type stays text, even if it reads as a number.
ordered_json typed_value(const json& root, const std::vector<std::string>& keys,
                         const std::string& text) {
  const json* s = &root;
  for (const auto& k : keys) {
    s = property_schema(root, *s, k);
    if (s == nullptr) return value_of(text);
  }
  return resolve(root, *s).value("type", json()) == "string" ? ordered_json(text) : value_of(text);
}

}  // namespace

void apply_environment(ordered_json& j, const json& schema,
                       const std::map<std::string, std::string>& environment,
                       std::vector<ConfigProblem>& problems) {
  std::vector<std::vector<std::string>> known;
  std::vector<std::string> path;
  leaves(schema, schema, path, known);
  for (const auto& keys : known) {
    for (const char* by : {"_", "__"}) {
      const auto it = environment.find("GARDU_" + upper(joined(keys, by)));
      if (it == environment.end()) continue;
      if (!put(j, keys, typed_value(schema, keys, it->second)))
        problems.push_back({joined(keys, "."), "cannot be set by " + it->first});
    }
  }
}

void apply_override(ordered_json& j, const std::string& path, const std::string& value,
                    std::vector<ConfigProblem>& problems) {
  std::vector<std::string> keys;
  std::size_t from = 0;
  while (from <= path.size()) {
    const auto dot = std::min(path.find('.', from), path.size());
    keys.push_back(path.substr(from, dot - from));
    from = dot + 1;
  }
  if (std::any_of(keys.begin(), keys.end(), [](const auto& k) { return k.empty(); }) ||
      !put(j, keys, value_of(value)))
    problems.push_back({path, "cannot be set by --set: it is not the path of a key"});
}

void expand(ordered_json& j, const std::string& path,
            const std::map<std::string, std::string>& environment,
            std::vector<ConfigProblem>& problems) {
  if (j.is_object()) {
    for (auto& [key, member] : j.items())
      expand(member, path.empty() ? key : path + "." + key, environment, problems);
    return;
  }
  if (j.is_array()) {
    for (std::size_t i = 0; i < j.size(); ++i)
      expand(j[i], path + "[" + std::to_string(i) + "]", environment, problems);
    return;
  }
  if (!j.is_string()) return;
  const std::string in = j.get<std::string>();
  std::string out;
  std::size_t i = 0;
  while (i < in.size()) {
    if (in.compare(i, 3, "$${") == 0) {
      out += "${";
      i += 3;
      continue;
    }
    if (in.compare(i, 2, "${") != 0) {
      out += in[i++];
      continue;
    }
    const auto end = in.find('}', i);
    if (end == std::string::npos) {
      problems.push_back({path, "has a ${ without its }"});
      return;
    }
    const std::string inside = in.substr(i + 2, end - i - 2);
    const auto dash = inside.find(":-");
    const std::string name = inside.substr(0, dash);
    const auto it = environment.find(name);
    if (it != environment.end() && (!it->second.empty() || dash == std::string::npos)) {
      out += it->second;
    } else if (dash != std::string::npos) {
      out += inside.substr(dash + 2);
    } else {
      problems.push_back({path, "uses ${" + name +
                                    "}, which is not set; set it in the environment, "
                                    "or give a default as ${" +
                                    name + ":-value}"});
      return;
    }
    i = end + 1;
  }
  j = out;
}

void fill_defaults(ordered_json& j, const json& schema) {
  const auto fill = [&](const auto& self, ordered_json& value, const json& given) -> void {
    const json& s = resolve(schema, given);
    const auto properties = s.find("properties");
    if (!value.is_object() || properties == s.end()) return;
    for (const auto& [key, sub] : properties->items()) {
      const json& member = resolve(schema, sub);
      if (!value.contains(key) && member.contains("default")) value[key] = member["default"];
      if (value.contains(key)) self(self, value[key], member);
    }
  };
  fill(fill, j, schema);
}

}  // namespace gardu::host
