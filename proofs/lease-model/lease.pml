/*
 * The lease protocol of one work item, for Spin: three workers, a sweeper whose clock may say anything, a canceller, and
 * retention, which deletes the ended item so that its id is given again.
 *
 * A worker is a sequence of requests that carry what it learnt when it claimed. Between any two steps it may be stopped
 * for as long as the others like (that is what Spin explores), may die, and may send a request again that was answered
 * already. Worker 0 and worker 1 have one name: the second was started when the first was taken for dead.
 *
 * The product guards each write twice: in the WHERE of its own statement, and by the triggers of the table. Either is
 * enough, which two variants show: `spin -DWHERE_ALONE -a lease.pml`.
 *
 *   WHERE_ALONE    no trigger guards the row
 *   TRIGGER_ALONE  the writes ask for the item only
 *
 * Each of these must be refuted:
 *
 *   NO_TOKEN       writes under a lease ask for the owner's name and the state
 *   NO_STATE       writes under a lease ask for the token only
 *   NO_WHERE       writes ask for the item only, and the triggers freeze ended rows and know nothing of leases
 *   CLOCK_FENCE    writes ask for the owner's name, and whether the lease has run out by the writer's clock
 *   CHECK_FIRST    a write looks at the lease in one transaction and writes in the next
 *   BLIND_CLAIM    the claim looks in one transaction and takes the item, whatever its state, in the next
 *   SILENT_SWEEP   the sweep gives the item back without raising the token, and writes ask for the token only
 *   NO_FLOOR       an id that is given again begins with token 0
 */

#define ATTEMPTS 3
#define LIVES    2      /* how often the id is given */
#ifndef CLAIMS
#define CLAIMS   4      /* of both lives: released items could go round for ever */
#endif

#define pending   1
#define running   2
#define completed 3
#define failed    4
#define cancelled 5
#define deleted   6

#define write     7
#define complete  8
#define fail      9
#define release   10

#define IS_OPEN  (state == pending || state == running)
#define IS_ENDED (state == completed || state == failed || state == cancelled)

/* The row. */
byte state = pending;
byte token = 0;
byte attempt = 0;
byte owner = 9;
byte settled_by = 0;    /* settle_token: the token that ended the lease, 0 for none */
byte floor = 0;         /* the highest token of a deleted row of this id */

/* What no program sees: who really holds the item, and what became of it. */
byte claims = 0;        /* claims so far: the serial number of the newest lease */
byte holder = 0;        /* the lease that is in force, 0 for none */
byte newest_token = 0;  /* the token of the newest lease, over all lives of the id */
byte ends = 0;          /* terminal transitions of this life */
byte lives = 1;

#define NAME(w) (w < 2 -> 0 : 1)

/* The WHERE of every write under a lease. */
#if defined(NO_TOKEN)
#define UNDER_LEASE (state == running && owner == NAME(me))
#elif defined(NO_STATE) || defined(SILENT_SWEEP)
#define UNDER_LEASE (state != deleted && token == my_token)
#elif defined(NO_WHERE) || defined(TRIGGER_ALONE)
#define UNDER_LEASE (state != deleted)
#elif defined(CLOCK_FENCE)
#define UNDER_LEASE (state == running && owner == NAME(me) && my_clock_says_it_runs)
#else
#define UNDER_LEASE (state == running && token == my_token)
#endif

/* The triggers: ended rows are frozen; a row leaves `running` by the token it has, or by a higher one. */
#if defined(WHERE_ALONE) || defined(NO_TOKEN) || defined(NO_STATE) || defined(CLOCK_FENCE) || defined(BLIND_CLAIM) || defined(SILENT_SWEEP) || defined(CHECK_FIRST)
#define TRIGGER_LETS true
#elif defined(NO_WHERE)
#define TRIGGER_LETS (!IS_ENDED)
#else
#define TRIGGER_LETS (state == running && token == my_token)
#endif

#if defined(CHECK_FIRST)
#define ALLOWED was_allowed
#else
#define ALLOWED (UNDER_LEASE && TRIGGER_LETS)
#endif

