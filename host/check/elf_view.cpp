// SPDX-License-Identifier: Apache-2.0
#include "check/elf_view.hpp"

#include <cstring>

namespace gardu::host::check {
namespace {

template <class T>
std::optional<T> record_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

std::string_view part(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return {};
  return bytes.substr(offset, size);
}

std::string_view text_at(std::string_view texts, std::uint64_t offset) {
  if (offset >= texts.size()) return {};
  const std::string_view rest = texts.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

}  // namespace

std::optional<ElfView> ElfView::parse(std::string_view bytes) {
  const auto head = record_at<Elf64_Ehdr>(bytes, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
      head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB ||
      head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff > bytes.size())
    return std::nullopt;
  std::vector<Elf64_Shdr> heads;
  for (std::uint64_t i = 0; i < head->e_shnum; ++i)
    if (const auto s = record_at<Elf64_Shdr>(bytes, head->e_shoff + i * sizeof(Elf64_Shdr)))
      heads.push_back(*s);
  if (heads.size() != head->e_shnum || head->e_shstrndx >= heads.size()) return std::nullopt;
  const Elf64_Shdr& names_head = heads[head->e_shstrndx];
  const std::string_view names = part(bytes, names_head.sh_offset, names_head.sh_size);
  ElfView out;
  for (const Elf64_Shdr& s : heads)
    out.sections_.push_back(
        {text_at(names, s.sh_name),
         s.sh_type == SHT_NOBITS ? std::string_view{} : part(bytes, s.sh_offset, s.sh_size),
         s.sh_type, s.sh_link});
  return out;
}

std::optional<std::string_view> ElfView::section(std::string_view name) const {
  for (const Section& s : sections_)
    if (s.name == name) return s.data;
  return std::nullopt;
}

const ElfView::Section* ElfView::first(std::uint32_t type) const {
  for (const Section& s : sections_)
    if (s.type == type) return &s;
  return nullptr;
}

std::string_view ElfView::linked_texts(const Section& section) const {
  return section.link < sections_.size() ? sections_[section.link].data : std::string_view{};
}

std::vector<ElfSymbol> ElfView::symbols(std::uint32_t type) const {
  std::vector<ElfSymbol> out;
  const Section* table = first(type);
  if (table == nullptr) return out;
  const std::string_view texts = linked_texts(*table);
  for (std::uint64_t at = sizeof(Elf64_Sym);; at += sizeof(Elf64_Sym)) {  // the first is empty
    const auto s = record_at<Elf64_Sym>(table->data, at);
    if (!s) return out;
    out.push_back({text_at(texts, s->st_name),
                   static_cast<unsigned char>(ELF64_ST_BIND(s->st_info)),
                   static_cast<unsigned char>(ELF64_ST_TYPE(s->st_info)), s->st_shndx != SHN_UNDEF,
                   s->st_size});
  }
}

std::vector<std::uint64_t> ElfView::dynamic(std::int64_t tag) const {
  std::vector<std::uint64_t> out;
  const Section* table = first(SHT_DYNAMIC);
  for (std::uint64_t at = 0; table != nullptr; at += sizeof(Elf64_Dyn)) {
    const auto d = record_at<Elf64_Dyn>(table->data, at);
    if (!d || d->d_tag == DT_NULL) break;
    if (d->d_tag == tag) out.push_back(d->d_un.d_val);
  }
  return out;
}

std::vector<std::string> ElfView::dynamic_texts(std::int64_t tag) const {
  std::vector<std::string> out;
  const Section* table = first(SHT_DYNAMIC);
  if (table == nullptr) return out;
  for (const std::uint64_t offset : dynamic(tag))
    out.emplace_back(text_at(linked_texts(*table), offset));
  return out;
}

}  // namespace gardu::host::check
