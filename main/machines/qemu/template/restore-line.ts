import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { orAborted } from '../../../lib/or-aborted.ts'
import { connectSocket } from '../../watch/connect-socket.ts'

/** The guest says a word; whoever says more than this is not our init. */
const longestAnswer = 200

/** The line on which the init of a Debian guest waits in a template, see `nix/debian/restore.pl`. */
export class RestoreLine implements Disposable {
  readonly #socket: Socket
  #heard = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#heard = (this.#heard + text).slice(-longestAnswer)
      socket.emit('heard')
    })
  }

  static async open(path: string, signal: AbortSignal): Promise<RestoreLine> {
    return new RestoreLine(await connectSocket(path, signal))
  }

  say(words: readonly string[]): void {
    this.#socket.write(`${words.join(' ')}\n`)
  }

  /** Resolves once the guest has said this word on a line of its own. */
  async hear(word: 'waiting' | 'seeded' | 'restored', signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const heard = Promise.withResolvers<void>()
    const look = () => {
      if (this.#heard.split(/\r?\n/).includes(word)) heard.resolve()
    }
    const close = () => heard.reject(new Error(`The guest ended before it said '${word}'`))
    this.#socket.on('heard', look).once('close', close)
    try {
      look()
      if (this.#socket.destroyed) close()
      await orAborted(heard.promise, signal)
    } finally {
      this.#socket.off('heard', look).off('close', close)
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

/** What a restored guest is told: its time, random bytes that no other machine has, what it will find, and its network. */
export function restoreWords(
  own: {
    readonly shares: readonly unknown[]
    readonly volumes: readonly unknown[]
    readonly network: { readonly cards: readonly { readonly mac: string; readonly kernelParameter: string }[] }
  },
  now = Date.now(),
): readonly string[] {
  const { shares, volumes, network } = own
  return [
    `now=${(now / 1000).toFixed(3)}`,
    `seed=${randomBytes(64).toString('hex')}`,
    `shares=${shares.length}`,
    `disks=${volumes.length + 1}`,
    ...network.cards.flatMap(({ mac, kernelParameter }) => [`card=${mac}`, kernelParameter]),
  ]
}
