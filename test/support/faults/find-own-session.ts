import { setTimeout as sleep } from 'node:timers/promises'
import { findDetached, listByPs } from '../../../main/lib/processes/find-processes.ts'
import { pidIsTaken } from '../../../main/lib/processes/process-identity.ts'

/**
 * `find-own-session.ts LEADER MARK`: waits until the leader of its session is gone, then prints what is found by the mark, which its own
 * arguments hold too.
 */
const [leader = '', mark = ''] = process.argv.slice(2)
while (pidIsTaken(Number(leader))) await sleep(10)
const lists = process.platform === 'linux' ? [undefined, listByPs] : [undefined]
console.log(JSON.stringify(await Promise.all(lists.map((list) => findDetached(mark, list)))))
