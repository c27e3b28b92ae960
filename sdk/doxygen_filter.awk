# SPDX-License-Identifier: Apache-2.0
#
# Doxygen's INPUT_FILTER for the headers: turns their plain comments into ones that Doxygen reads.
#   // above a declaration   -> ///      the comment that heads a file -> @file
#   code  // beside it       -> ///<
#   /* above */, beside /**/ -> /** */, /**< */
# Comments within functions stay plain. An example is what is indented by five blanks after an empty
# "//". What is the same everywhere (size, reserved, what cannot be copied) gets its comment here.

function escaped(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/[<>@#&%]/, "\\\\&", text)
  return text
}
# One line of a "//" comment as "///", its examples between @code and @endcode.
function doc_line(indent, text) {
  if (text ~ /^     / && empty && !code) { print indent "/// @code"; code = 1 }
  empty = text == ""
  if (code && text !~ /^     / && text != "") { print indent "/// @endcode"; code = 0 }
  print indent "///" (code ? text : escaped(text))
}
function end_code(indent) {
  if (code) { print indent "/// @endcode"; code = 0 }
}

FNR == 1 { head = 1; code = 0; block = 0; empty = 0; print "/// @file"; next }
head && /^\/\// { doc_line("", substr($0, 3)); next }
head { end_code(""); head = 0; print; next }

# Within a /* comment of several lines.
block {
  line = $0
  sub(/^ +/, "", line)
  if (sub(/ *\*\/ *$/, "", line)) { print "   " escaped(line) " */"; block = 0 }
  else print "   " escaped(line)
  next
}

/^ ? ?\/\// {
  match($0, /^ */)
  indent = substr($0, 1, RLENGTH)
  doc_line(indent, substr($0, RLENGTH + 3))
  within = 1
  commented = 1
  next
}
within { end_code(""); within = 0 }

/^ *\/\*/ || /^[^"]*[^ "\/].* \/\* / {
  at = index($0, "/*")
  before = substr($0, 1, at - 1)
  rest = substr($0, at + 2)
  mark = before ~ /[^ ]/ ? "/**<" : "/**"
  if (sub(/ *\*\/ *$/, "", rest)) print before mark escaped(rest) " */"
  else { print before mark escaped(rest); block = 1 }
  next
}

/^ ? ?[^ \/].*  \/\/ / {
  at = index($0, "  // ")
  print substr($0, 1, at + 1) "///<" escaped(substr($0, at + 4))
  next
}
/^  [a-z].* size;$/ { print $0 "  ///< The bytes that its writer knows: rule 1 of abi.h."; next }
/^  [a-z].* reserved[0-9]*;$/ { print $0 "  ///< Zero."; next }
/^  .* = delete;$/ { print $0 "  ///< Not for use."; next }
# What is the same in every class, unless it has a comment of its own.
!commented && /^  (virtual )?~[A-Z]/ { print "  /// Gives up what it holds." }
!commented && /^  [A-Z][A-Za-z]*(& operator=)?\(([A-Z][A-Za-z]*&&|const [A-Z][A-Za-z]*&) o\)/ {
  print "  /// Moves, or shares where it can be copied."
}
!commented && /^  const gardu_[a-z_]*& raw\(\) const/ { print "  /// The view in terms of the ABI." }
{ commented = 0; print }
