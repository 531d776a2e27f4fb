/*
 * What SQLite itself can do: the statements of a plan, in groups of one transaction each, with nothing around them.
 *
 *   limit <database> <plan> <lanes> <seconds> <wal checkpoint bytes>
 *
 * The plan is written by limit/plan.mjs, which recorded it from the store: these are the store's own statements, and
 * the database is one that the store made, so its tables, indexes and triggers are the product's. What is left out is
 * what the product adds around its statements: savepoints, threads, messages, checks, the conversion of rows.
 *
 * A lane is a caller: it goes through the plan's operations in turn, through those marked `once` the first time only. A group holds the next operation of every lane, in
 * one BEGIN IMMEDIATE ... COMMIT. The WAL is copied back at the size at which the product copies it back.
 *
 * It ends after <seconds>, or when the first operation finds nothing more to claim, and prints one line of JSON. Lanes keep
 * step, so a group is one kind of operation: that kind bears the group's processor time, commit and copying included.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sqlite3.h"

enum { ROWID = -1, MOST_STATEMENTS = 64, MOST_SOURCES = 1024, MOST_CELLS = 64, MOST_FRESH = 8, CELL_BYTES = 256, JOINED_BYTES = 4096, MOST_OPERATIONS = 16 };

/* Where a parameter comes from. JOIN takes the next `count` sources as parts of one text. */
typedef enum { NOTHING, INTEGER, REAL, TEXT, NOW, FRESH, CELL, JOIN } kind;
typedef struct {
  kind kind;
  sqlite3_int64 integer; /* a value, an offset to now, or a number of parts, fresh id or cell */
  sqlite3_int64 offset; /* to a cell */
  double real;
  char *text;
} source;

typedef struct {
  sqlite3_stmt *prepared;
  int operation;
  int has_effect; /* it gave or changed rows when it was recorded, so it has to again */
  int first_source, sources;
  int cells[MOST_CELLS], columns[MOST_CELLS], kept; /* what later statements need of its first row */
} statement;

/* A value of an earlier row, or an id made in this operation. */
typedef struct {
  sqlite3_int64 integer;
  int is_text;
  char text[CELL_BYTES];
} cell;

typedef struct {
  int operation;
  cell cells[MOST_CELLS];
  char fresh[MOST_FRESH][37];
  int has_fresh[MOST_FRESH];
} lane;

static sqlite3 *db;
static statement statements[MOST_STATEMENTS];
static source sources[MOST_SOURCES];
static int statement_count, source_count, cell_count, operation_count, first_repeated;
static struct { char *name; double cpu_seconds; uint64_t count; } operations_of[MOST_OPERATIONS];
static struct { int statement, column; } cell_origins[MOST_CELLS];
static int wal_pages;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "limit: %s: %s\n", what, why);
  exit(1);
}

static void run(const char *sql) {
  char *why = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail(sql, why ? why : "failed");
}

/* ---- the plan: a line each, fields between tabs, with \n, \t and \\ escaped ---- */

static char *unescaped(const char *text) {
  char *copy = malloc(strlen(text) + 1), *to = copy;
  for (const char *from = text; *from; from++) {
    if (*from != '\\') *to++ = *from;
    else *to++ = *++from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
  }
  *to = 0;
  return copy;
}

static int cell_of(int from_statement, int column) {
  for (int i = 0; i < cell_count; i++)
    if (cell_origins[i].statement == from_statement && cell_origins[i].column == column) return i;
  if (cell_count == MOST_CELLS) fail("plan", "too many cells");
  statement *origin = &statements[from_statement];
  origin->cells[origin->kept] = cell_count;
  origin->columns[origin->kept++] = column;
  cell_origins[cell_count].statement = from_statement;
  cell_origins[cell_count].column = column;
  return cell_count++;
}

static void add_operation(const char *name, const char *how_often) {
  if (operation_count == MOST_OPERATIONS) fail("plan", "too many operations");
  operations_of[operation_count++].name = strdup(name);
  if (how_often && !strcmp(how_often, "once")) first_repeated = operation_count;
}

static void add_statement(const char *rows, const char *sql) {
  if (statement_count == MOST_STATEMENTS) fail("plan", "too many statements");
  statement *added = &statements[statement_count++];
  added->operation = operation_count - 1;
  added->has_effect = atoi(rows);
  added->first_source = source_count;
  char *text = unescaped(sql);
  if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &added->prepared, NULL) != SQLITE_OK)
    fail(text, sqlite3_errmsg(db));
  free(text);
}

