/*
 * SQLite's WAL-reset race (3.7.0 to 3.51.2), with its window widened: `race_window` is called where a WAL checkpoint has
 * read how long the WAL is, and has not yet looked how much of it is copied. A commit that begins the WAL anew in there
 * makes it take frames that are still to be written for copied ones, and they are lost.
 *
 *   race <database> make
 *   race <database> write <row> <seconds>      counts in its row, a commit each; prints how far it came
 *   race <database> checkpoint <seconds>       runs WAL checkpoints whenever it likes
 *   race <database> guarded <seconds>          runs them while it has the write lock, as the store does
 *   race <database> read                       prints the integrity check, then each row
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_MICROSECONDS 200

static int is_wide = 0;

void race_window(void) {
  if (is_wide) usleep(WINDOW_MICROSECONDS);
}

static void fail(sqlite3 *database, const char *doing) {
  fprintf(stderr, "%s: %s\n", doing, sqlite3_errmsg(database));
  exit(1);
}

static sqlite3 *open_database(const char *path) {
  sqlite3 *database;
  if (sqlite3_open(path, &database) != SQLITE_OK) fail(database, "open");
  sqlite3_busy_timeout(database, 20000);
  const char *settings =
      "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL;";
  if (sqlite3_exec(database, settings, 0, 0, 0) != SQLITE_OK) fail(database, "settings");
  return database;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void make(sqlite3 *database) {
  const char *rows = "CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER);"
                     "INSERT INTO counters VALUES (0, 0), (1, 0), (2, 0), (3, 0);";
  if (sqlite3_exec(database, rows, 0, 0, 0) != SQLITE_OK) fail(database, "make");
}

static void write_rows(sqlite3 *database, int row, double seconds) {
  sqlite3_stmt *update;
  const char *text = "UPDATE counters SET n = n + 1 WHERE id = ?";
  if (sqlite3_prepare_v2(database, text, -1, &update, 0) != SQLITE_OK) fail(database, "prepare");
  sqlite3_bind_int(update, 1, row);
  long count = 0;
  for (double end = now() + seconds; now() < end; count++) {
    if (sqlite3_step(update) != SQLITE_DONE) fail(database, "write");
    sqlite3_reset(update);
    usleep(rand() % (5 * WINDOW_MICROSECONDS)); /* so that now and then all is copied before the next commit */
  }
  printf("%ld\n", count);
}

static long checkpoint(sqlite3 *database, double seconds) {
  long count = 0;
  is_wide = 1;
  for (double end = now() + seconds; now() < end; count++)
    sqlite3_wal_checkpoint_v2(database, 0, SQLITE_CHECKPOINT_PASSIVE, 0, 0); /* busy: somebody else is at it */
  return count;
}

static long checkpoint_guarded(const char *path, sqlite3 *database, double seconds) {
  sqlite3 *writer = open_database(path);
  long count = 0;
  is_wide = 1;
  for (double end = now() + seconds; now() < end; count++) {
    if (sqlite3_exec(writer, "BEGIN IMMEDIATE", 0, 0, 0) != SQLITE_OK) fail(writer, "begin");
    sqlite3_wal_checkpoint_v2(database, 0, SQLITE_CHECKPOINT_PASSIVE, 0, 0);
    if (sqlite3_exec(writer, "COMMIT", 0, 0, 0) != SQLITE_OK) fail(writer, "commit");
    usleep(5 * WINDOW_MICROSECONDS); /* the others want the lock as well */
  }
  return count;
}

static int print_row(void *unused, int columns, char **values, char **names) {
  (void)unused, (void)columns, (void)names;
  printf("%s\n", values[0]);
  return 0;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  const char *path = words[1], *doing = words[2];
  sqlite3 *database = open_database(path);
  if (!strcmp(doing, "make")) make(database);
  else if (!strcmp(doing, "write")) write_rows(database, atoi(words[3]), atof(words[4]));
  else if (!strcmp(doing, "checkpoint")) printf("%ld\n", checkpoint(database, atof(words[3])));
  else if (!strcmp(doing, "guarded")) printf("%ld\n", checkpoint_guarded(path, database, atof(words[3])));
  else if (sqlite3_exec(database, "PRAGMA integrity_check(1)", print_row, 0, 0) != SQLITE_OK ||
           sqlite3_exec(database, "SELECT n FROM counters ORDER BY id", print_row, 0, 0) != SQLITE_OK)
    printf("%s\n", sqlite3_errmsg(database));
  /* Left open: the last one to close would run a checkpoint of its own. */
  return 0;
}
