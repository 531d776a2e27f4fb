/*
 * A preload library that makes every fsync and fdatasync of a process take a millisecond longer.
 *
 * What a commit costs on a real disk differs from machine to machine and from minute to minute. With the database in
 * memory-backed storage and this library in front, a durable commit costs the same everywhere, and figures of two runs
 * can be compared. HOLDFAST_BENCH_SYNC_US sets the delay in microseconds; 1000 where it is not set.
 *
 * It sleeps rather than spins, because a disk leaves the core to others while it works. Linux adds up to 50 us of timer
 * slack to a sleep, so each thread asks for 1 ns first: writing and syncing a page then took 1.03 to 1.04 ms at the
 * median, on a machine with far more to run than cores. Every row prints what it measured.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

typedef int sync_call(int);

static long delay_us(void) {
  static long cached = -1;
  if (cached < 0) {
    const char *text = getenv("HOLDFAST_BENCH_SYNC_US");
    cached = text ? atol(text) : 1000;
  }
  return cached;
}

static void wait_like_a_disk(void) {
  static __thread int is_exact;
  if (!is_exact) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    is_exact = 1;
  }
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += (delay_us() % 1000000) * 1000;
  until.tv_sec += delay_us() / 1000000 + until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
  }
}

int fsync(int file) {
  static sync_call *next;
  if (!next) next = (sync_call *)dlsym(RTLD_NEXT, "fsync");
  wait_like_a_disk();
  return next(file);
}

int fdatasync(int file) {
  static sync_call *next;
  if (!next) next = (sync_call *)dlsym(RTLD_NEXT, "fdatasync");
  wait_like_a_disk();
  return next(file);
}
