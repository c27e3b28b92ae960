// SPDX-License-Identifier: Apache-2.0
#include "statement.hpp"

#include "storage/error.hpp"

namespace gardu::storage {

Statement::Statement(soci::session& session, const std::string& sql, std::string_view columns,
                     const Trace& trace)
    : session_(session), sql_(sql), trace_(trace) {
  for (const char c : columns) columns_.push_back({c == 's', 0, {}, soci::i_null});
}

// SOCI asks for a parameter's type when it prepares, so that happens at the first execution, with
// the types that were bound then; a null keeps the type of its place.
Statement::Slot& Statement::next_parameter(bool text) {
  if (bound_ == parameters_.size()) parameters_.push_back({text, 0, {}, soci::i_ok});
  Slot& slot = parameters_[bound_++];
  slot.indicator = soci::i_ok;
  if (slot.text != text) {
    slot.text = text;
    statement_.reset();  // bound as null before, with the other type
  }
  return slot;
}

Statement& Statement::bind(std::int64_t value) {
  next_parameter(false).integer = value;
  return *this;
}

// One engine would cut the text there, and say nothing.
Statement& Statement::bind(std::string_view value) {
  if (value.find('\0') != std::string_view::npos)
    throw Error(ErrorKind::invalid, "a text has a zero byte in it");
  next_parameter(true).string.assign(value);
  return *this;
}

Statement& Statement::bind_null() {
  const bool known = bound_ < parameters_.size();
  next_parameter(known ? parameters_[bound_].text : true).indicator = soci::i_null;
  return *this;
}

void Statement::prepare() {
  statement_.emplace(session_);
  statement_->alloc();
  for (Slot& c : columns_) {
    if (c.text) {
      statement_->exchange(soci::into(c.string, c.indicator));
    } else {
      statement_->exchange(soci::into(c.integer, c.indicator));
    }
  }
  for (Slot& p : parameters_) {
    if (p.text) {
      statement_->exchange(soci::use(p.string, p.indicator));
    } else {
      statement_->exchange(soci::use(p.integer, p.indicator));
    }
  }
  statement_->prepare(sql_);
  statement_->define_and_bind();
}

void Statement::tell_trace() const {
  TracedStatement told{sql_, {}};
  for (const Slot& p : parameters_) {
    if (p.indicator == soci::i_null) {
      told.values.emplace_back();
    } else if (p.text) {
      told.values.emplace_back(p.string);
    } else {
      told.values.emplace_back(std::int64_t{p.integer});
    }
  }
  trace_(told);
}

void Statement::execute() {
  if (trace_) tell_trace();
  if (!statement_) prepare();
  statement_->execute(false);
}

std::int64_t Statement::run() {
  Unfinished guard{*this};
  if (trace_) tell_trace();
  if (!statement_) prepare();
  statement_->execute(true);
  guard.finished = true;
  return statement_->get_affected_rows();
}

bool Statement::fetch() { return statement_->fetch(); }

}  // namespace gardu::storage
