/*
 * A preload library that writes down what the processes of a run do to the files below one folder, in one order.
 *
 * Every call that changes a file or a name is two records in one log that all processes share: BEGIN with all that it
 * is about to do, right before the call, and END with its outcome, right after it. Where a record lies is taken from
 * one atomic counter, so the order of the records is the order of the events, over all threads and processes. A
 * write may be taken for older than a sync only if its END lies before the sync's BEGIN.
 *
 * HOLDFAST_RECORD_FOLDER  the folder, absolute, symlinks resolved
 * HOLDFAST_RECORD_LOG     the log: a sparse file as large as it may become
 * HOLDFAST_RECORD_MARKS   a path: what is written to it becomes a MARK record and reaches no file. This is how a client
 *                         says in the same log what it has been told
 * HOLDFAST_RECORD_SYNC_US how much longer each sync takes, in microseconds: in memory-backed storage it would take none,
 *                         and nothing would ever happen while one is under way
 *
 * What it can't see: writes through a mapping, stdio, and calls made by `syscall`. Whoever reads the log applies all of
 * it and compares the result with the real files, so nothing that matters is missed without being noticed. `-shm` is
 * never written down: it doesn't survive a crash of the system, and SQLite builds it anew.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* ---- The log ---- */

enum kind { END = 1, MARK, OPEN, WRITE, TRUNCATE, ALLOCATE, SYNC, SYNC_RANGE, RENAME, UNLINK, LINK, MAKE_FOLDER, REMOVE_FOLDER };

#define MAGIC 0x48464c47u
#define LOG_HEADER 64

/* Little-endian, as every machine that this is for. `log.mjs` reads it. */
struct record {
  uint32_t magic;
  uint32_t kind;
  uint32_t bytes;      /* of the whole record, a multiple of 8 */
  uint32_t is_whole;   /* 0 while it is being written; for ever, when its process was killed in the middle */
  uint64_t ino;
  int64_t a;           /* offset, length, flags; of an END the place of its BEGIN */
  int64_t b;           /* size, mode; of an END the outcome: -errno where it failed */
  uint32_t path_bytes; /* the path, then the data, follow; a rename has both paths, divided by a NUL */
  uint32_t data_bytes;
  int32_t pid;
  int32_t reserved;
};

struct log_header {
  _Atomic uint64_t next;
  _Atomic uint64_t is_full;
};

static char folder[PATH_MAX];
static size_t folder_bytes;
static const char *marks_path;
static long sync_us;
static dev_t our_device, marks_device;
static ino_t marks_inode;
static char *log_base;
static uint64_t log_bytes;

static struct record *append(enum kind kind, size_t path_bytes, size_t data_bytes) {
  if (!log_base) return NULL;
  struct log_header *header = (struct log_header *)log_base;
  uint64_t bytes = (sizeof(struct record) + path_bytes + data_bytes + 7) & ~(uint64_t)7;
  uint64_t at = atomic_fetch_add(&header->next, bytes);
  if (at + bytes > log_bytes) {
    atomic_store(&header->is_full, 1);
    return NULL;
  }
  struct record *record = (struct record *)(log_base + at);
  record->kind = kind;
  record->bytes = (uint32_t)bytes;
  record->path_bytes = (uint32_t)path_bytes;
  record->data_bytes = (uint32_t)data_bytes;
  record->pid = (int32_t)getpid();
  /* Last, because whoever reads a log with a hole looks for it. */
  record->magic = MAGIC;
  return record;
}

static void finish(struct record *record) {
  if (record) __atomic_store_n(&record->is_whole, 1, __ATOMIC_RELEASE);
}

static char *body(struct record *record) { return (char *)(record + 1); }

static struct record *begin(enum kind kind, uint64_t ino, int64_t a, int64_t b, const char *path) {
  size_t path_bytes = path ? strlen(path) : 0;
  struct record *record = append(kind, path_bytes, 0);
  if (!record) return NULL;
  record->ino = ino;
  record->a = a;
  record->b = b;
  if (path) memcpy(body(record), path, path_bytes);
  finish(record);
  return record;
}

