CREATE TABLE `checkpoint_verifications` (
	`seq` integer PRIMARY KEY NOT NULL,
	`checkpoint_seq` integer NOT NULL,
	`outcome` text NOT NULL,
	`findings` text NOT NULL,
	`verified_by` text NOT NULL,
	`verified_at_ms` integer NOT NULL,
	FOREIGN KEY (`checkpoint_seq`) REFERENCES `checkpoints`(`seq`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "checkpoint_verifications_seq" CHECK("checkpoint_verifications"."seq" >= 1),
	CONSTRAINT "checkpoint_verifications_outcome" CHECK(("checkpoint_verifications"."outcome" = 'verified' or "checkpoint_verifications"."outcome" = 'invalid')),
	CONSTRAINT "checkpoint_verifications_findings" CHECK(json_valid("checkpoint_verifications"."findings"))
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkpoint_verifications_by_checkpoint` ON `checkpoint_verifications` (`checkpoint_seq`,`seq`);
--> statement-breakpoint
CREATE TABLE `checkpoints` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`id` text NOT NULL,
	`task_seq` integer NOT NULL,
	`work_item_seq` integer,
	`position` integer NOT NULL,
	`type` text NOT NULL,
	`name` text,
	`is_replayed` integer NOT NULL,
	`fencing_token` integer NOT NULL,
	`attempt` integer NOT NULL,
	`snapshot` text NOT NULL,
	`encoding` text NOT NULL,
	`raw_bytes` integer NOT NULL,
	`metadata` text,
	`evidence` text,
	`created_at_ms` integer NOT NULL,
	FOREIGN KEY (`work_item_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "checkpoints_seq" CHECK("checkpoints"."seq" >= 1),
	CONSTRAINT "checkpoints_type" CHECK(("checkpoints"."type" = 'iteration_start' or "checkpoints"."type" = 'iteration_end' or "checkpoints"."type" = 'tool_executed' or "checkpoints"."type" = 'llm_response' or "checkpoints"."type" = 'approval_point' or "checkpoints"."type" = 'state_transition' or "checkpoints"."type" = 'manual_checkpoint' or "checkpoints"."type" = 'error_boundary')),
	CONSTRAINT "checkpoints_replayed" CHECK("checkpoints"."is_replayed" in (0, 1)),
	CONSTRAINT "checkpoints_position" CHECK("checkpoints"."position" >= 1 and "checkpoints"."raw_bytes" >= 0),
	CONSTRAINT "checkpoints_snapshot" CHECK("checkpoints"."encoding" <> 'json' or json_valid("checkpoints"."snapshot")),
	CONSTRAINT "checkpoints_json" CHECK(("checkpoints"."metadata" is null or json_valid("checkpoints"."metadata")) and ("checkpoints"."evidence" is null or json_valid("checkpoints"."evidence")))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `checkpoints_by_id` ON `checkpoints` (`tenant`,`id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `checkpoints_by_work_item` ON `checkpoints` (`work_item_seq`,`position`);
--> statement-breakpoint
CREATE INDEX `checkpoints_by_type` ON `checkpoints` (`work_item_seq`,`type`,`position`);
--> statement-breakpoint
CREATE INDEX `checkpoints_without_item` ON `checkpoints` (`task_seq`,`seq`) WHERE "checkpoints"."work_item_seq" is null;
--> statement-breakpoint
CREATE TABLE `documents` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`namespace` text NOT NULL,
	`path` text NOT NULL,
	`content_hash` text NOT NULL,
	`section_count` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `documents_by_path` ON `documents` (`tenant`,`namespace`,`path`);
--> statement-breakpoint
CREATE TABLE `events` (
	`work_item_seq` integer NOT NULL,
	`position` integer NOT NULL,
	`type` text NOT NULL,
	`at_ms` integer NOT NULL,
	`fencing_token` integer NOT NULL,
	`actor` text,
	`data` text,
	`encoding` text,
	`raw_bytes` integer,
	`span_id` text,
	`prev_hash` text,
	`hash` text,
	PRIMARY KEY(`work_item_seq`, `position`),
	FOREIGN KEY (`work_item_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "events_type" CHECK(("events"."type" = 'item.enqueued' or "events"."type" = 'lease.claimed' or "events"."type" = 'lease.released' or "events"."type" = 'lease.expired' or "events"."type" = 'item.retried' or "events"."type" = 'item.waiting' or "events"."type" = 'item.resumed' or "events"."type" = 'item.rescheduled' or "events"."type" = 'item.completed' or "events"."type" = 'item.failed' or "events"."type" = 'item.cancelled' or "events"."type" = 'checkpoint.begun' or "events"."type" = 'checkpoint.appended' or "events"."type" = 'checkpoint.verified' or "events"."type" = 'checkpoint.invalid' or "events"."type" = 'log')),
	CONSTRAINT "events_position" CHECK("events"."position" >= 1),
	CONSTRAINT "events_data" CHECK(("events"."data" is null) = ("events"."encoding" is null) and ("events"."data" is null or "events"."encoding" <> 'json' or json_valid("events"."data")))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`state` text NOT NULL,
	`fencing_token` integer NOT NULL,
	`settle_token` integer,
	`owner` text,
	`process_id` text,
	`lease_ms` integer,
	`lease_expires_at_ms` integer,
	`response` text,
	`response_encoding` text,
	`error` text,
	`task_seq` integer,
	`work_item_seq` integer,
	`created_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	`expires_at_ms` integer NOT NULL,
	FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`work_item_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "idempotency_keys_seq" CHECK("idempotency_keys"."seq" >= 1),
	CONSTRAINT "idempotency_keys_state" CHECK(("idempotency_keys"."state" = 'pending' or "idempotency_keys"."state" = 'completed' or "idempotency_keys"."state" = 'failed')),
	CONSTRAINT "idempotency_keys_hash" CHECK(length("idempotency_keys"."request_hash") = 71 and substr("idempotency_keys"."request_hash", 1, 7) = 'sha256:'),
	CONSTRAINT "idempotency_keys_lease" CHECK(("idempotency_keys"."state" = 'pending') = ("idempotency_keys"."lease_expires_at_ms" is not null) and ("idempotency_keys"."lease_expires_at_ms" is null) = ("idempotency_keys"."owner" is null) and ("idempotency_keys"."lease_expires_at_ms" is null) = ("idempotency_keys"."lease_ms" is null) and "idempotency_keys"."fencing_token" >= 1),
	CONSTRAINT "idempotency_keys_finished" CHECK(("idempotency_keys"."finished_at_ms" is null) = ("idempotency_keys"."state" = 'pending')),
	CONSTRAINT "idempotency_keys_response" CHECK(("idempotency_keys"."state" = 'completed') = ("idempotency_keys"."response" is not null) and ("idempotency_keys"."response" is null) = ("idempotency_keys"."response_encoding" is null) and ("idempotency_keys"."response" is null or "idempotency_keys"."response_encoding" <> 'json' or json_valid("idempotency_keys"."response"))),
	CONSTRAINT "idempotency_keys_error" CHECK(("idempotency_keys"."state" = 'failed') = ("idempotency_keys"."error" is not null) and ("idempotency_keys"."error" is null or json_valid("idempotency_keys"."error")))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_keys_by_key` ON `idempotency_keys` (`tenant`,`key`);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expiring` ON `idempotency_keys` (`expires_at_ms`);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_process` ON `idempotency_keys` (`process_id`) WHERE "idempotency_keys"."state" = 'pending';
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_task` ON `idempotency_keys` (`task_seq`) WHERE "idempotency_keys"."task_seq" is not null;
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_work_item` ON `idempotency_keys` (`work_item_seq`) WHERE "idempotency_keys"."work_item_seq" is not null;
--> statement-breakpoint
CREATE TABLE `processes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`host` text NOT NULL,
	`pid` integer NOT NULL,
	`version` text NOT NULL,
	`state` text NOT NULL,
	`started_at_ms` integer NOT NULL,
	`heartbeat_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	CONSTRAINT "processes_kind" CHECK(("processes"."kind" = 'api' or "processes"."kind" = 'worker' or "processes"."kind" = 'mcp' or "processes"."kind" = 'cli' or "processes"."kind" = 'embedded')),
	CONSTRAINT "processes_state" CHECK(("processes"."state" = 'alive' or "processes"."state" = 'stopped' or "processes"."state" = 'dead')),
	CONSTRAINT "processes_ended" CHECK(("processes"."ended_at_ms" is null) = ("processes"."state" = 'alive'))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `processes_by_id` ON `processes` (`id`);
--> statement-breakpoint
CREATE INDEX `processes_by_state` ON `processes` (`state`,`heartbeat_at_ms`);
--> statement-breakpoint
CREATE TABLE `retention_permits` (
	`kind` text NOT NULL,
	`row_seq` integer NOT NULL,
	PRIMARY KEY(`kind`, `row_seq`),
	CONSTRAINT "retention_permits_kind" CHECK(("retention_permits"."kind" = 'task' or "retention_permits"."kind" = 'work_item' or "retention_permits"."kind" = 'checkpoint' or "retention_permits"."kind" = 'verification' or "retention_permits"."kind" = 'event' or "retention_permits"."kind" = 'idempotency_key'))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `schema_migrations` (
	`scope` text NOT NULL,
	`version` integer NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`applied_at_ms` integer NOT NULL,
	PRIMARY KEY(`scope`, `version`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `schema_versions` (
	`scope` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sections` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`namespace` text NOT NULL,
	`key` text NOT NULL,
	`document_seq` integer,
	`heading_trail` text NOT NULL,
	`text` text NOT NULL,
	`content_hash` text NOT NULL,
	`metadata` text,
	`version` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`document_seq`) REFERENCES `documents`(`seq`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "sections_seq" CHECK("sections"."seq" >= 1),
	CONSTRAINT "sections_metadata" CHECK("sections"."metadata" is null or json_valid("sections"."metadata"))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `sections_by_key` ON `sections` (`tenant`,`namespace`,`key`);
--> statement-breakpoint
CREATE UNIQUE INDEX `sections_by_document` ON `sections` (`document_seq`,`seq`) WHERE "sections"."document_seq" is not null;
--> statement-breakpoint
CREATE TABLE `store_properties` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tasks` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`state` text NOT NULL,
	`failure_policy` text NOT NULL,
	`metadata` text,
	`cancel_requested_at_ms` integer,
	`created_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	CONSTRAINT "tasks_seq" CHECK("tasks"."seq" >= 1),
	CONSTRAINT "tasks_state" CHECK(("tasks"."state" = 'active' or "tasks"."state" = 'completed' or "tasks"."state" = 'failed' or "tasks"."state" = 'cancelled')),
	CONSTRAINT "tasks_failure_policy" CHECK(("tasks"."failure_policy" = 'any' or "tasks"."failure_policy" = 'root')),
	CONSTRAINT "tasks_finished" CHECK(("tasks"."finished_at_ms" is not null) = (("tasks"."state" = 'completed' or "tasks"."state" = 'failed' or "tasks"."state" = 'cancelled'))),
	CONSTRAINT "tasks_metadata" CHECK("tasks"."metadata" is null or json_valid("tasks"."metadata"))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_by_id` ON `tasks` (`tenant`,`id`);
--> statement-breakpoint
CREATE INDEX `tasks_by_age` ON `tasks` (`tenant`,`seq`);
--> statement-breakpoint
CREATE INDEX `tasks_by_state` ON `tasks` (`tenant`,`state`,`seq`);
--> statement-breakpoint
CREATE INDEX `tasks_finished` ON `tasks` (`finished_at_ms`) WHERE "tasks"."finished_at_ms" is not null;
--> statement-breakpoint
CREATE INDEX `tasks_being_cancelled` ON `tasks` (`cancel_requested_at_ms`) WHERE "tasks"."state" = 'active' and "tasks"."cancel_requested_at_ms" is not null;
--> statement-breakpoint
CREATE TABLE `work_item_streams` (
	`work_item_seq` integer PRIMARY KEY NOT NULL,
	`checkpoint_position` integer NOT NULL,
	`event_position` integer NOT NULL,
	FOREIGN KEY (`work_item_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "work_item_streams_positions" CHECK("work_item_streams"."checkpoint_position" >= 0 and "work_item_streams"."event_position" >= 0)
) STRICT;
--> statement-breakpoint
CREATE TABLE `work_items` (
	`seq` integer PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`id` text NOT NULL,
	`task_seq` integer NOT NULL,
	`parent_seq` integer,
	`is_root` integer NOT NULL,
	`redriven_from_seq` integer,
	`type` text NOT NULL,
	`queue` text NOT NULL,
	`priority` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`waiting_reason` text,
	`waiting_for` text,
	`visible_at_ms` integer NOT NULL,
	`deadline_at_ms` integer,
	`timeout_ms` integer,
	`attempt` integer NOT NULL,
	`max_attempts` integer NOT NULL,
	`fencing_token` integer NOT NULL,
	`settle_token` integer,
	`lease_owner` text,
	`process_id` text,
	`lease_ms` integer,
	`lease_acquired_at_ms` integer,
	`lease_expires_at_ms` integer,
	`heartbeat_at_ms` integer,
	`is_ahead` integer NOT NULL,
	`input` text NOT NULL,
	`input_encoding` text NOT NULL,
	`result` text,
	`result_encoding` text,
	`error` text,
	`created_at_ms` integer NOT NULL,
	`started_at_ms` integer,
	`finished_at_ms` integer,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`parent_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`redriven_from_seq`) REFERENCES `work_items`(`seq`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "work_items_seq" CHECK("work_items"."seq" >= 1),
	CONSTRAINT "work_items_state" CHECK(("work_items"."state" = 'scheduled' or "work_items"."state" = 'pending' or "work_items"."state" = 'running' or "work_items"."state" = 'waiting' or "work_items"."state" = 'completed' or "work_items"."state" = 'failed' or "work_items"."state" = 'cancelled')),
	CONSTRAINT "work_items_reason" CHECK(("work_items"."reason" = 'enqueued' or "work_items"."reason" = 'due' or "work_items"."reason" = 'claimed' or "work_items"."reason" = 'completed' or "work_items"."reason" = 'failed' or "work_items"."reason" = 'retry' or "work_items"."reason" = 'released' or "work_items"."reason" = 'ahead_returned' or "work_items"."reason" = 'expired' or "work_items"."reason" = 'process_dead' or "work_items"."reason" = 'cancelled' or "work_items"."reason" = 'deadline' or "work_items"."reason" = 'waiting' or "work_items"."reason" = 'resumed')),
	CONSTRAINT "work_items_waiting_reason" CHECK(("work_items"."waiting_reason" is not null) = ("work_items"."state" = 'waiting') and ("work_items"."waiting_reason" is null or ("work_items"."waiting_reason" = 'signal' or "work_items"."waiting_reason" = 'child' or "work_items"."waiting_reason" = 'decision' or "work_items"."waiting_reason" = 'limit' or "work_items"."waiting_reason" = 'queue_paused'))),
	CONSTRAINT "work_items_lease" CHECK(("work_items"."state" = 'running') = ("work_items"."lease_owner" is not null) and ("work_items"."lease_owner" is null) = ("work_items"."lease_expires_at_ms" is null) and ("work_items"."lease_owner" is null) = ("work_items"."lease_ms" is null) and ("work_items"."lease_owner" is null) = ("work_items"."lease_acquired_at_ms" is null)),
	CONSTRAINT "work_items_ahead" CHECK("work_items"."is_ahead" = 0 or ("work_items"."is_ahead" = 1 and "work_items"."state" = 'running')),
	CONSTRAINT "work_items_root" CHECK("work_items"."is_root" in (0, 1)),
	CONSTRAINT "work_items_attempts" CHECK("work_items"."attempt" >= 0 and "work_items"."max_attempts" >= 1 and "work_items"."attempt" <= "work_items"."max_attempts" and "work_items"."fencing_token" >= 0),
	CONSTRAINT "work_items_finished" CHECK(("work_items"."finished_at_ms" is not null) = (("work_items"."state" = 'completed' or "work_items"."state" = 'failed' or "work_items"."state" = 'cancelled'))),
	CONSTRAINT "work_items_input" CHECK("work_items"."input_encoding" <> 'json' or json_valid("work_items"."input")),
	CONSTRAINT "work_items_result" CHECK(("work_items"."result" is null) = ("work_items"."result_encoding" is null) and ("work_items"."result" is null or "work_items"."state" = 'completed') and ("work_items"."result" is null or "work_items"."result_encoding" <> 'json' or json_valid("work_items"."result"))),
	CONSTRAINT "work_items_error" CHECK(("work_items"."error" is null or json_valid("work_items"."error")) and ("work_items"."state" <> 'failed' or "work_items"."error" is not null))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `work_items_by_id` ON `work_items` (`tenant`,`id`);
--> statement-breakpoint
CREATE INDEX `work_items_claimable` ON `work_items` (`tenant`,`queue`,"priority" desc,`seq`) WHERE "work_items"."state" = 'pending';
--> statement-breakpoint
CREATE INDEX `work_items_claimable_by_task` ON `work_items` (`task_seq`,"priority" desc,`seq`) WHERE "work_items"."state" = 'pending';
--> statement-breakpoint
CREATE INDEX `work_items_due` ON `work_items` (`visible_at_ms`) WHERE "work_items"."state" = 'scheduled';
--> statement-breakpoint
CREATE INDEX `work_items_waiting` ON `work_items` (`visible_at_ms`) WHERE "work_items"."state" = 'waiting';
--> statement-breakpoint
CREATE INDEX `work_items_leased` ON `work_items` (`lease_expires_at_ms`) WHERE "work_items"."state" = 'running';
--> statement-breakpoint
CREATE INDEX `work_items_by_process` ON `work_items` (`process_id`,`seq`) WHERE "work_items"."state" = 'running';
--> statement-breakpoint
CREATE INDEX `work_items_deadline` ON `work_items` (`deadline_at_ms`) WHERE "work_items"."deadline_at_ms" is not null and "work_items"."state" <> 'running' and "work_items"."finished_at_ms" is null;
--> statement-breakpoint
CREATE INDEX `work_items_by_task` ON `work_items` (`task_seq`,`state`,`seq`);
--> statement-breakpoint
CREATE INDEX `work_items_by_parent` ON `work_items` (`parent_seq`) WHERE "work_items"."parent_seq" is not null;
--> statement-breakpoint
CREATE INDEX `work_items_by_redriven_from` ON `work_items` (`redriven_from_seq`) WHERE "work_items"."redriven_from_seq" is not null;
--> statement-breakpoint
CREATE VIRTUAL TABLE sections_fts USING fts5(
  heading_trail, text, key,
  content = 'sections', content_rowid = 'seq',
  tokenize = 'unicode61 remove_diacritics 2'
);
--> statement-breakpoint
INSERT INTO sections_fts (sections_fts) VALUES ('rebuild');
--> statement-breakpoint
CREATE TRIGGER tasks_guard_insert
BEFORE INSERT ON tasks
WHEN
  ((
      exists (select 1 from tasks known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from tasks known where known.seq = NEW.seq)
    ))
  OR (NEW.state <> 'active' or NEW.cancel_requested_at_ms is not null)
BEGIN
  SELECT RAISE(ABORT, 'task.exists')
  WHERE ((
      exists (select 1 from tasks known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from tasks known where known.seq = NEW.seq)
    ));
  SELECT RAISE(ABORT, 'task.invalid_insert')
  WHERE (NEW.state <> 'active' or NEW.cancel_requested_at_ms is not null);
END;
--> statement-breakpoint
CREATE TRIGGER tasks_guard_update
BEFORE UPDATE ON tasks
WHEN
  ((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled'))
  OR (OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.type is distinct from NEW.type
      or OLD.failure_policy is distinct from NEW.failure_policy
      or OLD.metadata is distinct from NEW.metadata
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or (OLD.cancel_requested_at_ms is not null and NEW.cancel_requested_at_ms is distinct from OLD.cancel_requested_at_ms))
  OR ((NEW.state <> 'active')
    and exists (
      select 1 from work_items item where item.task_seq = OLD.seq and item.state >= 'pending'
    ))
BEGIN
  SELECT RAISE(ABORT, 'task.already_terminal')
  WHERE ((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled'));
  SELECT RAISE(ABORT, 'task.immutable')
  WHERE (OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.type is distinct from NEW.type
      or OLD.failure_policy is distinct from NEW.failure_policy
      or OLD.metadata is distinct from NEW.metadata
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or (OLD.cancel_requested_at_ms is not null and NEW.cancel_requested_at_ms is distinct from OLD.cancel_requested_at_ms));
  SELECT RAISE(ABORT, 'task.immutable')
  WHERE ((NEW.state <> 'active')
    and exists (
      select 1 from work_items item where item.task_seq = OLD.seq and item.state >= 'pending'
    ));
END;
--> statement-breakpoint
CREATE TRIGGER work_items_guard_insert
BEFORE INSERT ON work_items
WHEN
  ((
      exists (select 1 from work_items known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from work_items known where known.seq = NEW.seq)
    ))
  OR (not (NEW.state = 'scheduled' or NEW.state = 'pending' or NEW.state = 'waiting')
      or NEW.attempt <> 0
      or NEW.settle_token is not null
      or NEW.process_id is not null
      or NEW.heartbeat_at_ms is not null
      or NEW.started_at_ms is not null
      or NEW.error is not null
      or (NEW.is_root = 1 and NEW.parent_seq is not null))
  OR (not exists (
      select 1 from tasks task
      where task.seq = NEW.task_seq and task.tenant = NEW.tenant and task.state = 'active'
    ))
  OR ((NEW.is_root = 1)
    and exists (select 1 from work_items root where root.task_seq = NEW.task_seq and root.is_root = 1))
  OR ((NEW.parent_seq is not null or NEW.redriven_from_seq is not null)
    and (
      exists (select 1 from work_items linked where linked.seq = NEW.parent_seq and linked.tenant <> NEW.tenant)
      or exists (select 1 from work_items linked where linked.seq = NEW.redriven_from_seq and linked.tenant <> NEW.tenant)
    ))
BEGIN
  SELECT RAISE(ABORT, 'work_item.exists')
  WHERE ((
      exists (select 1 from work_items known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from work_items known where known.seq = NEW.seq)
    ));
  SELECT RAISE(ABORT, 'work_item.invalid_insert')
  WHERE (not (NEW.state = 'scheduled' or NEW.state = 'pending' or NEW.state = 'waiting')
      or NEW.attempt <> 0
      or NEW.settle_token is not null
      or NEW.process_id is not null
      or NEW.heartbeat_at_ms is not null
      or NEW.started_at_ms is not null
      or NEW.error is not null
      or (NEW.is_root = 1 and NEW.parent_seq is not null));
  SELECT RAISE(ABORT, 'work_item.invalid_insert')
  WHERE (not exists (
      select 1 from tasks task
      where task.seq = NEW.task_seq and task.tenant = NEW.tenant and task.state = 'active'
    ));
  SELECT RAISE(ABORT, 'work_item.invalid_insert')
  WHERE ((NEW.is_root = 1)
    and exists (select 1 from work_items root where root.task_seq = NEW.task_seq and root.is_root = 1));
  SELECT RAISE(ABORT, 'work_item.invalid_insert')
  WHERE ((NEW.parent_seq is not null or NEW.redriven_from_seq is not null)
    and (
      exists (select 1 from work_items linked where linked.seq = NEW.parent_seq and linked.tenant <> NEW.tenant)
      or exists (select 1 from work_items linked where linked.seq = NEW.redriven_from_seq and linked.tenant <> NEW.tenant)
    ));
END;
--> statement-breakpoint
CREATE TRIGGER work_items_guard_update
BEFORE UPDATE ON work_items
WHEN
  ((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled') and (
      not ((OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null))
      or (OLD.parent_seq is distinct from NEW.parent_seq and NEW.parent_seq is not null)
      or (OLD.redriven_from_seq is distinct from NEW.redriven_from_seq and NEW.redriven_from_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.is_root is distinct from NEW.is_root
      or OLD.type is distinct from NEW.type
      or OLD.queue is distinct from NEW.queue
      or OLD.priority is distinct from NEW.priority
      or OLD.state is distinct from NEW.state
      or OLD.reason is distinct from NEW.reason
      or OLD.waiting_reason is distinct from NEW.waiting_reason
      or OLD.waiting_for is distinct from NEW.waiting_for
      or OLD.visible_at_ms is distinct from NEW.visible_at_ms
      or OLD.deadline_at_ms is distinct from NEW.deadline_at_ms
      or OLD.timeout_ms is distinct from NEW.timeout_ms
      or OLD.attempt is distinct from NEW.attempt
      or OLD.max_attempts is distinct from NEW.max_attempts
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.lease_owner is distinct from NEW.lease_owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_acquired_at_ms is distinct from NEW.lease_acquired_at_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.heartbeat_at_ms is distinct from NEW.heartbeat_at_ms
      or OLD.is_ahead is distinct from NEW.is_ahead
      or OLD.input is distinct from NEW.input
      or OLD.input_encoding is distinct from NEW.input_encoding
      or OLD.result is distinct from NEW.result
      or OLD.result_encoding is distinct from NEW.result_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.started_at_ms is distinct from NEW.started_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.updated_at_ms is distinct from NEW.updated_at_ms
    ))
  OR (((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled') and (
      (OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null)
    ))
    and (
      (NEW.parent_seq is null and exists (select 1 from work_items target where target.seq = OLD.parent_seq))
      or (NEW.redriven_from_seq is null and exists (select 1 from work_items target where target.seq = OLD.redriven_from_seq))
    ))
  OR (OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.is_root is distinct from NEW.is_root
      or OLD.type is distinct from NEW.type
      or OLD.max_attempts is distinct from NEW.max_attempts
      or OLD.input is distinct from NEW.input
      or OLD.input_encoding is distinct from NEW.input_encoding
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or (OLD.parent_seq is distinct from NEW.parent_seq and NEW.parent_seq is not null)
      or (OLD.redriven_from_seq is distinct from NEW.redriven_from_seq and NEW.redriven_from_seq is not null)
      or (OLD.started_at_ms is not null and NEW.started_at_ms is distinct from OLD.started_at_ms))
  OR (((OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null))
    and ((NEW.parent_seq is null and exists (select 1 from work_items target where target.seq = OLD.parent_seq))
      or (NEW.redriven_from_seq is null and exists (select 1 from work_items target where target.seq = OLD.redriven_from_seq))))
  OR (NEW.state <> OLD.state and not (
      (OLD.state = 'scheduled' and (NEW.state = 'pending' or NEW.state = 'waiting' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'pending' and (NEW.state = 'running' or NEW.state = 'scheduled' or NEW.state = 'waiting' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'running' and (NEW.state = 'pending' or NEW.state = 'scheduled' or NEW.state = 'waiting' or NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'waiting' and (NEW.state = 'pending' or NEW.state = 'scheduled' or NEW.state = 'failed' or NEW.state = 'cancelled'))
    ))
  OR (NEW.state = 'running' and OLD.state <> 'running' and not (
      NEW.fencing_token = OLD.fencing_token + 1 and NEW.attempt = OLD.attempt + 1 and NEW.settle_token is null
    ))
  OR (OLD.state = 'running' and NEW.state <> 'running'
      and NEW.settle_token is distinct from OLD.fencing_token
      and (NEW.state = 'completed' or NEW.fencing_token <= OLD.fencing_token))
  OR (NEW.settle_token is not null
      and NEW.settle_token is distinct from OLD.settle_token
      and not (OLD.state = 'running' and NEW.state <> 'running' and NEW.settle_token = OLD.fencing_token))
  OR (OLD.state = 'running' and NEW.state = 'running' and (
      OLD.lease_owner is distinct from NEW.lease_owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_acquired_at_ms is distinct from NEW.lease_acquired_at_ms
      or OLD.attempt is distinct from NEW.attempt
      or OLD.fencing_token is distinct from NEW.fencing_token
      or NEW.is_ahead > OLD.is_ahead
    ))
  OR (NEW.fencing_token < OLD.fencing_token
      or (
        not (OLD.state = 'running' or OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled')
        and (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled') and NEW.fencing_token <= OLD.fencing_token
      ))
  OR (NEW.attempt <> OLD.attempt and not (NEW.state = 'running' and OLD.state <> 'running') and not (
      OLD.state = 'running' and NEW.state <> 'running' and not (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled')
      and NEW.attempt = OLD.attempt - 1 and (NEW.reason = 'released' or NEW.reason = 'ahead_returned' or NEW.reason = 'waiting')
    ))
  OR (OLD.state = 'running' and NEW.state <> 'running' and not (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled') and (
      NEW.attempt >= NEW.max_attempts
      or (NEW.state <> 'waiting' and not (NEW.reason = 'released' or NEW.reason = 'ahead_returned' or NEW.reason = 'retry' or NEW.reason = 'expired' or NEW.reason = 'process_dead'))
    ))
BEGIN
  SELECT RAISE(ABORT, 'work_item.already_terminal')
  WHERE ((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled') and (
      not ((OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null))
      or (OLD.parent_seq is distinct from NEW.parent_seq and NEW.parent_seq is not null)
      or (OLD.redriven_from_seq is distinct from NEW.redriven_from_seq and NEW.redriven_from_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.is_root is distinct from NEW.is_root
      or OLD.type is distinct from NEW.type
      or OLD.queue is distinct from NEW.queue
      or OLD.priority is distinct from NEW.priority
      or OLD.state is distinct from NEW.state
      or OLD.reason is distinct from NEW.reason
      or OLD.waiting_reason is distinct from NEW.waiting_reason
      or OLD.waiting_for is distinct from NEW.waiting_for
      or OLD.visible_at_ms is distinct from NEW.visible_at_ms
      or OLD.deadline_at_ms is distinct from NEW.deadline_at_ms
      or OLD.timeout_ms is distinct from NEW.timeout_ms
      or OLD.attempt is distinct from NEW.attempt
      or OLD.max_attempts is distinct from NEW.max_attempts
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.lease_owner is distinct from NEW.lease_owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_acquired_at_ms is distinct from NEW.lease_acquired_at_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.heartbeat_at_ms is distinct from NEW.heartbeat_at_ms
      or OLD.is_ahead is distinct from NEW.is_ahead
      or OLD.input is distinct from NEW.input
      or OLD.input_encoding is distinct from NEW.input_encoding
      or OLD.result is distinct from NEW.result
      or OLD.result_encoding is distinct from NEW.result_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.started_at_ms is distinct from NEW.started_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.updated_at_ms is distinct from NEW.updated_at_ms
    ));
  SELECT RAISE(ABORT, 'work_item.already_terminal')
  WHERE (((OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled') and (
      (OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null)
    ))
    and (
      (NEW.parent_seq is null and exists (select 1 from work_items target where target.seq = OLD.parent_seq))
      or (NEW.redriven_from_seq is null and exists (select 1 from work_items target where target.seq = OLD.redriven_from_seq))
    ));
  SELECT RAISE(ABORT, 'work_item.immutable')
  WHERE (OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.is_root is distinct from NEW.is_root
      or OLD.type is distinct from NEW.type
      or OLD.max_attempts is distinct from NEW.max_attempts
      or OLD.input is distinct from NEW.input
      or OLD.input_encoding is distinct from NEW.input_encoding
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or (OLD.parent_seq is distinct from NEW.parent_seq and NEW.parent_seq is not null)
      or (OLD.redriven_from_seq is distinct from NEW.redriven_from_seq and NEW.redriven_from_seq is not null)
      or (OLD.started_at_ms is not null and NEW.started_at_ms is distinct from OLD.started_at_ms));
  SELECT RAISE(ABORT, 'work_item.immutable')
  WHERE (((OLD.parent_seq is not null and NEW.parent_seq is null)
      or (OLD.redriven_from_seq is not null and NEW.redriven_from_seq is null))
    and ((NEW.parent_seq is null and exists (select 1 from work_items target where target.seq = OLD.parent_seq))
      or (NEW.redriven_from_seq is null and exists (select 1 from work_items target where target.seq = OLD.redriven_from_seq))));
  SELECT RAISE(ABORT, 'work_item.illegal_transition')
  WHERE (NEW.state <> OLD.state and not (
      (OLD.state = 'scheduled' and (NEW.state = 'pending' or NEW.state = 'waiting' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'pending' and (NEW.state = 'running' or NEW.state = 'scheduled' or NEW.state = 'waiting' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'running' and (NEW.state = 'pending' or NEW.state = 'scheduled' or NEW.state = 'waiting' or NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled'))
      or (OLD.state = 'waiting' and (NEW.state = 'pending' or NEW.state = 'scheduled' or NEW.state = 'failed' or NEW.state = 'cancelled'))
    ));
  SELECT RAISE(ABORT, 'work_item.illegal_transition')
  WHERE (NEW.state = 'running' and OLD.state <> 'running' and not (
      NEW.fencing_token = OLD.fencing_token + 1 and NEW.attempt = OLD.attempt + 1 and NEW.settle_token is null
    ));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (OLD.state = 'running' and NEW.state <> 'running'
      and NEW.settle_token is distinct from OLD.fencing_token
      and (NEW.state = 'completed' or NEW.fencing_token <= OLD.fencing_token));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (NEW.settle_token is not null
      and NEW.settle_token is distinct from OLD.settle_token
      and not (OLD.state = 'running' and NEW.state <> 'running' and NEW.settle_token = OLD.fencing_token));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (OLD.state = 'running' and NEW.state = 'running' and (
      OLD.lease_owner is distinct from NEW.lease_owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_acquired_at_ms is distinct from NEW.lease_acquired_at_ms
      or OLD.attempt is distinct from NEW.attempt
      or OLD.fencing_token is distinct from NEW.fencing_token
      or NEW.is_ahead > OLD.is_ahead
    ));
  SELECT RAISE(ABORT, 'work_item.illegal_transition')
  WHERE (NEW.fencing_token < OLD.fencing_token
      or (
        not (OLD.state = 'running' or OLD.state = 'completed' or OLD.state = 'failed' or OLD.state = 'cancelled')
        and (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled') and NEW.fencing_token <= OLD.fencing_token
      ));
  SELECT RAISE(ABORT, 'work_item.illegal_transition')
  WHERE (NEW.attempt <> OLD.attempt and not (NEW.state = 'running' and OLD.state <> 'running') and not (
      OLD.state = 'running' and NEW.state <> 'running' and not (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled')
      and NEW.attempt = OLD.attempt - 1 and (NEW.reason = 'released' or NEW.reason = 'ahead_returned' or NEW.reason = 'waiting')
    ));
  SELECT RAISE(ABORT, 'work_item.illegal_transition')
  WHERE (OLD.state = 'running' and NEW.state <> 'running' and not (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled') and (
      NEW.attempt >= NEW.max_attempts
      or (NEW.state <> 'waiting' and not (NEW.reason = 'released' or NEW.reason = 'ahead_returned' or NEW.reason = 'retry' or NEW.reason = 'expired' or NEW.reason = 'process_dead'))
    ));
END;
--> statement-breakpoint
CREATE TRIGGER work_item_streams_guard_insert
BEFORE INSERT ON work_item_streams
WHEN
  ((
      NEW.checkpoint_position <> 0 or NEW.event_position <> 0
      or exists (select 1 from work_item_streams known where known.work_item_seq = NEW.work_item_seq)
    ))
BEGIN
  SELECT RAISE(ABORT, 'stream.append_only')
  WHERE ((
      NEW.checkpoint_position <> 0 or NEW.event_position <> 0
      or exists (select 1 from work_item_streams known where known.work_item_seq = NEW.work_item_seq)
    ));
END;
--> statement-breakpoint
CREATE TRIGGER work_item_streams_guard_update
BEFORE UPDATE ON work_item_streams
WHEN
  (OLD.work_item_seq is distinct from NEW.work_item_seq
      or NEW.checkpoint_position not in (OLD.checkpoint_position, OLD.checkpoint_position + 1)
      or NEW.event_position not in (OLD.event_position, OLD.event_position + 1))
  OR ((NEW.event_position <> OLD.event_position)
    and not exists (
      select 1 from events event
      where event.work_item_seq = NEW.work_item_seq and event.position = NEW.event_position
    ))
  OR ((NEW.checkpoint_position <> OLD.checkpoint_position)
    and not exists (
      select 1 from checkpoints checkpoint
      where checkpoint.work_item_seq = NEW.work_item_seq and checkpoint.position = NEW.checkpoint_position
    ))
BEGIN
  SELECT RAISE(ABORT, 'stream.append_only')
  WHERE (OLD.work_item_seq is distinct from NEW.work_item_seq
      or NEW.checkpoint_position not in (OLD.checkpoint_position, OLD.checkpoint_position + 1)
      or NEW.event_position not in (OLD.event_position, OLD.event_position + 1));
  SELECT RAISE(ABORT, 'stream.append_only')
  WHERE ((NEW.event_position <> OLD.event_position)
    and not exists (
      select 1 from events event
      where event.work_item_seq = NEW.work_item_seq and event.position = NEW.event_position
    ));
  SELECT RAISE(ABORT, 'stream.append_only')
  WHERE ((NEW.checkpoint_position <> OLD.checkpoint_position)
    and not exists (
      select 1 from checkpoints checkpoint
      where checkpoint.work_item_seq = NEW.work_item_seq and checkpoint.position = NEW.checkpoint_position
    ));
END;
--> statement-breakpoint
CREATE TRIGGER work_item_streams_guard_delete
BEFORE DELETE ON work_item_streams
WHEN
  (exists (select 1 from work_items item where item.seq = OLD.work_item_seq))
BEGIN
  SELECT RAISE(ABORT, 'stream.append_only')
  WHERE (exists (select 1 from work_items item where item.seq = OLD.work_item_seq));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_guard_insert
BEFORE INSERT ON checkpoints
WHEN
  ((
      exists (select 1 from checkpoints known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from checkpoints known where known.seq = NEW.seq)
    ))
  OR (not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq
        and item.fencing_token = NEW.fencing_token
        and (item.state = 'running' or NEW.type = 'error_boundary')
        and item.tenant = NEW.tenant
        and item.task_seq = NEW.task_seq
    ))
  OR (not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.checkpoint_position + 1 = NEW.position
    ))
BEGIN
  SELECT RAISE(ABORT, 'checkpoint.exists')
  WHERE ((
      exists (select 1 from checkpoints known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from checkpoints known where known.seq = NEW.seq)
    ));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq
        and item.fencing_token = NEW.fencing_token
        and (item.state = 'running' or NEW.type = 'error_boundary')
        and item.tenant = NEW.tenant
        and item.task_seq = NEW.task_seq
    ));
  SELECT RAISE(ABORT, 'checkpoint.position_conflict')
  WHERE (not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.checkpoint_position + 1 = NEW.position
    ));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_guard_update
BEFORE UPDATE ON checkpoints
WHEN
  (true and (
      not ((OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.position is distinct from NEW.position
      or OLD.type is distinct from NEW.type
      or OLD.name is distinct from NEW.name
      or OLD.is_replayed is distinct from NEW.is_replayed
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.attempt is distinct from NEW.attempt
      or OLD.snapshot is distinct from NEW.snapshot
      or OLD.encoding is distinct from NEW.encoding
      or OLD.raw_bytes is distinct from NEW.raw_bytes
      or OLD.metadata is distinct from NEW.metadata
      or OLD.evidence is distinct from NEW.evidence
      or OLD.created_at_ms is distinct from NEW.created_at_ms
    ))
  OR ((true and (
      (OLD.work_item_seq is not null and NEW.work_item_seq is null)
    ))
    and (
      (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))
    ))
BEGIN
  SELECT RAISE(ABORT, 'checkpoint.append_only')
  WHERE (true and (
      not ((OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.id is distinct from NEW.id
      or OLD.task_seq is distinct from NEW.task_seq
      or OLD.position is distinct from NEW.position
      or OLD.type is distinct from NEW.type
      or OLD.name is distinct from NEW.name
      or OLD.is_replayed is distinct from NEW.is_replayed
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.attempt is distinct from NEW.attempt
      or OLD.snapshot is distinct from NEW.snapshot
      or OLD.encoding is distinct from NEW.encoding
      or OLD.raw_bytes is distinct from NEW.raw_bytes
      or OLD.metadata is distinct from NEW.metadata
      or OLD.evidence is distinct from NEW.evidence
      or OLD.created_at_ms is distinct from NEW.created_at_ms
    ));
  SELECT RAISE(ABORT, 'checkpoint.append_only')
  WHERE ((true and (
      (OLD.work_item_seq is not null and NEW.work_item_seq is null)
    ))
    and (
      (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))
    ));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoint_verifications_guard_insert
BEFORE INSERT ON checkpoint_verifications
WHEN
  (exists (select 1 from checkpoint_verifications known where known.seq = NEW.seq))
BEGIN
  SELECT RAISE(ABORT, 'verification.append_only')
  WHERE (exists (select 1 from checkpoint_verifications known where known.seq = NEW.seq));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoint_verifications_guard_update
BEFORE UPDATE ON checkpoint_verifications
WHEN
  (true)
BEGIN
  SELECT RAISE(ABORT, 'verification.append_only')
  WHERE (true);
END;
--> statement-breakpoint
CREATE TRIGGER events_guard_insert
BEFORE INSERT ON events
WHEN
  (not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.event_position + 1 = NEW.position
    ))
  OR (((NEW.type = 'log' or NEW.type = 'checkpoint.begun'))
    and not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq and item.state = 'running' and item.fencing_token = NEW.fencing_token
    ))
BEGIN
  SELECT RAISE(ABORT, 'event.position_conflict')
  WHERE (not exists (
      select 1 from work_item_streams stream
      where stream.work_item_seq = NEW.work_item_seq and stream.event_position + 1 = NEW.position
    ));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (((NEW.type = 'log' or NEW.type = 'checkpoint.begun'))
    and not exists (
      select 1 from work_items item
      where item.seq = NEW.work_item_seq and item.state = 'running' and item.fencing_token = NEW.fencing_token
    ));
END;
--> statement-breakpoint
CREATE TRIGGER events_guard_update
BEFORE UPDATE ON events
WHEN
  (true)
BEGIN
  SELECT RAISE(ABORT, 'event.append_only')
  WHERE (true);
END;
--> statement-breakpoint
CREATE TRIGGER idempotency_keys_guard_insert
BEFORE INSERT ON idempotency_keys
WHEN
  ((
      exists (select 1 from idempotency_keys known where known.tenant = NEW.tenant and known.key = NEW.key)
      or exists (select 1 from idempotency_keys known where known.seq = NEW.seq)
    ))
  OR (not (
      (NEW.state = 'pending' and NEW.settle_token is null)
      or (NEW.state = 'completed' and NEW.settle_token is not distinct from NEW.fencing_token)
    ))
  OR ((NEW.task_seq is not null or NEW.work_item_seq is not null)
    and (
      exists (select 1 from tasks task where task.seq = NEW.task_seq and task.tenant <> NEW.tenant)
      or exists (select 1 from work_items item where item.seq = NEW.work_item_seq and item.tenant <> NEW.tenant)
    ))
BEGIN
  SELECT RAISE(ABORT, 'idempotency.exists')
  WHERE ((
      exists (select 1 from idempotency_keys known where known.tenant = NEW.tenant and known.key = NEW.key)
      or exists (select 1 from idempotency_keys known where known.seq = NEW.seq)
    ));
  SELECT RAISE(ABORT, 'idempotency.invalid_insert')
  WHERE (not (
      (NEW.state = 'pending' and NEW.settle_token is null)
      or (NEW.state = 'completed' and NEW.settle_token is not distinct from NEW.fencing_token)
    ));
  SELECT RAISE(ABORT, 'idempotency.invalid_insert')
  WHERE ((NEW.task_seq is not null or NEW.work_item_seq is not null)
    and (
      exists (select 1 from tasks task where task.seq = NEW.task_seq and task.tenant <> NEW.tenant)
      or exists (select 1 from work_items item where item.seq = NEW.work_item_seq and item.tenant <> NEW.tenant)
    ));
END;
--> statement-breakpoint
CREATE TRIGGER idempotency_keys_guard_update
BEFORE UPDATE ON idempotency_keys
WHEN
  (OLD.state = 'completed' and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and NEW.created_at_ms >= OLD.expires_at_ms) and (
      not ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
    ))
  OR ((OLD.state = 'completed' and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and NEW.created_at_ms >= OLD.expires_at_ms) and (
      (OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null)
    ))
    and (
      (NEW.task_seq is null and exists (select 1 from tasks target where target.seq = OLD.task_seq))
      or (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))
    ))
  OR (OLD.seq <> NEW.seq or OLD.tenant <> NEW.tenant or OLD.key <> NEW.key)
  OR (OLD.state = 'pending' and NEW.state <> 'pending' and not (
      NEW.fencing_token = OLD.fencing_token and NEW.settle_token is not distinct from OLD.fencing_token
    ))
  OR (OLD.state = 'pending' and NEW.state = 'pending' and not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (
      OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
    ))
  OR (OLD.state = 'failed' and not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (
      not ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
    ))
  OR (OLD.request_hash <> NEW.request_hash
      and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (OLD.state = 'failed' or NEW.created_at_ms >= OLD.expires_at_ms)))
  OR (((OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null))
    and (
      exists (select 1 from tasks task where task.seq = NEW.task_seq and task.tenant <> NEW.tenant)
      or exists (select 1 from work_items item where item.seq = NEW.work_item_seq and item.tenant <> NEW.tenant)
    ))
  OR ((not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null)))
    and ((NEW.task_seq is null and exists (select 1 from tasks target where target.seq = OLD.task_seq))
      or (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))))
BEGIN
  SELECT RAISE(ABORT, 'idempotency.already_completed')
  WHERE (OLD.state = 'completed' and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and NEW.created_at_ms >= OLD.expires_at_ms) and (
      not ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
    ));
  SELECT RAISE(ABORT, 'idempotency.already_completed')
  WHERE ((OLD.state = 'completed' and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and NEW.created_at_ms >= OLD.expires_at_ms) and (
      (OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null)
    ))
    and (
      (NEW.task_seq is null and exists (select 1 from tasks target where target.seq = OLD.task_seq))
      or (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))
    ));
  SELECT RAISE(ABORT, 'idempotency.immutable')
  WHERE (OLD.seq <> NEW.seq or OLD.tenant <> NEW.tenant or OLD.key <> NEW.key);
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (OLD.state = 'pending' and NEW.state <> 'pending' and not (
      NEW.fencing_token = OLD.fencing_token and NEW.settle_token is not distinct from OLD.fencing_token
    ));
  SELECT RAISE(ABORT, 'lease.lost')
  WHERE (OLD.state = 'pending' and NEW.state = 'pending' and not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (
      OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
    ));
  SELECT RAISE(ABORT, 'idempotency.illegal_transition')
  WHERE (OLD.state = 'failed' and not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (
      not ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null))
      or (OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null)
      or OLD.seq is distinct from NEW.seq
      or OLD.tenant is distinct from NEW.tenant
      or OLD.key is distinct from NEW.key
      or OLD.request_hash is distinct from NEW.request_hash
      or OLD.state is distinct from NEW.state
      or OLD.fencing_token is distinct from NEW.fencing_token
      or OLD.settle_token is distinct from NEW.settle_token
      or OLD.owner is distinct from NEW.owner
      or OLD.process_id is distinct from NEW.process_id
      or OLD.lease_ms is distinct from NEW.lease_ms
      or OLD.lease_expires_at_ms is distinct from NEW.lease_expires_at_ms
      or OLD.response is distinct from NEW.response
      or OLD.response_encoding is distinct from NEW.response_encoding
      or OLD.error is distinct from NEW.error
      or OLD.created_at_ms is distinct from NEW.created_at_ms
      or OLD.finished_at_ms is distinct from NEW.finished_at_ms
      or OLD.expires_at_ms is distinct from NEW.expires_at_ms
    ));
  SELECT RAISE(ABORT, 'idempotency.illegal_transition')
  WHERE (OLD.request_hash <> NEW.request_hash
      and not ((
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and (OLD.state = 'failed' or NEW.created_at_ms >= OLD.expires_at_ms)));
  SELECT RAISE(ABORT, 'idempotency.illegal_transition')
  WHERE (((OLD.task_seq is distinct from NEW.task_seq and NEW.task_seq is not null)
      or (OLD.work_item_seq is distinct from NEW.work_item_seq and NEW.work_item_seq is not null))
    and (
      exists (select 1 from tasks task where task.seq = NEW.task_seq and task.tenant <> NEW.tenant)
      or exists (select 1 from work_items item where item.seq = NEW.work_item_seq and item.tenant <> NEW.tenant)
    ));
  SELECT RAISE(ABORT, 'idempotency.illegal_transition')
  WHERE ((not (
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    ) and ((OLD.task_seq is not null and NEW.task_seq is null)
      or (OLD.work_item_seq is not null and NEW.work_item_seq is null)))
    and ((NEW.task_seq is null and exists (select 1 from tasks target where target.seq = OLD.task_seq))
      or (NEW.work_item_seq is null and exists (select 1 from work_items target where target.seq = OLD.work_item_seq))));
END;
--> statement-breakpoint
CREATE TRIGGER documents_guard_update
BEFORE UPDATE ON documents
WHEN
  (OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.path <> NEW.path)
BEGIN
  SELECT RAISE(ABORT, 'document.immutable')
  WHERE (OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.path <> NEW.path);
END;
--> statement-breakpoint
CREATE TRIGGER sections_guard_insert
BEFORE INSERT ON sections
WHEN
  ((
      exists (
        select 1 from sections known
        where known.tenant = NEW.tenant and known.namespace = NEW.namespace and known.key = NEW.key
      )
      or exists (select 1 from sections known where known.seq = NEW.seq)
    ))
  OR ((NEW.document_seq is not null)
    and not exists (
      select 1 from documents document
      where document.seq = NEW.document_seq
        and document.tenant = NEW.tenant
        and document.namespace = NEW.namespace
    ))
BEGIN
  SELECT RAISE(ABORT, 'section.exists')
  WHERE ((
      exists (
        select 1 from sections known
        where known.tenant = NEW.tenant and known.namespace = NEW.namespace and known.key = NEW.key
      )
      or exists (select 1 from sections known where known.seq = NEW.seq)
    ));
  SELECT RAISE(ABORT, 'section.invalid_insert')
  WHERE ((NEW.document_seq is not null)
    and not exists (
      select 1 from documents document
      where document.seq = NEW.document_seq
        and document.tenant = NEW.tenant
        and document.namespace = NEW.namespace
    ));
END;
--> statement-breakpoint
CREATE TRIGGER sections_guard_update
BEFORE UPDATE ON sections
WHEN
  (OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.key <> NEW.key)
  OR ((NEW.document_seq is not null and NEW.document_seq is distinct from OLD.document_seq)
    and not exists (
      select 1 from documents document
      where document.seq = NEW.document_seq
        and document.tenant = NEW.tenant
        and document.namespace = NEW.namespace
    ))
BEGIN
  SELECT RAISE(ABORT, 'section.immutable')
  WHERE (OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.key <> NEW.key);
  SELECT RAISE(ABORT, 'section.immutable')
  WHERE ((NEW.document_seq is not null and NEW.document_seq is distinct from OLD.document_seq)
    and not exists (
      select 1 from documents document
      where document.seq = NEW.document_seq
        and document.tenant = NEW.tenant
        and document.namespace = NEW.namespace
    ));
END;
--> statement-breakpoint
CREATE TRIGGER tasks_guard_delete
BEFORE DELETE ON tasks
WHEN
  (not exists (select 1 from retention_permits permit where permit.kind = 'task' and permit.row_seq = OLD.seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (not exists (select 1 from retention_permits permit where permit.kind = 'task' and permit.row_seq = OLD.seq));
END;
--> statement-breakpoint
CREATE TRIGGER work_items_guard_delete
BEFORE DELETE ON work_items
WHEN
  (exists (select 1 from tasks parent where parent.seq = OLD.task_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'work_item' and permit.row_seq = OLD.seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (exists (select 1 from tasks parent where parent.seq = OLD.task_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'work_item' and permit.row_seq = OLD.seq));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_guard_delete
BEFORE DELETE ON checkpoints
WHEN
  (exists (select 1 from tasks parent where parent.seq = OLD.task_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'checkpoint' and permit.row_seq = OLD.seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (exists (select 1 from tasks parent where parent.seq = OLD.task_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'checkpoint' and permit.row_seq = OLD.seq));
END;
--> statement-breakpoint
CREATE TRIGGER checkpoint_verifications_guard_delete
BEFORE DELETE ON checkpoint_verifications
WHEN
  (exists (select 1 from checkpoints parent where parent.seq = OLD.checkpoint_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'verification' and permit.row_seq = OLD.seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (exists (select 1 from checkpoints parent where parent.seq = OLD.checkpoint_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'verification' and permit.row_seq = OLD.seq));
END;
--> statement-breakpoint
CREATE TRIGGER events_guard_delete
BEFORE DELETE ON events
WHEN
  (exists (select 1 from work_items parent where parent.seq = OLD.work_item_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'event' and permit.row_seq = OLD.work_item_seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (exists (select 1 from work_items parent where parent.seq = OLD.work_item_seq)
      and not exists (select 1 from retention_permits permit where permit.kind = 'event' and permit.row_seq = OLD.work_item_seq));
END;
--> statement-breakpoint
CREATE TRIGGER idempotency_keys_guard_delete
BEFORE DELETE ON idempotency_keys
WHEN
  (not exists (select 1 from retention_permits permit where permit.kind = 'idempotency_key' and permit.row_seq = OLD.seq))
BEGIN
  SELECT RAISE(ABORT, 'retention.not_permitted')
  WHERE (not exists (select 1 from retention_permits permit where permit.kind = 'idempotency_key' and permit.row_seq = OLD.seq));
END;
--> statement-breakpoint
CREATE TRIGGER work_items_journal_insert
AFTER INSERT ON work_items
BEGIN
  INSERT INTO work_item_streams (work_item_seq, checkpoint_position, event_position)
  VALUES (NEW.seq, 0, 0);
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding)
  VALUES (NEW.seq, 1, 'item.enqueued', NEW.updated_at_ms, NEW.fencing_token, NULL,
    json_object('reason', NEW.reason, 'state', NEW.state), 'json');
END;
--> statement-breakpoint
CREATE TRIGGER work_items_journal_update
AFTER UPDATE OF state ON work_items
WHEN NEW.state <> OLD.state and not (OLD.state = 'scheduled' and NEW.state = 'pending')
BEGIN
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding)
  VALUES (NEW.seq, (SELECT event_position + 1 FROM work_item_streams WHERE work_item_seq = NEW.seq),
    CASE
      WHEN NEW.state = 'running' THEN 'lease.claimed'
      WHEN NEW.state = 'waiting' THEN 'item.waiting'
      WHEN (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled') THEN 'item.' || NEW.state
      WHEN OLD.state = 'waiting' THEN 'item.resumed'
      WHEN OLD.state = 'pending' THEN 'item.rescheduled'
      WHEN NEW.reason = 'retry' THEN 'item.retried'
      WHEN (NEW.reason = 'expired' or NEW.reason = 'process_dead') THEN 'lease.expired'
      ELSE 'lease.released'
    END,
    NEW.updated_at_ms, NEW.fencing_token, coalesce(NEW.lease_owner, OLD.lease_owner),
    CASE
      WHEN NEW.state = 'waiting'
        THEN json_object('reason', NEW.reason, 'attempt', NEW.attempt, 'waitingReason', NEW.waiting_reason)
      WHEN NEW.state not in ('running', 'completed') and NEW.error is not null
        THEN json_object('reason', NEW.reason, 'attempt', NEW.attempt, 'error', json(NEW.error))
      ELSE json_object('reason', NEW.reason, 'attempt', NEW.attempt)
    END, 'json');
END;
--> statement-breakpoint
CREATE TRIGGER events_count
AFTER INSERT ON events
BEGIN
  UPDATE work_item_streams SET event_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq;
END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_journal_insert
AFTER INSERT ON checkpoints
BEGIN
  UPDATE work_item_streams SET checkpoint_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq;
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding)
  VALUES (NEW.work_item_seq, (SELECT event_position + 1 FROM work_item_streams WHERE work_item_seq = NEW.work_item_seq), 'checkpoint.appended',
    NEW.created_at_ms, NEW.fencing_token, (SELECT lease_owner FROM work_items WHERE seq = NEW.work_item_seq),
    json_object('id', NEW.id, 'type', NEW.type, 'position', NEW.position), 'json');
END;
--> statement-breakpoint
CREATE TRIGGER checkpoint_verifications_journal_insert
AFTER INSERT ON checkpoint_verifications
BEGIN
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding)
  SELECT item.seq, stream.event_position + 1, 'checkpoint.' || NEW.outcome,
    NEW.verified_at_ms, item.fencing_token, NEW.verified_by, told.data, 'json'
  FROM (
    SELECT work_item_seq, json_object('id', id, 'position', position) AS data
    FROM checkpoints WHERE seq = NEW.checkpoint_seq
  ) AS told
  JOIN work_items AS item ON item.seq = told.work_item_seq
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq;
END;
--> statement-breakpoint
CREATE TRIGGER work_items_settle_task
AFTER UPDATE OF state ON work_items
WHEN (NEW.state = 'completed' or NEW.state = 'failed' or NEW.state = 'cancelled')
  AND NOT EXISTS (
    SELECT 1 FROM work_items AS item
    WHERE item.task_seq = NEW.task_seq AND item.state >= 'pending'
  )
BEGIN
  UPDATE tasks
  SET finished_at_ms = NEW.finished_at_ms,
    state = CASE
      WHEN EXISTS (SELECT 1 FROM work_items AS item WHERE item.task_seq = NEW.task_seq AND item.is_root = 1 AND item.state = 'cancelled') THEN 'cancelled'
      WHEN tasks.cancel_requested_at_ms is not null
        AND EXISTS (SELECT 1 FROM work_items AS item WHERE item.task_seq = NEW.task_seq AND item.state = 'cancelled') THEN 'cancelled'
      WHEN EXISTS (SELECT 1 FROM work_items AS item WHERE item.task_seq = NEW.task_seq AND item.is_root = 1 AND item.state = 'failed') THEN 'failed'
      WHEN tasks.failure_policy = 'any'
        AND EXISTS (SELECT 1 FROM work_items AS item WHERE item.task_seq = NEW.task_seq AND item.state = 'failed') THEN 'failed'
      ELSE 'completed'
    END
  WHERE seq = NEW.task_seq AND state = 'active';
END;
--> statement-breakpoint
CREATE TRIGGER work_items_take_checkpoints
BEFORE DELETE ON work_items
WHEN not exists (select 1 from tasks parent where parent.seq = OLD.task_seq)
BEGIN
  DELETE FROM checkpoints WHERE work_item_seq = OLD.seq;
END;
--> statement-breakpoint
CREATE TRIGGER tasks_take_checkpoints
AFTER DELETE ON tasks
BEGIN
  DELETE FROM checkpoints WHERE task_seq = OLD.seq and work_item_seq is null;
END;
--> statement-breakpoint
CREATE TRIGGER sections_fts_insert
AFTER INSERT ON sections
BEGIN
  INSERT INTO sections_fts (rowid, heading_trail, text, key)
  VALUES (NEW.seq, NEW.heading_trail, NEW.text, NEW.key);
END;
--> statement-breakpoint
CREATE TRIGGER sections_fts_update
AFTER UPDATE ON sections
WHEN OLD.heading_trail <> NEW.heading_trail OR OLD.text <> NEW.text OR OLD.key <> NEW.key
BEGIN
  INSERT INTO sections_fts (sections_fts, rowid, heading_trail, text, key)
  VALUES ('delete', OLD.seq, OLD.heading_trail, OLD.text, OLD.key);
  INSERT INTO sections_fts (rowid, heading_trail, text, key)
  VALUES (NEW.seq, NEW.heading_trail, NEW.text, NEW.key);
END;
--> statement-breakpoint
CREATE TRIGGER sections_fts_delete
AFTER DELETE ON sections
BEGIN
  INSERT INTO sections_fts (sections_fts, rowid, heading_trail, text, key)
  VALUES ('delete', OLD.seq, OLD.heading_trail, OLD.text, OLD.key);
END;
