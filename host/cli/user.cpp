// SPDX-License-Identifier: Apache-2.0
// "user create": people, so that a token can be somebody's.
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "auth/passwords.hpp"
#include "auth/token_service.hpp"
#include "auth/users.hpp"
#include "base/utf8.hpp"
#include "cli/cli.hpp"
#include "cli/database.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kLongestName = 200;

// What is typed is not shown until this goes.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string line_of_input() {
  std::string line;
  std::getline(std::cin, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

std::string typed(const char* prompt) {
  std::cerr << prompt << std::flush;
  const NoEcho quiet;
  std::string line = line_of_input();
  std::cerr << "\n";
  return line;
}

std::string checked(std::string password) {
  if (password.size() < kShortestPassword || password.size() > kLongestPassword)
    throw CommandError(2, "the password must have " + std::to_string(kShortestPassword) + " to " +
                              std::to_string(kLongestPassword) + " bytes");
  return password;
}

// Nothing: there is nobody to ask.
std::optional<std::string> ask_password(const Arguments& a) {
  if (a.has("password-stdin")) return checked(line_of_input());
  if (isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::string password = checked(typed("password: "));
  if (typed("again: ") != password) throw CommandError(2, "the two passwords differ");
  return password;
}

}  // namespace

int user_command(const Arguments& a) {
  if (a.words.size() != 2 || a.words[1] != "create")
    throw CommandError(2, "user takes create\nsee gardu --help");
  NewMember member;
  member.email = a.require("email");
  member.role = a.require("role");
  member.name = a.get("name");
  if (!is_email(member.email)) throw CommandError(2, "--email takes an address, name@host");
  if (member.name.size() > kLongestName || !valid_utf8(member.name + member.email))
    throw CommandError(2, "--name and --email take text in UTF-8, a name of at most " +
                              std::to_string(kLongestName) + " bytes");
  if (!is_role(member.role))
    throw CommandError(2, "--role takes viewer, agent, admin or owner\nsee gardu --help");
  const auto database = open_database(load_settings(a));
  member.workspace_id = find_workspace(*database, a.require("workspace")).id;
  const bool known = database->query([&](storage::Session& s) {
    return storage::users::find_by_email(s, member.email).has_value();
  });
  // Before the transaction: it takes its time, and others write.
  if (const auto password = known ? std::nullopt : ask_password(a))
    member.password_hash = hash_password(*password);
  std::optional<storage::User> user;
  database->writer().run([&](storage::Transaction& tx) { user = put_member(tx, member); });
  if (!user) throw CommandError(2, "a new user needs a password\ngive it with --password-stdin");
  std::cout << user->id << "\n";
  return 0;
}

}  // namespace gardu::host
