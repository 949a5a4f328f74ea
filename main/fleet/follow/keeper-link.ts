import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../engine.ts'
import { ProtocolError } from '../frames.ts'
import { type Link, type LinkOptions, openLink } from '../link.ts'
import { AfterPreamble } from '../preamble.ts'
import { limitsAtHome, type ToHome, type ToNode, toHomeSchema } from '../protocol.ts'

/** What is said last must be heard before the pipe is closed. */
const releaseMs = 5_000

/** A connection to the keeper of a seat, by the engine's own way into its job. */
export interface KeeperLink {
  readonly link: Link<ToNode>
  /** Whether the keeper has greeted. */
  readonly wasThere: boolean
  /** What the program that leads there wrote to its standard error. */
  lastWords(): string
  /** Closes it. @param isReleased whether the keeper was told that its seat is needed no more: it closes first, when it has heard that. */
  end(isReleased: boolean): Promise<void>
}

/** A greeting comes first, and once: whoever says anything else before it breaks the protocol. */
export function openKeeperLink(
  engine: Pick<Engine, 'attach'>,
  seat: string,
  { onMessage, onBytes }: Pick<LinkOptions<ToHome>, 'onMessage' | 'onBytes'>,
): KeeperLink {
  const pipe = engine.attach(seat)
  let wasThere = false
  const link = openLink<ToHome, ToNode>({
    readable: pipe.readable.pipe(new AfterPreamble()),
    writable: pipe.writable,
    ...{ incoming: toHomeSchema, limits: limitsAtHome, reads: 'while-heard' },
    onMessage: (message) => {
      if (!wasThere && message.type !== 'hello') throw new ProtocolError(`'${message.type}' before a greeting`)
      if (wasThere && message.type === 'hello') throw new ProtocolError('A second greeting')
      wasThere = true
      return onMessage(message)
    },
    onBytes,
  })
  return {
    link,
    get wasThere() {
      return wasThere
    },
    lastWords: () => pipe.lastWords(),
    end: async (isReleased) => {
      if (isReleased) await Promise.race([link.over, sleep(releaseMs, undefined, { ref: false })])
      link.close('over')
      pipe.end()
    },
  }
}
