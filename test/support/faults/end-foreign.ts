import { endAll, findDetached } from '../../../main/lib/processes/find-processes.ts'

/** `end-foreign.ts MARK`: ends, as a user who may not, what names the mark; prints how many were found. */
const found = await findDetached(process.argv[2] ?? '')
await endAll(found, AbortSignal.timeout(20_000))
console.log(found.length)
