// A process that lives one life after another, each with the fault that it is told: a line of JSON in, one out.
import { createInterface } from 'node:readline'
import { FailingDisk } from '../failing-disk/failing-disk.mjs'
import { live } from './life.mjs'

const [folder, control] = process.argv.slice(2)
const disk = new FailingDisk(control)

process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  const { name, fault } = JSON.parse(line)
  const outcome = await live({ folder, disk, name, fault })
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
disk.close()
