// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of the settings: what is in the section, and whether people can live with it.
#include <nlohmann/json.hpp>

#include "check/checks.hpp"
#include "schema/schema.hpp"

namespace gardu::host::check {
namespace {

using nlohmann::json;

const char* const kSchemaRule =
    "abi/manifest.h: the section " GARDU_SCHEMA_SECTION " holds the JSON Schema of the settings";

class SchemaWalk {
 public:
  SchemaWalk(Context& context, const json& root) : context_(context), root_(root) {}

  void object(const json& node, const std::string& path) {
    if (node.contains("properties")) {
      if (node.value("additionalProperties", json(true)) != json(false) &&
          !node.contains("patternProperties"))
        context_.warn("an object that refuses unknown keys: \"additionalProperties\": false",
                      where(path) + " takes any key, so that a misspelt one is not noticed",
                      kSchemaRule);
      for (const auto& [name, property] : node["properties"].items())
        described(property, path.empty() ? name : path + "." + name);
    }
    for (const char* key : {"items", "additionalProperties"})
      if (node.contains(key) && node[key].is_object()) object(node[key], path + "[]");
    if (node.contains("patternProperties"))
      for (const auto& [pattern, property] : node["patternProperties"].items())
        object(property, path + "." + pattern);
  }

 private:
  static std::string where(const std::string& path) {
    return path.empty() ? "the whole" : "'" + path + "'";
  }

  void described(const json& property, const std::string& path) {
    if (!property.is_object())
      return context_.fail("a schema for '" + path + "'", property.dump(), kSchemaRule);
    if (property.value("description", json()).is_string() == false ||
        property["description"].get<std::string>().empty())
      context_.fail("a description of '" + path + "'", "it has none",
                    "settings are shown to people with their descriptions");
    if (property.contains("default")) valid_default(property, path);
    object(property, path);
  }

  void valid_default(const json& property, const std::string& path) {
    json schema = property;
    if (root_.contains("$defs")) schema["$defs"] = root_["$defs"];
    const auto compiled = Schema::compile(schema.dump());
    if (!compiled) return;  // the whole schema's compilation has told it
    const auto problems = compiled->validate(compiled->with_defaults(property["default"]));
    if (!problems.empty())
      context_.fail("a default of '" + path + "' that its own schema takes",
                    property["default"].dump() + ": " + problems[0].message, kSchemaRule);
  }

  Context& context_;
  const json& root_;
};

}  // namespace

void check_schema(Context& c) {
  const std::string& text = c.subject().read->schema;
  if (text.empty()) c.skip("it has no settings schema; the host takes no settings for it");
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) return c.fail("valid JSON", text.substr(0, 80), kSchemaRule);
  if (!root.is_object()) return c.fail("a JSON object", root.dump().substr(0, 80), kSchemaRule);
  const auto compiled = Schema::compile(text);
  if (!compiled)
    return c.fail("a JSON Schema that the host understands", compiled.status().message(),
                  kSchemaRule);
  if (root.value("type", json()) != "object")
    c.fail("\"type\": \"object\"", "type " + root.value("type", json()).dump(),
           "abi/abi.h: start is given a JSON object");
  SchemaWalk(c, root).object(root, "");
}

}  // namespace gardu::host::check
