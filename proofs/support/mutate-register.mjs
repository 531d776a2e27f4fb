// Given to `node --import` by mutate.mjs, with the changes in its own address: what is given to a process comes to its
// threads as well.
import { register } from 'node:module'

const { searchParams } = new URL(import.meta.url)
const changes = JSON.parse(Buffer.from(searchParams.get('changes'), 'base64url').toString())

register('./mutate-hook.mjs', import.meta.url, { data: changes })
