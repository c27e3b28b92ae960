// SPDX-License-Identifier: Apache-2.0
// What is laid over the configuration file: environment, command line, ${VAR}, defaults.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/settings.hpp"

namespace gardu::host {

// GARDU_<PATH>: the path's keys in capitals, joined by "_" (GARDU_HTTP_LISTEN: http.listen). "__"
// stands for the dot wherever a key has a "_" itself (GARDU_LIMITS__SENDS_PER_DAY). Only keys that
// the schema names can be meant, so other variables of that prefix are left alone.
void apply_environment(nlohmann::ordered_json& j, const nlohmann::json& schema,
                       const std::map<std::string, std::string>& environment,
                       std::vector<ConfigProblem>& problems);
// path=value; the value is JSON if it reads as such, else text.
void apply_override(nlohmann::ordered_json& j, const std::string& path, const std::string& value,
                    std::vector<ConfigProblem>& problems);
// ${VAR} and ${VAR:-otherwise} in every text; $${ stands for a literal ${. What was put in is not
// looked at again.
void expand(nlohmann::ordered_json& j, const std::string& path,
            const std::map<std::string, std::string>& environment,
            std::vector<ConfigProblem>& problems);
void fill_defaults(nlohmann::ordered_json& j, const nlohmann::json& schema);

}  // namespace gardu::host
