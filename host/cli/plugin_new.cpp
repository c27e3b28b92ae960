// SPDX-License-Identifier: Apache-2.0
//
// A template file whose name ends in ".in" is written without that ending, with @ID@, @NAME@,
// @CLASS@ and @ALIGN@ (the blanks below GARDU_PLUGIN(@CLASS@, {) replaced in its text and in its
// name; any other is copied as it is.
#include "cli/plugin_new.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace gardu::host {
namespace {

namespace fs = std::filesystem;

constexpr std::array kRoles{"subscriber", "transport", "http"};
constexpr std::size_t kLongestId = 63;  // what the manifest has room for
// Names that CMake keeps for targets of its own.
constexpr std::array kReservedIds{"all", "clean", "help", "install", "package", "test"};

struct Names {
  std::string id;          // my_plugin
  std::string name;        // My plugin
  std::string class_name;  // MyPlugin
  std::string align;
};

bool is_id(std::string_view id) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !id.empty() && lower(id[0]) && std::all_of(id.begin(), id.end(), [&](char c) {
    return lower(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

Names names_of(const std::string& id) {
  Names out{id, id, {}, {}};
  std::replace(out.name.begin(), out.name.end(), '_', ' ');
  out.name = capital(out.name);
  std::string word;
  for (const char c : id + "_") {
    if (c != '_') {
      word += c;
    } else {
      out.class_name += capital(std::exchange(word, {}));
    }
  }
  out.align = std::string(std::string_view("GARDU_PLUGIN(, {").size() + out.class_name.size(), ' ');
  return out;
}

std::string filled(std::string text, const Names& names) {
  const std::pair<std::string_view, const std::string&> marks[] = {{"@ID@", names.id},
                                                                   {"@NAME@", names.name},
                                                                   {"@CLASS@", names.class_name},
                                                                   {"@ALIGN@", names.align}};
  for (const auto& [mark, value] : marks)
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
      text.replace(at, mark.size(), value);
  return text;
}

[[noreturn]] void cannot_write(const fs::path& file) {
  throw CommandError(1, "cannot write " + file.string() +
                            "\nsee whether the folder is yours and the disk has room; what was "
                            "written so far stays there");
}

void write_file(const fs::path& from, fs::path to, const Names& names) {
  std::ifstream in(from, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open())
    throw CommandError(1, "cannot read " + from.string() + "\ninstall the SDK again");
  if (to.extension() == ".in") {
    to.replace_extension();
    to.replace_filename(filled(to.filename().string(), names));
    text = filled(std::move(text), names);
  }
  std::error_code ec;
  fs::create_directories(to.parent_path(), ec);
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) cannot_write(to);
}

void write_tree(const fs::path& from, const fs::path& to, const Names& names) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from))
    if (entry.is_regular_file())
      write_file(entry.path(), to / entry.path().lexically_relative(from), names);
}

void check_role(const std::string& role) {
  if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end())
    throw CommandError(2, "'" + role + "' is no role of a new plugin\n" +
                              "give --role subscriber, --role transport or --role http");
}

void check_id(const std::string& id) {
  const char* const remedy =
      "\ngive --id a name of small letters, digits and '_' that begins with a letter";
  if (!is_id(id)) throw CommandError(2, "'" + id + "' is no plugin id" + remedy);
  if (id.size() > kLongestId)
    throw CommandError(2, "the plugin id '" + id + "' is longer than 63 characters" + remedy);
  if (std::find(kReservedIds.begin(), kReservedIds.end(), id) != kReservedIds.end())
    throw CommandError(2, "'" + id + "' is a word of CMake's own\ngive --id another one");
}

void check_folder(const fs::path& dir) {
  std::error_code ec;
  if (!fs::exists(dir, ec)) return;
  if (!fs::is_directory(dir, ec) || !fs::is_empty(dir, ec) || ec)
    throw CommandError(2, dir.string() + " is there already and is no empty folder\n" +
                              "name another folder, or empty this one");
}

fs::path program_dir() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).parent_path();
}

fs::path template_dir() {
  const char* const named = std::getenv("GARDU_TEMPLATE_DIR");
  if (named != nullptr && *named != '\0') return named;
  return program_dir().parent_path() / "share" / "gardu" / "template";
}

// The shell finds gardu by its bare name; then CMake finds the SDK, too: it looks beside PATH's
// folders.
bool in_path() {
  const char* const path = std::getenv("PATH");
  const std::string folders = ":" + std::string(path == nullptr ? "" : path) + ":";
  return folders.find(":" + program_dir().string() + ":") != std::string::npos;
}

std::string prefix_option() {
  std::error_code ec;
  const fs::path prefix = program_dir().parent_path();
  if (!fs::is_directory(prefix / "lib" / "cmake" / "GarduSdk", ec)) return {};
  return " -DCMAKE_PREFIX_PATH='" + prefix.string() + "'";
}

void print_next(const NewPlugin& what, const std::string& id) {
  const bool short_names = in_path();
  const std::string gardu = short_names ? "gardu" : "'" + (program_dir() / "gardu").string() + "'";
  std::cout << id << ": a new " << what.role << " plugin in " << what.dir.string() << "\nNext:\n"
            << "  cd '" << what.dir.string() << "'\n"
            << "  cmake --preset default" << (short_names ? "" : prefix_option()) << "\n"
            << "  cmake --build --preset default\n"
            << "  ctest --preset default\n"
            << "  " << gardu << " plugin check build/" << id
            << ".so --settings settings.example.json\n"
            << "  " << gardu << " serve --config gardu.json\n"
            << "README.md says how to see it work.\n";
}

}  // namespace

std::string write_new_plugin(const NewPlugin& what) {
  check_role(what.role);
  fs::path dir = fs::absolute(what.dir).lexically_normal();
  if (!dir.has_filename()) dir = dir.parent_path();  // "greeter/"
  const std::string id = what.id.empty() ? dir.filename().string() : what.id;
  check_id(id);
  check_folder(dir);
  for (const fs::path& part : {what.templates / "common", what.templates / what.role}) {
    std::error_code ec;
    if (!fs::is_directory(part, ec))
      throw CommandError(1, "the template " + part.string() +
                                " is missing\ninstall the SDK again, or name its folder "
                                "share/gardu/template in GARDU_TEMPLATE_DIR");
  }
  std::error_code ec;
  fs::create_directories(dir, ec);
  if (ec) cannot_write(dir);
  const Names names = names_of(id);
  write_tree(what.templates / "common", dir, names);
  write_tree(what.templates / what.role, dir, names);
  return id;
}

int plugin_new_command(const Arguments& args) {
  if (args.words.size() != 3)
    throw CommandError(2, "plugin new takes one folder\n" +
                              std::string("gardu plugin new DIR --role subscriber|transport|http "
                                          "[--id ID]"));
  const NewPlugin what{args.words[2], template_dir(), args.require("role"), args.get("id")};
  const std::string id = write_new_plugin(what);
  print_next(what, id);
  return 0;
}

}  // namespace gardu::host
