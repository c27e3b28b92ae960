// SPDX-License-Identifier: Apache-2.0
#include "plugin_schema.hpp"

#include "plugin_reader.hpp"

namespace gardu::storage {
namespace {

class SchemaReader final : private PluginReader {
 public:
  using PluginReader::PluginReader;

  PluginSchema read() {
    if (take("create")) {
      create();
    } else if (take("alter")) {
      alter();
    } else {
      expect("drop");
      drop();
    }
    if (!at_end()) refuse_here();
    out_.sql = nothing_ ? std::string() : text_.str();
    return std::move(out_);
  }

 private:
  using What = PluginSchema::What;

  bool if_exists(bool negated) {
    if (!take("if")) return false;
    if (negated) expect("not");
    expect("exists");
    return true;
  }

  std::string own_table() {
    const std::string table = name();
    if (!is_own(table)) refuse("'" + table + "' is not a table of this plugin");
    return table;
  }

  void create() {
    const bool unique = take("unique");
    if (!unique && take("table")) {
      out_.what = What::create_table;
      if_exists(true);
      out_.name = name();
      expect("(");
      do {
        element();
      } while (take(","));
      expect(")");
      return;
    }
    expect("index");
    out_.what = What::create_index;
    if_exists(true);
    out_.name = name();
    expect("on");
    out_.table = own_table();
    expect("(");
    do {
      name();
      if (!take("asc")) take("desc");
    } while (take(","));
    expect(")");
    if (take("where")) expression({});
  }

  void alter() {
    expect("table");
    out_.name = own_table();
    if (take("add")) {
      out_.what = What::add_column;
      take("column");
      out_.column = column();
    } else if (take("drop")) {
      out_.what = What::drop_column;
      take("column");
      out_.column = name();
    } else {
      expect("rename");
      out_.what = is("to") ? What::rename_table : What::rename_column;
      if (out_.what == What::rename_column) {
        expect("column");
        out_.column = name();
      }
      expect("to");
      out_.new_name = name();
    }
  }

  // One that is not there is not looked for: it may be somebody else's, of another kind.
  void drop() {
    const bool table = take("table");
    if (!table) expect("index");
    out_.what = table ? What::drop_table : What::drop_index;
    const bool may_miss = if_exists(false);
    out_.name = name();
    if (!table || is_own(out_.name)) return;
    if (!may_miss) refuse("'" + out_.name + "' is not a table of this plugin");
    nothing_ = true;
  }

  // Of a table: a column or a constraint.
  void element() {
    const bool named = constraint_name();
    if (is("primary") || is("unique")) {
      if (take("primary")) {
        expect("key");
      } else {
        expect("unique");
      }
      names_in_parentheses();
    } else if (take("check")) {
      check();
    } else if (take("foreign")) {
      expect("key");
      names_in_parentheses();
      references();
    } else if (named) {
      refuse_here();
    } else {
      column();
    }
  }

  bool constraint_name() {
    if (!take("constraint")) return false;
    const std::string given = name();
    if (!given.starts_with(std::string(call_.plugin) + "_"))
      refuse("'" + given + "' is not a name of this plugin");
    return true;
  }

  std::string column() {
    const std::string given = name();
    type();
    while (!at_end() && !is(",") && !is(")")) column_constraint();
    return given;
  }

  void type() {
    if (is("text")) {
      if (engine_ == PluginEngine::mysql) text_.replace(at_, "longtext");  // else only 64 KiB
      ++at_;
    } else if (take("double")) {
      expect("precision");
    } else if (take("varchar")) {
      expect("(");
      if (at_end() || tokens_[at_].kind != SqlToken::Kind::number) refuse_here();
      ++at_;
      expect(")");
    } else if (!take("bigint") && !take("integer") && !take("int") && !take("smallint")) {
      refuse_here();
    }
  }

  void column_constraint() {
    constraint_name();
    if (take("not")) {
      expect("null");
    } else if (take("primary")) {
      expect("key");
    } else if (take("check")) {
      check();
    } else if (take("default")) {
      default_value();
    } else if (is("references")) {
      references();
    } else if (!take("null")) {
      expect("unique");
    }
  }

  void default_value() {
    if (take("null")) return;
    if (is("(")) return check();
    if (!take("-")) take("+");
    const bool literal = !at_end() && (tokens_[at_].kind == SqlToken::Kind::number ||
                                       tokens_[at_].kind == SqlToken::Kind::string);
    if (!literal) refuse_here();
    ++at_;
  }

  void check() {
    expect("(");
    expression({});
    expect(")");
  }

  void references() {
    expect("references");
    const std::string parent = name();
    if (!is_own(parent) && parent != call_.target)
      refuse("'" + parent + "' is not a table of this plugin");
    if (is("(")) names_in_parentheses();
    while (take("on")) {
      if (!take("delete")) expect("update");
      if (take("set")) {
        if (!take("null")) expect("default");
      } else if (take("no")) {
        expect("action");
      } else if (!take("cascade")) {
        expect("restrict");
      }
    }
  }

  PluginSchema out_;
  bool nothing_ = false;
};

}  // namespace

PluginSchema plugin_schema(const PluginCall& call, PluginEngine engine) {
  return SchemaReader(call, engine).read();
}

}  // namespace gardu::storage