static void add_source(const char *name, const char *one, const char *other, const char *offset) {
  if (source_count == MOST_SOURCES || statement_count == 0) fail("plan", "a parameter without its statement");
  source *added = &sources[source_count++];
  statements[statement_count - 1].sources++;
  added->integer = one ? atoll(one) : 0;
  if (!strcmp(name, "null")) added->kind = NOTHING;
  else if (!strcmp(name, "integer")) added->kind = INTEGER;
  else if (!strcmp(name, "now")) added->kind = NOW;
  else if (!strcmp(name, "fresh")) added->kind = FRESH;
  else if (!strcmp(name, "join")) added->kind = JOIN;
  else if (!strcmp(name, "real")) added->kind = REAL, added->real = atof(one);
  else if (!strcmp(name, "text")) added->kind = TEXT, added->text = unescaped(one ? one : "");
  else if (!strcmp(name, "cell")) {
    added->kind = CELL;
    added->integer = cell_of(atoi(one), atoi(other));
    added->offset = atoll(offset);
  }
  else fail("plan", name);
}

static void read_plan(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path, "can't be read");
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) > 0) {
    line[strcspn(line, "\n")] = 0;
    char *rest = line, *name = strsep(&rest, "\t"), *one = strsep(&rest, "\t"), *other = strsep(&rest, "\t"), *more = strsep(&rest, "\t");
    if (!strcmp(name, "setup")) run(one);
    else if (!strcmp(name, "operation")) add_operation(one, other);
    else if (!strcmp(name, "statement")) add_statement(one, other);
    else add_source(name, one, other, more);
  }
  free(line);
  fclose(file);
  if (first_repeated == operation_count) fail(path, "holds no operation to repeat");
}

/* ---- running it ---- */

