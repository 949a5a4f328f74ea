import { duplexPair } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Shell } from '../../main/tasks/contract.ts'
import { Shells } from '../../main/window/shells.ts'

const never = new AbortController().signal
const size = { rows: 24, columns: 80 }
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function shellsOf(openShell: () => Promise<Shell>): Shells {
  const notAsked = (): never => {
    throw new Error('not asked for here')
  }
  const shells = new Shells({ openShell, connect: notAsked, openSsh: notAsked, ports: notAsked })
  onTestFinished(() => shells[Symbol.dispose]())
  return shells
}

const newShell = () => {
  const [ours, guest] = duplexPair()
  return { guest, shell: Object.assign(ours, { resize: () => undefined }) }
}

async function openShell() {
  const { guest, shell } = newShell()
  const shells = shellsOf(async () => shell)
  const name = await shells.open('abcd1234', size, never)
  const read = async (after: number, signal = never): Promise<string> =>
    Buffer.from((await shells.read(name, after, signal)).data, 'base64').toString()
  return { guest, read }
}

test('two that read at once are both answered all that there is, and so is one that asks again', async () => {
  const { guest, read } = await openShell()
  const both = [read(0), read(0)]
  await nextTurn()
  guest.write('first')
  expect(await Promise.all(both)).toEqual(['first', 'first'])
  expect(await read(0)).toBe('first')
  const again = read(5)
  await expect(read(0)).rejects.toMatchObject({ code: 'argument-invalid' })
  guest.write('second')
  expect(await again).toBe('second')
})

test('one that goes away while it waits takes nothing from the one that asks after it', async () => {
  const { guest, read } = await openShell()
  const over = new AbortController()
  const left = read(0, over.signal)
  const stays = read(0)
  await nextTurn()
  guest.write('all')
  over.abort(new Error('left'))
  await left.catch(() => undefined)
  expect(await stays).toBe('all')
  expect(await read(0)).toBe('all')
})

test('shells that are being opened count, too', async () => {
  const shells = shellsOf(async () => {
    await nextTurn()
    return newShell().shell
  })
  const opened = await Promise.allSettled(Array.from({ length: 40 }, () => shells.open('abcd1234', size, never)))
  expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(32)
})
