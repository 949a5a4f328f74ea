import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import type { MergeRequest } from '../../../main/git/merge/plan-merge.ts'
import { type Fault, withFault } from '../faults/inject-faults.ts'

/** Merges in a process that is killed at one operation: `REQUEST FAULT`, both JSON. Prints how many operations there were when it never came to that. */
const [request = '', fault = ''] = process.argv.slice(2)
const { operations } = await withFault(JSON.parse(fault) as Fault, () => mergeWork(JSON.parse(request) as MergeRequest))
console.log(operations.length)
