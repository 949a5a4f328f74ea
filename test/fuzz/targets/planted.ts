import fc from 'fast-check'
import { pure, type Target } from '../target.ts'
import { mcpBodies } from './front-doors.ts'

const some = fc.constant(Buffer.from('some bytes'))
const kept: Buffer[] = []

/** Parsers as they must not be, and what the fuzzer must say of each: or else it finds nothing. */
export const planted: readonly { readonly target: Target; readonly found: RegExp; readonly hangMs?: number }[] = [
  {
    target: pure('throws', some, () => {
      throw new TypeError('not expected')
    }),
    found: /^TypeError: not expected/,
  },
  {
    target: pure('throws where nobody waits', some, () => void Promise.reject(new Error('stray'))),
    found: /thrown where nobody waits[\s\S]*stray/,
  },
  { target: pure('ends the process', some, () => process.exit(3)), found: /exit status 3/ },
  {
    target: pure('never comes back', some, (input) => {
      while (input.length > 0);
    }),
    found: /did not end/,
    hangMs: 3_000,
  },
  { target: pure('never settles', some, () => new Promise(() => undefined)), found: /did not end/, hangMs: 3_000 },
  {
    target: pure('fills the memory', some, () => void kept.push(Buffer.alloc(16 * 1024 ** 2, 1))),
    found: /bytes of memory/,
  },
  {
    target: pure('fills the heap', some, () => {
      const list: object[] = []
      while (list.length < 100_000_000) list.push({ list })
    }),
    found: /heap out of memory/,
  },
  {
    target: mcpBodies('fails behind a tool', (tasks) => {
      tasks.cleanup = async (_id, { deleteRef }) => {
        if (!deleteRef) throw new Error('not expected')
      }
    }),
    found: /a defect: 200/,
  },
]
