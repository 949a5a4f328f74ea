import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import type { Machine } from '../../../main/machines/driver.ts'
import { GuestLines } from '../../../main/tasks/attach/guest-lines.ts'
import { openProcessLine } from '../../support/machines/process-line.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const id = taskId('abcd1234')
const never = new AbortController().signal
const shell = { kind: 'shell', size: { rows: 24, columns: 80 } } as const

/** Also where that is told as an error first. */
const closed = (stream: Duplex): Promise<void> => new Promise((resolve) => stream.once('close', resolve))

const machineWith = (openLine: Machine['openLine']): Machine => {
  const nothing = async (): Promise<void> => undefined
  return {
    handle: { driver: 'qemu', pid: 1, startTime: '1', controlSocket: '', runDirectory: '', helpers: [] },
    exited: new Promise(() => undefined),
    openLine,
    closeShares: null,
    ...{ pause: nothing, resume: nothing, setClock: nothing, powerOff: nothing },
  }
}

test('one line serves all, one that is gone is opened again when it is asked for, and all ends with the machine', async () => {
  const folder = await temporaryFolder()
  const sockets: Duplex[] = []
  const machine = machineWith(async () => {
    const socket = await openProcessLine(folder)
    sockets.push(socket)
    return socket
  })
  const lines = new GuestLines(silentLog)
  onTestFinished(() => lines[Symbol.dispose]())
  const followed = lines.follow(id, machine)
  const [first, second] = await Promise.all([lines.open(id, shell, never), lines.open(id, shell, never)])
  expect(sockets).toHaveLength(1)

  const ends = Promise.all([first, second].map(closed))
  sockets[0]?.destroy()
  await ends
  const third = await lines.open(id, shell, never)
  expect(sockets).toHaveLength(2)

  const over = closed(third)
  followed[Symbol.dispose]()
  await over
  await expect(lines.open(id, shell, never)).rejects.toMatchObject({ code: 'task-busy' })
})

test('a machine of an earlier version says that it cannot be attached to, and a caller that goes away waits no longer', async () => {
  const lines = new GuestLines(silentLog)
  using _old = lines.follow(id, machineWith(null))
  await expect(lines.open(id, shell, never)).rejects.toMatchObject({
    ...{
      code: 'task-busy',
      message: expect.stringContaining('was started before the update: it cannot be attached to'),
    },
  })
  using _silent = lines.follow(
    id,
    machineWith(() => new Promise(() => undefined)),
  )
  const gone = new AbortController()
  const opening = lines.open(id, shell, gone.signal)
  gone.abort(new Error('gone'))
  await expect(opening).rejects.toThrow('gone')
})
