import type { Operation } from '@holdfast/store'
import type { SqliteModule } from '@holdfast/store/sqlite'

export declare const TOY_MIGRATIONS: string
export declare const put: Operation<{ id: string; value: string }, { id: string }>
export declare const putLarge: Operation<{ id: string; kilobytes: number }, { id: string }>
export declare const putPair: Operation<{ ids: readonly string[] }, { ids: readonly string[] }>
export declare const putAndRefuse: Operation<{ id: string }, never>
export declare const putAndThrow: Operation<{ id: string }, never>
export declare const putSlowly: Operation<{ id: string; ms: number }, { startedMs: number; endedMs: number }>
export declare const die: Operation<Record<string, never>, never>
export declare const writerThread: Operation<Record<string, never>, { threadId: number }>
export declare const count: Operation<Record<string, never>, { count: number }>
export declare const countQuickly: Operation<Record<string, never>, { count: number }>
export declare const get: Operation<{ id: string }, { value: string | null }>
export declare const readerThread: Operation<{ ms: number }, { threadId: number }>
export declare const scan: Operation<{ limit: number }, { rows: number }>
export declare const dieReading: Operation<Record<string, never>, never>
export declare const writeFromRead: Operation<{ id: string }, { id: string }>
export declare const sqlite: SqliteModule
