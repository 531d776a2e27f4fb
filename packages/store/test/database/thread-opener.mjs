// A thread of threads.process.test.ts: opens the file as it is told to, and keeps the write lock when asked.
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from '@holdfast/store/sqlite'

const { options, holdsLock } = workerData
try {
  const connection = openDatabase(options)
  if (holdsLock) connection.exec('BEGIN IMMEDIATE')
  parentPort.postMessage('open')
  // Stays until it is terminated, as a writer's thread does.
  parentPort.on('message', () => {})
} catch (error) {
  parentPort.postMessage(error.code)
}