static sqlite3_int64 now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (sqlite3_int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

/* As the product's: UUIDv7, which sorts by time. */
static const char *fresh_id(lane *of, int number) {
  static uint64_t counter;
  if (!of->has_fresh[number]) {
    uint64_t ms = (uint64_t)now_ms(), count = counter++;
    snprintf(of->fresh[number], sizeof of->fresh[number], "%08x-%04x-7%03x-8%03x-%012llx", (unsigned)(ms >> 16),
             (unsigned)(ms & 0xffff), (unsigned)(count >> 12 & 0xfff), (unsigned)(count & 0xfff),
             (unsigned long long)(count * 0x9e3779b97f4a7c15ULL >> 16));
    of->has_fresh[number] = 1;
  }
  return of->fresh[number];
}

static int part_text(const source *from, lane *of, char *to, int room) {
  switch (from->kind) {
    case TEXT: return snprintf(to, room, "%s", from->text);
    case FRESH: return snprintf(to, room, "%s", fresh_id(of, (int)from->integer));
    case NOW: return snprintf(to, room, "%lld", now_ms() + from->integer);
    case CELL: {
      const cell *value = &of->cells[from->integer];
      return value->is_text ? snprintf(to, room, "%s", value->text) : snprintf(to, room, "%lld", value->integer + from->offset);
    }
    default: return snprintf(to, room, "%lld", from->integer);
  }
}

/* Binds one parameter and returns how many sources it took. */
static int bind(sqlite3_stmt *prepared, int position, const source *from, lane *of) {
  switch (from->kind) {
    case NOTHING: sqlite3_bind_null(prepared, position); return 1;
    case INTEGER: sqlite3_bind_int64(prepared, position, from->integer); return 1;
    case REAL: sqlite3_bind_double(prepared, position, from->real); return 1;
    case TEXT: sqlite3_bind_text(prepared, position, from->text, -1, SQLITE_STATIC); return 1;
    case NOW: sqlite3_bind_int64(prepared, position, now_ms() + from->integer); return 1;
    case FRESH: sqlite3_bind_text(prepared, position, fresh_id(of, (int)from->integer), 36, SQLITE_STATIC); return 1;
    case CELL: {
      const cell *value = &of->cells[from->integer];
      if (value->is_text) sqlite3_bind_text(prepared, position, value->text, -1, SQLITE_STATIC);
      else sqlite3_bind_int64(prepared, position, value->integer + from->offset);
      return 1;
    }
    case JOIN: {
      char joined[JOINED_BYTES];
      int length = 0, parts = (int)from->integer;
      for (int i = 1; i <= parts && length < JOINED_BYTES; i++)
        length += part_text(from + i, of, joined + length, JOINED_BYTES - length);
      if (length >= JOINED_BYTES) fail("plan", "a joined text is too long");
      sqlite3_bind_text(prepared, position, joined, length, SQLITE_TRANSIENT);
      return 1 + parts;
    }
  }
  return 1;
}

static void keep_row(const statement *of, lane *in) {
  for (int i = 0; i < of->kept; i++) {
    if (of->columns[i] == ROWID) continue;
    cell *to = &in->cells[of->cells[i]];
    to->is_text = sqlite3_column_type(of->prepared, of->columns[i]) == SQLITE_TEXT;
    if (!to->is_text) to->integer = sqlite3_column_int64(of->prepared, of->columns[i]);
    else if (sqlite3_column_bytes(of->prepared, of->columns[i]) >= CELL_BYTES) fail("row", "a cell is too long");
    else strcpy(to->text, (const char *)sqlite3_column_text(of->prepared, of->columns[i]));
  }
}

static void keep_rowid(const statement *of, lane *in) {
  for (int i = 0; i < of->kept; i++) {
    if (of->columns[i] != ROWID) continue;
    in->cells[of->cells[i]].is_text = 0;
    in->cells[of->cells[i]].integer = sqlite3_last_insert_rowid(db);
  }
}

/* Returns whether it gave or changed a row. */
static int step(const statement *one, lane *in) {
  for (int i = 0, position = 1; i < one->sources; position++)
    i += bind(one->prepared, position, &sources[one->first_source + i], in);
  int rows = 0, code;
  while ((code = sqlite3_step(one->prepared)) == SQLITE_ROW)
    if (rows++ == 0) keep_row(one, in);
  if (code != SQLITE_DONE) fail(sqlite3_sql(one->prepared), sqlite3_errmsg(db));
  keep_rowid(one, in);
  sqlite3_reset(one->prepared);
  return sqlite3_column_count(one->prepared) > 0 ? rows > 0 : sqlite3_changes(db) > 0;
}

/* Returns 0 when the first operation finds nothing any more. */
static int run_next_operation(lane *in) {
  memset(in->has_fresh, 0, sizeof in->has_fresh);
  for (int i = 0; i < statement_count; i++) {
    const statement *one = &statements[i];
    if (one->operation != in->operation || step(one, in) || !one->has_effect) continue;
    if (in->operation == 0) return 0;
    fail(sqlite3_sql(one->prepared), "did nothing, though it did when it was recorded");
  }
  if (++in->operation == operation_count) in->operation = first_repeated;
  return 1;
}

static int note_wal(void *ignored, sqlite3 *of, const char *name, int pages) {
  (void)ignored, (void)of, (void)name;
  wal_pages = pages;
  return SQLITE_OK;
}

static double cpu_seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static sqlite3_int64 one_number(const char *sql) {
  sqlite3_stmt *prepared;
  if (sqlite3_prepare_v2(db, sql, -1, &prepared, NULL) != SQLITE_OK) fail(sql, sqlite3_errmsg(db));
  sqlite3_int64 number = sqlite3_step(prepared) == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : 0;
  sqlite3_finalize(prepared);
  return number;
}

int main(int count, char **given) {
  if (count != 6) fail("usage", "limit <database> <plan> <lanes> <seconds> <wal checkpoint bytes>");
  int lane_count = atoi(given[3]);
  double most_seconds = atof(given[4]);
  sqlite3_int64 checkpoint_bytes = atoll(given[5]);
  if (sqlite3_open_v2(given[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) fail(given[1], sqlite3_errmsg(db));
  read_plan(given[2]);
  sqlite3_int64 page_bytes = one_number("PRAGMA page_size");
  sqlite3_wal_hook(db, note_wal, NULL);

  lane *lanes = calloc(lane_count, sizeof *lanes);
  uint64_t operations = 0, groups = 0;
  int is_exhausted = 0;
  double start = seconds_now(), end = start;
  while (!is_exhausted && end - start < most_seconds) {
    int kind = lanes[0].operation;
    double cpu_start = cpu_seconds_now();
    uint64_t before = operations;
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < lane_count && !is_exhausted; i++) {
      if (run_next_operation(&lanes[i])) operations++;
      else is_exhausted = 1;
    }
    run("COMMIT");
    groups++;
    if (wal_pages * page_bytes >= checkpoint_bytes) sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    operations_of[kind].cpu_seconds += cpu_seconds_now() - cpu_start;
    operations_of[kind].count += operations - before;
    end = seconds_now();
  }
  printf("{\"sqliteVersion\":\"%s\",\"operations\":%llu,\"groups\":%llu,\"seconds\":%.6f,\"isExhausted\":%s,"
         "\"synchronous\":%lld,\"cpuMicros\":{",
         sqlite3_libversion(), (unsigned long long)operations, (unsigned long long)groups, end - start,
         is_exhausted ? "true" : "false", one_number("PRAGMA synchronous"));
  for (int i = 0; i < operation_count; i++)
    printf("%s\"%s\":%.3f", i ? "," : "", operations_of[i].name,
           operations_of[i].count ? operations_of[i].cpu_seconds * 1e6 / operations_of[i].count : 0.0);
  printf("}}\n");
  for (int i = 0; i < statement_count; i++) sqlite3_finalize(statements[i].prepared);
  sqlite3_close(db);
  free(lanes);
  return 0;
}
