/*
 * A preload library that makes the disk fail, as it is told while the processes run.
 *
 * It stands in front of the calls that write, sync and truncate files below one folder, in all processes that are given
 * it, and counts them. What it is to do lies in a small file that they all map, and that whoever drives the proof writes
 * to; `failing-disk.mjs` has the same layout.
 *
 * HOLDFAST_DISK_FOLDER   the folder, absolute, symlinks resolved
 * HOLDFAST_DISK_CONTROL  the small file
 *
 * A sync that fails may take back what it was to make durable: since Linux reports such an error once and then takes the
 * pages for clean, the old content is what a later read or a power cut may show. Whoever tries the sync again and is told
 * that all is well has lost the data. What was there before is kept in memory until a sync succeeds; so that is for one
 * process on the file.
 *
 * Shared memory (`-shm`) is left alone: it is never on the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC = 2, TRUNCATE = 3, KINDS };
enum torn { WHOLE, TORN, SHORT };

typedef _Atomic int64_t slot;

/* Every member is one slot of eight bytes. */
struct control {
  slot armed;    /* 0: calls are counted, and none fails */
  slot kind;     /* of the call that fails */
  slot at;       /* which one of its kind, from 1, since it was armed */
  slot error;    /* an errno */
  slot for_ever; /* from then on every write fails, and with EIO every sync and truncate as well */
  slot torn;     /* the failing write has written half of it; SHORT: and says so, instead of failing */
  slot reverts;  /* a failing sync takes back what it was to make durable */
  slot broken;   /* it has begun to fail for ever */
  slot failures; /* calls that failed */
  slot calls[KINDS];
  slot has_limit; /* files may grow by `left` bytes and no more */
  slot left;
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_bytes;

#define REAL(name) \
  static __typeof__(name) *next_##name; \
  if (!next_##name) next_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
  const char *wanted = getenv("HOLDFAST_DISK_FOLDER"), *path = getenv("HOLDFAST_DISK_CONTROL");
  if (!wanted || !path || strlen(wanted) >= sizeof folder) return;
  strcpy(folder, wanted);
  folder_bytes = strlen(folder);
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) {
    /* A disk that never fails proves nothing. */
    fprintf(stderr, "the failing disk can't use its control file %s\n", path);
    _exit(70);
  }
  syscall(SYS_close, file);
  control = mapped;
}

/* ---- Which files are meant ---- */

#define MOST_FILES 65536

/* What a descriptor was found to stand for: an inode, and whether it lies below the folder. */
static _Atomic uint64_t known[MOST_FILES];

