import { ALWAYS, type Guard } from './rule.js'

/** Another document's place, or another tenant's, is never reached by moving a row: remove it and write it anew. */
export const documentGuards: readonly Guard[] = [
  {
    table: 'documents',
    event: 'update',
    rules: [
      {
        code: 'document.immutable',
        when: `OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.path <> NEW.path`,
      },
    ],
  },
]

const ofAnotherNamespace = `not exists (
      select 1 from documents document
      where document.seq = NEW.document_seq
        and document.tenant = NEW.tenant
        and document.namespace = NEW.namespace
    )`

export const sectionGuards: readonly Guard[] = [
  {
    table: 'sections',
    event: 'insert',
    rules: [
      {
        // REPLACE says nothing to a DELETE trigger where recursive_triggers is off: SQLite's full text would keep the
        // words of a row that is gone. So a key that is there is updated, never inserted again.
        code: 'section.exists',
        when: ALWAYS,
        and: `(
      exists (
        select 1 from sections known
        where known.tenant = NEW.tenant and known.namespace = NEW.namespace and known.key = NEW.key
      )
      or exists (select 1 from sections known where known.seq = NEW.seq)
    )`,
      },
      { code: 'section.invalid_insert', when: 'NEW.document_seq is not null', and: ofAnotherNamespace },
    ],
  },
  {
    table: 'sections',
    event: 'update',
    rules: [
      {
        code: 'section.immutable',
        when: `OLD.seq <> NEW.seq
      or OLD.tenant <> NEW.tenant
      or OLD.namespace <> NEW.namespace
      or OLD.key <> NEW.key`,
      },
      {
        code: 'section.immutable',
        when: 'NEW.document_seq is not null and NEW.document_seq is distinct from OLD.document_seq',
        and: ofAnotherNamespace,
      },
    ],
  },
]
