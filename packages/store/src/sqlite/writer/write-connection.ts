import type { StoreWarning } from '../../store.js'
import { Ringer } from '../bell/ringer.js'
import type { Connection } from '../connection.js'
import { wantOf } from '../lock/want-file.js'
import { WriteTurn } from '../lock/write-turn.js'
import { GroupMarker } from '../group-marker.js'
import { openThreadFile, type ThreadFile } from '../thread-file.js'
import { systemTimers, type Timers } from '../timers.js'
import { WalCheckpoint } from '../wal/wal-checkpoint.js'

export interface WriteConnectionOptions {
  readonly file: ThreadFile
  readonly processId: string
  readonly walCheckpointBytes: number
  readonly turnMs: number
}

/** The write connection of a file, with what belongs to it alone. Lives on the thread that opened it. */
export interface WriteConnection {
  readonly connection: Connection
  readonly marker: GroupMarker
  /** When it leaves the write lock to others. */
  readonly turn: WriteTurn
  readonly walCheckpoint: WalCheckpoint
  readonly ringer: Ringer
  close(): void
}

export const openWriteConnection = (
  { file, processId, walCheckpointBytes, turnMs }: WriteConnectionOptions,
  onWarning: (warning: StoreWarning) => void,
  timers: Timers = systemTimers,
): WriteConnection => {
  const connection = openThreadFile(file, 'writer')
  const marker = new GroupMarker(connection, processId)
  const turn = new WriteTurn(wantOf(file.path, onWarning), turnMs)
  const walCheckpoint = new WalCheckpoint({
    writer: connection,
    marker,
    thresholdBytes: walCheckpointBytes,
    openCheckpointer: () => openThreadFile(file, 'checkpointer', () => connection.inTransaction),
    timers,
    onWarning,
  })
  const ringer = new Ringer(file.path, onWarning)
  const close = (): void => {
    ringer.close()
    walCheckpoint.close()
    connection.close()
  }
  return { connection, marker, turn, walCheckpoint, ringer, close }
}
