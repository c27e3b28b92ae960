// SPDX-License-Identifier: Apache-2.0
#include "schema/schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "schema/walk.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

std::string join(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

const char* article(const std::string& type) {
  return type == "array" || type == "integer" || type == "object" ? "an " : "a ";
}

bool has_type(const json& v, const std::string& type) {
  if (type == "object") return v.is_object();
  if (type == "array") return v.is_array();
  if (type == "string") return v.is_string();
  if (type == "boolean") return v.is_boolean();
  if (type == "null") return v.is_null();
  if (type == "integer") return v.is_number_integer();
  if (type == "number") return v.is_number();
  return true;
}

class Validator {
 public:
  explicit Validator(const json& root) : root_(root) {}

  void check(const json& given, const json& v, const std::string& path) {
    const json& s = resolve(root_, given);
    if (!s.is_object()) return;
    if (!check_type(s, v, path)) return;
    check_choice(s, v, path);
    if (v.is_string()) check_text(s, v.get_ref<const std::string&>(), path);
    if (v.is_number()) check_number(s, v, path);
    if (v.is_array()) check_array(s, v, path);
    if (v.is_object()) check_object(s, v, path);
    if (const auto any = s.find("anyOf"); any != s.end()) check_any(*any, v, path);
  }

  std::vector<SchemaProblem> problems;

 private:
  void say(const std::string& path, std::string message) {
    problems.push_back({path, std::move(message)});
  }

  bool check_type(const json& s, const json& v, const std::string& path) {
    const auto it = s.find("type");
    if (it == s.end()) return true;
    const auto types = it->is_array() ? it->get<std::vector<std::string>>()
                                      : std::vector<std::string>{it->get<std::string>()};
    if (std::any_of(types.begin(), types.end(), [&](const auto& t) { return has_type(v, t); }))
      return true;
    std::string wanted;
    for (const auto& t : types) wanted += (wanted.empty() ? "" : " or ") + (article(t) + t);
    say(path, "must be " + wanted + ", not " + article(v.type_name()) + v.type_name());
    return false;
  }

  void check_choice(const json& s, const json& v, const std::string& path) {
    if (const auto it = s.find("enum"); it != s.end()) {
      if (std::find(it->begin(), it->end(), v) != it->end()) return;
      std::string words;
      for (const json& w : *it) words += (words.empty() ? "" : ", ") + w.dump();
      say(path, "must be one of " + words);
    } else if (const auto c = s.find("const"); c != s.end() && *c != v) {
      say(path, "must be " + c->dump());
    }
  }

  void check_text(const json& s, const std::string& text, const std::string& path) {
    if (const auto it = s.find("minLength"); it != s.end() && text.size() < it->get<std::size_t>())
      say(path, text.empty() ? "must not be empty" : "is too short");
    if (const auto it = s.find("maxLength"); it != s.end() && text.size() > it->get<std::size_t>())
      say(path, "is longer than " + it->dump() + " bytes");
    if (const auto it = s.find("pattern");
        it != s.end() && text.size() <= 4096 &&
        !std::regex_search(text, std::regex(it->get<std::string>())))
      say(path, "must match " + it->get<std::string>());
    if (s.value("format", "") == "byte-size" && !parse_byte_size(text))
      say(path, "must be a size like 65536, \"64KiB\" or \"16MiB\"");
  }

  void check_number(const json& s, const json& v, const std::string& path) {
    if (const auto it = s.find("minimum"); it != s.end() && v < *it)
      say(path, "must be at least " + it->dump());
    if (const auto it = s.find("maximum"); it != s.end() && v > *it)
      say(path, "must be at most " + it->dump());
  }

  void check_array(const json& s, const json& v, const std::string& path) {
    if (const auto it = s.find("minItems"); it != s.end() && v.size() < it->get<std::size_t>())
      say(path, "must have at least " + it->dump() + " entries");
    if (const auto it = s.find("maxItems"); it != s.end() && v.size() > it->get<std::size_t>())
      say(path, "must have at most " + it->dump() + " entries");
    if (const auto it = s.find("items"); it != s.end())
      for (std::size_t i = 0; i < v.size(); ++i)
        check(*it, v[i], path + "[" + std::to_string(i) + "]");
  }

  void check_object(const json& s, const json& v, const std::string& path) {
    if (const auto it = s.find("required"); it != s.end())
      for (const json& key : *it)
        if (!v.contains(key.get<std::string>()))
          say(join(path, key.get<std::string>()), "is missing");
    for (const auto& [key, value] : v.items()) {
      if (const json* sub = property_schema(root_, s, key)) {
        check(*sub, value, join(path, key));
      } else if (const auto more = s.find("additionalProperties");
                 more != s.end() && *more == false) {
        std::string text = "is an unknown key";
        if (const auto meant = nearest(key, property_names(root_, s)))
          text += "; did you mean '" + *meant + "'?";
        say(join(path, key), text);
      }
    }
  }

  void check_any(const json& any, const json& v, const std::string& path) {
    for (const json& s : any) {
      Validator one(root_);
      one.check(s, v, path);
      if (one.problems.empty()) return;
    }
    say(path, "fits none of the forms that are allowed here");
  }

  const json& root_;
};

void fill(const json& root, const json& given, json& value) {
  const json& s = resolve(root, given);
  if (!s.is_object()) return;
  if (value.is_object()) {
    if (const auto it = s.find("properties"); it != s.end())
      for (const auto& [key, sub] : it->items()) {
        const json& schema = resolve(root, sub);
        if (!value.contains(key) && schema.contains("default")) value[key] = schema["default"];
      }
    for (auto& [key, member] : value.items())
      if (const json* sub = property_schema(root, s, key)) fill(root, *sub, member);
  } else if (value.is_array() && s.contains("items")) {
    for (json& item : value) fill(root, s["items"], item);
  }
}

void mask(const json& root, const json& given, json& value) {
  const json& s = resolve(root, given);
  if (!s.is_object()) return;
  if (s.value("writeOnly", false)) {
    if (!value.is_string() || !value.get_ref<const std::string&>().empty()) value = "********";
  } else if (value.is_object()) {
    for (auto& [key, member] : value.items())
      if (const json* sub = property_schema(root, s, key)) mask(root, *sub, member);
  } else if (value.is_array() && s.contains("items")) {
    for (json& item : value) mask(root, s["items"], item);
  }
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t up = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = up;
    }
  }
  return row.back();
}

}  // namespace