static int is_below(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  if (strncmp(path, folder, folder_bytes) != 0 || path[folder_bytes] != '/') return 0;
  return !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

/* The inode of one of our files, else 0. A number may stand for another file by now, so the system is asked each time. */
static uint64_t ours(int fd, struct stat *found) {
  if (!control || fd < 0 || fd >= MOST_FILES) return 0;
  int error = errno;
  uint64_t ino = 0;
  if (fstat(fd, found) == 0 && S_ISREG(found->st_mode)) {
    uint64_t seen = atomic_load_explicit(&known[fd], memory_order_relaxed);
    if (seen >> 1 != found->st_ino) {
      seen = found->st_ino << 1 | (uint64_t)is_below(fd);
      atomic_store_explicit(&known[fd], seen, memory_order_relaxed);
    }
    ino = seen & 1 ? found->st_ino : 0;
  }
  errno = error;
  return ino;
}

/* ---- Whether a call fails ---- */

/* The errno with which this call of a kind fails, or 0. */
static int failure(enum kind kind) {
  int64_t count = atomic_fetch_add(&control->calls[kind], 1) + 1;
  if (!control->armed) return 0;
  int error = (int)control->error, for_ever = control->for_ever != 0;
  int strikes = control->kind == kind && (for_ever ? count >= control->at : count == control->at);
  if (strikes && for_ever) control->broken = 1;
  if (!strikes && control->broken) strikes = error == EIO || kind == WRITE;
  if (!strikes) return 0;
  atomic_fetch_add(&control->failures, 1);
  return error;
}

/* Takes `bytes` of what is left. */
static int has_room(int64_t bytes) {
  if (!control->has_limit || bytes <= 0) return 1;
  int64_t left = control->left;
  while (left >= bytes)
    if (atomic_compare_exchange_weak(&control->left, &left, left - bytes)) return 1;
  atomic_fetch_add(&control->failures, 1);
  return 0;
}

/* ---- What a failing sync takes back ---- */

struct undo {
  struct undo *older;
  uint64_t ino;
  off_t offset, size_before;
  size_t bytes;
  char content[];
};

static pthread_mutex_t undo_lock = PTHREAD_MUTEX_INITIALIZER;
static struct undo *newest;

static void remember(uint64_t ino, int fd, off_t offset, size_t bytes, off_t size) {
  if (!control->reverts) return;
  size_t there = offset < size ? (size_t)(size - offset) : 0;
  if (there > bytes) there = bytes;
  struct undo *undo = malloc(sizeof *undo + there);
  if (!undo) return;
  int error = errno;
  *undo = (struct undo){NULL, ino, offset, size, there};
  if (there > 0 && pread(fd, undo->content, there, offset) != (ssize_t)there) undo->bytes = 0;
  errno = error;
  pthread_mutex_lock(&undo_lock);
  undo->older = newest;
  newest = undo;
  pthread_mutex_unlock(&undo_lock);
}

/* Forgets what was written to a file; `fd` of 0 or more: takes it back first. */
static void settle(uint64_t ino, int fd) {
  REAL(pwrite);
  REAL(ftruncate);
  int error = errno;
  pthread_mutex_lock(&undo_lock);
  struct undo **link = &newest;
  while (*link) {
    struct undo *undo = *link;
    if (undo->ino != ino) {
      link = &undo->older;
      continue;
    }
    if (fd >= 0) {
      if (undo->bytes > 0) (void)!next_pwrite(fd, undo->content, undo->bytes, undo->offset);
      (void)!next_ftruncate(fd, undo->size_before);
    }
    *link = undo->older;
    free(undo);
  }
  pthread_mutex_unlock(&undo_lock);
  errno = error;
}

/* ---- The calls ---- */

/* libuv closes by `syscall`, SQLite by this: a number, and an inode, may come back as another file's. */
int close(int fd) {
  REAL(close);
  if (fd >= 0 && fd < MOST_FILES) atomic_store_explicit(&known[fd], 0, memory_order_relaxed);
  return next_close(fd);
}

int unlink(const char *path) {
  REAL(unlink);
  struct stat found;
  int error = errno;
  if (control && control->reverts && stat(path, &found) == 0) settle(found.st_ino, -1);
  errno = error;
  return next_unlink(path);
}

#define SECTOR 512

static ssize_t write_at(int fd, const void *data, size_t bytes, off_t offset, int moves) {
  REAL(pwrite);
  REAL(write);
  struct stat found;
  uint64_t ino = bytes > 0 ? ours(fd, &found) : 0;
  size_t now = bytes;
  int error = 0;
  if (ino) {
    if (moves) {
      int flags = fcntl(fd, F_GETFL);
      offset = flags & O_APPEND ? found.st_size : lseek(fd, 0, SEEK_CUR);
    }
    error = failure(WRITE);
    if (!error && !has_room(offset + (off_t)bytes - found.st_size)) error = ENOSPC;
    if (error && control->torn == SHORT) error = 0, now = bytes > 1 ? bytes / 2 : bytes;
    if (error && control->torn == TORN) {
      size_t part = bytes / 2 / SECTOR * SECTOR;
      remember(ino, fd, offset, part, found.st_size);
      if (part > 0) (void)!next_pwrite(fd, data, part, offset);
    }
    if (error) {
      errno = error;
      return -1;
    }
    remember(ino, fd, offset, now, found.st_size);
  }
  return moves ? next_write(fd, data, now) : next_pwrite(fd, data, now, offset);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset, 0); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) { return write_at(fd, data, bytes, offset, 0); }
ssize_t write(int fd, const void *data, size_t bytes) { return write_at(fd, data, bytes, 0, 1); }

/* Nobody who writes in parts needs them to arrive together. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  struct stat found;
  REAL(writev);
  if (count < 1 || !ours(fd, &found)) return next_writev(fd, parts, count);
  return write(fd, parts[0].iov_base, parts[0].iov_len);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  struct stat found;
  REAL(pwritev);
  if (count < 1 || !ours(fd, &found)) return next_pwritev(fd, parts, count, offset);
  return pwrite(fd, parts[0].iov_base, parts[0].iov_len, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

#define SYNCING(call) \
  struct stat found; \
  uint64_t ino = ours(fd, &found); \
  int error = ino ? failure(SYNC) : 0; \
  if (error) { \
    if (control->reverts) settle(ino, fd); \
    errno = error; \
    return -1; \
  } \
  int outcome = call; \
  if (ino && outcome == 0) settle(ino, -1); \
  return outcome;

int fsync(int fd) {
  REAL(fsync);
  SYNCING(next_fsync(fd))
}

int fdatasync(int fd) {
  REAL(fdatasync);
  SYNCING(next_fdatasync(fd))
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  struct stat found;
  uint64_t ino = ours(fd, &found);
  int error = ino ? failure(TRUNCATE) : 0;
  if (!error && ino && !has_room(length - found.st_size)) error = ENOSPC;
  if (error) {
    errno = error;
    return -1;
  }
  int outcome = next_ftruncate(fd, length);
  if (ino && outcome == 0) {
    /* What it took away, others may take. That it is not durable yet is another proof's subject. */
    if (control->has_limit && length < found.st_size) atomic_fetch_add(&control->left, found.st_size - length);
    settle(ino, -1);
  }
  return outcome;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }
