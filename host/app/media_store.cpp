// SPDX-License-Identifier: Apache-2.0
#include "app/media_store.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "app/media_names.hpp"
#include "base/crypto.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "storage/media.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {

namespace fs = std::filesystem;

// Not unnamed: MediaStore::Impl, which the header names, is made of them.
namespace media_parts {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void update(std::string_view bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string hex() {
    std::string out(32, '\0');
    check(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                             nullptr) == 1);
    return hex_encode(out);
  }

 private:
  static void check(bool fine) {
    if (!fine) throw std::runtime_error("the cryptographic library failed");
  }
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace media_parts

namespace {

using media_parts::Descriptor;

constexpr std::size_t kMostWriters = 64;  // of a plugin
constexpr const char* kReady = "ready";
constexpr std::string_view kTemporary = "part-";

Status not_found() { return {GARDU_NOT_FOUND, "the workspace has no such file"}; }
Status no_workspace() { return {GARDU_NOT_FOUND, "no such workspace"}; }
Status no_writer() { return Status::invalid("no file is being written under this handle"); }

Status disk_error(const char* what, int error) {
  const std::string text = std::string(what) + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // the limit that the process was given
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Status::retry(text);
    default:
      return Status::internal(text);
  }
}

// 0, or errno.
int sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0 ? 0 : errno;
}
int make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) return errno == EEXIST ? 0 : errno;
  return sync_folder(folder.parent_path());
}

}  // namespace

namespace media_parts {

// A file that is being written. Its end removes the temporary file, if it still has that name.
class Writing {
 public:
  Writing(std::string plugin, MediaInfo info, fs::path folder)
      : plugin_(std::move(plugin)),
        info_(std::move(info)),
        folder_(std::move(folder)),
        temporary_(folder_ / (std::string(kTemporary) + uuid_v7())),
        file_(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)),
        opened_(file_.get() >= 0 ? 0 : errno) {}
  ~Writing() {
    if (opened_ == 0 && !moved_) ::unlink(temporary_.c_str());
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  const std::string& plugin() const { return plugin_; }
  int opened() const { return opened_; }  // 0, or errno

  Status append(std::string_view bytes, std::uint64_t max_size) {
    const std::lock_guard lock(mutex_);
    if (!lost_.ok()) return lost_;
    if (bytes.size() > max_size - info_.bytes)
      return lost_ = Status::invalid("the file is larger than media.max_size, " +
                                     std::to_string(max_size) + " bytes");
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::pwrite(file_.get(), bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(info_.bytes + done));
      if (n > 0) done += static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR) return give_back(errno);
    }
    digest_.update(bytes);
    info_.bytes += bytes.size();
    return {};
  }

  // Moves it to its place: on the disk, name and all, when this is fine.
  Result<storage::Media> keep() {
    const std::lock_guard lock(mutex_);
    if (!lost_.ok()) return lost_;
    lost_ = no_writer();  // whoever still holds the handle must not write into what is stored
    storage::Media m;
    m.id = uuid_v7();
    m.workspace_id = info_.workspace_id;
    m.sha256 = digest_.hex();
    m.mime_type = info_.mime_type;
    m.size = static_cast<std::int64_t>(info_.bytes);
    m.file_name = info_.file_name;
    const std::string part = m.sha256.substr(0, 2);
    m.path = m.workspace_id + "/" + part + "/" + m.sha256;
    m.state = kReady;
    m.created_at = now_ms();
    const fs::path place = folder_ / part;
    if (const int e = to_place(place, place / m.sha256); e != 0)
      return disk_error("a media file could not be stored", e);
    return m;
  }

 private:
  Status give_back(int error) {
    // The room that a part took is given back; the bytes may be appended again.
    Status status = disk_error("a media file could not be written", error);
    if (::ftruncate(file_.get(), static_cast<off_t>(info_.bytes)) != 0) lost_ = status;
    return status;
  }
  int to_place(const fs::path& folder, const fs::path& file) {
    if (::fsync(file_.get()) != 0) return errno;
    if (const int e = make_folder(folder); e != 0) return e;
    // Also over a file of the same bytes: should that one have been damaged, it is whole again.
    if (::rename(temporary_.c_str(), file.c_str()) != 0) return errno;
    moved_ = true;
    return sync_folder(folder);
  }

  const std::string plugin_;
  MediaInfo info_;
  const fs::path folder_, temporary_;
  const Descriptor file_;
  const int opened_;
  std::mutex mutex_;
  Sha256 digest_;
  Status lost_;  // why it cannot be kept any more
  bool moved_ = false;
};

}  // namespace media_parts

