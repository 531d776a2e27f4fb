// A wall clock that somebody sets: CLOCK_REALTIME and its relatives are ahead of the system's by a number of nanoseconds
// that is read anew at every look from a file shared by all processes of a proof, so that all of them see a jump at
// once, as they would if the system's clock were set. CLOCK_MONOTONIC is left alone.
//
// HOLDFAST_PROOF_CLOCK names the file: eight bytes, a signed integer in the machine's own order.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const volatile int64_t *offset_ns;

__attribute__((constructor)) static void find_offset(void) {
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("HOLDFAST_PROOF_CLOCK");
  if (!path) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  void *shared = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_ns, PROT_READ, MAP_SHARED, file, 0);
  if (shared == MAP_FAILED) {
    perror(path);
    abort();
  }
  close(file);
  offset_ns = shared;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  // Others' constructors may ask for the time before ours has run.
  if (!real_clock_gettime) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real_clock_gettime(clock, at);
  if (result != 0 || !offset_ns) return result;
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE && clock != CLOCK_TAI) return result;
  int64_t ns = (int64_t)at->tv_sec * NS_PER_S + at->tv_nsec + *offset_ns;
  at->tv_sec = ns / NS_PER_S;
  at->tv_nsec = ns % NS_PER_S;
  return 0;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