Result<Schema> Schema::compile(std::string_view text) {
  auto root = std::make_shared<json>(json::parse(text, nullptr, false));
  if (!root->is_object()) return Status::invalid("it is not a JSON object");
  return Schema(std::move(root));
}

std::vector<SchemaProblem> Schema::validate(const json& value) const {
  Validator v(*root_);
  try {
    v.check(*root_, value, "");
  } catch (const std::exception& e) {  // a keyword of the schema itself has the wrong form
    v.problems.push_back({"", std::string("the schema is not well formed: ") + e.what()});
  }
  return std::move(v.problems);
}

json Schema::with_defaults(json value) const {
  fill(*root_, *root_, value);
  return value;
}

json Schema::masked(json value) const {
  mask(*root_, *root_, value);
  return value;
}

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t n = 0;
  std::size_t i = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9' && i < 15)
    n = n * 10 + static_cast<std::uint64_t>(text[i++] - '0');
  if (i == 0) return std::nullopt;
  const std::string_view unit = text.substr(i);
  if (unit.empty() || unit == "B") return n;
  if (unit == "KiB") return n << 10U;
  if (unit == "MiB") return n << 20U;
  if (unit == "GiB") return n << 30U;
  return std::nullopt;
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& c : candidates)
    if (const std::size_t d = distance(word, c); d < least) {
      least = d;
      best = c;
    }
  return best;
}

}  // namespace gardu::host