namespace {

using media_parts::Writing;

bool same(const storage::Media& a, const storage::Media& b) {
  return a.mime_type == b.mime_type && a.file_name == b.file_name;
}

// The id of bytes that the workspace has under another type or name already: made of all that
// tells it from the others, so that the same again is found again.
std::string id_of_variant(const storage::Media& m) {
  std::string h =
      sha256_hex(m.workspace_id + "\n" + m.sha256 + "\n" + m.mime_type + "\n" + m.file_name);
  h[12] = '8';  // a UUID of version 8
  h[16] = 'a';
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) +
         "-" + h.substr(20, 12);
}

// The id of the row that it has or is given.
std::string store_row(storage::Transaction& tx, storage::Media m) {
  auto known = storage::media::find_by_hash(tx, m.workspace_id, m.sha256);
  if (known && !same(*known, m)) {
    m.id = id_of_variant(m);
    known = storage::media::get(tx, m.workspace_id, m.id);
  }
  if (!known) {
    storage::media::insert(tx, m);
    return m.id;
  }
  storage::media::refresh(tx, m.workspace_id, m.sha256, m.created_at);
  if (known->state != kReady) storage::media::set_state(tx, m.workspace_id, known->id, kReady);
  return known->id;
}

}  // namespace

struct MediaStore::Impl {
  storage::Database& database;
  const fs::path folder;
  const std::uint64_t max_size;
  std::mutex mutex;  // of what follows; never held while the disk works
  std::map<std::uint64_t, std::shared_ptr<Writing>> writers;
  std::uint64_t last = 0;

  void sweep() const;
  std::shared_ptr<Writing> find(const std::string& plugin, std::uint64_t writer, bool take);
  std::optional<storage::Media> row(std::string_view workspace_id, std::string_view id);
};

void MediaStore::Impl::sweep() const {
  const auto too_old = fs::file_time_type::clock::now() - std::chrono::hours(24);
  std::error_code ignored;
  for (const auto& workspace : fs::directory_iterator(folder, ignored)) {
    if (!workspace.is_directory(ignored) || workspace.is_symlink(ignored)) continue;
    for (const auto& file : fs::directory_iterator(workspace.path(), ignored)) {
      if (!file.path().filename().string().starts_with(kTemporary)) continue;
      if (!file.is_regular_file(ignored) || file.is_symlink(ignored)) continue;
      const auto written = file.last_write_time(ignored);
      if (!ignored && written < too_old) fs::remove(file.path(), ignored);
    }
  }
}

std::shared_ptr<Writing> MediaStore::Impl::find(const std::string& plugin, std::uint64_t writer,
                                                bool take) {
  const std::lock_guard lock(mutex);
  const auto it = writers.find(writer);
  if (it == writers.end() || it->second->plugin() != plugin) return nullptr;
  auto out = it->second;
  if (take) writers.erase(it);
  return out;
}

std::optional<storage::Media> MediaStore::Impl::row(std::string_view workspace_id,
                                                    std::string_view id) {
  if (!looks_like_id(workspace_id) || !looks_like_id(id)) return std::nullopt;
  return database.query([&](storage::Session& s) {
    return storage::media::get(s, std::string(workspace_id), std::string(id));
  });
}

MediaStore::MediaStore(storage::Database& database, fs::path folder, std::uint64_t max_size)
    : impl_(new Impl{database, std::move(folder), max_size, {}, {}, 0}) {
  if (fs::create_directories(impl_->folder))
    fs::permissions(impl_->folder, fs::perms::owner_all, fs::perm_options::replace);
  try {
    impl_->sweep();
  } catch (const fs::filesystem_error&) {  // what is left over takes room, no more
  }
}
MediaStore::~MediaStore() = default;