static struct record *begin_two(enum kind kind, const char *from, const char *to) {
  size_t from_bytes = strlen(from) + 1, to_bytes = strlen(to);
  struct record *record = append(kind, from_bytes + to_bytes, 0);
  if (!record) return NULL;
  memcpy(body(record), from, from_bytes);
  memcpy(body(record) + from_bytes, to, to_bytes);
  finish(record);
  return record;
}

/* Keeps errno, which is the caller's. */
static void end(struct record *begun, int64_t outcome, uint64_t ino) {
  int error = errno;
  struct record *record = begun ? append(END, 0, 0) : NULL;
  if (record) {
    record->a = (char *)begun - log_base;
    record->b = outcome < 0 ? -error : outcome;
    record->ino = ino;
    finish(record);
  }
  errno = error;
}

/* ---- The calls behind ours ---- */

#define REAL(name) \
  static __typeof__(name) *next_##name; \
  if (!next_##name) next_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
  const char *wanted = getenv("HOLDFAST_RECORD_FOLDER"), *path = getenv("HOLDFAST_RECORD_LOG");
  const char *delay = getenv("HOLDFAST_RECORD_SYNC_US");
  marks_path = getenv("HOLDFAST_RECORD_MARKS");
  sync_us = delay ? atol(delay) : 0;
  if (!wanted || !path || strlen(wanted) >= sizeof folder) return;
  strcpy(folder, wanted);
  folder_bytes = strlen(folder);
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  struct stat found;
  void *mapped = MAP_FAILED;
  if (file >= 0 && fstat(file, &found) == 0) {
    log_bytes = (uint64_t)found.st_size;
    mapped = mmap(NULL, log_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (mapped == MAP_FAILED) {
    /* A run that is only recorded in part proves nothing. */
    fprintf(stderr, "the recorder can't use its log %s\n", path);
    _exit(70);
  }
  syscall(SYS_close, file);
  log_base = mapped;
  if (stat(folder, &found) == 0) our_device = found.st_dev;
  if (marks_path && stat(marks_path, &found) == 0) {
    marks_device = found.st_dev;
    marks_inode = found.st_ino;
  }
}

/* ---- Which files are meant ---- */

#define MOST_FILES 65536
#define NOT_OURS 0
#define IS_MARKS UINT64_MAX

static _Atomic uint64_t inode_of[MOST_FILES];

/*
 * libuv closes by `syscall`, which can't be seen, so a number on the list may stand for another file by now: the system
 * is asked which one it is, which costs less than a microsecond.
 */
static uint64_t inode_behind(int fd) {
  uint64_t ino = fd >= 0 && fd < MOST_FILES ? atomic_load_explicit(&inode_of[fd], memory_order_relaxed) : NOT_OURS;
  if (ino == NOT_OURS) return NOT_OURS;
  int error = errno;
  struct stat found;
  int is_same = fstat(fd, &found) == 0 && (ino == IS_MARKS ? found.st_ino == marks_inode && found.st_dev == marks_device
                                                            : found.st_ino == ino && found.st_dev == our_device);
  errno = error;
  if (is_same) return ino;
  atomic_store_explicit(&inode_of[fd], NOT_OURS, memory_order_relaxed);
  return NOT_OURS;
}

static uint64_t ours(int fd) {
  uint64_t ino = inode_behind(fd);
  return ino == IS_MARKS ? NOT_OURS : ino;
}

static void remember(int fd, uint64_t ino) {
  if (fd >= 0 && fd < MOST_FILES) atomic_store_explicit(&inode_of[fd], ino, memory_order_relaxed);
}

/* The path below the folder, or NULL for others and for shared memory. */
static const char *below(const char *path) {
  size_t bytes = strlen(path);
  if (strncmp(path, folder, folder_bytes) != 0) return NULL;
  if (path[folder_bytes] != '/' && path[folder_bytes] != '\0') return NULL;
  if (bytes > 4 && strcmp(path + bytes - 4, "-shm") == 0) return NULL;
  return path[folder_bytes] == '/' ? path + folder_bytes + 1 : path + folder_bytes;
}

/* The same of what a call was given, whose last part need not be there; `out` has PATH_MAX bytes. */
static const char *resolved(int at, const char *path, char *out) {
  if (!log_base || !path) return NULL;
  int error = errno;
  char whole[PATH_MAX * 2], above[PATH_MAX];
  if (path[0] == '/') snprintf(whole, sizeof whole, "%s", path);
  else {
    char link[64], base[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t length = at == AT_FDCWD ? (getcwd(base, sizeof base) ? (ssize_t)strlen(base) : -1)
                                    : readlink(link, base, sizeof base - 1);
    if (length < 0) length = 0;
    base[length] = '\0';
    snprintf(whole, sizeof whole, "%s/%s", base, path);
  }
  size_t bytes = strlen(whole);
  while (bytes > 1 && whole[bytes - 1] == '/') whole[--bytes] = '\0';
  char *slash = strrchr(whole, '/');
  const char *found = NULL;
  if (slash) {
    *slash = '\0';
    if (realpath(slash == whole ? "/" : whole, above) && strlen(above) + strlen(slash + 1) + 2 <= PATH_MAX) {
      sprintf(out, "%s/%s", above, slash + 1);
      found = below(out);
    }
  }
  errno = error;
  return found;
}

/* Puts an open descriptor on the list when its file is below the folder, by the name that the system has for it. */
static uint64_t adopt(int fd, const char *asked) {
  if (fd < 0 || !log_base) return 0;
  int error = errno;
  uint64_t ino = NOT_OURS;
  char link[64], path[PATH_MAX];
  struct stat found;
  if (marks_path && asked && strcmp(asked, marks_path) == 0) ino = IS_MARKS;
  else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    if (length > 0 && below(path) && fstat(fd, &found) == 0) ino = found.st_ino;
  }
  remember(fd, ino);
  errno = error;
  return ino;
}

/* ---- Opening and closing ---- */

static int open_through(int at, const char *path, int flags, mode_t mode) {
  char name[PATH_MAX];
  const char *inside = flags & (O_CREAT | O_TRUNC) ? resolved(at, path, name) : NULL;
  struct record *begun = inside ? begin(OPEN, 0, flags, mode, inside) : NULL;
  REAL(openat);
  int fd = next_openat(at, path, flags, mode);
  uint64_t ino = adopt(fd, path);
  end(begun, fd < 0 ? -1 : 0, ino == IS_MARKS ? 0 : ino);
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) { MODE(flags) return open_through(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_through(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_through(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_through(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_through(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_through(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return open_through(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_through(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
  REAL(close);
  remember(fd, NOT_OURS);
  return next_close(fd);
}

int dup(int fd) {
  REAL(dup);
  int copy = next_dup(fd);
  remember(copy, inode_behind(fd));
  return copy;
}

int dup2(int fd, int to) {
  REAL(dup2);
  int copy = next_dup2(fd, to);
  if (copy >= 0) remember(copy, inode_behind(fd));
  return copy;
}

int dup3(int fd, int to, int flags) {
  REAL(dup3);
  int copy = next_dup3(fd, to, flags);
  if (copy >= 0) remember(copy, inode_behind(fd));
  return copy;
}

/* ---- Writing ---- */

static size_t length_of(const struct iovec *parts, int count) {
  size_t bytes = 0;
  for (int part = 0; part < count; part++) bytes += parts[part].iov_len;
  return bytes;
}

static void copy_parts(char *to, const struct iovec *parts, int count) {
  for (int part = 0; part < count; part++) {
    memcpy(to, parts[part].iov_base, parts[part].iov_len);
    to += parts[part].iov_len;
  }
}

static ssize_t mark(const struct iovec *parts, int count) {
  size_t bytes = length_of(parts, count);
  struct record *record = append(MARK, 0, bytes);
  if (record) copy_parts(body(record), parts, count);
  finish(record);
  return (ssize_t)bytes;
}

static struct record *begin_write(uint64_t ino, int64_t offset, const struct iovec *parts, int count) {
  struct record *record = append(WRITE, 0, length_of(parts, count));
  if (!record) return NULL;
  record->ino = ino;
  record->a = offset;
  copy_parts(body(record), parts, count);
  finish(record);
  return record;
}

/* Where a write without an offset goes: to the end where the file was opened for appending. */
static off_t here(int fd) {
  int flags = fcntl(fd, F_GETFL);
  struct stat found;
  return flags >= 0 && (flags & O_APPEND) && fstat(fd, &found) == 0 ? found.st_size : lseek(fd, 0, SEEK_CUR);
}

#define WRITING(fd, offset, parts, count, call) \
  uint64_t ino = inode_behind(fd); \
  if (ino == IS_MARKS) return mark(parts, count); \
  struct record *begun = ino ? begin_write(ino, offset, parts, count) : NULL; \
  ssize_t written = call; \
  end(begun, written, ino); \
  return written;

ssize_t write(int fd, const void *data, size_t bytes) {
  REAL(write);
  if (!inode_behind(fd)) return next_write(fd, data, bytes);
  struct iovec part = {(void *)data, bytes};
  WRITING(fd, here(fd), &part, 1, next_write(fd, data, bytes))
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  if (!inode_behind(fd)) return next_writev(fd, parts, count);
  WRITING(fd, here(fd), parts, count, next_writev(fd, parts, count))
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
  REAL(pwrite);
  struct iovec part = {(void *)data, bytes};
  WRITING(fd, offset, &part, 1, next_pwrite(fd, data, bytes, offset))
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) { return pwrite(fd, data, bytes, offset); }

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(pwritev);
  WRITING(fd, offset, parts, count, next_pwritev(fd, parts, count, offset))
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

/* Copies inside the kernel have data that nobody here sees: refused, so that the caller copies by read and write. */
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
  REAL(copy_file_range);
  if (!ours(to)) return next_copy_file_range(from, at, to, to_at, bytes, flags);
  errno = ENOSYS;
  return -1;
}

ssize_t sendfile(int to, int from, off_t *offset, size_t bytes) {
  extern ssize_t sendfile64(int, int, off64_t *, size_t);
  return sendfile64(to, from, offset, bytes);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t bytes) {
  static ssize_t (*next)(int, int, off64_t *, size_t);
  if (!next) next = (ssize_t(*)(int, int, off64_t *, size_t))dlsym(RTLD_NEXT, "sendfile64");
  if (!ours(to)) return next(to, from, offset, bytes);
  errno = EINVAL;
  return -1;
}

/* ---- Sizes ---- */

int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  uint64_t ino = ours(fd);
  struct record *begun = ino ? begin(TRUNCATE, ino, size, 0, NULL) : NULL;
  int outcome = next_ftruncate(fd, size);
  end(begun, outcome, ino);
  return outcome;
}

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int truncate(const char *path, off_t size) {
  REAL(truncate);
  char name[PATH_MAX];
  struct stat found;
  struct record *begun = resolved(AT_FDCWD, path, name) && stat(path, &found) == 0
                             ? begin(TRUNCATE, found.st_ino, size, 0, NULL)
                             : NULL;
  int outcome = next_truncate(path, size);
  end(begun, outcome, begun ? found.st_ino : 0);
  return outcome;
}

int truncate64(const char *path, off64_t size) { return truncate(path, size); }

int fallocate(int fd, int mode, off_t offset, off_t bytes) {
  REAL(fallocate);
  uint64_t ino = ours(fd);
  if (ino && mode != 0) {
    /* Punching holes and the like: nothing here does it, and refusing it is the honest answer. */
    errno = EOPNOTSUPP;
    return -1;
  }
  struct record *begun = ino ? begin(ALLOCATE, ino, offset, bytes, NULL) : NULL;
  int outcome = next_fallocate(fd, mode, offset, bytes);
  end(begun, outcome, ino);
  return outcome;
}

int fallocate64(int fd, int mode, off64_t offset, off64_t bytes) { return fallocate(fd, mode, offset, bytes); }

/* It answers with the error's number, and leaves errno alone. */
int posix_fallocate(int fd, off_t offset, off_t bytes) {
  REAL(posix_fallocate);
  uint64_t ino = ours(fd);
  struct record *begun = ino ? begin(ALLOCATE, ino, offset, bytes, NULL) : NULL;
  int outcome = next_posix_fallocate(fd, offset, bytes);
  int error = errno;
  errno = outcome;
  end(begun, outcome == 0 ? 0 : -1, ino);
  errno = error;
  return outcome;
}

int posix_fallocate64(int fd, off64_t offset, off64_t bytes) { return posix_fallocate(fd, offset, bytes); }

/* ---- Syncs ---- */

static void wait_like_a_disk(void) {
  if (sync_us <= 0) return;
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += sync_us * 1000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
  }
}

#define SYNCING(fd, call) \
  uint64_t ino = ours(fd); \
  struct record *begun = ino ? begin(SYNC, ino, 0, 0, NULL) : NULL; \
  int outcome = call; \
  if (begun) wait_like_a_disk(); \
  end(begun, outcome, ino); \
  return outcome;

int fsync(int fd) {
  REAL(fsync);
  SYNCING(fd, next_fsync(fd))
}

int fdatasync(int fd) {
  REAL(fdatasync);
  SYNCING(fd, next_fdatasync(fd))
}

/* It promises nothing about sizes and the disk's own cache: written down, and never counted as a sync. */
int sync_file_range(int fd, off64_t offset, off64_t bytes, unsigned flags) {
  REAL(sync_file_range);
  uint64_t ino = ours(fd);
  struct record *begun = ino ? begin(SYNC_RANGE, ino, offset, bytes, NULL) : NULL;
  int outcome = next_sync_file_range(fd, offset, bytes, flags);
  end(begun, outcome, ino);
  return outcome;
}

/* ---- Names ---- */

#define ABOUT_ONE(kind, at, path, call) \
  char name[PATH_MAX]; \
  const char *inside = resolved(at, path, name); \
  struct record *begun = inside ? begin(kind, 0, 0, 0, inside) : NULL; \
  int outcome = call; \
  end(begun, outcome, 0); \
  return outcome;

/* Where only one of the two is inside the other is the empty path, which names nothing. */
#define ABOUT_TWO(kind, from_at, from, to_at, to, call) \
  char first[PATH_MAX], second[PATH_MAX]; \
  const char *inside_from = resolved(from_at, from, first), *inside_to = resolved(to_at, to, second); \
  struct record *begun = \
      inside_from || inside_to ? begin_two(kind, inside_from ? inside_from : "", inside_to ? inside_to : "") : NULL; \
  int outcome = call; \
  end(begun, outcome, 0); \
  return outcome;

int rename(const char *from, const char *to) {
  REAL(rename);
  ABOUT_TWO(RENAME, AT_FDCWD, from, AT_FDCWD, to, next_rename(from, to))
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
  REAL(renameat);
  ABOUT_TWO(RENAME, from_at, from, to_at, to, next_renameat(from_at, from, to_at, to))
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  REAL(renameat2);
  ABOUT_TWO(RENAME, from_at, from, to_at, to, next_renameat2(from_at, from, to_at, to, flags))
}

int link(const char *from, const char *to) {
  REAL(link);
  ABOUT_TWO(LINK, AT_FDCWD, from, AT_FDCWD, to, next_link(from, to))
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
  REAL(linkat);
  ABOUT_TWO(LINK, from_at, from, to_at, to, next_linkat(from_at, from, to_at, to, flags))
}

int unlink(const char *path) {
  REAL(unlink);
  ABOUT_ONE(UNLINK, AT_FDCWD, path, next_unlink(path))
}

int unlinkat(int at, const char *path, int flags) {
  REAL(unlinkat);
  ABOUT_ONE(flags & AT_REMOVEDIR ? REMOVE_FOLDER : UNLINK, at, path, next_unlinkat(at, path, flags))
}

int rmdir(const char *path) {
  REAL(rmdir);
  ABOUT_ONE(REMOVE_FOLDER, AT_FDCWD, path, next_rmdir(path))
}

static void end_made(struct record *begun, int outcome, int at, const char *path) {
  struct stat found;
  int error = errno;
  uint64_t ino = begun && outcome == 0 && fstatat(at, path, &found, 0) == 0 ? found.st_ino : 0;
  errno = error;
  end(begun, outcome, ino);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  char name[PATH_MAX];
  const char *inside = resolved(AT_FDCWD, path, name);
  struct record *begun = inside ? begin(MAKE_FOLDER, 0, mode, 0, inside) : NULL;
  int outcome = next_mkdir(path, mode);
  end_made(begun, outcome, AT_FDCWD, path);
  return outcome;
}

int mkdirat(int at, const char *path, mode_t mode) {
  REAL(mkdirat);
  char name[PATH_MAX];
  const char *inside = resolved(at, path, name);
  struct record *begun = inside ? begin(MAKE_FOLDER, 0, mode, 0, inside) : NULL;
  int outcome = next_mkdirat(at, path, mode);
  end_made(begun, outcome, at, path);
  return outcome;
}
