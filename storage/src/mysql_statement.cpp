// SPDX-License-Identifier: Apache-2.0
#include "mysql_statement.hpp"

#include <algorithm>
#include <array>

namespace gardu::storage {
namespace {

constexpr unsigned kBinary = 63;  // the character set of what is no text

enum class Form { integer, real, decimal, text, binary };

Form form_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Form::integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return Form::real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return Form::decimal;
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_GEOMETRY:
      return Form::binary;
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
      return field.charsetnr == kBinary ? Form::binary : Form::text;
    default:  // null, times
      return Form::text;
  }
}

}  // namespace

// Where the server's answer for a column goes.
struct MysqlStatement::Column {
  Form form = Form::text;
  long long integer = 0;
  double real = 0;
  std::array<char, 128> text{};
  unsigned long length = 0;
  my_bool null = 0, truncated = 0;
  bool is_unsigned = false;

  MYSQL_BIND bind(const MYSQL_FIELD& field) {
    MYSQL_BIND out{};
    form = form_of(field);
    is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
    out.is_null = &null;
    out.error = &truncated;
    out.length = &length;
    if (form == Form::integer) {
      out.buffer_type = MYSQL_TYPE_LONGLONG;
      out.buffer = &integer;
      out.is_unsigned = is_unsigned ? 1 : 0;
    } else if (form == Form::real) {
      out.buffer_type = MYSQL_TYPE_DOUBLE;
      out.buffer = &real;
    } else {
      out.buffer_type = MYSQL_TYPE_STRING;
      out.buffer = text.data();
      out.buffer_length = text.size();
    }
    return out;
  }
};

// Reads the rest of a result, else the connection would have no other statement.
struct MysqlStatement::Rest {
  MYSQL_STMT* statement;
  ~Rest() { mysql_stmt_free_result(statement); }
};

MysqlStatement::MysqlStatement(MYSQL* connection, const std::string& sql)
    : connection_(connection), statement_(mysql_stmt_init(connection)) {
  if (!statement_) throw MysqlFailure{2008, "out of memory"};
  if (mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) != 0) fail();
}

void MysqlStatement::fail() const {
  if (const unsigned code = mysql_stmt_errno(statement_.get()); code != 0)
    throw MysqlFailure{code, mysql_stmt_error(statement_.get())};
  // While rows are fetched only the connection is told.
  throw MysqlFailure{mysql_errno(connection_), mysql_error(connection_)};
}

void MysqlStatement::execute(std::span<const SqlValue> parameters, PluginRows& rows) {
  MYSQL_STMT* s = statement_.get();
  bind(parameters);
  if (mysql_stmt_execute(s) != 0) fail();
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(
      mysql_stmt_result_metadata(s), mysql_free_result);
  if (result) {
    const Rest rest{s};
    fetch(*result, rows);
    affected_ = rows.size();
  } else {
    affected_ = static_cast<std::int64_t>(mysql_stmt_affected_rows(s));
  }
  last_id_ = mysql_stmt_insert_id(s);
}

void MysqlStatement::bind(std::span<const SqlValue> parameters) {
  if (mysql_stmt_param_count(statement_.get()) != parameters.size())
    throw Error(ErrorKind::invalid, "the parameters do not match");
  std::vector<MYSQL_BIND> binds(parameters.size());
  // The library reads what is bound before execute returns, and changes none of it.
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const SqlValue& v = parameters[k];
    MYSQL_BIND& b = binds[k];
    switch (v.kind) {
      case SqlValue::Kind::null:
        b.buffer_type = MYSQL_TYPE_NULL;
        break;
      case SqlValue::Kind::integer:
        b.buffer_type = MYSQL_TYPE_LONGLONG;
        b.buffer = const_cast<std::int64_t*>(&v.integer);
        break;
      case SqlValue::Kind::real:
        b.buffer_type = MYSQL_TYPE_DOUBLE;
        b.buffer = const_cast<double*>(&v.real);
        break;
      case SqlValue::Kind::text:
        b.buffer_type = MYSQL_TYPE_STRING;
        b.buffer = const_cast<char*>(v.text.data());
        b.buffer_length = v.text.size();
        break;
    }
  }
  if (!binds.empty() && mysql_stmt_bind_param(statement_.get(), binds.data()) != 0) fail();
}

void MysqlStatement::fetch(MYSQL_RES& result, PluginRows& rows) {
  MYSQL_STMT* s = statement_.get();
  std::vector<Column> columns(mysql_num_fields(&result));
  std::vector<MYSQL_BIND> binds;
  const MYSQL_FIELD* fields = mysql_fetch_fields(&result);
  for (std::size_t k = 0; k < columns.size(); ++k) binds.push_back(columns[k].bind(fields[k]));
  if (mysql_stmt_bind_result(s, binds.data()) != 0) fail();
  for (;;) {
    const int code = mysql_stmt_fetch(s);
    if (code == MYSQL_NO_DATA) return;
    if (code == 1) fail();
    rows.begin_row();
    for (std::size_t k = 0; rows.wanted() && k < columns.size(); ++k) {
      Column& c = columns[k];
      if (c.null != 0) {
        rows.add({});
        continue;
      }
      if (c.form == Form::binary)
        throw Error(ErrorKind::invalid, "a cell is binary, which plugins do not have");
      if (c.form == Form::integer) {
        rows.count(sizeof c.integer);
        rows.add(c.is_unsigned && c.integer < 0
                     ? integer_value_of(std::to_string(static_cast<unsigned long long>(c.integer)))
                     : SqlValue{SqlValue::Kind::integer, c.integer, 0, {}});
      } else if (c.form == Form::real) {
        rows.count(sizeof c.real);
        rows.add({SqlValue::Kind::real, 0, c.real, {}});
      } else {
        rows.count(c.length);
        std::string text(c.text.data(), std::min<std::size_t>(c.length, c.text.size()));
        if (c.length > c.text.size()) {
          text.resize(c.length);
          MYSQL_BIND whole{};
          unsigned long length = 0;
          whole.buffer_type = MYSQL_TYPE_STRING;
          whole.buffer = text.data();
          whole.buffer_length = text.size();
          whole.length = &length;
          if (mysql_stmt_fetch_column(s, &whole, static_cast<unsigned>(k), 0) != 0) fail();
        }
        rows.add(c.form == Form::decimal ? integer_value_of(text)
                                         : SqlValue{SqlValue::Kind::text, 0, 0, std::move(text)});
      }
    }
  }
}

}  // namespace gardu::storage