Result<std::uint64_t> MediaStore::open(const std::string& plugin, const MediaInfo& info) {
  if (!looks_like_id(info.workspace_id)) return Status::invalid("workspace_id is not an id");
  if (!is_mime_type(info.mime_type)) return Status::invalid("mime_type is not a media type");
  const auto workspace = impl_->database.query(
      [&](storage::Session& s) { return storage::workspaces::get(s, info.workspace_id); });
  if (!workspace) return no_workspace();
  const fs::path folder = impl_->folder / info.workspace_id;
  if (const int e = make_folder(folder); e != 0)
    return disk_error("the workspace's media folder could not be made", e);
  MediaInfo wanted;
  wanted.workspace_id = info.workspace_id;
  wanted.mime_type = info.mime_type;
  wanted.file_name = tamed_name(info.file_name);
  const auto writing = std::make_shared<Writing>(plugin, std::move(wanted), folder);
  if (writing->opened() != 0)
    return disk_error("a media file could not be made", writing->opened());

  const std::lock_guard lock(impl_->mutex);
  const auto open = std::count_if(impl_->writers.begin(), impl_->writers.end(),
                                  [&](const auto& w) { return w.second->plugin() == plugin; });
  if (static_cast<std::size_t>(open) >= kMostWriters)
    return Status(GARDU_FULL, "the plugin is writing 64 files already");
  impl_->writers.emplace(++impl_->last, writing);
  return impl_->last;
}

Status MediaStore::append(const std::string& plugin, std::uint64_t writer, std::string_view bytes) {
  const auto writing = impl_->find(plugin, writer, false);
  return writing ? writing->append(bytes, impl_->max_size) : no_writer();
}

Result<std::string> MediaStore::finish(const std::string& plugin, std::uint64_t writer, bool keep,
                                       const Transact& transact) {
  const auto writing = impl_->find(plugin, writer, true);
  if (!writing) return no_writer();
  if (!keep) return std::string();
  const auto media = writing->keep();
  if (!media) return media.status();
  // A file without a row is left where it is when this fails: its bytes may be another row's, and
  // storing them again takes no more room.
  std::optional<std::string> id;
  const auto work = [&](storage::Transaction& tx) {
    if (storage::workspaces::get(tx, media->workspace_id)) id = store_row(tx, *media);
  };
  if (transact) {
    transact(work);
  } else {
    impl_->database.writer().run(work);
  }
  if (id) return *id;
  ::unlink((impl_->folder / media->path).c_str());  // the workspace went, with all its rows
  return no_workspace();
}

void MediaStore::drop_all(const std::string& plugin) {
  std::vector<std::shared_ptr<Writing>> dropped;  // removed from the disk without the lock
  const std::lock_guard lock(impl_->mutex);
  for (auto it = impl_->writers.begin(); it != impl_->writers.end();) {
    if (it->second->plugin() == plugin) {
      dropped.push_back(std::move(it->second));
      it = impl_->writers.erase(it);
    } else {
      ++it;
    }
  }
}

Result<MediaInfo> MediaStore::stat(std::string_view workspace_id, std::string_view id) {
  const auto m = impl_->row(workspace_id, id);
  if (!m) return not_found();
  return MediaInfo{m->workspace_id, m->id,     m->mime_type,
                   m->file_name,    m->sha256, static_cast<std::uint64_t>(m->size)};
}

Result<std::string> MediaStore::read(std::string_view workspace_id, std::string_view id,
                                     std::uint64_t offset, std::uint64_t most) {
  const auto m = impl_->row(workspace_id, id);
  if (!m || m->state != kReady) return not_found();
  const auto size = static_cast<std::uint64_t>(m->size);
  const Descriptor fd(::open((impl_->folder / m->path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (fd.get() < 0 || ::fstat(fd.get(), &found) != 0)
    return disk_error("a media file could not be read", errno);
  if (found.st_size != m->size) return Status::internal("a media file is damaged");
  std::string out(offset < size ? std::min(size - offset, most) : 0, '\0');
  for (std::size_t done = 0; done < out.size();) {
    const auto n =
        ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) return Status::internal("a media file is damaged");
    if (n > 0) done += static_cast<std::size_t>(n);
    if (n < 0 && errno != EINTR) return disk_error("a media file could not be read", errno);
  }
  return out;
}

}  // namespace gardu::host