inline end_as(how) {
  ends++;
  assert(ends <= 1);                /* the first terminal state wins */
  state = how;
  holder = 0
}

/* A write that was let through must come from the lease that is in force. */
inline must_hold() {
  assert(holder == my_claim)
}

proctype worker(byte me) {
  byte my_token, my_claim, request;
  bool completed_here, my_clock_says_it_runs, was_allowed;
  byte requests = 0;

idle:
  atomic {
    my_token = 0; my_claim = 0; request = 0; requests = 0;
    completed_here = false; my_clock_says_it_runs = false; was_allowed = false
  };
#if defined(BLIND_CLAIM)
  if
  :: state == pending && claims < CLAIMS -> skip
  :: state == pending && claims == CLAIMS -> goto gone
  :: state == deleted && lives == LIVES -> goto gone
  :: IS_ENDED -> goto gone
  fi;
  atomic {
    state != deleted;
#else
  atomic {
    if
    :: state == pending && claims < CLAIMS -> skip
    :: state == pending && claims == CLAIMS -> goto gone
    :: (IS_ENDED || state == deleted) && lives == LIVES -> goto gone
    fi;
#endif
    state = running; token++; attempt++; owner = NAME(me); settled_by = 0;
    assert(holder == 0);            /* one owner at a time */
    assert(token > newest_token);   /* tokens grow, also when the id is given again */
    newest_token = token;
    claims++; holder = claims;
    my_token = token; my_claim = claims
  };

leased:
  atomic {
    if
    :: requests >= 3 -> goto gone   /* dies: its item stays as it is */
    :: requests < 3 -> requests++
    fi;
#if defined(CLOCK_FENCE)
    if
    :: my_clock_says_it_runs = true /* its clock may be wrong either way */
    :: my_clock_says_it_runs = false
    fi;
#endif
    if
    :: request = write              /* heartbeat, checkpoint, event, effect: all that it writes while it works */
    :: request = complete
    :: request = fail
    :: request = release
    fi;
#if defined(CHECK_FIRST)
    was_allowed = UNDER_LEASE
  };
  atomic {
#endif
    if
    :: request == complete && completed_here && settled_by == my_token && token == my_token ->
       assert(state == completed)   /* sent again after it was answered: the same answer, and nothing is written */
    :: !(request == complete && completed_here && settled_by == my_token && token == my_token) ->
       if
       :: ALLOWED ->
          must_hold();
          if
          :: request == write -> skip
          :: request == complete -> end_as(completed); settled_by = my_token; completed_here = true
          :: request == fail ->
             settled_by = my_token;
             if
             :: attempt < ATTEMPTS -> state = pending; holder = 0
             :: else -> end_as(failed)
             fi
          :: request == release ->  /* the attempt is given back */
             settled_by = my_token; token++; attempt--; state = pending; holder = 0
          fi
       :: else -> goto idle         /* it is told that the lease is lost */
       fi
    fi
  };
  goto leased;
gone:
  skip
}

/* Takes a lease back whenever it likes: a clock that jumps, a process that seems dead, a deadline. */
active proctype sweeper() {
end:
  do
  :: atomic {
       state == running ->
#if !defined(SILENT_SWEEP)
       token++;
#endif
       if
       :: attempt < ATTEMPTS -> state = pending; holder = 0
       :: else -> end_as(failed)
       fi
     }
  od
}

active proctype canceller() {
end:
  atomic { IS_OPEN -> token++; end_as(cancelled) }
}

/* Deletes what has ended; the id is given to a new item. */
active proctype retention() {
end:
  do
  :: atomic {
       IS_ENDED && lives < LIVES ->
       floor = (token > floor -> token : floor);
       state = deleted; owner = 9; settled_by = 0
     };
     atomic {
       state == deleted ->
       lives++; ends = 0; attempt = 0; state = pending;
#if defined(NO_FLOOR)
       token = 0
#else
       token = floor
#endif
     }
  od
}

init {
  atomic { run worker(0); run worker(1); run worker(2) }
}
